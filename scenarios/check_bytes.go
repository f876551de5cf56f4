package scenarios

import "bt/client"

// limit: a figure of each of Who, over all its lives, stays within Bytes.
type limit struct {
	*watch
	what   string
	figure func(*client.Torrent) int64
}

// newWasted: of what each of Who has downloaded, over all its lives, no more than
// Bytes were of no use.
func newWasted(w *watch) check {
	w.satisfied()
	return &limit{w, "wasted", func(t *client.Torrent) int64 { return t.Status().Wasted }}
}

// newDownloaded: each of Who has downloaded no more than Bytes of payload, over
// all its lives.
func newDownloaded(w *watch) check {
	w.satisfied()
	return &limit{w, "downloaded", (*client.Torrent).Downloaded}
}

// newUploaded: each of Who has uploaded no more than Bytes of payload, over all
// its lives.
func newUploaded(w *watch) check {
	w.satisfied()
	return &limit{w, "uploaded", (*client.Torrent).Uploaded}
}

func (c *limit) finish() {
	for _, n := range c.who {
		if got := n.total(c.figure); got > int64(c.expect.Bytes) {
			c.fail(n.name, "%s %d bytes, more than %d", c.what, got, c.expect.Bytes)
		}
	}
}

// quiet: between After and Within, Who neither download nor upload a byte.
type quiet struct {
	*watch
	before map[*node]int64
}

func newQuiet(w *watch) check {
	c := &quiet{w, make(map[*node]int64)}
	w.run.at(w.expect.After, func() {
		for _, n := range w.who {
			c.before[n] = n.total(transferred)
		}
	})
	w.run.at(w.expect.Within, func() {
		for _, n := range w.who {
			if moved := n.total(transferred) - c.before[n]; moved != 0 {
				c.fail(n.name, "moved %d bytes between %v and %v", moved, c.expect.After, c.expect.Within)
			}
		}
		w.satisfied()
	})
	return c
}

func transferred(t *client.Torrent) int64 { return t.Downloaded() + t.Uploaded() }

func (c *quiet) finish() {
	if c.waits {
		c.fail("", "the run has ended before %v", c.expect.Within)
	}
}
