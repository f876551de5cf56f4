package session

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/wire"
)

// talker is a peer that has everything and unchokes us.
func (w *world) talker() *remote {
	w.t.Helper()
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveAll), msg(wire.Unchoke))
	return p
}

// knows lets the torrent connect to an address.
func (w *world) knows(addr string) netip.AddrPort {
	w.t.Helper()
	a := netip.MustParseAddrPort(addr)
	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: []netip.AddrPort{a}})
	return a
}

// reasons has for each reason something that leads to it, and returns the
// address of the connection that ends.
var reasons = map[boundary.Reason]func(w *world) netip.AddrPort{
	boundary.ByRemote: func(w *world) netip.AddrPort {
		p := w.talker()
		w.handle(boundary.Closed{Conn: p.id})
		return p.addr
	},
	boundary.ByRemoteUnspecified: func(w *world) netip.AddrPort {
		p := w.talker()
		w.handle(boundary.Closed{Conn: p.id, Err: errors.New("cable cut")})
		return p.addr
	},
	104: func(w *world) netip.AddrPort { // ECONNRESET, on Linux
		p := w.talker()
		w.handle(boundary.Closed{Conn: p.id, Err: errors.New("reset"), Errno: 104})
		return p.addr
	},
	boundary.ConnectFailed: func(w *world) netip.AddrPort {
		a := w.knows("10.0.0.9:9")
		w.handle(boundary.Closed{Conn: w.dials[0].Conn, Err: errors.New("refused")})
		return a
	},
	boundary.Loopback: func(w *world) netip.AddrPort {
		a := w.knows("10.0.0.9:9")
		w.dialled(&wire.Handshake{InfoHash: w.meta.InfoHash, PeerID: w.s.cfg.PeerID})
		return a
	},
	boundary.NoSuchTorrent: func(w *world) netip.AddrPort {
		return w.accepted("10.0.0.1:1", &wire.Handshake{}).addr
	},
	boundary.HandshakeInfohash: func(w *world) netip.AddrPort {
		a := w.knows("10.0.0.9:9")
		w.dialled(&wire.Handshake{})
		return a
	},
	boundary.MalformedHandshake: func(w *world) netip.AddrPort {
		p := w.accepted("10.0.0.1:1", nil)
		w.handle(&boundary.Received{Conn: p.id, Err: wire.ErrHandshake})
		return p.addr
	},
	boundary.Preexisting: func(w *world) netip.AddrPort {
		w.accepted("10.0.0.1:1", w.hello("twin", true))
		return w.accepted("10.0.0.2:2", w.hello("twin", true)).addr
	},
	boundary.TooMany: func(w *world) netip.AddrPort {
		for w.s.connections() < w.s.cfg.MaxConns {
			w.accepted(fmt.Sprintf("10.0.1.%d:1", w.s.connections()), nil) // of one host, the newcomer would get the place of one
		}
		return w.accepted("10.0.0.2:2", nil).addr
	},
	boundary.Hashchecking: func(w *world) netip.AddrPort {
		w.handle(boundary.RemoveTorrent{Torrent: torrentID})
		for _, f := range w.fetches {
			w.handle(boundary.Fetched{ID: f.ID, Err: errors.New("gone")})
		}
		w.advance(time.Minute)
		w.holdDisk = true
		w.onDisk.SetAll()
		w.handle(boundary.AddTorrent{ID: torrentID + 1, Meta: w.meta})
		return w.accepted("10.0.0.1:1", w.hello("1", true)).addr
	},
	boundary.MalformedPacket: func(w *world) netip.AddrPort {
		p := w.talker()
		w.handle(&boundary.Received{Conn: p.id, Err: wire.ErrMalformed})
		return p.addr
	},
	boundary.SeedToSeed: func(w *world) netip.AddrPort {
		p := w.talker()
		for range 10 {
			p.answers(p.take())
		}
		return p.addr
	},
	boundary.UnrequestedPiece: func(w *world) netip.AddrPort {
		p := w.fastPeer("1")
		p.sends(p.block(wire.Block{Length: 16 * kib}))
		return p.addr
	},
	boundary.RejectNotInProgress: func(w *world) netip.AddrPort { return w.rejects(1) },
	boundary.UnrequestedReject:   func(w *world) netip.AddrPort { return w.rejects(0) },
	boundary.TimeoutHandshake: func(w *world) netip.AddrPort {
		p := w.accepted("10.0.0.1:1", nil)
		w.advance(peer.HandshakeTimeout)
		return p.addr
	},
	boundary.Idle: func(w *world) netip.AddrPort {
		p := w.talker() // we stay interested: not useless, only silent
		w.advance(4 * time.Minute)
		return p.addr
	},
	boundary.UselessPeer: func(w *world) netip.AddrPort {
		p := w.peer("1")
		w.advance(2 * time.Minute)
		p.sends(msg(wire.KeepAlive))
		w.advance(90 * time.Second)
		return p.addr
	},
	boundary.Banned: func(w *world) netip.AddrPort {
		p := w.talker()
		for _, b := range requests(p.take()) {
			m := p.block(b)
			m.Data[0] ^= 1
			p.sends(m)
		}
		return p.addr
	},
	boundary.LocalStop: func(w *world) netip.AddrPort {
		p := w.talker()
		w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Stopped})
		return p.addr
	},
	boundary.OtherTracker: func(w *world) netip.AddrPort {
		w.handle(boundary.RemoveTorrent{Torrent: torrentID})
		w.advance(time.Minute)
		w.handle(boundary.AddTorrent{ID: torrentID + 1, Meta: privately(w.meta, []string{"http://one.example/announce"}, []string{"http://two.example/announce"})})
		w.tracker("one.example", "d8:intervali60e5:peers0:e")
		p := w.fastPeer("1")
		p.sends(wire.Message{Kind: wire.Bitfield, Data: []byte{0b1000_0000}}) // of use
		w.advance(time.Minute)
		w.tracker("one.example/announce", "")
		w.tracker("two.example", "d8:intervali60e5:peers0:e")
		return p.addr
	},
	boundary.Filtered: func(w *world) netip.AddrPort {
		p := w.talker()
		w.s.cfg.Filter = func(netip.Addr) bool { return false }
		w.handle(boundary.Refilter{})
		return p.addr
	},
}

// rejects lets a peer that has piece 0 alone, which is asked for, reject what
// was never asked for, of a piece.
func (w *world) rejects(piece uint32) netip.AddrPort {
	w.t.Helper()
	p := w.fastPeer("1")
	p.sends(wire.Message{Kind: wire.Bitfield, Data: []byte{0b1000_0000}}, msg(wire.Unchoke))
	for range 100 {
		if !p.closed {
			p.sends(wire.Block{Index: piece, Begin: 3, Length: 16 * kib}.Message(wire.Reject))
		}
	}
	return p.addr
}

// TestR16EveryReason shows that each reason there is comes of something, and
// once: the socket is closed and the peer removed when the news is told.
func TestR16EveryReason(t *testing.T) {
	for want, stimulus := range reasons {
		t.Run(want.String(), func(t *testing.T) {
			w := newWorld(t, 64*kib, 32*kib)
			addr := stimulus(w)
			if got, ok := w.reason(addr); !ok || got != want {
				t.Errorf("%v (%d), want %v (%d)", got, got, want, want)
			}
			n := 0
			for _, x := range w.notices {
				if d, ok := x.(boundary.PeerDisconnected); ok && d.Addr == addr && d.Reason == want {
					n++
				}
			}
			if n != 1 {
				t.Errorf("told %d times", n)
			}
			for _, s := range w.s.PeerStatuses(w.now) {
				if s.Addr == addr {
					t.Error("still a peer")
				}
			}
		})
	}
	for r := boundary.Reason(-200); r <= 0; r++ {
		if known := !strings.HasPrefix(r.String(), "errno"); known != (reasons[r] != nil) {
			t.Errorf("%v (%d): known %v, has a case %v", r, r, known, reasons[r] != nil)
		}
	}
}
