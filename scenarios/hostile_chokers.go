package scenarios

import (
	"time"

	"bt/client/wire"
)

// These peers serve for a while, and then choke, or stop, in their own ways.

const (
	// chokersQueue is how many requests they let pile up before they choke.
	chokersQueue = 16
	// chokersTurn is the time from one unchoke to the next.
	chokersTurn = 10 * time.Second
	// chokersService is for how long after an unchoke they serve at once, so that a
	// client comes to ask for much.
	chokersService = 400 * time.Millisecond
)

// chokerLate is how many blocks come after the choke.
const chokerLate = 4

// choker lets requests pile up, and then chokes, which voids them (BEP 3). Some
// blocks were on their way by then, and come all the same.
func choker(p *player) {
	p.greet(plainHello)
	p.claimAll()
	for {
		end := p.now().Add(chokersTurn)
		p.pileUp()
		for range chokerLate {
			p.serveOldest()
		}
		p.sleep(end.Sub(p.now()))
		p.queue = nil
	}
}

// withdrawerHangsUp is the choke in the middle of which it hangs up.
const withdrawerHangsUp = 3

// newWithdrawer makes a peer that does the same with the Fast extension: after
// its choke each request gets a piece or a reject. The third time it hangs up in
// the middle of that, and is back in a moment.
func newWithdrawer() script {
	chokes := 0
	return func(p *player) {
		p.greet(fastHello)
		p.claimAll()
		for {
			end := p.now().Add(chokersTurn)
			p.pileUp()
			chokes++
			for i := range chokersQueue {
				switch {
				case i == chokersQueue/2 && chokes == withdrawerHangsUp:
					p.hangUp()
				case i%2 == 0:
					p.serveOldest()
				default:
					p.refuse(p.dequeue(p.queue[0]))
				}
			}
			for b := range p.requests(max(end.Sub(p.now()), 1)) { // they were on their way when we choked
				p.refuse(b)
			}
		}
	}
}

// pileUp unchokes, serves for a moment, and chokes as soon as enough requests
// have piled up.
func (p *player) pileUp() {
	p.unchoke()
	for b := range p.requests(chokersService) {
		p.serve(b, good)
	}
	p.until(0, func() bool { return len(p.queue) >= chokersQueue })
	p.choke()
}

// flapEvery is the time from one change of mind to the next.
const flapEvery = 200 * time.Millisecond

// flapper serves, but changes its mind five times a second. BEP 6 has it reject
// what it has not served when it chokes.
func flapper(p *player) {
	p.greet(fastHello)
	p.claimAll()
	for {
		p.sleep(flapEvery)
		p.unchoke()
		p.sleep(flapEvery / 2)
		p.serveOldest()
		p.sleep(flapEvery / 2)
		p.choke()
		for len(p.queue) > 0 {
			p.refuse(p.dequeue(p.queue[0]))
		}
	}
}

const (
	// backerServes is for how long it gives.
	backerServes = 30 * time.Second
	// backerEvery is the time for one block: 32 KiB/s.
	backerEvery = 500 * time.Millisecond
)

// backer gives what is asked of it and takes an interest, as a good leech does,
// until it stops giving without a word.
func backer(p *player) {
	p.greet(fastHello)
	// It has the second half of the pieces, and wants the first.
	p.claim(func(i int) bool { return i >= p.pieces()/2 })
	p.say(wire.Interested)
	p.unchoke()
	for p.now().Sub(p.began) < backerServes {
		p.sleep(backerEvery)
		p.serveOldest()
	}
	p.stay()
}
