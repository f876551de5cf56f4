package scenarios

import (
	"fmt"
	"slices"
)

// complete: Who complete within Within (0: at all), and not before After.
type complete struct {
	*watch
	left int
}

func newComplete(w *watch) check { return &complete{w, len(w.who)} }

func (c *complete) completed(n *node) {
	if !slices.Contains(c.who, n) {
		return
	}
	if c.left--; c.left == 0 {
		c.satisfied()
	}
}

func (c *complete) finish() {
	for _, n := range c.who {
		switch at := n.completeAt; {
		case at < 0:
			c.fail(n.name, "not complete: %s", n.standing())
		case c.expect.Within > 0 && at > c.expect.Within.std():
			c.fail(n.name, "complete at %v, not within %v", at, c.expect.Within)
		case at < c.expect.After.std():
			c.fail(n.name, "complete at %v, before %v", at, c.expect.After)
		}
	}
}

// standing says where a download stands.
func (n *node) standing() string {
	if n.program == nil {
		return "never started"
	}
	s := n.program.torrent.Status()
	return fmt.Sprintf("%d of %d pieces, %d peers, %s", s.PiecesHad, s.Pieces, s.Peers, s.Why)
}

// pieces is how many pieces the node has.
func (n *node) pieces() int {
	if n.program == nil {
		return 0
	}
	return n.program.torrent.Status().PiecesHad
}

// incomplete: Who never complete.
type incomplete struct{ *watch }

func newIncomplete(w *watch) check { return &incomplete{w} }

func (c *incomplete) finish() {
	for _, n := range c.who {
		if n.completeAt >= 0 {
			c.fail(n.name, "complete at %v", n.completeAt)
		}
	}
}

// had: at the end each of Who has exactly Count pieces.
type had struct{ *watch }

func newHad(w *watch) check { return &had{w} }

func (c *had) finish() {
	for _, n := range c.who {
		if got := n.pieces(); got != c.expect.Count {
			c.fail(n.name, "has %d pieces, not %d", got, c.expect.Count)
		}
	}
}

// fileDone: at Within, the file File of each of Who is right to the byte.
type fileDone struct{ *watch }

func newFileDone(w *watch) check {
	c := &fileDone{w}
	w.run.at(w.expect.Within, func() {
		w.satisfied()
		i := w.run.truth.fileIndex(w.expect.File)
		for _, n := range w.who {
			if off, ok := n.fs.Equal(n.filePath(i), w.run.truth.bytesOf(i)); !ok {
				c.fail(n.name, "%s is wrong at byte %d", w.expect.File, off)
			}
		}
	})
	return c
}

func (c *fileDone) finish() {
	if c.waits {
		c.fail("", "the run has ended before %v", c.expect.Within)
	}
}
