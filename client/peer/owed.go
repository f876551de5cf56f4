package peer

import (
	"slices"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

// OweHave notes that a seed is to hear of a piece that we have now. It hears of it
// with our next requests, or when TellOwed is called: it does nothing about it right
// now, and to be woken for each piece, by each of its peers, would cost it more than
// all the blocks that it sends meanwhile.
func (p *Peer) OweHave(piece int) { p.owed = append(p.owed, uint32(piece)) }

// ForgetHave takes back what OweHave has noted of a piece: it is lost again before
// the seed has heard of it.
func (p *Peer) ForgetHave(piece int) {
	p.owed = slices.DeleteFunc(p.owed, func(o uint32) bool { return int(o) == piece })
}

// TellOwed tells what OweHave has noted.
func (p *Peer) TellOwed(now time.Time, out *boundary.Effects) {
	for _, piece := range p.owed {
		p.Send(now, wire.Message{Kind: wire.Have, Index: piece}, out)
	}
	p.owed = p.owed[:0]
}
