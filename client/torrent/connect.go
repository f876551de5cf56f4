package torrent

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/wire"
)

// Hello returns our handshake for this torrent. It offers no DHT, and what
// follows it no PEX: nobody learns of peers from us. So a private torrent needs
// no rule of its own, which is to announce itself to its tracker only and to
// dial whom that names (BEP 27); the one exception is whom the user names.
func (t *Torrent) Hello() *wire.Handshake {
	h := &wire.Handshake{InfoHash: t.cfg.Meta.InfoHash, PeerID: t.cfg.PeerID}
	if !t.cfg.NoFast {
		h.SetFast()
	}
	h.SetExtended()
	return h
}

// Admits says whether a connection to addr would be taken now, and if not, why.
func (t *Torrent) Admits(addr netip.Addr) (boundary.Reason, bool) {
	switch {
	case t.state == boundary.Stopped:
		return boundary.NoSuchTorrent, false
	case !t.files.loaded:
		return boundary.Hashchecking, false
	case t.book.Banned(addr):
		return boundary.Banned, false
	case len(t.peers) >= t.cfg.MaxPeers:
		return boundary.TooMany, false
	}
	return 0, true
}

// HandleHello takes up a connection whose handshakes are both through. It
// reports whether the peer was taken; if not, why not, and the connection is
// the caller's to close.
func (t *Torrent) HandleHello(now time.Time, id boundary.ConnID, addr netip.AddrPort, src boundary.Source, hello *wire.Handshake, out *boundary.Effects) (boundary.Reason, bool) {
	if reason, ok := t.Admits(addr.Addr()); !ok {
		return reason, false
	}
	incoming := src == boundary.FromIncoming
	switch {
	case hello.PeerID == t.cfg.PeerID:
		return boundary.Loopback, false
	case !incoming && t.info.Private && !t.book.Named(addr):
		return boundary.OtherTracker, false // dialled before we have gone over to another one
	}
	if other := t.byPeerID(hello.PeerID); other != nil {
		if !t.keepsNew(other, addr, incoming) {
			return boundary.Preexisting, false
		}
		t.drop(now, other, boundary.Preexisting, PeerIDError(hello.PeerID), out)
	}
	p := peer.New(now, id, addr, incoming, t.Hello(), hello, t.info.NumPieces())
	p.Source, p.Trusts = src, t.seeding.on
	t.peers = append(t.peers, p)
	t.byID[id] = p
	t.registry.Joined(t, p)
	t.picker.AddPeer(&p.Has)
	if !incoming {
		t.book.Connected(addr)
	}
	out.Notify = append(out.Notify, boundary.PeerConnected{Torrent: t.cfg.ID, Addr: addr, PeerID: hello.PeerID, Incoming: incoming})
	// BEP 6 and BEP 10 both want to be "immediately after the handshake". Only
	// one says MUST.
	p.SayHave(now, &t.pieces.have, out)
	t.introduce(now, p, out)
	t.settle(now, out)
	return 0, true
}

// PeerIDError is the detail of Preexisting: who it is that is connected already.
func PeerIDError(id [20]byte) error { return fmt.Errorf("peer id %q", id[:]) }

func (t *Torrent) byPeerID(id [20]byte) *peer.Peer {
	i := slices.IndexFunc(t.peers, func(p *peer.Peer) bool { return p.PeerID == id })
	if i < 0 {
		return nil
	}
	return t.peers[i]
}

// keepsNew decides between two connections to the same peer, so that both ends
// come to the same result: when each side has opened one, the one opened by
// the lower peer id stays; else the older. A peer id is no secret: whoever comes
// with it from elsewhere may have taken it, and does not get the connection of
// its owner closed. One that has both IPv4 and IPv6 is at home at two addresses.
func (t *Torrent) keepsNew(old *peer.Peer, addr netip.AddrPort, incoming bool) bool {
	was, is := old.Addr.Addr(), addr.Addr()
	if old.Incoming == incoming || was != is && was.Is4() == is.Is4() {
		return false
	}
	weAreLower := bytes.Compare(t.cfg.PeerID[:], old.PeerID[:]) < 0
	return incoming != weAreLower
}

// HandleClosed takes the news that a connection has ended by itself.
func (t *Torrent) HandleClosed(now time.Time, p *peer.Peer, reason boundary.Reason, err error, out *boundary.Effects) {
	t.remove(now, p, reason, err, out)
	t.settle(now, out)
}

// HandleDialFailed takes the news that a connection was not established, or
// did not get past the handshakes.
func (t *Torrent) HandleDialFailed(now time.Time, addr netip.AddrPort, reason boundary.Reason, out *boundary.Effects) {
	t.book.Closed(now, addr, reason, false)
	t.settle(now, out)
}

// HandleDialEnded notes that one dial is over, whatever came of it.
func (t *Torrent) HandleDialEnded() { t.dialling-- }

// HandlePeers takes addresses that the user knows.
func (t *Torrent) HandlePeers(now time.Time, addrs []netip.AddrPort, out *boundary.Effects) {
	for _, a := range addrs {
		t.learn(now, a, boundary.FromUser)
	}
	t.settle(now, out)
}

// HandleFree lets the torrent dial again after the client's limits did not.
func (t *Torrent) HandleFree(now time.Time, out *boundary.Effects) {
	t.starved = false
	t.settle(now, out)
}

// mayDial says whether the torrent is in a state to connect.
func (t *Torrent) mayDial() bool {
	return !t.starved && t.state != boundary.Stopped && t.files.loaded && len(t.peers)+t.dialling < t.cfg.MaxPeers
}

// maybeDial connects to addresses while limits and their back-offs allow.
func (t *Torrent) maybeDial(now time.Time, out *boundary.Effects) {
	for t.mayDial() {
		if at, ok := t.book.Deadline(); !ok || at.After(now) {
			return
		}
		if t.starved = !t.registry.MayDial(t); t.starved {
			return
		}
		addr, src, ok := t.book.Next(now)
		if !ok {
			return
		}
		if !t.cfg.Allows(addr.Addr()) { // any more: it was let in when it was learned
			t.book.Closed(now, addr, boundary.Filtered, false)
			continue
		}
		t.dialling++
		t.registry.Dial(now, t, addr, src, out)
	}
}

// drop ends a connection for a reason of ours.
func (t *Torrent) drop(now time.Time, p *peer.Peer, reason boundary.Reason, err error, out *boundary.Effects) {
	out.Close = append(out.Close, boundary.Close{Conn: p.ID})
	t.remove(now, p, reason, err, out)
}

// remove forgets a peer whose connection has ended or is about to.
func (t *Torrent) remove(now time.Time, p *peer.Peer, reason boundary.Reason, err error, out *boundary.Effects) {
	t.peers = slices.DeleteFunc(t.peers, func(q *peer.Peer) bool { return q == p })
	delete(t.byID, p.ID)
	t.registry.Forget(p.ID)
	p.Gone = true
	t.lost(p, p.Requests.Outstanding())
	t.picker.RemovePeer(&p.Has)
	if !p.Incoming {
		why, useful := reason, p.Down.Total() > 0 || p.Up.Total() > 0
		if p.UploadOnly() && t.Complete() {
			why = boundary.SeedToSeed // whoever was first to close
		}
		t.book.Closed(now, p.Addr, why, useful)
	}
	out.Notify = append(out.Notify, boundary.PeerDisconnected{
		Torrent: t.cfg.ID, Addr: p.Addr, Incoming: p.Incoming, Reason: reason, Err: err,
	})
	t.choking.vacant = t.choking.vacant || !p.AmChoking
}

// ban ends and refuses all connections with an address that was proven to send
// bad data.
func (t *Torrent) ban(now time.Time, addr netip.Addr, piece int, out *boundary.Effects) {
	t.book.Ban(addr)
	for _, p := range t.Peers() {
		if p.Addr.Addr() == addr {
			out.Notify = append(out.Notify, boundary.PeerBanned{Torrent: t.cfg.ID, Addr: p.Addr, Piece: piece})
			t.drop(now, p, boundary.Banned, nil, out)
		}
	}
}
