package peer

import (
	"slices"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/wire"
)

const (
	// AllowedFastCount is k of BEP 6, the number of pieces that a choked peer is
	// allowed: enough to be worth something to others when they have come down.
	AllowedFastCount = 10
	// suggestedMax is how many suggestions of a peer are remembered. The
	// newest count: older ones it has made to others too, or has forgotten.
	suggestedMax = 8
	// hintsMax is how many of our suggestions a peer may not have taken up yet. What
	// has been suggested to it is kept from others, who may be sooner to ask; with two,
	// swarms that are clogged at random download a tenth more twice.
	hintsMax = 1
)

// hints are what the two sides have granted and suggested to each other by BEP 6,
// but for Peer.allowed.
type hints struct {
	granted   []grant  // pieces that we serve it while it is choked
	suggested []uint32 // pieces that it would like us to ask for, newest first
	hinted    []int    // pieces that we have suggested, and it has not asked for since
}

// grant is a piece that is served to a choked peer, once. BEP 6: "A peer MAY reject
// requests for already sent Allowed Fast pieces." Else they would be a way around
// all choking.
type grant struct {
	piece uint32
	left  int64 // bytes to serve
}

// GrantFast lets a peer that has next to nothing have a few pieces while it is
// choked, so that it gets something to trade with. BEP 6: "A peer SHOULD send
// Allowed Fast messages to any starting peer unless the local peer lacks
// sufficient resources." They are sent once, and pieceLength bytes of each are
// served. Those that we lack we leave out: they may be listed, but nobody could ask
// for them.
func (p *Peer) GrantFast(now time.Time, infoHash [20]byte, have *bitfield.Bitfield, pieceLength int64, out *boundary.Effects) {
	if !p.Fast || p.Has.Count() >= AllowedFastCount || len(p.hints.granted) > 0 {
		return
	}
	for _, i := range wire.AllowedFastSet(p.Addr.Addr(), infoHash, have.Len(), min(AllowedFastCount, have.Len())) {
		if have.Has(int(i)) && !p.Has.Has(int(i)) {
			p.hints.granted = append(p.hints.granted, grant{i, pieceLength})
			p.Send(now, wire.Message{Kind: wire.AllowedFast, Index: i}, out)
		}
	}
}

// serves says whether requests for a piece are taken at present.
func (p *Peer) serves(piece uint32) bool {
	return !p.AmChoking || p.hints.grant(piece) != nil
}

// grant finds what a choked peer may have of a piece; nil: nothing.
func (h *hints) grant(piece uint32) *grant {
	i := slices.IndexFunc(h.granted, func(g grant) bool { return g.piece == piece })
	if i < 0 {
		return nil
	}
	return &h.granted[i]
}

// spend takes a block off what a peer may have while it is choked. It says
// whether there is that much left.
func (p *Peer) spend(b wire.Block) bool {
	if !p.AmChoking {
		return true
	}
	g := p.hints.grant(b.Index)
	if g == nil || g.left < int64(b.Length) {
		return false
	}
	g.left -= int64(b.Length)
	return true
}

// HandleAllowedFast notes that a piece may be requested while we are choked.
func (p *Peer) HandleAllowedFast(piece int) {
	if p.allowed == nil {
		allowed := bitfield.New(p.Has.Len())
		p.allowed = &allowed
	}
	p.allowed.Set(piece)
}

// revoke notes that a piece is not served to us while we are choked after all.
func (p *Peer) revoke(piece int) {
	if p.allowed != nil && p.PeerChoking {
		p.allowed.Clear(piece)
	}
}

// MayAsk says whether anything may be requested, and if not everything, what.
func (p *Peer) MayAsk() (only *bitfield.Bitfield, ok bool) {
	if !p.PeerChoking {
		return nil, true
	}
	return p.allowed, p.allowed != nil && !p.allowed.None()
}

// HandleSuggest notes that the peer would like to send a piece.
func (p *Peer) HandleSuggest(piece uint32) {
	s := slices.DeleteFunc(p.hints.suggested, func(o uint32) bool { return o == piece })
	p.hints.suggested = slices.Insert(s, 0, piece)
	if len(p.hints.suggested) > suggestedMax {
		p.hints.suggested = p.hints.suggested[:suggestedMax]
	}
}

// Suggested returns the pieces that the peer would like to send, newest first.
func (p *Peer) Suggested() []uint32 { return p.hints.suggested }

// WantsHint says whether the peer is in a position to take another suggestion.
// Those that have become stale are forgotten.
func (p *Peer) WantsHint(stale func(piece int) bool) bool {
	if !p.Fast || p.AmChoking || !p.PeerInterested {
		return false
	}
	p.hints.hinted = slices.DeleteFunc(p.hints.hinted, stale)
	return len(p.hints.hinted) < hintsMax
}

// Suggest hints at a piece that is best taken from us.
func (p *Peer) Suggest(now time.Time, piece int, out *boundary.Effects) {
	p.hints.hinted = append(p.hints.hinted, piece)
	p.Send(now, wire.Message{Kind: wire.Suggest, Index: uint32(piece)}, out)
}

// tookHint notes a request: one for a piece suggested makes room for the next
// suggestion.
func (p *Peer) tookHint(piece uint32) {
	p.hints.hinted = slices.DeleteFunc(p.hints.hinted, func(h int) bool { return h == int(piece) })
}

// Unsent returns the pieces of which the peer has asked for blocks that are not
// handed to the network yet, and those suggested that it has not asked for. Some
// may be named several times.
func (p *Peer) Unsent() []int {
	pieces := slices.Clone(p.hints.hinted)
	for _, blocks := range [2][]wire.Block{p.Uploads.waiting, p.Uploads.reading} {
		for _, b := range blocks {
			pieces = append(pieces, int(b.Index))
		}
	}
	return pieces
}
