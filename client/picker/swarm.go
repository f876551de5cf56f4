package picker

import "bt/client/bitfield"

// AddPeer counts the pieces of a new peer. A seed costs no more than a peer
// with nothing.
func (p *Picker) AddPeer(has *bitfield.Bitfield) {
	p.peers++
	p.order.epoch++ // a peer may be removed and added anew with other pieces
	if has.Count() == p.geo.pieces {
		p.seeds++
		return
	}
	for i := has.Next(0); i >= 0; i = has.Next(i + 1) {
		p.order.rise(i)
	}
}

// PeerHas counts one more piece of a peer already added.
func (p *Picker) PeerHas(piece int) { p.order.rise(piece) }

// RemovePeer takes back what AddPeer and PeerHas have counted for a peer; has
// is all of that. Its requests are not touched: see Lost.
func (p *Picker) RemovePeer(has *bitfield.Bitfield) {
	p.peers--
	// Peers that have become seeds are counted piece by piece. One seed is as
	// good as another: the cheap ones go first.
	if has.Count() == p.geo.pieces && p.seeds > 0 {
		p.seeds--
		return
	}
	for i := has.Next(0); i >= 0; i = has.Next(i + 1) {
		p.order.fall(i)
	}
}

// Availability returns how many peers have the piece.
func (p *Picker) Availability(piece int) int {
	return p.seeds + int(p.order.avail[piece])
}
