package scenarios

import "bt/client"

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
