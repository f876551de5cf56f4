package scenarios

import "bt/client"

// absent: no file File is ever made by Who.
type absent struct{ *watch }

func newAbsent(w *watch) check {
	w.satisfied()
	return &absent{w}
}

func (c *absent) finish() {
	path := c.run.truth.filePath(c.run.truth.fileIndex(c.expect.File))
	for _, n := range c.who {
		for _, f := range n.fs.Files() {
			if f.Path == path {
				c.fail(n.name, "%s exists, with %d bytes", f.Path, f.Size)
			}
		}
	}
}

// stopped: a disk failure stops each of Who, between After and Within.
type stopped struct {
	*watch
	failed map[*node]bool
}

func newStopped(w *watch) check {
	c := &stopped{w, make(map[*node]bool)}
	w.until(w.expect.Within)
	return c
}

func (c *stopped) notice(n *node, x client.Notice) {
	if _, ok := x.(client.FileFailed); ok && n.program.torrent.State() == client.Stopped {
		if now := c.run.now(); now >= c.expect.After.std() && now <= c.expect.Within.std() {
			c.failed[n] = true
		}
	}
}

func (c *stopped) finish() {
	for _, n := range c.who {
		if !c.failed[n] {
			c.fail(n.name, "was not stopped by its disk between %v and %v", c.expect.After, c.expect.Within)
		}
	}
}

// checked: hash checks of Who find at least Count good pieces on disk.
type checked struct {
	*watch
	good map[*node]int
}

func newChecked(w *watch) check {
	w.satisfied()
	return &checked{w, make(map[*node]int)}
}

func (c *checked) notice(n *node, x client.Notice) {
	if v, ok := x.(client.PieceVerified); ok && !v.Download {
		c.good[n]++
	}
}

func (c *checked) finish() {
	for _, n := range c.who {
		if c.good[n] < c.expect.Count {
			c.fail(n.name, "%d pieces were found on disk, fewer than %d", c.good[n], c.expect.Count)
		}
	}
}
