// Package picker decides which block to ask which peer for.
//
// The policy, in this order:
//
//   - Priority: a piece of higher priority before one of lower.
//   - Finish what is started, the strict priority of Cohen 2003: only whole
//     pieces can be verified and passed on. A peer goes on with the piece it
//     leads, else helps with the one that lacks the fewest blocks.
//   - Rarest first: of the untouched pieces, one that the fewest peers have,
//     at random among equals. The very first pieces are random ones instead,
//     since a rare piece has few sources and comes slowly.
//   - Endgame: when every wanted block is requested or received, those that are
//     late are requested from up to two peers more. The first to deliver wins, the
//     others are told to cancel.
//
// A Picker belongs to one torrent and one goroutine. It knows neither time nor
// connections: a request is outstanding until Received or Lost says otherwise.
package picker

import (
	"math/rand/v2"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/wire"
)

// PeerID names the peer that holds a request. One is never used for two peers.
type PeerID = boundary.ConnID

// Config describes a torrent. Pieces, PieceLength and Length, in bytes, must
// agree with each other; New panics otherwise.
type Config struct {
	Pieces      int
	PieceLength int64
	Length      int64
	Rand        rand.Source // breaks ties; owned by the Picker from then on
}

// Picker knows which blocks are wanted, requested and received, and how many
// peers have each piece. The zero value is not usable; see New.
type Picker struct {
	geo     geometry
	order   order
	started started
	barren  *barren // nil until it has something to remember: torrents that are stopped are many

	have    bitfield.Bitfield
	suspect bitfield.Bitfield // has failed its hash and is not verified since
	wanted  int               // pieces with a priority that we lack
	left    int64             // their bytes
	peers   int               // added and not removed
	seeds   int               // those of them counted here, not in order.avail
}

// New returns a Picker of a torrent that we have nothing of, in which every
// piece has priority 1 and no peer is known.
func New(cfg Config) *Picker {
	p := &Picker{
		geo:     newGeometry(cfg.Pieces, cfg.PieceLength, cfg.Length),
		order:   newOrder(cfg.Pieces, rand.New(cfg.Rand)),
		have:    bitfield.New(cfg.Pieces),
		suspect: bitfield.New(cfg.Pieces),
	}
	p.started = newStarted(cfg.Pieces, p.geo.perPiece)
	for i := range cfg.Pieces {
		p.SetPriority(i, 1)
	}
	return p
}

// SetPriority says how much a piece is wanted: the higher, the earlier. 0 means
// that it is not requested; requests for it already made stay outstanding, and
// what they bring is received. Negative counts as 0.
func (p *Picker) SetPriority(piece, prio int) {
	prio = max(prio, 0)
	p.withdraw(piece)
	p.order.prio[piece] = prio
	p.offer(piece)
}

// SetHave says that the piece is verified: it is never requested again. Any
// request for it still outstanding is forgotten.
func (p *Picker) SetHave(piece int) {
	p.withdraw(piece)
	if at := p.started.slotOf[piece]; at != none {
		p.started.end(at)
	}
	p.suspect.Clear(piece)
	p.have.Set(piece)
}

// ClearHave says that the piece is lost: it is wanted again if it has a
// priority.
func (p *Picker) ClearHave(piece int) {
	if !p.have.Has(piece) {
		return
	}
	p.have.Clear(piece)
	p.offer(piece)
}

// Failed says that the piece did not match its hash: what was received of it
// is worthless, and all its blocks are wanted again. Until it is verified it
// is filled by one peer at a time, so that who fails it again is known.
func (p *Picker) Failed(piece int) {
	if p.have.Has(piece) {
		p.ClearHave(piece)
		return
	}
	p.withdraw(piece)
	if at := p.started.slotOf[piece]; at != none {
		p.started.end(at)
	}
	p.suspect.Set(piece)
	p.offer(piece)
}

// Restart says that what was received of the piece is lost, by nobody's fault:
// all its blocks are wanted again. Requests for it still outstanding are
// forgotten.
func (p *Picker) Restart(piece int) {
	at := p.started.slotOf[piece]
	if at == none {
		return
	}
	p.withdraw(piece)
	p.started.end(at)
	p.offer(piece)
}

// Unreceived says that a block which had come is lost, by nobody's fault: it is
// wanted again. What else has come of its piece is kept.
func (p *Picker) Unreceived(b wire.Block) {
	n, ok := p.geo.number(b)
	if !ok {
		return
	}
	at := p.started.slotOf[b.Index]
	if at == none || !p.started.of(at)[n].arrived {
		return
	}
	p.started.unreceive(at, int32(n))
	p.settle(at)
}

// Received says that a block has come from peer. wanted is false when it is of
// no use: not a block of this torrent, had already, or of a piece that is not
// wanted. Otherwise all requests for it are over; cancel is dst and, appended,
// every other peer that was asked for it, in the order they were asked.
// complete is true when it was the last of its piece: the piece is then left
// alone until SetHave or Failed.
func (p *Picker) Received(dst []PeerID, peer PeerID, b wire.Block) (cancel []PeerID, wanted, complete bool) {
	n, ok := p.geo.number(b)
	if !ok {
		return dst, false, false
	}
	piece := int(b.Index)
	at := p.started.slotOf[piece]
	if at == none {
		if !p.order.fresh(piece) {
			return dst, false, false
		}
		at = p.start(piece, peer)
	}
	if p.started.of(at)[n].arrived {
		return dst, false, false
	}
	dst = p.started.receive(dst, peer, at, int32(n))
	sl := &p.started.slots[at]
	return dst, true, sl.arrived == sl.blocks
}

// Lost says that the request of peer for b is void: choked, rejected, timed out
// or disconnected. The block is free again unless another peer was asked for
// it too. Without such a request, nothing happens.
func (p *Picker) Lost(peer PeerID, b wire.Block) {
	n, ok := p.geo.number(b)
	if !ok {
		return
	}
	piece := int(b.Index)
	at := p.started.slotOf[piece]
	if at == none || !p.started.void(peer, at, int32(n)) {
		return
	}
	p.settle(at)
}

// InProgress reports whether a piece is begun and not yet verified.
func (p *Picker) InProgress(piece int64) bool {
	return piece < int64(len(p.started.slotOf)) && p.started.slotOf[piece] != none
}

// Requested reports whether any peer has an outstanding request for b.
func (p *Picker) Requested(b wire.Block) bool {
	n, ok := p.geo.number(b)
	if !ok {
		return false
	}
	at := p.started.slotOf[b.Index]
	return at != none && p.started.of(at)[n].holders > 0
}

// Valid reports whether b is a block of this torrent with exactly the begin
// and length that Pick would give it.
func (p *Picker) Valid(b wire.Block) bool {
	_, ok := p.geo.number(b)
	return ok
}

// WantedPiece reports whether we want the piece and lack it. A piece is lacking
// until it is verified.
func (p *Picker) WantedPiece(piece int) bool {
	return p.order.prio[piece] > 0 && !p.have.Has(piece)
}

// Interesting reports whether has contains a piece that we want and lack.
func (p *Picker) Interesting(has *bitfield.Bitfield) bool {
	for i := has.Next(0); i >= 0; i = has.Next(i + 1) {
		if p.WantedPiece(i) {
			return true
		}
	}
	return false
}

// Wanted reports whether there is any piece that we want and lack.
func (p *Picker) Wanted() bool { return p.wanted > 0 }

// Left returns the bytes of the pieces that we want and lack.
func (p *Picker) Left() int64 { return p.left }

// withdraw takes the piece out of everything that is wanted, before its
// priority or possession changes; offer puts it back.
func (p *Picker) withdraw(piece int) {
	if !p.WantedPiece(piece) {
		return
	}
	p.wanted--
	p.left -= p.geo.pieceSize(piece)
	if at := p.started.slotOf[piece]; at != none {
		p.started.close(at)
	} else {
		p.order.remove(piece)
	}
}

// offer counts the piece as wanted, if it is, and makes it pickable.
func (p *Picker) offer(piece int) {
	if !p.WantedPiece(piece) {
		return
	}
	p.wanted++
	p.left += p.geo.pieceSize(piece)
	if at := p.started.slotOf[piece]; at != none {
		p.started.reopen(at)
	} else {
		p.order.insert(piece)
	}
}

// start makes a fresh piece a started one, to be led by peer.
func (p *Picker) start(piece int, peer PeerID) int32 {
	p.giveUp()
	p.order.remove(piece)
	at := p.started.start(piece, p.geo.blocks(piece), peer)
	p.started.reopen(at)
	return at
}

// settle brings a piece that has lost a request back to where it belongs: among
// the open ones, or, with nothing of it requested or received, the fresh ones.
func (p *Picker) settle(at int32) {
	sl := p.started.slots[at]
	wanted := p.WantedPiece(int(sl.piece))
	switch {
	case sl.held == 0 && sl.arrived == 0:
		p.started.end(at)
		if wanted {
			p.order.insert(int(sl.piece))
		}
	case wanted:
		p.started.reopen(at)
	}
}
