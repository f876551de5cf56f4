package scenarios

import (
	"time"

	"bt/client/wire"
)

// These peers answer, and not what they were asked for.

// mistaken answers each request by another block: shorter, displaced, or of
// another piece.
type mistaken struct {
	greeter
	answers int
}

func (*mistaken) opened(c *hostileConn) {
	c.claimAll()
	c.say(wire.Unchoke)
}

func (m *mistaken) heard(c *hostileConn, f *frame) {
	if f.kind != wire.Request {
		return
	}
	b := f.block
	switch m.answers++; m.answers % 4 {
	case 0:
		b.Length /= 2
	case 1:
		b.Begin += b.Length / 2
		b.Length /= 2
	case 2:
		b.Index = (b.Index + 1) % uint32(c.pieces())
		if c.has.has(int(b.Index)) || !c.exists(b) {
			return
		}
	case 3:
		b = c.anyBlock()
	}
	c.serve(b, true)
}

// deaf serves all that it is asked for, late, and takes no notice of a cancel.
type deaf struct{ oldGreeter }

// deafEvery is the time for one block: 32 KiB/s.
const deafEvery = 500 * time.Millisecond

func (*deaf) opened(c *hostileConn) {
	c.claimAll()
	c.say(wire.Unchoke)
	c.every(deafEvery, func() {
		if len(c.queue) > 0 {
			c.serve(c.queue[0], true)
			c.queue = c.queue[1:]
		}
	})
}

func (*deaf) heard(c *hostileConn, f *frame) {
	if f.kind == wire.Request {
		c.queue = append(c.queue, f.block)
	}
}

// suggester is a good seed but for its flood of suggestions: again and again, of
// every piece that there is.
type suggester struct{ greeter }

const (
	suggestEvery = 100 * time.Millisecond
	suggestions  = 100 // each time
)

func (*suggester) opened(c *hostileConn) {
	c.claimAll()
	c.say(wire.Unchoke)
	c.every(suggestEvery, func() {
		for range suggestions {
			c.send(wire.Message{Kind: wire.Suggest, Index: uint32(c.rng.IntN(c.pieces()))})
		}
	})
}

func (*suggester) heard(c *hostileConn, f *frame) {
	if f.kind == wire.Request {
		c.serve(f.block, true)
	}
}

// colluder serves all that it is asked for, but spoils the first block of each
// piece, the same as the others of its kind do: they confirm each other's lies.
type colluder struct{ greeter }

func (*colluder) opened(c *hostileConn) {
	c.claimAll()
	c.say(wire.Unchoke)
}

func (*colluder) heard(c *hostileConn, f *frame) {
	switch {
	case f.kind != wire.Request:
	case f.block.Begin == 0 && c.exists(f.block):
		b := f.block
		c.counts.Served++
		c.send(wire.Message{Kind: wire.Piece, Index: b.Index, Begin: b.Begin, Length: b.Length, Data: make([]byte, b.Length)})
	default:
		c.serve(f.block, true)
	}
}
