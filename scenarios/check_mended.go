package scenarios

import "bt/client"

// mended: each of Who ends a hash check at After or later, and has all it wants at
// some time from then on, with not one wrong byte in its files.
type mended struct {
	*watch
	left map[*node]bool // those of whom this does not hold yet
	seen map[*node]bool // those that have ended their check
}

func newMended(w *watch) check {
	c := &mended{w, make(map[*node]bool), make(map[*node]bool)}
	for _, n := range w.who {
		c.left[n] = true
	}
	return c
}

func (c *mended) notice(n *node, x client.Notice) {
	switch x.(type) {
	case client.HashcheckDone:
		c.seen[n] = c.seen[n] || c.run.now() >= c.expect.After.std()
	case client.Completed:
	default:
		return
	}
	if !c.left[n] || !c.seen[n] || !n.program.torrent.Complete() || c.wrong(n) >= 0 {
		return
	}
	if delete(c.left, n); len(c.left) == 0 {
		c.satisfied()
	}
}

// wrong returns a piece that a node has and that is not on its disk, or -1.
func (c *mended) wrong(n *node) int {
	had, w := n.program.torrent.Bitfield(), c.run.oracles.at[n.host]
	for p := range c.run.truth.meta.Info.NumPieces() {
		if had[p/8]&(0x80>>(p%8)) != 0 && !w.onDisk(p) {
			return p
		}
	}
	return -1
}

func (c *mended) finish() {
	for _, n := range c.who {
		switch {
		case !c.left[n]:
		case !c.seen[n]:
			c.fail(n.name, "has ended no check of its pieces since %v", c.expect.After)
		case n.program != nil && c.wrong(n) >= 0:
			c.fail(n.name, "piece %d is wrong on its disk, though it was checked", c.wrong(n))
		default:
			c.fail(n.name, "not complete since its check: %s", n.standing())
		}
	}
}
