package scenarios

import (
	"time"

	"bt/client/wire"
)

// These peers have nothing, and ask for it in their own ways.

// idle is interested, and never asks for anything. What it is good for is to be
// unchoked: see hostileCounts.Unchoked.
type idle struct{ greeter }

// idleKeepAlive is how often it says that it is still there.
const idleKeepAlive = time.Minute

func (*idle) opened(c *hostileConn) {
	c.claimNothing()
	c.say(wire.Interested)
	c.every(idleKeepAlive, func() { c.say(wire.KeepAlive) })
}

func (*idle) heard(*hostileConn, *frame) {}

// freerider takes what it can get, one block after the other, and gives nothing.
// It picks blocks at random: whoever lacks the one it has picked is left alone
// until the next unchoke.
type freerider struct{ oldGreeter }

func (*freerider) opened(c *hostileConn) {
	c.claimNothing()
	c.say(wire.Interested)
}

func (*freerider) heard(c *hostileConn, f *frame) {
	switch f.kind {
	case wire.Unchoke, wire.Piece:
		if b := c.anyBlock(); !c.unchoked.IsZero() && c.has.has(int(b.Index)) {
			c.send(b.Message(wire.Request))
		}
	}
}

// overRequester asks for what is not there, for too much, too early, and for far
// too many blocks at once.
type overRequester struct{ greeter }

// overRequests is how many valid requests it makes at once.
const overRequests = 10_000

func (*overRequester) opened(c *hostileConn) {
	c.claimNothing()
	c.send(c.anyBlock().Message(wire.Request)) // while choked
	c.say(wire.Interested)
}

func (*overRequester) heard(c *hostileConn, f *frame) {
	if f.kind != wire.Unchoke {
		return
	}
	for range overRequests {
		c.send(c.anyBlock().Message(wire.Request))
	}
	impossible := []wire.Block{
		{Index: uint32(c.pieces()), Length: wire.BlockSize},
		{Index: 0, Begin: uint32(c.truth.meta.Info.PieceSize(0)), Length: wire.BlockSize},
		{Index: 0, Length: 1 << 20},
		{Index: 0, Length: 0},
	}
	c.host.At(time.Second, func() {
		if c.open {
			c.send(impossible[c.rng.IntN(len(impossible))].Message(wire.Request))
		}
	})
}
