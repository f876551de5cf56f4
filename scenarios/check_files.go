package scenarios

import (
	"bt/client"
)

// finished: at the end each of Who has all it wants, and not all there is.
type finished struct{ *watch }

func newFinished(w *watch) check {
	w.satisfied()
	return &finished{w}
}

func (c *finished) finish() {
	for _, n := range c.who {
		if n.program == nil || !n.program.torrent.Complete() || n.program.torrent.Seed() || n.program.torrent.Left() != 0 {
			c.fail(n.name, "is not complete without being a seed: %s", n.standing())
		}
	}
}

// noPart: Who never have a part file.
type noPart struct{ *watch }

func newNoPart(w *watch) check {
	w.satisfied()
	return &noPart{w}
}

func (c *noPart) finish() {}

func (c *noPart) closed() {
	for _, n := range c.who {
		if w := c.run.oracles.at[n.host]; w != nil && w.disk.part != "" {
			c.fail(n.name, "has made the part file %s", w.disk.part)
		}
	}
}

// removed: each of Who lets go of its torrent within Time of the action remove.
// Then all its files are deleted, and at the end there still is none.
type removed struct {
	*watch
	gone map[*node]bool
}

func newRemoved(w *watch) check {
	c := &removed{w, make(map[*node]bool)}
	w.until(w.expect.Within)
	return c
}

func (c *removed) notice(n *node, x client.Notice) {
	if _, ok := x.(client.TorrentRemoved); !ok || n.program.closing {
		return
	}
	c.gone[n] = true
	if open := n.fs.OpenHandles(); len(open) > 0 {
		c.fail(n.name, "removed, and has open %v", open)
	}
	if now := c.run.now(); now > c.expect.Within.std() {
		c.fail(n.name, "removed at %v, not within %v", now, c.expect.Within)
	}
	if err := n.fs.RemoveAll(downloadDir); err != nil {
		c.fail(n.name, "%v", err)
	}
}

func (c *removed) finish() {
	for _, n := range c.who {
		if !c.gone[n] {
			c.fail(n.name, "its torrent was not removed")
		}
	}
}

func (c *removed) closed() {
	for _, n := range c.who {
		if files := n.fs.Files(); c.gone[n] && len(files) > 0 {
			c.fail(n.name, "%s is there again", files[0].Path)
		}
	}
}

// rechecked: from After on, hash checks of each of Who look at no more than Count
// pieces.
type rechecked struct {
	*watch
	looked map[*node]int
}

func newRechecked(w *watch) check {
	w.satisfied()
	return &rechecked{w, make(map[*node]int)}
}

func (c *rechecked) notice(n *node, x client.Notice) {
	if c.run.now() < c.expect.After.std() {
		return
	}
	switch x := x.(type) {
	case client.PieceVerified:
		if !x.Download {
			c.looked[n]++
		}
	case client.PieceFailed:
		if !x.Download {
			c.looked[n]++
		}
	}
}

func (c *rechecked) finish() {
	for _, n := range c.who {
		if c.looked[n] > c.expect.Count {
			c.fail(n.name, "hash checks have looked at %d pieces, more than %d", c.looked[n], c.expect.Count)
		}
	}
}
