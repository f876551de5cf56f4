package scenarios

import (
	"time"

	"bt/client/wire"
)

// These peers claim to have everything, and give less than they promise.

// greeter is the part of most characters that greets.
type greeter struct{}

func (greeter) hello() greeting { return fastHello }

// oldGreeter greets as clients did before BEP 6.
type oldGreeter struct{}

func (oldGreeter) hello() greeting { return plainHello }

// snubber unchokes, serves the first blocks, and then nothing any more.
type snubber struct{ greeter }

// snubberServes is the number of blocks on each connection.
const snubberServes = 8

func (*snubber) opened(c *hostileConn) {
	c.claimAll()
	c.say(wire.Unchoke)
}

func (*snubber) heard(c *hostileConn, f *frame) {
	if f.kind == wire.Request && c.served < snubberServes {
		c.serve(f.block, true)
	}
}

// poisoner serves all that it is asked for, but one block of each piece, the
// first that it is asked for, is bad.
type poisoner struct {
	greeter
	spoilt map[uint32]wire.Block // by piece
}

func (p *poisoner) opened(c *hostileConn) {
	if p.spoilt == nil {
		p.spoilt = make(map[uint32]wire.Block)
	}
	c.claimAll()
	c.say(wire.Unchoke)
}

func (p *poisoner) heard(c *hostileConn, f *frame) {
	if f.kind != wire.Request {
		return
	}
	if _, ok := p.spoilt[f.block.Index]; !ok {
		p.spoilt[f.block.Index] = f.block
	}
	c.serve(f.block, p.spoilt[f.block.Index] != f.block)
}

// silent unchokes, and answers nothing.
type silent struct{ greeter }

func (*silent) opened(c *hostileConn) {
	c.claimAll()
	c.say(wire.Unchoke)
}

func (*silent) heard(*hostileConn, *frame) {}

// liar claims everything and rejects every request.
type liar struct{ greeter }

func (*liar) opened(c *hostileConn) {
	c.claimAll()
	c.say(wire.Unchoke)
}

func (*liar) heard(c *hostileConn, f *frame) {
	if f.kind == wire.Request {
		c.refuse(f.block)
	}
}

// flapper serves, but changes its mind five times a second. BEP 6 has it reject
// what it has not served when it chokes.
type flapper struct{ greeter }

const flapEvery = 200 * time.Millisecond

func (*flapper) opened(c *hostileConn) {
	c.claimAll()
	choking := true
	c.every(flapEvery, func() {
		if choking = !choking; !choking {
			c.say(wire.Unchoke)
			return
		}
		c.say(wire.Choke)
		for len(c.queue) > 0 {
			c.dequeue(c.queue[0])
		}
	})
	c.every(flapEvery/2, func() {
		if len(c.queue) > 0 && !choking {
			c.serve(c.queue[0], true)
			c.queue = c.queue[1:]
		}
	})
}

func (*flapper) heard(c *hostileConn, f *frame) {
	switch f.kind {
	case wire.Request:
		c.queue = append(c.queue, f.block)
	case wire.Cancel:
		c.dequeue(f.block)
	}
}

// slow serves one block after the other, at a small rate. It is honest, and old:
// the last blocks of a download that wait for it make an endgame.
type slow struct{ oldGreeter }

// slowEvery is the time for one block: 8 KiB/s.
const slowEvery = 2 * time.Second

func (*slow) opened(c *hostileConn) {
	c.claimAll()
	c.say(wire.Unchoke)
	c.every(slowEvery, func() {
		if len(c.queue) > 0 {
			c.serve(c.queue[0], true)
			c.queue = c.queue[1:]
		}
	})
}

func (*slow) heard(c *hostileConn, f *frame) {
	switch f.kind {
	case wire.Request:
		c.queue = append(c.queue, f.block)
	case wire.Cancel:
		c.dequeue(f.block)
	}
}

// unsolicited sends blocks that nobody has asked for.
type unsolicited struct{ greeter }

const unsolicitedEvery = time.Second

func (*unsolicited) opened(c *hostileConn) {
	c.claimAll()
	c.every(unsolicitedEvery, func() { c.serve(c.anyBlock(), true) })
}

func (*unsolicited) heard(*hostileConn, *frame) {}
