package scenarios

import (
	"net/netip"
	"slices"
	"time"

	"bt/client/wire"
	"bt/transport"
)

// player is one connection of a hostile peer, and the script that is played on
// it. It implements transport.Handler, and keeps the state of the conversation
// whether the script looks or not.
type player struct {
	*hostile
	stream transport.Stream
	dialed netip.AddrPort // whom we have dialled; zero: it was they who did
	reader frameReader
	takes  frameFuncs

	said    []byte    // the network has what is in it, and there may be room behind that
	sending [2][]byte // for Send

	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	done  func(*frame) bool // what the script waits for; nil: nothing that is heard

	deaf    bool // takes no notice of a cancel
	insists bool // dials anew when the connection has ended, unless it was never up

	heard    bool      // their handshake was received
	remoteID [20]byte  // from it
	open     bool      // both handshakes are through, and the connection has not ended
	began    time.Time // when they were

	choking    bool      // we choke
	interested bool      // the remote side is
	unchoked   time.Time // since when the remote side unchokes us; zero: it does not
	fast       bool
	has        pieceSet // of the remote side
	served     int      // blocks sent on this connection
	queue      []wire.Block
}

// queueMax bounds the requests that are kept for a script; no client has nearly
// so many open.
const queueMax = 20_000

// newPlayer plays on a stream that was accepted, or on one dialled to an address.
func newPlayer(h *hostile, s transport.Stream, dialed netip.AddrPort) *player {
	p := &player{hostile: h, stream: s, dialed: dialed, choking: true, has: newPieceSet(h.truth.meta.Info.NumPieces())}
	p.takes = frameFuncs{onHello: p.handleHello, onFrame: p.handleFrame}
	return p
}

// dials says that it was we who dialled.
func (p *player) dials() bool { return p.dialed.IsValid() }

// remote is the address at which the remote side takes connections.
func (p *player) remote() netip.AddrPort {
	if p.dials() {
		return p.dialed
	}
	return netip.AddrPortFrom(p.stream.RemoteAddr().Addr(), clientPort)
}

// Opened implements transport.Handler.
func (p *player) Opened() {
	if p.dials() {
		p.counts.Dials++
	}
	p.begin()
}

// Received implements transport.Handler.
func (p *player) Received(b []byte) { p.reader.read(b, &p.takes) }

// Sent implements transport.Handler.
func (p *player) Sent(int) {}

// Closed implements transport.Handler.
func (p *player) Closed(error) {
	p.end()
	if p.insists && p.dials() {
		p.host.At(hangUpTime, func() { p.dial(p.dialed) })
	}
	if !p.open {
		return
	}
	p.open = false
	p.counts.Closed++
	p.noteChoke()
	p.conns = slices.DeleteFunc(p.conns, func(o *player) bool { return o == p })
}

func (p *player) handleHello(h *hello) {
	p.heard, p.fast, p.remoteID = true, h.fast(), h.peerID()
	p.notice(nil)
}

func (p *player) handleFrame(f *frame) {
	if !p.open {
		return
	}
	switch f.kind {
	case wire.Request:
		p.counts.Requests++
		if len(p.queue) < queueMax {
			p.queue = append(p.queue, f.block)
		}
	case wire.Cancel:
		p.counts.Cancels++
		p.handleCancel(f.block)
	case wire.Reject:
		p.counts.Rejects++
	case wire.Piece:
		p.counts.Pieces++
	case wire.AllowedFast:
		p.counts.Grants++
	case wire.Interested, wire.NotInterested:
		p.interested = f.kind == wire.Interested
	case wire.Unchoke:
		p.counts.Unchokes++
		if p.unchoked.IsZero() {
			p.unchoked = p.now()
		}
	case wire.Choke:
		p.noteChoke()
	case wire.Have:
		if i := int(f.block.Index); i < p.pieces() {
			p.has.set(i)
		}
	case wire.Bitfield, wire.HaveAll, wire.HaveNone:
		if has, ok := piecesOf(f, p.pieces()); ok {
			p.has = has
		}
	}
	p.notice(f)
}

// handleCancel answers a cancel of a request that is open. BEP 6 has each request
// answered by a piece or a reject, also a cancelled one.
func (p *player) handleCancel(b wire.Block) {
	if !p.deaf && slices.Contains(p.queue, b) {
		p.refuse(p.dequeue(b))
	}
}

// dequeue takes out an open request.
func (p *player) dequeue(b wire.Block) wire.Block {
	i := slices.Index(p.queue, b)
	p.queue = slices.Delete(p.queue, i, i+1)
	return b
}

// noteChoke ends a time of being unchoked.
func (p *player) noteChoke() {
	if !p.unchoked.IsZero() {
		p.counts.Unchoked += p.now().Sub(p.unchoked)
		p.unchoked = time.Time{}
	}
}
