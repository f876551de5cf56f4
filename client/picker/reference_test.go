package picker

import (
	"slices"

	"bt/client/bitfield"
	"bt/client/wire"
)

// reference is a picker that looks at everything every time. It does not choose:
// it says what may be chosen.
type reference struct {
	geo    geometry
	pieces []refPiece
	peers  map[PeerID]*bitfield.Bitfield
	clock  int // counts changes of holders
}

type refPiece struct {
	prio    int
	have    bool
	suspect bool
	lead    PeerID
	blocks  []refBlock
}

type refBlock struct {
	arrived bool
	holders []PeerID
	changed int // when holders changed last
}

func newReference(geo geometry) *reference {
	r := &reference{geo: geo, pieces: make([]refPiece, geo.pieces), peers: make(map[PeerID]*bitfield.Bitfield)}
	for i := range r.pieces {
		r.pieces[i].prio = 1
		r.forget(i)
	}
	return r
}

func (r *reference) forget(piece int) {
	r.pieces[piece].blocks = make([]refBlock, r.geo.blocks(piece))
}

func (b *refBlock) free() bool { return !b.arrived && len(b.holders) == 0 }

func (p *refPiece) wanted() bool { return p.prio > 0 && !p.have }

func (p *refPiece) count(is func(*refBlock) bool) (n int) {
	for i := range p.blocks {
		if is(&p.blocks[i]) {
			n++
		}
	}
	return n
}

func (p *refPiece) freeBlocks() int { return p.count((*refBlock).free) }
func (p *refPiece) arrived() int    { return p.count(func(b *refBlock) bool { return b.arrived }) }
func (p *refPiece) started() bool   { return p.freeBlocks() < len(p.blocks) }
func (p *refPiece) open() bool      { return p.wanted() && p.started() && p.freeBlocks() > 0 }
func (p *refPiece) idle() bool {
	return p.count(func(b *refBlock) bool { return len(b.holders) > 0 }) == 0
}

func (p *refPiece) heldBy(peer PeerID) int {
	return p.count(func(b *refBlock) bool { return slices.Contains(b.holders, peer) })
}

// reserved: failed before, and its lead has requests in it.
func (p *refPiece) reserved(peer PeerID) bool {
	return p.suspect && p.started() && p.lead != peer && p.heldBy(p.lead) > 0
}

func (r *reference) availability(piece int) (n int) {
	for _, has := range r.peers {
		if has.Has(piece) {
			n++
		}
	}
	return n
}

func (r *reference) opened() (n int) {
	for i := range r.pieces {
		if r.pieces[i].open() {
			n++
		}
	}
	return n
}

func (r *reference) openMax() int { return openBase + openPerPeer*len(r.peers) }

// key orders pieces for a peer: less is better, item by item.
func (r *reference) key(peer PeerID, i int, opt PickOptions) [6]int {
	const (
		led = iota
		helping
		fresh // when rarity does not count
		hindering
	)
	p := &r.pieces[i]
	rarity, missing := r.availability(i), len(p.blocks)-p.arrived()
	switch {
	case !p.started() && r.had() < randomFirst:
		return [6]int{-p.prio, fresh}
	case !p.started() && r.opened() >= r.openMax():
		return [6]int{-p.prio, fresh, rarity}
	case !p.started():
		return [6]int{-p.prio, helping, rarity, 1}
	case p.lead == peer:
		return [6]int{-p.prio, led, 0, 0, missing, i}
	case opt.Slow && !p.idle() && r.opened() < r.openMax():
		return [6]int{-p.prio, hindering, rarity, 0, missing, i}
	}
	return [6]int{-p.prio, helping, rarity, 0, missing, i}
}

func (r *reference) had() (n int) {
	for i := range r.pieces {
		if r.pieces[i].have {
			n++
		}
	}
	return n
}

// legal returns all blocks that may be picked next for peer.
func (r *reference) legal(peer PeerID, opt PickOptions) (blocks []wire.Block) {
	var best [6]int
	for i := range r.pieces {
		p := &r.pieces[i]
		if !p.wanted() || p.freeBlocks() == 0 || p.reserved(peer) || !r.allowed(peer, i, opt) {
			continue
		}
		key := r.key(peer, i, opt)
		if blocks == nil || slices.Compare(key[:], best[:]) < 0 {
			blocks, best = nil, key
		}
		if key == best {
			n := slices.IndexFunc(p.blocks, func(b refBlock) bool { return b.free() })
			blocks = append(blocks, r.geo.block(i, n))
		}
	}
	if blocks == nil && !opt.Slow && !opt.Busy && r.endgame() {
		return r.legalDuplicates(peer, opt)
	}
	return blocks
}

func (r *reference) legalDuplicates(peer PeerID, opt PickOptions) (blocks []wire.Block) {
	var best [2]int
	for i := range r.pieces {
		p := &r.pieces[i]
		if !p.wanted() || p.reserved(peer) || !r.allowed(peer, i, opt) {
			continue
		}
		for n := range p.blocks {
			b := &p.blocks[n]
			if len(b.holders) == 0 || len(b.holders) >= maxHolders || slices.Contains(b.holders, peer) {
				continue
			}
			if opt.Sooner != nil && slices.ContainsFunc(b.holders, func(h PeerID) bool { return !opt.Sooner(h, r.geo.block(i, n)) }) {
				continue
			}
			key := [2]int{len(b.holders), -b.changed}
			if blocks == nil || slices.Compare(key[:], best[:]) < 0 {
				blocks, best = []wire.Block{r.geo.block(i, n)}, key
			}
		}
	}
	return blocks
}

func (r *reference) allowed(peer PeerID, piece int, opt PickOptions) bool {
	return r.peers[peer].Has(piece) && (opt.Only == nil || opt.Only.Has(piece))
}

func (r *reference) endgame() bool {
	requested := false
	for i := range r.pieces {
		p := &r.pieces[i]
		if p.wanted() && p.freeBlocks() > 0 && r.availability(i) > 0 {
			return false
		}
		requested = requested || !p.idle()
	}
	return requested
}

// held reports whether somebody was asked for b.
func (r *reference) held(b wire.Block) bool {
	return len(r.pieces[b.Index].blocks[b.Begin/wire.BlockSize].holders) > 0
}

// request notes that b was picked for peer.
func (r *reference) request(peer PeerID, b wire.Block) {
	p := &r.pieces[b.Index]
	if !p.started() {
		r.giveUp()
		p.lead = peer
	}
	if p.heldBy(p.lead) == 0 {
		p.lead = peer
	}
	block := &p.blocks[b.Begin/wire.BlockSize]
	block.holders = append(block.holders, peer)
	r.touch(block)
}

// giveUp forgets an idle half piece if there are too many.
func (r *reference) giveUp() {
	if r.opened() < r.openMax() {
		return
	}
	least := -1
	for i := range r.pieces {
		p := &r.pieces[i]
		if p.open() && p.idle() && (least < 0 || p.arrived() < r.pieces[least].arrived()) {
			least = i
		}
	}
	if least >= 0 {
		r.forget(least)
	}
}

func (r *reference) touch(b *refBlock) {
	r.clock++
	b.changed = r.clock
}

// lost takes a request back.
func (r *reference) lost(peer PeerID, b wire.Block) {
	block := &r.pieces[b.Index].blocks[b.Begin/wire.BlockSize]
	if i := slices.Index(block.holders, peer); i >= 0 {
		block.holders = slices.Delete(block.holders, i, i+1)
		r.touch(block)
	}
}

// received says what Received has to answer.
func (r *reference) received(peer PeerID, b wire.Block) (cancel []PeerID, wanted, complete bool) {
	p := &r.pieces[b.Index]
	block := &p.blocks[b.Begin/wire.BlockSize]
	if block.arrived || p.have || !p.wanted() && !p.started() {
		return nil, false, false
	}
	if !p.started() {
		r.giveUp()
		p.lead = peer
	}
	for _, h := range block.holders {
		if h != peer {
			cancel = append(cancel, h)
		}
	}
	block.holders, block.arrived = nil, true
	return cancel, true, p.arrived() == len(p.blocks)
}
