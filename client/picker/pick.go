package picker

import (
	"bt/client/bitfield"
	"bt/client/wire"
)

const (
	// randomFirst is how many pieces are had before the rarest are preferred:
	// until then there is little to trade, and what counts is speed.
	randomFirst = 4

	// openBase and openPerPeer bound the pieces that wait half done. A peer that
	// leaves can take the only copy of its piece along, so that nobody finishes
	// it; beyond the bound, the idle piece with the least in it is given up.
	openBase    = 4
	openPerPeer = 2
)

// PickOptions narrow a Pick. The zero value is an unchoked peer of fair speed.
type PickOptions struct {
	// Only, unless nil, are the only pieces to ask for: those a peer that chokes
	// us serves all the same (BEP 6, Allowed Fast).
	Only *bitfield.Bitfield
	// Slow says that the peer has not delivered for long. It is kept off pieces
	// that others are filling, for as long as there are any left, and gets no
	// duplicates in the endgame.
	Slow bool
	// Busy says that the peer gets no duplicates in the endgame: it has requests to
	// answer, or nobody is late.
	Busy bool
	// Sooner, unless nil, says whether the peer would probably deliver a block
	// sooner than a holder of a request for it, and by enough. It gets no others as
	// duplicates: they would be sent for nothing.
	Sooner func(holder PeerID, b wire.Block) bool
	// Suggested are pieces that the peer would rather send than others that are
	// as rare (BEP 6, Suggest Piece), the most recent first.
	Suggested []uint32
}

// duplicatesMax is how many duplicates an idle peer is asked for at a time.
const duplicatesMax = 2

// Pick appends up to n blocks to ask peer for, all of them in pieces in has, and
// notes them as requested from it. has is what AddPeer, PeerHas and RemovePeer were
// told of the peer. To start a piece, an idle half piece may be
// given up and wanted again from its first block on; see openPerPeer.
func (p *Picker) Pick(dst []wire.Block, peer PeerID, has *bitfield.Bitfield, n int, opt PickOptions) []wire.Block {
	asked := len(dst)
	for n > 0 {
		at := p.choose(peer, has, opt)
		if at == none {
			break
		}
		for ; n > 0 && p.started.slots[at].free > 0; n-- {
			dst = p.ask(dst, peer, at, p.started.nextFree(at))
		}
	}
	// A slow peer would only make others wait for the duplicates it sits on.
	if n > 0 && !opt.Slow && !opt.Busy && len(dst) == asked && p.InEndgame() {
		dst = p.duplicate(dst, peer, has, min(n, duplicatesMax), opt)
	}
	return dst
}

// InEndgame reports whether every wanted block that any peer has is requested or
// received, and some are not received yet.
func (p *Picker) InEndgame() bool {
	for _, l := range p.order.levels {
		if p.seeds > 0 || int(l.ends[0]) < len(l.pieces) {
			return false
		}
	}
	for _, at := range p.started.open {
		if p.Availability(int(p.started.slots[at].piece)) > 0 {
			return false
		}
	}
	return p.started.requested()
}

// ask notes the request of a block and appends the block.
func (p *Picker) ask(dst []wire.Block, peer PeerID, at, n int32) []wire.Block {
	p.started.request(peer, at, n)
	return append(dst, p.geo.block(int(p.started.slots[at].piece), int(n)))
}

// choose returns the piece to ask peer for next: one with a free block, started
// if it was fresh. none: there is nothing to ask for.
func (p *Picker) choose(peer PeerID, has *bitfield.Bitfield, opt PickOptions) int32 {
	at, rank := p.bestOpen(peer, has, opt)
	above := 0
	if at != none {
		// A fresh piece must be of higher priority, or preferable at the same.
		above = rank.prio
		if rank.class != led {
			above--
		}
	}
	piece := p.bestFresh(peer, has, opt.Only, above)
	if piece == none || at != none && p.order.prio[piece] == rank.prio && p.helps(rank, piece) {
		return at
	}
	return p.start(p.suggested(piece, has, opt), peer)
}

// suggested returns the fresh piece that the peer suggests in place of the one
// chosen, if it is no less wanted and no less rare.
func (p *Picker) suggested(piece int, has *bitfield.Bitfield, opt PickOptions) int {
	for _, s := range opt.Suggested {
		i := int(s)
		if i < p.geo.pieces && p.order.fresh(i) && allowed(i, has, opt.Only) &&
			p.order.prio[i] == p.order.prio[piece] && p.Availability(i) <= p.Availability(piece) {
			return i
		}
	}
	return piece
}

// helps reports whether a peer should help with a started piece rather than
// start the fresh one. It should unless the fresh one is rarer: else all peers
// would have a seed fill pieces that they could get from each other, and the
// seed would give away every piece several times over.
func (p *Picker) helps(open rank, piece int) bool {
	return open.class == helping &&
		(open.rarity <= p.Availability(piece) || p.have.Count() < randomFirst || len(p.started.open) >= p.openMax())
}

// class says how well a started piece suits a peer, the best first.
type class int

const (
	led       class = iota // it leads the piece
	helping                // others lead it, or nobody does; untouched pieces may be better
	hindering              // slow, it would hold up the others; untouched pieces are better
)

// rank orders open pieces for a peer.
type rank struct {
	prio    int
	class   class
	rarity  int   // availability, but for led pieces
	missing int32 // blocks not received
	piece   int32 // breaks ties, so that the order of open means nothing
}

func (r rank) better(s rank) bool {
	switch {
	case r.prio != s.prio:
		return r.prio > s.prio
	case r.class != s.class:
		return r.class < s.class
	case r.rarity != s.rarity:
		return r.rarity < s.rarity
	case r.missing != s.missing:
		return r.missing < s.missing
	}
	return r.piece < s.piece
}

// bestOpen returns the best of the started pieces for peer. There are few of
// them: openMax bounds their number.
func (p *Picker) bestOpen(peer PeerID, has *bitfield.Bitfield, opt PickOptions) (best int32, top rank) {
	best = none
	for _, at := range p.started.open {
		sl := &p.started.slots[at]
		if !allowed(int(sl.piece), has, opt.Only) || p.reserved(sl, peer) {
			continue
		}
		r := rank{
			prio: p.order.prio[sl.piece], class: p.class(sl, peer, opt),
			missing: sl.blocks - sl.arrived, piece: sl.piece,
		}
		if r.class != led {
			r.rarity = p.Availability(int(sl.piece))
		}
		if best == none || r.better(top) {
			best, top = at, r
		}
	}
	return best, top
}

func (p *Picker) class(sl *slot, peer PeerID, opt PickOptions) class {
	switch {
	case sl.lead == peer:
		return led
	case opt.Slow && sl.held > 0 && len(p.started.open) < p.openMax():
		return hindering
	}
	return helping
}

// reserved reports whether the piece has failed before and another peer is
// filling it now.
func (p *Picker) reserved(sl *slot, peer PeerID) bool {
	return sl.lead != peer && sl.own > 0 && p.suspect.Has(int(sl.piece))
}

// openMax bounds the pieces that wait half done.
func (p *Picker) openMax() int { return openBase + openPerPeer*p.peers }

// giveUp forgets what was received of the open piece with the least of it, if
// there are too many, and one among them that nobody is filling.
func (p *Picker) giveUp() {
	if len(p.started.open) < p.openMax() {
		return
	}
	least := int32(none)
	for _, at := range p.started.open {
		sl := &p.started.slots[at]
		if sl.held > 0 {
			continue
		}
		if l := least; l == none || sl.arrived < p.started.slots[l].arrived ||
			sl.arrived == p.started.slots[l].arrived && sl.piece < p.started.slots[l].piece {
			least = at
		}
	}
	if least == none {
		return
	}
	piece := int(p.started.slots[least].piece)
	p.started.end(least)
	p.order.insert(piece)
}

// bestFresh returns the fresh piece to start for a peer, of a priority above
// the one given, or none.
func (p *Picker) bestFresh(peer PeerID, has, only *bitfield.Bitfield, above int) int {
	if only == nil && p.barren.knows(peer, has.Count(), above, p.order.epoch) {
		return none
	}
	// The first in order is the rarest; in a rotated order, it is a random one.
	rotate := 0
	if p.have.Count() < randomFirst {
		rotate = int(p.order.rnd.Uint32() >> 1)
	}
	var piece int
	counted := has.Count() < p.geo.pieces // else it may be one of p.seeds
	switch {
	case only != nil:
		piece = p.order.firstOf(only, has, above, rotate)
	case has.Count()*sparseFactor < p.order.within(counted, above):
		piece = p.order.firstOf(has, nil, above, rotate)
	default:
		piece = p.order.first(has, counted, above, rotate)
	}
	if only == nil && piece == none {
		if p.barren == nil {
			p.barren = new(barren)
		}
		p.barren.learn(peer, has.Count(), above, p.order.epoch)
	}
	return piece
}

// duplicate appends up to n blocks that others were asked for already: those of
// the fewest holders first, then those whose last request is the youngest. They
// are at the end of somebody's queue; what was asked for long ago is about to
// come, or its peer will be found to have stalled.
func (p *Picker) duplicate(dst []wire.Block, peer PeerID, has *bitfield.Bitfield, n int, opt PickOptions) []wire.Block {
	s := &p.started
	for _, r := range s.rings[1:maxHolders] {
		for i := r.tail; i != none && n > 0; {
			b, at := &s.blocks[i], i/int32(s.perPiece)
			sl, number := &s.slots[at], i%int32(s.perPiece)
			i = b.prev // the request moves the block to the next ring
			piece := int(sl.piece)
			if !allowed(piece, has, opt.Only) || p.order.prio[piece] == 0 ||
				p.reserved(sl, peer) || s.requests.has(b.first, peer) ||
				!p.late(b, p.geo.block(piece, int(number)), opt.Sooner) {
				continue
			}
			dst = p.ask(dst, peer, at, number)
			n--
		}
	}
	return dst
}

// late reports whether sooner, unless nil, says so of all holders of a block.
func (p *Picker) late(b *block, which wire.Block, sooner func(PeerID, wire.Block) bool) bool {
	if sooner == nil {
		return true
	}
	for i := b.first; i != none; i = p.started.requests.pool[i].next {
		if !sooner(p.started.requests.pool[i].peer, which) {
			return false
		}
	}
	return true
}

// allowed reports whether the piece is in has and, unless that is nil, in only.
func allowed(piece int, has, only *bitfield.Bitfield) bool {
	return has.Has(piece) && (only == nil || only.Has(piece))
}
