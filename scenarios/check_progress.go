package scenarios

import (
	"fmt"
	"slices"
	"time"
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
		if got := n.program.torrent.Status().PiecesHad; got != c.expect.Count {
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
			if off, ok := n.fs.Equal(w.run.truth.filePath(i), w.run.truth.bytesOf(i)); !ok {
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

// bound: the last of Who completes in no less than what the links allow, and in
// no more than Percent of it. All of them must be there from the start and stay.
//
// Kumar and Ross (2006) give the least time in which N leeches can get F bytes:
// max(F/d_min, F/u_S, N·F/(u_S + Σu)), where u_S is what the seeds upload.
type bound struct {
	*complete
	least time.Duration
}

func newBound(w *watch) check {
	b := &bound{complete: &complete{w, len(w.who)}}
	size := int64(w.run.scenario.Torrent.length())
	var seeds, leeches, slowest, n int64
	for _, node := range w.run.nodes {
		link := node.host.Link()
		if node.actor.Kind == Seed {
			seeds += link.Up
			continue
		}
		n++
		leeches += link.Up
		if slowest == 0 || link.Down > 0 && link.Down < slowest {
			slowest = link.Down
		}
	}
	b.least = max(timeFor(size, slowest), timeFor(size, seeds), timeFor(n*size, seeds+leeches))
	return b
}

// timeFor is how long bytes take at a rate; 0 stands for no limit.
func timeFor(bytes, rate int64) time.Duration {
	if rate == 0 {
		return 0
	}
	return time.Duration(float64(bytes) / float64(rate) * float64(time.Second))
}

func (b *bound) finish() {
	var last time.Duration
	for _, n := range b.who {
		if n.completeAt < 0 {
			b.fail(n.name, "not complete: %s", n.standing())
			return
		}
		last = max(last, n.completeAt)
	}
	if last < b.least {
		b.fail("", "the last is complete at %v, and the links do not allow that before %v", last, b.least)
	}
	if most := b.least * time.Duration(b.expect.Percent) / 100; last > most {
		b.fail("", "the last is complete at %v, later than %v: %d %% of the %v that the links need", last, most, b.expect.Percent, b.least)
	}
}
