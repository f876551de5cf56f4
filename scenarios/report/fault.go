package report

import (
	"regexp"
	"slices"
	"strconv"

	"bt/scenarios"
)

// fault is an expectation or an oracle that was not satisfied.
type fault struct {
	at           int64
	node         int
	rule, detail string
	causes       []*entry // what led to it, oldest first
	suspect      *entry   // the last thing that it can be about, whose causes lead back; or nil
}

const (
	// storyMax is how many entries lead to a failure on the page.
	storyMax = 60
	// chainMax is how far back one cause after the other is followed.
	chainMax = 30
)

// pieceIn finds the piece that a detail is about: "piece 7", or a block as package
// wire writes it, "7:0+16384".
var pieceIn = regexp.MustCompile(`\bpiece (\d+)\b|\b(\d+):\d+\+\d+\b`)

// failed takes a failure, and keeps what came before it: what the node last did,
// the causes of that, and all on the same connection or about the same piece.
func (c *Collector) failed(at int64, o scenarios.Observation) {
	if m := pieceIn.FindStringSubmatch(o.Text); m != nil {
		if p, err := strconv.Atoi(m[1] + m[2]); err == nil && p < c.stage.Pieces {
			o.Piece = p
		}
	}
	e := c.newEntry(at, o, "FAIL "+o.Name)
	last := c.suspect(e)
	e.cause = last
	story := c.story(e, last)
	c.log.add(e) // and not as the last that the node did
	c.log.pin(e)
	for _, s := range story {
		c.log.pin(s)
	}
	c.faults = append(c.faults, fault{at, e.node, o.Name, e.text, story, last})
}

// suspect is the last entry that the failure can be about.
func (c *Collector) suspect(e *entry) *entry {
	if e.node < 0 {
		return nil
	}
	if about := c.byPiece[place{e.node, e.piece}]; about != nil {
		return about
	}
	return c.lastOf[e.node]
}

// story lists what led to a failure, oldest first: the chain of causes, which may
// go far back and to other nodes, then what came last on the same connection, or
// about the same piece, or, if no piece is named, at the node.
func (c *Collector) story(e, last *entry) []*entry {
	var list []*entry
	add := func(x *entry) {
		if len(list) < storyMax && !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	for x, n := last, 0; x != nil && n < chainMax; x, n = x.cause, n+1 {
		add(x)
	}
	for _, x := range slices.Backward(c.log.latest()) {
		mine := e.node < 0 || x.node == e.node || x.peer == e.node
		sameStream := last != nil && last.stream != 0 && x.stream == last.stream
		samePiece := e.piece >= 0 && x.piece == e.piece
		if sameStream || mine && (samePiece || e.piece < 0) {
			add(x)
		}
	}
	slices.SortFunc(list, func(a, b *entry) int { return a.seq - b.seq })
	return list
}
