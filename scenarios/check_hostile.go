package scenarios

import (
	"slices"

	"bt/client"
	"bt/simnet"
)

// drops: each of Who ends a connection with each of Of for Reason, within Within
// (0: at all).
type drops struct {
	*watch
	left map[[2]string]bool // pairs that still are to see it
}

func newDrops(w *watch) check {
	c := &drops{w, make(map[[2]string]bool)}
	for _, n := range w.who {
		for _, h := range w.run.hostsOf(w.expect.Of) {
			c.left[[2]string{n.name, h.Name()}] = true
		}
	}
	return c
}

func (c *drops) notice(n *node, x client.Notice) {
	d, ok := x.(client.PeerDisconnected)
	if !ok || d.Reason.String() != c.expect.Reason {
		return
	}
	if w := c.expect.Within.std(); w > 0 && c.run.now() > w {
		return
	}
	if h := c.run.hostAt(d.Addr.Addr()); h != nil {
		if delete(c.left, [2]string{n.name, h.Name()}); len(c.left) == 0 {
			c.satisfied()
		}
	}
}

func (c *drops) finish() {
	for _, n := range c.who {
		for _, h := range c.run.hostsOf(c.expect.Of) {
			if c.left[[2]string{n.name, h.Name()}] {
				c.fail(n.name, "no connection with %s has ended because of %q", h.Name(), c.expect.Reason)
			}
		}
	}
}

// tally: a count of each of Of, which are hostile, stays within Count.
type tally struct {
	*watch
	what  string
	count func(*hostile) int
}

// newGiven counts the blocks that the hostile peers were given.
func newGiven(w *watch) check {
	w.satisfied()
	return &tally{w, "was given blocks", func(h *hostile) int { return h.counts.Pieces }}
}

// newAsked counts the requests that they were sent.
func newAsked(w *watch) check {
	w.satisfied()
	return &tally{w, "was sent requests", func(h *hostile) int { return h.counts.Requests }}
}

func (c *tally) finish() {
	for _, host := range c.run.hostsOf(c.expect.Of) {
		if h := c.run.hostiles[host.Name()]; h != nil && c.count(h) > c.expect.Count {
			c.fail(host.Name(), "%s %d times, more than %d", c.what, c.count(h), c.expect.Count)
		}
	}
}

// spared: none of Who ever bans one of Of.
type spared struct{ *watch }

func newSpared(w *watch) check {
	w.satisfied()
	return &spared{w}
}

func (c *spared) notice(n *node, x client.Notice) {
	if b, ok := x.(client.PeerBanned); ok && slices.Contains(c.who, n) {
		if name := c.run.nameAt(b.Addr.Addr()); name != "" && c.of(name) {
			c.fail(n.name, "has banned %s", name)
		}
	}
}

func (c *spared) finish() {}

// bounded (R1, R3): none of Who ever has more than Count connections, dials
// included, nor more than Bytes waiting for the network in one of them, whenever
// one looks, which is once a second.
type bounded struct {
	*watch
	conns  map[*simnet.Host]int
	queued map[*simnet.Host]int64
}

func newBounded(w *watch) check {
	w.satisfied()
	return &bounded{w, make(map[*simnet.Host]int), make(map[*simnet.Host]int64)}
}

func (c *bounded) sample() {
	now := make(map[*simnet.Host]int)
	for s := range c.run.net.Streams() {
		now[s.Host]++
		c.conns[s.Host] = max(c.conns[s.Host], now[s.Host])
		c.queued[s.Host] = max(c.queued[s.Host], s.Queued)
	}
}

func (c *bounded) finish() {
	for _, n := range c.who {
		if got := c.conns[n.host]; got > c.expect.Count {
			c.fail(n.name, "%d connections at a time, more than %d", got, c.expect.Count)
		}
		if got := c.queued[n.host]; got > int64(c.expect.Bytes) {
			c.fail(n.name, "%d bytes wait to be sent on one connection, more than %d", got, c.expect.Bytes)
		}
	}
}
