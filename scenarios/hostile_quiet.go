package scenarios

import (
	"time"

	"bt/client/wire"
)

// These peers say little, or slowly, or only half of it.

// mute accepts connections and says nothing, not even a handshake.
func mute(p *player) { p.rest() }

// corpse greets, and never says a word again.
func corpse(p *player) {
	p.deaf = true
	p.greet(plainHello)
	p.rest()
}

// lurker has nothing, wants nothing, and stays.
func lurker(p *player) {
	p.greet(fastHello)
	p.claimNothing()
	p.stay()
}

// trickleEvery is the time for one byte.
const trickleEvery = time.Second

// trickle sends bytes one at a time.
func (p *player) trickle(b []byte) {
	for _, c := range b {
		p.raw(c)
		p.sleep(trickleEvery)
	}
}

// trickler takes more than a minute for its handshake.
func trickler(p *player) {
	p.trickle(p.handshake(fastHello))
	p.rest()
}

// dribbler has everything, says so a byte a second, and gives as slowly: a block
// takes it four hours and a half.
func dribbler(p *player) {
	p.greet(fastHello)
	p.trickle(wire.AppendMessage(nil, wire.Message{Kind: wire.HaveAll}))
	p.trickle(wire.AppendMessage(nil, wire.Message{Kind: wire.Unchoke}))
	for b := range p.requests(0) {
		if p.exists(b) {
			data := p.truth.piece(int(b.Index))[b.Begin : b.Begin+b.Length]
			p.trickle(wire.AppendMessage(nil, wire.Message{Kind: wire.Piece, Index: b.Index, Begin: b.Begin, Length: b.Length, Data: data}))
		}
	}
}

// newHalfHello makes a peer that sends half a handshake. Every other time it
// closes the connection then, the times in between it leaves it at that.
func newHalfHello() script {
	times := 0
	return func(p *player) {
		p.insists = true
		times++
		p.raw(p.handshake(fastHello)[:helloLen/2]...)
		if times%2 == 0 {
			p.sleep(time.Second)
			return
		}
		p.rest()
	}
}

// hoarderConns is more than a client takes of all peers together.
const hoarderConns = 600

// newHoarder makes a peer that dials whom it knows more and more often, says nothing
// on any of the connections, and dials again when it has lost one.
func newHoarder() script {
	dials := 0
	return func(p *player) {
		p.insists = true
		for i := 0; i < 2 && p.dials() && dials < hoarderConns; i++ { // each becomes two more
			dials++
			p.dial(p.dialed)
		}
		p.rest()
	}
}
