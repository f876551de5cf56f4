package client

import (
	"testing"

	"bt/client/boundary"
	"bt/client/wire"
	"bt/transport"
)

// quietStream is a stream that nothing happens to.
type quietStream struct{ transport.Stream }

func (quietStream) PauseReads(bool) {}
func (quietStream) LimitReads(int)  {}

// What a read brings is in the budget until it is on disk, and nothing else is.
func TestPlaceKeepsTheBudget(t *testing.T) {
	receive, c := receiver(t)
	for range 10 {
		receive()
	}
	if c.budget.used != 0 {
		t.Errorf("%d bytes are in use, and no block waits for the disk", c.budget.used)
	}
	if n := len(c.pool.free); n > 2*wire.PlaceBlocks {
		t.Errorf("%d blocks in the pool, where %d were in use at once", n, wire.PlaceBlocks)
	}
	c.budget.used = c.budget.most()
	if n := c.budget.blocks(); n != 1 {
		t.Errorf("without memory a read may bring %d blocks, want 1", n)
	}
}

// receiver returns a function that has a connection receive PlaceBlocks blocks, and
// the disk write them.
func receiver(tb testing.TB) (receive func(), c *Client) {
	c = &Client{pool: &blockPool{}, effects: new(boundary.Effects)}
	conn := newConn(c, 1, true)
	var stream transport.Stream = quietStream{}
	conn.stream.Store(&stream)
	block := wire.Message{Kind: wire.Piece, Length: wire.BlockSize, Data: make([]byte, wire.BlockSize)}
	header := wire.AppendHeader(nil, block)
	take := func() (blocks int) {
		for _, it := range c.inbox.take() {
			e := it.event.(*boundary.Received)
			if e.Err != nil {
				tb.Fatal(e.Err)
			}
			for _, m := range e.Msgs {
				blocks++
				c.pool.put(m.Data)
			}
			c.handled(e, len(c.effects.Write))
		}
		return blocks
	}
	conn.Received(wire.AppendMessage(wire.AppendHandshake(nil, &wire.Handshake{}), block))
	if n := take(); n != 1 {
		tb.Fatalf("%d blocks at first, want 1", n)
	}
	return func() {
		n := 0
		for i, space := range conn.Place() {
			if i%2 == 0 {
				copy(space, header)
			}
			n += len(space)
		}
		conn.Placed(n)
		if n := take(); n != wire.PlaceBlocks {
			tb.Fatalf("%d blocks have come, want %d", n, wire.PlaceBlocks)
		}
	}, c
}

// BenchmarkReceive is the way of blocks from the socket to the core, without the
// bytes themselves. One operation is a read.
func BenchmarkReceive(b *testing.B) {
	receive, _ := receiver(b)
	b.SetBytes(wire.PlaceBlocks * wire.BlockSize)
	b.ReportAllocs()
	for b.Loop() {
		receive()
	}
}
