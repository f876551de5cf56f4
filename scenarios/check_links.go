package scenarios

import "bt/client"

// links: at After, each of Who has exactly Count connections with each of Of.
type links struct{ *watch }

func newLinks(w *watch) check {
	c := &links{w}
	w.run.at(w.expect.After, func() {
		for _, n := range w.who {
			for _, h := range w.run.hostsOf(w.expect.Of) {
				if got := n.linksWith(h.Name()); h != n.host && got != w.expect.Count {
					c.fail(n.name, "%d connections with %s at %v, not %d", got, h.Name(), w.expect.After, w.expect.Count)
				}
			}
		}
		w.satisfied()
	})
	return c
}

// linksWith counts the connections with a host.
func (n *node) linksWith(name string) (count int) {
	if !n.running() {
		return 0
	}
	for _, p := range n.program.torrent.Peers() {
		if h := n.run.hostAt(p.Addr.Addr()); h != nil && h.Name() == name {
			count++
		}
	}
	return count
}

func (c *links) finish() {
	if c.waits {
		c.fail("", "the run has ended before %v", c.expect.After)
	}
}

// newMet counts how often the hostile peers Of were connected to.
func newMet(w *watch) check {
	w.satisfied()
	return &tally{w, "was connected to", func(h *hostile) int { return h.counts.Conns }}
}

// failed: no more than Count pieces that each of Who has downloaded fail.
type failed struct {
	*watch
	count map[*node]int
}

func newFailed(w *watch) check {
	w.satisfied()
	return &failed{w, make(map[*node]int)}
}

func (c *failed) notice(n *node, x client.Notice) {
	if f, ok := x.(client.PieceFailed); ok && f.Download {
		c.count[n]++
	}
}

func (c *failed) finish() {
	for _, n := range c.who {
		if got := c.count[n]; got > c.expect.Count {
			c.fail(n.name, "%d pieces have failed, more than %d", got, c.expect.Count)
		}
	}
}

// written: the disk of each of Who is given no more than Bytes bytes of the
// torrent to write.
type written struct{ *watch }

func newWritten(w *watch) check {
	w.satisfied()
	return &written{w}
}

func (c *written) finish() {
	for _, n := range c.who {
		if w := c.run.oracles.at[n.host]; w != nil && w.disk.written > int64(c.expect.Bytes) {
			c.fail(n.name, "%d bytes were written, more than %d", w.disk.written, c.expect.Bytes)
		}
	}
}
