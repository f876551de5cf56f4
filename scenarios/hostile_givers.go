package scenarios

import (
	"time"

	"bt/client/wire"
)

// These peers claim to have everything, and give less than they promise.

// snubberServes is the number of blocks on each connection.
const snubberServes = 8

// snubber unchokes, serves the first blocks, and then nothing any more.
func snubber(p *player) {
	p.deaf = true
	p.offer(fastHello)
	for b := range p.requests(0) {
		if p.served < snubberServes {
			p.serve(b, good)
		}
	}
}

// silent unchokes, and answers nothing.
func silent(p *player) {
	p.deaf = true
	p.offer(fastHello)
	p.rest()
}

// liar claims everything and rejects every request.
func liar(p *player) {
	p.offer(fastHello)
	for b := range p.requests(0) {
		p.refuse(b)
	}
}

// slowEvery is the time for one block: 8 KiB/s.
const slowEvery = 2 * time.Second

// slow serves one block after the other, at a small rate. It is honest, and old:
// the last blocks of a download that wait for it make an endgame.
func slow(p *player) {
	p.offer(plainHello)
	p.serveEvery(slowEvery)
}

// deafEvery is the time for one block: 32 KiB/s.
const deafEvery = 500 * time.Millisecond

// deaf serves all that it is asked for, late, and takes no notice of a cancel.
func deaf(p *player) {
	p.deaf = true
	p.offer(plainHello)
	p.serveEvery(deafEvery)
}

// deafSlow is deaf, and as slow as slow: beside a deaf one, it is overtaken in the
// endgame, and sends all the same.
func deafSlow(p *player) {
	p.deaf = true
	p.offer(plainHello)
	p.serveEvery(slowEvery)
}

// serveEvery serves a block at a time, as long as the connection lasts.
func (p *player) serveEvery(d time.Duration) {
	for {
		p.sleep(d)
		p.serveOldest()
	}
}

// serveOldest serves the oldest request that is open, if there is one.
func (p *player) serveOldest() {
	if len(p.queue) > 0 {
		p.serve(p.dequeue(p.queue[0]), good)
	}
}

// serveAll is what a good seed does.
func (p *player) serveAll() {
	for b := range p.requests(0) {
		p.serve(b, good)
	}
}

// unsolicitedEvery is the time from one gift to the next.
const unsolicitedEvery = time.Second

// unsolicited sends blocks that nobody has asked for.
func unsolicited(p *player) {
	p.greet(fastHello)
	p.claimAll()
	for {
		p.sleep(unsolicitedEvery)
		p.serve(p.anyBlock(), good)
	}
}

// repeater serves all that it is asked for, each block twice.
func repeater(p *player) {
	p.offer(fastHello)
	for b := range p.requests(0) {
		p.serve(b, good)
		p.serve(b, good)
	}
}

// granter floods with ALLOWED FAST, of all pieces again and again, and rejects
// whatever is asked for on the strength of it.
func granter(p *player) {
	p.greet(fastHello)
	p.claimAll()
	for {
		for range floodSize {
			p.send(wire.Message{Kind: wire.AllowedFast, Index: uint32(p.rng.IntN(p.pieces()))})
		}
		for b := range p.requests(floodEvery) {
			p.refuse(b)
		}
	}
}
