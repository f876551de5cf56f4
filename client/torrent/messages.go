package torrent

import (
	"errors"
	"fmt"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/wire"
)

// HandleReceived takes the messages of one read of one peer.
func (t *Torrent) HandleReceived(now time.Time, p *peer.Peer, e *boundary.Received, out *boundary.Effects) {
	p.HandleAny(now)
	for _, m := range e.Msgs {
		if p.Gone {
			break // dropped for what it said before
		}
		t.handleMessage(now, p, m, out)
	}
	if !p.Gone && e.Err != nil {
		t.drop(now, p, boundary.MalformedPacket, e.Err, out)
	}
	if !p.Gone {
		t.fill(now, p, out)
		t.serve(now, p, out)
	}
	t.settle(now, out)
	if !p.Gone {
		p.WithdrawVoided(now, out) // what is not to be asked for again
	}
}

func (t *Torrent) handleMessage(now time.Time, p *peer.Peer, m wire.Message, out *boundary.Effects) {
	switch m.Kind {
	case wire.Choke:
		t.lost(p, p.HandleChoke(now))
	case wire.Unchoke:
		p.HandleUnchoke(now)
	case wire.Interested:
		t.handleInterest(now, p, true, out)
	case wire.NotInterested:
		t.handleInterest(now, p, false, out)
	case wire.Have:
		t.handleHave(now, p, m, out)
	case wire.Bitfield:
		t.handleBitfield(now, p, m, out)
	case wire.HaveAll, wire.HaveNone:
		t.handleHaveAll(now, p, m, out)
	case wire.Request:
		t.handleRequest(now, p, m.Block(), out)
	case wire.Piece:
		t.handlePiece(now, p, m, out)
	case wire.Cancel:
		p.HandleCancel(now, m.Block(), out)
	case wire.Reject:
		t.handleReject(now, p, m.Block(), out)
	case wire.Suggest, wire.AllowedFast:
		t.handleHint(now, p, m, out)
	case wire.Extended:
		t.handleExtended(now, p, m, out)
	}
	// Keep-alives have done their work by arriving. Port needs a DHT, which we do
	// not offer.
}

// handleHint takes a piece that the peer would like us to ask for, or lets us
// ask for while it chokes us.
func (t *Torrent) handleHint(now time.Time, p *peer.Peer, m wire.Message, out *boundary.Effects) {
	switch {
	case !p.Fast:
		t.drop(now, p, boundary.MalformedPacket, fmt.Errorf("%v without the fast extension", m.Kind), out)
	case int64(m.Index) >= int64(t.info.NumPieces()):
		t.drop(now, p, boundary.MalformedPacket, fmt.Errorf("%v: piece %d of %d", m.Kind, m.Index, t.info.NumPieces()), out)
	case m.Kind == wire.Suggest:
		p.HandleSuggest(m.Index)
	default:
		p.HandleAllowedFast(int(m.Index))
	}
}

func (t *Torrent) handleHave(now time.Time, p *peer.Peer, m wire.Message, out *boundary.Effects) {
	i := int(m.Index)
	if int64(m.Index) >= int64(t.info.NumPieces()) {
		t.drop(now, p, boundary.MalformedPacket, fmt.Errorf("have: piece %d of %d", m.Index, t.info.NumPieces()), out)
		return
	}
	if p.Has.Has(i) {
		return
	}
	p.Has.Set(i)
	t.picker.PeerHas(i)
	if t.pieces.wants(i) {
		p.Wanted++
		p.Interest(now, out)
	}
	t.maybeDropSeed(now, p, out)
}

// handleBitfield takes a bitfield as news whenever it comes: some clients send
// one in the middle, in place of many HAVEs. BEP 6 allows only one of it, HAVE
// ALL and HAVE NONE, and only as the first message, but does not say what to do
// about who errs. Who sends none of them has nothing, as without BEP 6; who sends
// another has what the last one says.
func (t *Torrent) handleBitfield(now time.Time, p *peer.Peer, m wire.Message, out *boundary.Effects) {
	has, err := bitfield.FromWire(m.Data, t.info.NumPieces())
	if err != nil {
		t.drop(now, p, boundary.MalformedPacket, fmt.Errorf("bitfield: %w", err), out)
		return
	}
	t.replaceHas(now, p, has, out)
}

func (t *Torrent) handleHaveAll(now time.Time, p *peer.Peer, m wire.Message, out *boundary.Effects) {
	if !p.Fast {
		t.drop(now, p, boundary.MalformedPacket, fmt.Errorf("%v without the fast extension", m.Kind), out)
		return
	}
	has := bitfield.New(t.info.NumPieces())
	if m.Kind == wire.HaveAll {
		has.SetAll()
	}
	t.replaceHas(now, p, has, out)
}

func (t *Torrent) replaceHas(now time.Time, p *peer.Peer, has bitfield.Bitfield, out *boundary.Effects) {
	t.picker.RemovePeer(&p.Has)
	p.Has = has
	t.picker.AddPeer(&p.Has)
	t.recount(now, p, out)
	p.GrantFast(now, t.cfg.Meta.InfoHash, &t.pieces.have, t.info.PieceLength, out)
	t.maybeDropSeed(now, p, out)
}

func (t *Torrent) handleReject(now time.Time, p *peer.Peer, b wire.Block, out *boundary.Effects) {
	if !p.Fast {
		// BEP 6: "If the fast extension is disabled and a peer receives a reject
		// request then the peer MUST close the connection."
		t.drop(now, p, boundary.MalformedPacket, fmt.Errorf("%v without the fast extension", wire.Reject), out)
		return
	}
	ok, cancelled := p.HandleReject(now, b)
	switch {
	case !ok:
		// BEP 6: "If a peer receives a reject for a request that was never
		// sent then the peer SHOULD close the connection." One too many does no
		// harm, hence the patience.
		if p.Unrequested++; p.Unrequested > unrequestedMax {
			reason := boundary.UnrequestedReject
			if !t.picker.InProgress(int64(b.Index)) {
				reason = boundary.RejectNotInProgress
			}
			t.drop(now, p, reason, fmt.Errorf("%d answers to nothing, the last a reject of %v", p.Unrequested, b), out)
		}
	case !cancelled:
		t.lost(p, []wire.Block{b})
	}
}

// errUntaken is the detail of Idle when it is answers that the peer leaves lying.
var errUntaken = errors.New("asks and asks, and takes no answer")

func errRequest(b wire.Block) error { return fmt.Errorf("request for %v, which does not exist", b) }
