package client

import "bt/client/wire"

// placement is the fast path of a download: most blocks arrive in the buffers in which
// they go to the disk, without a copy. Only the reader of the connection uses it.
type placement struct {
	blocks [][]byte // of the pool, lent to the stream
	space  [][]byte // what Place has returned last
}

// Place implements transport.Placer.
func (c *conn) Place() [][]byte {
	if c.failed || !c.decoder.Placing() {
		return nil
	}
	p := &c.placement
	p.blocks = c.client.pool.getSome(p.blocks[:0], c.client.budget.blocks())
	p.space = c.decoder.Place(p.space[:0], p.blocks)
	return p.space
}

// Placed implements transport.Placer.
func (c *conn) Placed(n int) {
	p, used := &c.placement, 0
	if n > 0 {
		e := newReceived()
		before := c.decoder.BlockBytes()
		used, e.Msgs, e.Err = c.decoder.Placed(n, p.blocks, e.Msgs)
		c.arrived(e, n, before)
	}
	c.client.pool.putSome(p.blocks[used:])
	clear(p.blocks)
	clear(p.space)
}

// blocks is how many blocks a read may bring: as many as there is memory for, and
// one in any case, so that a connection is found to bring more than there is.
func (b *budget) blocks() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return min(max((b.most()-b.used)/blockSize, 1), wire.PlaceBlocks)
}
