package scenarios

import (
	"strings"
	"unicode"

	"bt/client"
)

// plainText: nothing that Who tell their users of trackers can move a cursor: no
// text has characters that are not printed.
type plainText struct{ *watch }

func newPlainText(w *watch) check {
	w.satisfied()
	return &plainText{w}
}

func (c *plainText) notice(n *node, x client.Notice) {
	text := ""
	switch x := x.(type) {
	case client.TrackerFailed:
		text = x.Err.Error()
	case client.TrackerAnswered:
		text = x.Warning
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		c.fail(n.name, "tells %q", text)
	}
}

func (c *plainText) finish() {}

// tried: each of Who tries to connect to the tracker Of as if it were a peer, and
// no more than Count times.
type tried struct {
	*watch
	count map[*node]int
}

func newTried(w *watch) check {
	w.satisfied()
	return &tried{w, make(map[*node]int)}
}

func (c *tried) notice(n *node, x client.Notice) {
	d, ok := x.(client.PeerDisconnected)
	for _, s := range c.run.stationsOf(c.expect.Of) {
		if ok && s.host.Addr() == d.Addr.Addr() {
			c.count[n]++
		}
	}
}

func (c *tried) finish() {
	for _, n := range c.who {
		if got := c.count[n]; got < 1 || got > c.expect.Count {
			c.fail(n.name, "has tried %v as peers %d times, not once to %d times", c.expect.Of, got, c.expect.Count)
		}
	}
}
