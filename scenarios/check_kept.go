package scenarios

import "bt/client"

// kept: what each of Who has verified it has at the end, which is not before
// Within, even if it was started anew in between.
type kept struct {
	*watch
	verified map[*node]pieceSet
}

func newKept(w *watch) check {
	c := &kept{w, make(map[*node]pieceSet)}
	for _, n := range w.who {
		c.verified[n] = newPieceSet(w.run.truth.meta.Info.NumPieces())
	}
	if w.expect.Within == 0 {
		w.satisfied()
	}
	w.until(w.expect.Within)
	return c
}

func (c *kept) notice(n *node, x client.Notice) {
	if v, ok := x.(client.PieceVerified); ok {
		if set, watched := c.verified[n]; watched {
			set.set(v.Piece)
		}
	}
}

func (c *kept) finish() {
	for _, n := range c.who {
		var have []byte
		if n.program != nil {
			have = n.program.torrent.Bitfield()
		}
		for p := range c.run.truth.meta.Info.NumPieces() {
			if c.verified[n].has(p) && (have == nil || have[p/8]&(0x80>>(p%8)) == 0) {
				c.fail(n.name, "piece %d was verified, and is lost: %s", p, n.standing())
			}
		}
	}
}
