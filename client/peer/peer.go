// Package peer is one conversation with one remote client about one torrent:
// who chokes whom, what each side has, which blocks were asked for, and how
// fast they come. It decides nothing that takes more than this one peer to
// know; which blocks to ask for and whom to unchoke is told to it.
package peer

import (
	"net/netip"
	"slices"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/choker"
	"bt/client/rate"
	"bt/client/wire"
)

// Limits of one conversation.
const (
	// HandshakeTimeout is how long the remote side may take from the opening of
	// the connection to the last byte of its handshake.
	HandshakeTimeout = 30 * time.Second
	// keepAliveAfter is the silence after which we send a keep-alive. BEP 3
	// closes after two minutes; a slow link must still fit in between.
	keepAliveAfter = 100 * time.Second
	// idleMax is the silence of the remote side after which it counts as gone:
	// one keep-alive of two minutes may be half a minute late, and then some.
	idleMax = 180 * time.Second
	// uselessAfter is how long two sides that want nothing of each other stay
	// connected.
	uselessAfter = 3 * time.Minute
)

// Peer is one conversation. Its fields are changed by its methods alone.
//
// There may be thousands, and one is nearly always out of the processor's cache when
// something comes from it, mostly a HAVE. So what that needs stands first, side by
// side with what a round of the choker asks of each peer; TestLayout counts.
type Peer struct {
	ID                          boundary.ConnID
	heardAt                     time.Time
	Wanted                      int // pieces it has that we want and lack
	AmChoking, AmInterested     bool
	PeerChoking, PeerInterested bool
	Fast                        bool               // both sides speak the Fast extension (BEP 6)
	Gone                        bool               // the torrent has let go of it
	uploadOnly                  bool               // it has said so last (BEP 21)
	allowed                     *bitfield.Bitfield // pieces that it serves us while it chokes us (BEP 6); nil: none

	Turn     choker.State      // what the choker remembers of it
	Down, Up rate.Meter        // payload of blocks
	Has      bitfield.Bitfield // what the remote side has
	Uploads  Uploads           // what we were asked for
	sentAt   time.Time
	outbox   outbox

	Unrequested int // blocks and rejects it sent that answer nothing
	Source      boundary.Source
	Incoming    bool
	Extended    bool     // both sides speak the extension protocol (BEP 10)
	Trusts      bool     // was told of pieces that were not verified (seed mode)
	Requests    Pipeline // what we asked for

	usefulSince time.Time // either side wanted something then
	deafSince   time.Time // when we ceased to read from it; zero: we read
	owed        []uint32  // pieces, see OweHave
	hints       hints
	told        wire.ExtendedHandshake // by the remote side

	Addr     netip.AddrPort
	PeerID   [20]byte
	Reserved [8]byte
	Joined   time.Time
}

// New starts a conversation after both handshakes are through, ours and theirs.
// What both have offered is in use.
func New(now time.Time, id boundary.ConnID, addr netip.AddrPort, incoming bool, ours, hello *wire.Handshake, pieces int) *Peer {
	return &Peer{
		ID: id, Addr: addr, Incoming: incoming,
		PeerID: hello.PeerID, Reserved: hello.Reserved,
		// BEP 6: "The extension is enabled only if both ends of the connection
		// set this bit." BEP 10 is not explicit, and means the same.
		Fast:      ours.SupportsFast() && hello.SupportsFast(),
		Extended:  ours.SupportsExtended() && hello.SupportsExtended(),
		Joined:    now,
		Has:       bitfield.New(pieces),
		AmChoking: true, PeerChoking: true, // BEP 3: "Connections start out choked and not interested."
		Requests: newPipeline(),
		heardAt:  now, sentAt: now, usefulSince: now,
	}
}

// Send queues a message for the remote side.
func (p *Peer) Send(now time.Time, m wire.Message, out *boundary.Effects) {
	p.outbox.push(wire.Len(m), len(m.Data), m.Kind == wire.Piece)
	p.sentAt = now
	out.Send = append(out.Send, boundary.Send{Conn: p.ID, Msg: m})
}

// HandleSent notes that n bytes have left, and counts the payload in them.
func (p *Peer) HandleSent(now time.Time, n int) (uploaded int) {
	uploaded = p.outbox.pop(n)
	if uploaded > 0 {
		p.Up.Add(now, uploaded)
	}
	return uploaded
}

// SayHave opens the conversation with what we have. Who has no piece says
// nothing, except with BEP 6: "Exactly one of Have All, Have None, or Have
// Bitfield MUST appear and only immediately after the handshake."
func (p *Peer) SayHave(now time.Time, have *bitfield.Bitfield, out *boundary.Effects) {
	switch {
	case p.Fast && have.All():
		p.Send(now, wire.Message{Kind: wire.HaveAll}, out)
	case p.Fast && have.None():
		p.Send(now, wire.Message{Kind: wire.HaveNone}, out)
	case !have.None():
		p.Send(now, wire.Message{Kind: wire.Bitfield, Data: have.Bytes()}, out)
	}
}

// Choke and unchoke the remote side. Choking without BEP 6 voids every request
// it has made; with BEP 6 each is answered by a reject, but for pieces that it
// may have while choked.
func (p *Peer) Choke(now time.Time, choke bool, out *boundary.Effects) {
	if p.AmChoking == choke {
		return
	}
	p.AmChoking = choke
	if !choke {
		p.Send(now, wire.Message{Kind: wire.Unchoke}, out)
		return
	}
	p.Send(now, wire.Message{Kind: wire.Choke}, out)
	p.hints.hinted = p.hints.hinted[:0]
	p.drop(now, func(b wire.Block) bool { return p.serves(b.Index) }, out)
}

// DropRequests forgets what the remote side has asked for; with BEP 6 it is
// told so. RefusePiece does that for one piece, which we have no more.
func (p *Peer) DropRequests(now time.Time, out *boundary.Effects) {
	p.drop(now, func(wire.Block) bool { return false }, out)
}

// RefusePiece: see DropRequests.
func (p *Peer) RefusePiece(now time.Time, piece int, out *boundary.Effects) {
	p.drop(now, func(b wire.Block) bool { return int(b.Index) != piece }, out)
}

func (p *Peer) drop(now time.Time, keep func(wire.Block) bool, out *boundary.Effects) {
	for _, b := range p.Uploads.clear(keep) {
		p.refuse(now, b, out)
	}
}

// refuse answers a request that is not going to be served.
func (p *Peer) refuse(now time.Time, b wire.Block, out *boundary.Effects) {
	// BEP 6: "every request is guaranteed to result in EXACTLY ONE response
	// which is either the corresponding reject or corresponding piece message."
	if p.Fast {
		p.Send(now, b.Message(wire.Reject), out)
	}
}

// Interest tells the remote side whether we want something of it, if that has
// changed.
func (p *Peer) Interest(now time.Time, out *boundary.Effects) {
	want := p.Wanted > 0
	if want == p.AmInterested {
		return
	}
	p.AmInterested = want
	kind := wire.NotInterested
	if want {
		kind = wire.Interested
	}
	p.Send(now, wire.Message{Kind: kind}, out)
}

// Ask sends requests for blocks.
func (p *Peer) Ask(now time.Time, blocks []wire.Block, out *boundary.Effects) {
	if len(blocks) > 0 {
		p.TellOwed(now, out)
	}
	for _, b := range blocks {
		sent := p.Requests.revive(now, b)
		p.Requests.add(now, b)
		if !sent {
			p.Send(now, b.Message(wire.Request), out)
		}
	}
}

// Cancel withdraws a request for a block that is no longer needed. The block
// may come all the same, if it was on its way.
func (p *Peer) Cancel(now time.Time, b wire.Block, out *boundary.Effects) {
	if p.Requests.cancel(b) {
		p.Send(now, b.Message(wire.Cancel), out)
	}
}

// WithdrawVoided cancels what was asked for in this instant and voided by a choke that
// the remote side has taken back: such a request comes behind both, and is served.
func (p *Peer) WithdrawVoided(now time.Time, out *boundary.Effects) {
	if p.Fast || p.PeerChoking {
		return
	}
	for _, b := range p.Requests.takeVoided(now) {
		p.Send(now, b.Message(wire.Cancel), out)
	}
}

// CancelTwin takes back the request for a block that has just come, if an earlier one
// for it was withdrawn and not answered: it is that one which has crossed our cancel,
// and the remote side would send the block once more. Whoever loses the block after
// that, with a disk that fails, may then ask for it without having asked twice.
func (p *Peer) CancelTwin(now time.Time, b wire.Block, out *boundary.Effects) {
	if slices.Contains(p.Requests.cancelled, b) {
		p.Send(now, b.Message(wire.Cancel), out)
	}
}

// WithdrawAll cancels every outstanding request and returns the blocks.
func (p *Peer) WithdrawAll(now time.Time, out *boundary.Effects) []wire.Block {
	blocks := p.Requests.outstanding()
	for _, b := range blocks {
		p.Cancel(now, b, out)
	}
	return blocks
}

// HandleAny notes that the remote side is alive.
func (p *Peer) HandleAny(now time.Time) { p.heardAt = now }

// HandleReadsPaused notes whether we read from the connection. The clocks of what
// the remote side owes us stand still as long as we do not.
func (p *Peer) HandleReadsPaused(now time.Time, paused bool) {
	switch {
	case paused && p.deafSince.IsZero():
		p.deafSince = now
		p.Requests.deaf = true
	case !paused && !p.deafSince.IsZero():
		d := now.Sub(p.deafSince)
		p.deafSince = time.Time{}
		p.heardAt = p.heardAt.Add(d)
		p.Requests.resume(d)
	}
}

// SetPatience adds to all the times that the remote side has to answer: a limit of
// our own has us read so slowly that what has come may lie unread for so long.
func (p *Peer) SetPatience(d time.Duration) { p.Requests.patience = d }

// HandleChoke returns the requests that this choke has voided: all without
// BEP 6, none with it.
func (p *Peer) HandleChoke(now time.Time) (void []wire.Block) {
	p.PeerChoking = true
	if p.Fast {
		return nil
	}
	return p.Requests.clear(now)
}

// HandleReject takes back a request that the remote side will not serve (BEP 6).
// ok is false for a request never made; cancelled says that we had withdrawn it.
func (p *Peer) HandleReject(now time.Time, b wire.Block) (ok, cancelled bool) {
	if ok, cancelled = p.Requests.handleReject(now, b); ok {
		p.revoke(int(b.Index)) // else it would be asked for again and again
	}
	return ok, cancelled
}

// HandleUnchoke notes that requests may be made.
func (p *Peer) HandleUnchoke(now time.Time) {
	p.PeerChoking = false
	p.Requests.restart(now)
}

// HandleInterested notes whether the remote side wants something of us.
func (p *Peer) HandleInterested(now time.Time, interested bool, out *boundary.Effects) {
	p.PeerInterested = interested
	if !interested {
		p.DropRequests(now, out)
	}
}

// Deadlines of the conversation.

// MaybeKeepAlive sends a keep-alive when we have been silent for long.
func (p *Peer) MaybeKeepAlive(now time.Time, out *boundary.Effects) {
	if now.Sub(p.sentAt) >= keepAliveAfter {
		p.Send(now, wire.Message{Kind: wire.KeepAlive}, out)
	}
}

// Expired says whether the conversation has lost its point, and why.
func (p *Peer) Expired(now time.Time) (boundary.Reason, bool) {
	if p.AmInterested || p.PeerInterested {
		p.usefulSince = now
	}
	switch {
	case p.deafSince.IsZero() && now.Sub(p.heardAt) >= idleMax+p.Requests.patience:
		return boundary.Idle, true
	case now.Sub(p.usefulSince) >= uselessAfter:
		return boundary.UselessPeer, true
	}
	return 0, false
}

// Giving says that a block was given to the network and has not left.
func (p *Peer) Giving() bool { return p.outbox.blocks > 0 }

// Untaken is the number of bytes, but for those of blocks, that were given to the
// network and have not left.
func (p *Peer) Untaken() int { return p.outbox.talk() }
