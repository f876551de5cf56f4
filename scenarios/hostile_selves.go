package scenarios

import (
	"slices"
	"time"

	"bt/simnet"
)

// These peers are not who they say they are, or change who they are.

// newCloner makes a peer that has the peer id of whomever it has met last: it
// meets one after the other, and is a good seed otherwise.
func newCloner() script {
	var id [20]byte
	return func(p *player) {
		p.insists = true
		if id != [20]byte{} {
			p.hostile.peerID = id
		}
		p.offer(fastHello)
		id = p.remoteID
		for b := range p.requests(clonerStays) {
			p.serve(b, good)
		}
	}
}

// clonerStays is how long it stays with one peer.
const clonerStays = 2 * time.Second

// newMirror makes a peer that has the peer id of whom it speaks to, from the
// second time on when it has dialled.
func newMirror() script {
	ids := make(map[string][20]byte) // by address
	return func(p *player) {
		p.insists = true
		if !p.dials() {
			p.hearHello()
			ids[p.remote().String()] = p.remoteID
		}
		if id, ok := ids[p.remote().String()]; ok {
			p.hostile.peerID = id
		}
		p.greet(fastHello)
		ids[p.remote().String()] = p.remoteID
	}
}

// opener dials whoever dials it, at once, and is a good seed on both connections.
func opener(p *player) {
	if !p.dials() {
		p.dial(p.remote())
	}
	p.offer(fastHello)
	p.serveAll()
}

// newContradictor makes a peer that says one thing of its pieces, and a second
// later another. The six ways to do so take their turns.
func newContradictor() script {
	said := 0
	return func(p *player) {
		p.greet(fastHello)
		p.unchoke()
		has := []func(){
			p.claimAll,
			p.claimNothing,
			func() { p.claim(func(i int) bool { return i%2 == 0 }) },
		}
		for ; ; said++ {
			// 0 1, 0 2, 1 2, 1 0, 2 0, 2 1
			first := said % 6 / 2
			has[first]()
			for b := range p.requests(time.Second) {
				p.serve(b, good)
			}
			has[(first+1+said%2)%3]()
			for b := range p.requests(time.Second) {
				p.serve(b, good)
			}
		}
	}
}

// resetter is a good seed whose connections break at random times, those with
// whom it was speaking to both ways.
func resetter(p *player) {
	p.insists = true
	p.offer(fastHello)
	for b := range p.requests(p.upTo(resetterLasts)) {
		p.serve(b, good)
	}
	var peer *simnet.Host
	for s := range p.host.Internet().Streams() {
		if s.Host == p.host && s.Remote == p.stream.RemoteAddr() {
			peer = s.Peer
		}
	}
	p.host.Internet().ResetStreams(p.host, peer)
	p.rest()
}

// resetterLasts is how long a connection lasts at most.
const resetterLasts = 3 * time.Second

// newChaos makes a peer that is somebody else every few seconds. On each
// connection it plays a personality that it draws, and hangs up after a while to
// draw another.
func newChaos() script {
	names := slices.DeleteFunc(personalities(), func(name string) bool { return name == "chaos" })
	return func(p *player) {
		p.insists = true
		defer p.host.At(p.upTo(chaosTurn), p.stream.Close)()
		characters()[names[p.rng.IntN(len(names))]]()(p)
	}
}

// chaosTurn is how long chaos stays what it is, at most.
const chaosTurn = 8 * time.Second

// upTo is a time of at least a millisecond and at most d.
func (p *player) upTo(d time.Duration) time.Duration {
	return time.Duration(1+p.rng.Int64N(d.Milliseconds())) * time.Millisecond
}
