package scenarios

// trusted: at Within, each of Who is complete, and Count of its pieces are had on
// trust alone.
type trusted struct{ *watch }

func newTrusted(w *watch) check {
	c := &trusted{w}
	w.run.at(w.expect.Within, func() {
		w.satisfied()
		for _, n := range w.who {
			if n.program == nil {
				c.fail(n.name, "never started")
				continue
			}
			if s := n.program.torrent.Status(); !s.Complete || s.Trusted != w.expect.Count {
				c.fail(n.name, "complete is %v, with %d pieces on trust, not %d", s.Complete, s.Trusted, w.expect.Count)
			}
		}
	})
	return c
}

func (c *trusted) finish() {
	if c.waits {
		c.fail("", "the run has ended before %v", c.expect.Within)
	}
}
