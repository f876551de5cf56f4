package picker

import (
	"bt/client/bitfield"
	"bt/client/wire"
)

// Census is what a Picker should know, counted anew by whoever owns it.
type Census struct {
	Have  func(piece int) bool // verified, or taken for it
	Prio  []int                // of every piece
	Has   []*bitfield.Bitfield // what each peer has
	Asked []Asked              // all requests outstanding; the Picker may have forgotten some
	// Judged says whether a piece all of whose blocks have come is being checked.
	Judged func(piece int) bool
}

// Asked is a request outstanding.
type Asked struct {
	Peer  PeerID
	Block wire.Block
}

// Audit compares what the Picker knows with a census. counts says that it counts
// pieces, priorities or peers otherwise; requests, that it takes blocks for
// requested that nobody was asked for; stuck are the pieces all of whose blocks
// have come, and which nobody checks. It changes nothing, and its cost is that of
// counting everything.
func (p *Picker) Audit(c Census) (counts, requests bool, stuck []int) {
	return p.auditCounts(&c), p.auditRequests(&c), p.auditStuck(&c)
}

// auditCounts reports whether pieces and peers are counted wrongly, or a wanted
// piece is neither fresh nor started.
func (p *Picker) auditCounts(c *Census) bool {
	avail := make([]int, p.geo.pieces)
	for _, has := range c.Has {
		for i := has.Next(0); i >= 0; i = has.Next(i + 1) {
			avail[i]++
		}
	}
	wanted, left, fresh := 0, int64(0), 0
	for i := range p.geo.pieces {
		if p.have.Has(i) != c.Have(i) || p.order.prio[i] != max(c.Prio[i], 0) || p.Availability(i) != avail[i] {
			return true
		}
		if p.WantedPiece(i) {
			wanted++
			left += p.geo.pieceSize(i)
			if p.started.slotOf[i] == none {
				fresh++
			}
			if p.order.fresh(i) != (p.started.slotOf[i] == none) {
				return true
			}
		}
	}
	return p.peers != len(c.Has) || p.wanted != wanted || p.left != left || p.order.count != fresh || p.auditSlots()
}

// auditSlots reports whether the blocks of started pieces are counted wrongly, or
// a piece with free blocks is not on offer.
func (p *Picker) auditSlots() bool {
	for i, at := range p.started.slotOf {
		if at == none {
			continue
		}
		sl := &p.started.slots[at]
		var free, arrived, held int32
		for n, b := range p.started.of(at) {
			switch {
			case b.arrived:
				arrived++
			case b.holders == 0:
				free++
				if int32(n) < sl.cursor {
					return true
				}
			}
			held += b.holders
		}
		offered := p.WantedPiece(i) && free > 0
		if sl.free != free || sl.arrived != arrived || sl.held != held || offered != (sl.openAt != none) {
			return true
		}
	}
	return false
}

// auditRequests reports whether more requests are noted than are outstanding.
func (p *Picker) auditRequests(c *Census) bool {
	noted, known := 0, 0
	for _, at := range p.started.slotOf {
		if at != none {
			noted += int(p.started.slots[at].held)
		}
	}
	for _, a := range c.Asked {
		n, ok := p.geo.number(a.Block)
		if !ok {
			continue
		}
		if at := p.started.slotOf[a.Block.Index]; at != none && p.started.requests.has(p.started.of(at)[n].first, a.Peer) {
			known++
		}
	}
	return noted != known
}

func (p *Picker) auditStuck(c *Census) (stuck []int) {
	for i, at := range p.started.slotOf {
		if at != none && p.started.slots[at].arrived == p.started.slots[at].blocks && !c.Judged(i) {
			stuck = append(stuck, i)
		}
	}
	return stuck
}
