package scenarios

import (
	"slices"
	"time"

	"bt/client/wire"
)

// These peers have nothing, and ask for it in their own ways.

// idle is interested, and never asks for anything. What it is good for is to be
// unchoked: see hostileCounts.Unchoked.
func idle(p *player) {
	p.want(fastHello)
	p.stay()
}

// want greets as one that has nothing and takes what it can get.
func (p *player) want(how greeting) {
	p.greet(how)
	p.claimNothing()
	p.say(wire.Interested)
}

// freerider takes what it can get, one block after the other, and gives nothing.
// It picks blocks at random: whoever lacks the one it has picked is left alone
// until the next unchoke.
func freerider(p *player) {
	p.want(plainHello)
	for {
		p.hear(wire.Unchoke, wire.Piece)
		if b := p.anyBlock(); !p.unchoked.IsZero() && p.has.has(int(b.Index)) {
			p.ask(b)
		}
	}
}

// overRequests is how many valid requests it makes at once.
const overRequests = 10_000

// overRequester asks for what is not there, for too much, too early, and for far
// too many blocks at once.
func overRequester(p *player) {
	p.greet(fastHello)
	p.claimNothing()
	p.ask(p.anyBlock()) // while choked
	p.say(wire.Interested)
	impossible := []wire.Block{
		{Index: uint32(p.pieces()), Length: wire.BlockSize},
		{Index: 0, Begin: uint32(p.truth.meta.Info.PieceSize(0)), Length: wire.BlockSize},
		{Index: 0, Length: 1 << 20},
		{Index: 0, Length: 0},
	}
	for {
		p.hear(wire.Unchoke)
		p.sendMany(overRequests, func() wire.Message { return p.anyBlock().Message(wire.Request) })
		p.sleep(time.Second)
		p.ask(impossible[p.rng.IntN(len(impossible))])
	}
}

// guestEvery is the time from one helping to the next.
const guestEvery = 100 * time.Millisecond

// guest never says that it is interested, and asks for the pieces that it was
// allowed fast again and again, for as long as it is let.
func guest(p *player) {
	p.greet(fastHello)
	p.claimNothing()
	var granted []uint32
	for until := p.now().Add(time.Second); p.now().Before(until); {
		p.wait(until.Sub(p.now()), func(f *frame) bool {
			if f.kind == wire.AllowedFast && int64(f.block.Index) < int64(p.pieces()) && !slices.Contains(granted, f.block.Index) {
				granted = append(granted, f.block.Index)
			}
			return false
		})
	}
	for len(granted) > 0 {
		for _, i := range granted {
			size := p.truth.meta.Info.PieceSize(int(i))
			for begin := int64(0); begin < size; begin += wire.BlockSize {
				p.ask(wire.Block{Index: i, Begin: uint32(begin), Length: uint32(min(size-begin, wire.BlockSize))})
			}
		}
		p.sleep(guestEvery)
	}
	p.stay()
}

// glutton asks for everything, a thousand blocks a second, and never reads what it
// is answered: let it pile up at the other end.
func glutton(p *player) {
	p.greet(fastHello)
	p.claimNothing()
	p.say(wire.Interested)
	p.stream.PauseReads(true)
	for {
		p.sendMany(floodSize, func() wire.Message { return p.anyBlock().Message(wire.Request) })
		p.sleep(floodEvery)
	}
}
