package scenarios

import (
	"time"

	"bt/client/wire"
)

// These peers serve for a while, and then choke, or stop, in their own ways.

// chokersQueue is how many requests they let pile up before they choke.
const chokersQueue = 16

// chokersTurn is the time from one unchoke to the next.
const chokersTurn = 10 * time.Second

// choker lets requests pile up, and then chokes, which voids them (BEP 3). Some
// blocks were on their way by then, and come all the same.
type choker struct{ oldGreeter }

// chokerLate is how many blocks come after the choke.
const chokerLate = 4

func (*choker) opened(c *hostileConn) { c.takeTurns() }

func (*choker) heard(c *hostileConn, f *frame) {
	if !c.pileUp(f) {
		return
	}
	c.choke()
	for _, b := range c.queue[:chokerLate] {
		c.serve(b, true)
	}
	c.queue = nil
}

// withdrawer does the same with the Fast extension: after its choke each request
// gets a piece or a reject. The third time it hangs up in the middle of that,
// and is back in a moment.
type withdrawer struct {
	greeter
	chokes int
}

// withdrawerHangsUp is the choke in the middle of which it hangs up.
const withdrawerHangsUp = 3

func (*withdrawer) opened(c *hostileConn) { c.takeTurns() }

func (w *withdrawer) heard(c *hostileConn, f *frame) {
	if c.choking && f.kind == wire.Request {
		c.refuse(f.block) // it was on its way when we choked
		return
	}
	if !c.pileUp(f) {
		return
	}
	c.choke()
	w.chokes++
	for i, b := range c.queue {
		switch {
		case i == len(c.queue)/2 && w.chokes == withdrawerHangsUp:
			c.hangUp()
			return
		case i%2 == 0:
			c.serve(b, true)
		default:
			c.refuse(b)
		}
	}
	c.queue = nil
}

// chokersService is for how long after an unchoke they serve at once, so that a
// client comes to ask for much.
const chokersService = 400 * time.Millisecond

// takeTurns unchokes at intervals.
func (c *hostileConn) takeTurns() {
	c.claimAll()
	c.say(wire.Unchoke)
	c.every(chokersTurn, func() {
		if c.choking {
			c.choking = false
			c.say(wire.Unchoke)
		}
	})
}

func (c *hostileConn) choke() {
	c.choking = true
	c.say(wire.Choke)
}

// pileUp serves a request, or keeps it. It says when enough have piled up.
func (c *hostileConn) pileUp(f *frame) (enough bool) {
	switch {
	case f.kind == wire.Cancel:
		c.dequeue(f.block)
	case f.kind != wire.Request || c.choking:
	case c.now().Sub(c.began)%chokersTurn < chokersService:
		c.serve(f.block, true)
	default:
		c.queue = append(c.queue, f.block)
	}
	return len(c.queue) >= chokersQueue
}

// backer gives what is asked of it and takes an interest, as a good leech does,
// until it stops giving without a word.
type backer struct{ greeter }

// backerServes is for how long.
const backerServes = 30 * time.Second

func (*backer) opened(c *hostileConn) {
	// It has the second half of the pieces, and wants the first.
	c.claim(func(p int) bool { return p >= c.pieces()/2 })
	c.say(wire.Interested, wire.Unchoke)
	c.every(idleKeepAlive, func() { c.say(wire.KeepAlive) })
	until := c.now().Add(backerServes)
	c.every(backerEvery, func() {
		if len(c.queue) > 0 && c.now().Before(until) {
			c.serve(c.queue[0], true)
			c.queue = c.queue[1:]
		}
	})
}

// backerEvery is the time for one block: 32 KiB/s.
const backerEvery = 500 * time.Millisecond

func (*backer) heard(c *hostileConn, f *frame) {
	switch f.kind {
	case wire.Request:
		c.queue = append(c.queue, f.block)
	case wire.Cancel:
		c.dequeue(f.block)
	}
}
