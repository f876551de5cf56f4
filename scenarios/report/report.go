// Package report makes a page of a run that explains it: who was there and how
// each was doing, who choked whom, which requests were answered, what went wrong
// and what led to it. It is one file of HTML, which needs no network.
//
// A Collector is the observer of a run; what it keeps is bounded, however long
// that is. The same scenario and seed give the same page, byte for byte.
package report

import (
	"bt/client"
	"bt/scenarios"
)

// Limits on what a page holds, so that a browser can show it: about two megabytes
// at most.
const (
	// logMax is the most entries of the log that are kept at any time. Beyond it
	// there are fewer of those kinds that there are most of.
	logMax = 20_000
	// cellsMax is the most cells of all maps of pieces, and figuresMax the most
	// rates: with many nodes, each gets less detail.
	cellsMax, figuresMax = 50_000, 40_000
	// connsMax and marksMax bound the connections, and the changes of choke and
	// interest on all of them together.
	connsMax, marksMax = 3_000, 40_000
	// bandsMax bounds the actions: generated scenarios have hundreds.
	bandsMax = 1_000
	// statesMax bounds the changes of one node's state.
	statesMax = 2_000
	// textMax is enough for an error; hostile trackers may talk for a megabyte.
	textMax = 300
)

// Collector gathers what a page shows. It is not safe for concurrent use: there
// is one for each run.
type Collector struct {
	stage  scenarios.Stage
	nodes  []*node
	byName map[string]int // index in nodes
	conns  map[uint64]*conn
	listed []*conn // those on the page, in the order in which they were opened
	log    journal
	rates  meter
	bands  []band
	faults []fault

	requests   Requests
	marks      int // on all connections
	lost       Left
	end        int64
	lastOf     []*entry         // of each node
	byPiece    map[place]*entry // the last entry about a piece at a node
	arrivedFor map[place]*entry // the last block of a piece that has come to a node
	verified   map[place]*entry
}

// place is a piece at a node.
type place struct{ node, piece int }

// Requests counts requests by what became of them.
type Requests struct {
	Asked, Answered, Cancelled, Rejected, Open int
}

// Left counts what the page has no room for.
type Left struct {
	Entries, Conns, Marks, Bands, States int
}

// New returns a collector for one run.
func New() *Collector {
	return &Collector{
		byName: make(map[string]int), conns: make(map[uint64]*conn),
		byPiece: make(map[place]*entry), arrivedFor: make(map[place]*entry), verified: make(map[place]*entry),
		log: newJournal(logMax),
	}
}

// Begin implements scenarios.Observer.
func (c *Collector) Begin(s scenarios.Stage) {
	c.stage = s
	cells := max(1, min(s.Pieces, cellsMax/max(1, len(s.Cast)), cellsPerNode))
	for i, r := range s.Cast {
		c.byName[r.Name] = i
		c.nodes = append(c.nodes, newNode(r, s.Pieces, cells))
	}
	c.lastOf = make([]*entry, len(c.nodes))
	c.rates = newMeter(len(c.nodes), max(minBuckets, min(maxBuckets, figuresMax/max(1, 2*len(c.nodes)))))
}

// Observe implements scenarios.Observer.
func (c *Collector) Observe(o scenarios.Observation) {
	at := o.At.Microseconds()
	c.end = max(c.end, at)
	switch o.Kind {
	case scenarios.ObservedBytes:
		c.rates.add(at, c.index(o.Host), c.index(o.Peer), o.Length)
		return
	case scenarios.ObservedOpen:
		c.opened(at, o)
	case scenarios.ObservedClose:
		c.closed(at, o)
	case scenarios.ObservedSent:
		c.sent(at, o)
	case scenarios.ObservedReceived:
		c.received(at, o)
	case scenarios.ObservedAction:
		c.acted(at, o)
	case scenarios.ObservedFailure:
		c.failed(at, o)
	case scenarios.ObservedLife, scenarios.ObservedNotice, scenarios.ObservedDisk:
		c.lived(at, o)
	}
}

// index is that of a node; -1 for nobody.
func (c *Collector) index(name string) int {
	if i, ok := c.byName[name]; ok {
		return i
	}
	return -1
}

// enter puts an entry into the log, and notes it as the last of its node and piece.
func (c *Collector) enter(e *entry) *entry {
	c.log.add(e)
	if e.node >= 0 {
		c.lastOf[e.node] = e
		if e.piece >= 0 {
			c.byPiece[place{e.node, e.piece}] = e
		}
	}
	return e
}

// newEntry is an observation as an entry, about no connection's order of things.
func (c *Collector) newEntry(at int64, o scenarios.Observation, kind string) *entry {
	return &entry{
		at: at, arrived: never, kind: kind, node: c.index(o.Host), peer: c.index(o.Peer), stream: o.Stream,
		piece: o.Piece, begin: o.Begin, length: o.Length, text: shorten(o.Text),
	}
}

// shorten cuts a text at textMax bytes, and not within a character.
func shorten(s string) string {
	if len(s) <= textMax {
		return s
	}
	end := 0
	for i := range s {
		if i > textMax-len("…") {
			break
		}
		end = i
	}
	return s[:end] + "…"
}

// lived takes what a client or its process tells.
func (c *Collector) lived(at int64, o scenarios.Observation) {
	kind := o.Name
	switch o.Kind {
	case scenarios.ObservedDisk:
		kind = "disk " + kind
	case scenarios.ObservedLife:
		kind = "process " + kind
	}
	e := c.newEntry(at, o, kind)
	e.cause = c.causeOf(e, o)
	c.enter(e)
	if e.node < 0 {
		return
	}
	c.nodes[e.node].handle(at, o, &c.lost)
	if o.Name == "PieceVerified" {
		c.verified[place{e.node, e.piece}] = e
	}
}

// causeOf says what came before the news of a client, and led to it.
func (c *Collector) causeOf(e *entry, o scenarios.Observation) *entry {
	switch {
	case e.node < 0:
		return nil
	case e.piece != client.NoPiece && o.Kind == scenarios.ObservedDisk && o.Name == "write", o.Name == "PieceVerified", o.Name == "PieceFailed":
		return c.arrivedFor[place{e.node, e.piece}]
	case e.piece != client.NoPiece:
		return c.byPiece[place{e.node, e.piece}]
	}
	return nil
}

// acted takes an action of the scenario: a band from its beginning to its end.
func (c *Collector) acted(at int64, o scenarios.Observation) {
	e := c.newEntry(at, o, "action "+o.Name)
	if o.Over {
		e.text = shorten(o.Text + " is over")
	}
	c.enter(e)
	switch {
	case o.Over:
	case len(c.bands) == bandsMax:
		c.lost.Bands++
	default:
		b := band{Name: o.Name, Who: e.text, From: at, To: never}
		if o.For > 0 {
			b.To = at + o.For.Microseconds()
		}
		c.bands = append(c.bands, b)
	}
}

// band is an action; To is never if nothing undoes it.
type band struct {
	Name, Who string
	From, To  int64
}
