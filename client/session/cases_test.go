package session

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/wire"
)

// shown is what the session knows of the pieces of a peer.
func (r *remote) shown() []byte {
	r.w.t.Helper()
	for _, s := range r.w.s.Torrent(torrentID).PeerStatuses(r.w.now) {
		if s.Addr == r.addr {
			return s.Bitfield
		}
	}
	r.w.t.Fatalf("%v is no peer", r.addr)
	return nil
}

// detail is that of the last disconnect of a remote.
func (w *world) detail(r *remote) string {
	w.t.Helper()
	for _, n := range slices.Backward(w.notices) {
		if d, ok := n.(boundary.PeerDisconnected); ok && d.Addr == r.addr {
			return fmt.Sprint(d.Err)
		}
	}
	return "still connected"
}

func requests(msgs []wire.Message) (blocks []wire.Block) {
	for _, m := range msgs {
		if m.Kind == wire.Request {
			blocks = append(blocks, m.Block())
		}
	}
	return blocks
}

// Blocks that nobody asked for do not swallow what came behind them in the same
// read.
func TestR10UnrequestedThenValid(t *testing.T) {
	w := newWorld(t, 128*kib, 64*kib)
	p := w.peer("1")
	p.sends(p.block(wire.Block{Length: 16 * kib}), wire.Message{Kind: wire.Have, Index: 1}, msg(wire.Unchoke), msg(wire.KeepAlive))
	if got := p.shown(); !bytes.Equal(got, []byte{0x40}) {
		t.Errorf("bitfield %x, want 40", got)
	}
	if got := requests(p.take()); len(got) == 0 || got[0].Index != 1 {
		t.Errorf("asked for %v, want blocks of piece 1", got)
	}
}

func TestR11Bitfields(t *testing.T) {
	const pieces = 9 // the last one is short, and alone in its byte
	for _, test := range []struct {
		what string
		says []wire.Message
		want []byte
	}{
		{"have all", []wire.Message{msg(wire.HaveAll)}, []byte{0xff, 0x80}},
		{"have none", []wire.Message{msg(wire.HaveNone)}, []byte{0, 0}},
		{"have none, then have", []wire.Message{msg(wire.HaveNone), {Kind: wire.Have, Index: 8}, {Kind: wire.Have, Index: 0}}, []byte{0x80, 0x80}},
	} {
		w := newWorld(t, (pieces-1)*64*kib+5, 64*kib)
		p := w.fastPeer("1")
		p.sends(test.says...)
		if got := p.shown(); !bytes.Equal(got, test.want) {
			t.Errorf("%s: %x, want %x", test.what, got, test.want)
		}
	}
}

// A rejected block is asked for again, of whoever has it.
func TestR11Reject(t *testing.T) {
	w := newWorld(t, 32*kib, 32*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveAll), msg(wire.Unchoke))
	asked := requests(p.take())
	if len(asked) != 2 {
		t.Fatalf("asked for %v, want both blocks", asked)
	}
	for _, b := range asked {
		p.sends(b.Message(wire.Reject))
	}
	other := w.peer("2")
	other.sends(w.all(), msg(wire.Unchoke))
	again := requests(other.take())
	slices.SortFunc(again, func(a, b wire.Block) int { return int(a.Begin) - int(b.Begin) })
	slices.SortFunc(asked, func(a, b wire.Block) int { return int(a.Begin) - int(b.Begin) })
	if !slices.Equal(again, asked) {
		t.Errorf("asked another for %v, want %v", again, asked)
	}
}

// BEP 3: a choke voids every request. BEP 6: "a choke no longer implicitly
// rejects all pending requests": they stay until each is answered.
func TestR11ChokeAndThePipeline(t *testing.T) {
	for _, fast := range []bool{false, true} {
		w := newWorld(t, 32*kib, 32*kib)
		p, other := w.peer("1"), w.peer("2")
		if fast {
			p = w.fastPeer("3")
		}
		p.sends(w.all(), msg(wire.Unchoke))
		asked := len(requests(p.take()))
		p.sends(msg(wire.Choke))
		kept := 0
		for _, s := range w.s.Torrent(torrentID).PeerStatuses(w.now) {
			if s.Addr == p.addr {
				kept = s.Requests
			}
		}
		want := 0
		if fast {
			want = asked
		}
		if asked == 0 || kept != want {
			t.Errorf("fast %v: asked for %d blocks, %d after a choke, want %d", fast, asked, kept, want)
		}
		other.sends(w.all(), msg(wire.Unchoke))
		if got := len(requests(other.take())); !fast && got != asked {
			t.Errorf("asked another for %d blocks, want the %d that the choke has voided", got, asked)
		}
	}
}

// An unchoke, a choke and an unchoke are met in the same instant, by a program that was
// asleep. What was asked for at the first one leaves only now, and is good: it is not
// asked for twice. Later, it is.
func TestR11ChokesMetAtOnce(t *testing.T) {
	w := newWorld(t, 32*kib, 32*kib)
	p := w.peer("1")
	p.sends(w.all(), msg(wire.Unchoke))
	p.sends(msg(wire.Choke))
	p.sends(msg(wire.Unchoke))
	asked := requests(p.take())
	if len(asked) != 2 {
		t.Errorf("asks for %v, want each of the two blocks once", asked)
	}
	w.advance(100 * time.Millisecond)
	p.sends(msg(wire.Choke))
	w.advance(100 * time.Millisecond)
	p.sends(msg(wire.Unchoke))
	if again := requests(p.take()); len(again) != 2 {
		t.Errorf("asks for %v after a choke, want both blocks", again)
	}
	for _, b := range asked {
		p.sends(p.block(b))
	}
	if have := w.s.Torrent(torrentID).Have(); !have.All() {
		t.Error("the download is not complete")
	}
}

// What names no piece ends the conversation; nothing is allocated for it.
func TestR12Indices(t *testing.T) {
	for _, test := range []struct {
		what string
		fast bool
		m    wire.Message
	}{
		{"have of piece N", false, wire.Message{Kind: wire.Have, Index: 9}},
		{"have of the last index there is", false, wire.Message{Kind: wire.Have, Index: 1<<32 - 1}},
		{"bitfield too short", false, wire.Message{Kind: wire.Bitfield, Data: []byte{0xff}}},
		{"bitfield too long", false, wire.Message{Kind: wire.Bitfield, Data: []byte{0xff, 0x80, 0}}},
		{"bitfield with spare bits", false, wire.Message{Kind: wire.Bitfield, Data: []byte{0xff, 0xc0}}},
		{"suggest of piece N", true, wire.Message{Kind: wire.Suggest, Index: 9}},
		{"allowed fast of piece N", true, wire.Message{Kind: wire.AllowedFast, Index: 9}},
		{"have all without BEP 6", false, msg(wire.HaveAll)},
	} {
		w := newWorld(t, 8*64*kib+5, 64*kib)
		p := w.peer("1")
		if test.fast {
			p = w.fastPeer("2")
		}
		p.sends(test.m)
		if r, _ := w.reason(p.addr); !p.closed || r != boundary.MalformedPacket {
			t.Errorf("%s: closed %v for %v", test.what, p.closed, r)
		}
	}
}

// aria2 sends a bitfield in mid-connection, in place of many HAVEs: it is news.
func TestR12BitfieldInMidConnection(t *testing.T) {
	w := newWorld(t, 9*64*kib, 64*kib)
	p := w.peer("1")
	p.sends(wire.Message{Kind: wire.Bitfield, Data: []byte{0x80, 0}})
	p.sends(wire.Message{Kind: wire.Have, Index: 1}, msg(wire.Unchoke))
	p.take()
	p.sends(wire.Message{Kind: wire.Bitfield, Data: []byte{0xf0, 0x80}})
	if p.closed || !bytes.Equal(p.shown(), []byte{0xf0, 0x80}) {
		t.Errorf("closed %v, bitfield %x, want f080", p.closed, p.shown())
	}
}

// Each way to end a connection has a reason of its own. TestR16Handshakes has
// those before the first message.
func TestR16Reasons(t *testing.T) {
	addr := netip.MustParseAddrPort("10.0.0.6:6")
	w := newWorld(t, 64*kib, 64*kib)
	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: []netip.AddrPort{addr, addr}})
	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: []netip.AddrPort{addr}})
	if len(w.dials) != 1 {
		t.Errorf("one address was dialled %d times", len(w.dials))
	}

	w = newWorld(t, 64*kib, 64*kib, func(c *Config, _ *boundary.AddTorrent) { c.MaxConns = 2 })
	w.peer("1")
	w.accepted("10.0.0.2:1", nil)
	w.accepted("10.0.0.3:1", nil).wantClosed("the third connection of two", boundary.TooMany)

	w = newWorld(t, 64*kib, 64*kib)
	idle := w.peer("1")
	w.advance(3*time.Minute - time.Second)
	if idle.closed {
		t.Error("useless peer closed too early")
	}
	idle.sends(msg(wire.KeepAlive)) // alive, and of no use
	w.advance(10 * time.Second)
	idle.wantClosed("neither interested nor interesting", boundary.UselessPeer)

	w = newSeed(t, 64*kib, 64*kib)
	seed := w.fastPeer("1")
	seed.sends(msg(wire.HaveAll))
	seed.wantClosed("both are seeds", boundary.SeedToSeed)

	// What it was given last has arrived before we hear that it has left.
	w = newSeed(t, 64*kib, 64*kib)
	last := w.fastPeer("1")
	last.sends(msg(wire.HaveNone), msg(wire.Interested))
	w.advance(time.Minute)
	last.deaf = true
	b := wire.Block{Length: wire.BlockSize}
	last.sends(b.Message(wire.Request))
	last.sends(msg(wire.Have), msg(wire.NotInterested)) // of piece 0, the only one
	if last.closed {
		t.Error("closed before the last block counts")
	}
	w.handle(boundary.Sent{Conn: last.id, N: 1 << 20})
	last.wantClosed("both are seeds, and the last block has left", boundary.SeedToSeed)
	if n := w.s.Torrent(torrentID).Status(w.now).Uploaded; n != wire.BlockSize {
		t.Errorf("%d bytes uploaded, want %d", n, wire.BlockSize)
	}

	// Two of them name what they are about.
	w = newWorld(t, 64*kib, 64*kib)
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Stopped})
	if got := w.detail(w.accepted("10.0.0.1:1", w.hello("1", false))); got != "info-hash "+w.meta.InfoHash.String() {
		t.Errorf("no such torrent: %s", got)
	}
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	w.accepted("10.0.0.1:2", w.hello("twin", false))
	if got := w.detail(w.accepted("10.0.0.1:3", w.hello("twin", false))); !strings.HasPrefix(got, `peer id "twin\x00`) {
		t.Errorf("already connected: %s", got)
	}

	w = newWorld(t, 64*kib, 64*kib)
	mute := w.accepted("10.0.0.1:1", nil)
	w.advance(peer.HandshakeTimeout)
	mute.wantClosed("silent handshake", boundary.TimeoutHandshake)
}

// There is no encryption here: who opens with an encrypted handshake, whose
// first bytes are a random public key, is told that it is malformed.
func TestR20EncryptedHandshake(t *testing.T) {
	w := newWorld(t, 64*kib, 64*kib)
	p := w.accepted("10.0.0.1:1", nil)
	d := wire.NewDecoder(func(n int) []byte { return make([]byte, n) })
	key := bytes.Repeat([]byte{0x5a, 0xc3, 0x19}, 32) // 96 bytes, as in every Diffie-Hellman of MSE
	hello, msgs, err := d.Decode(key, nil)
	w.handle(&boundary.Received{Conn: p.id, Hello: hello, Msgs: msgs, Size: len(key), Err: err})
	p.wantClosed("encrypted handshake", boundary.MalformedHandshake)
	if p.hello != nil || len(p.take()) > 0 {
		t.Error("something was said in return")
	}
}

func TestClientWidePeers(t *testing.T) {
	w := newWorld(t, 9*64*kib, 64*kib)
	dialled := netip.MustParseAddrPort("10.0.0.6:6")
	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: []netip.AddrPort{dialled}})
	silent := w.accepted("10.0.0.7:7", nil)
	p := w.peer("8")
	has := bitfield.New(9)
	has.Set(8)
	p.sends(wire.Message{Kind: wire.Bitfield, Data: has.Bytes()}, msg(wire.Interested))
	all := w.s.PeerStatuses(w.now)
	if len(all) != 3 || all[0].Addr != dialled || all[1].Addr != silent.addr || all[2].Addr != p.addr {
		t.Fatalf("peers %v", all)
	}
	if s := all[0]; s.Torrent != torrentID || s.Incoming || s.Source != boundary.FromUser || s.Known() || !s.AmChoking || !s.PeerChoking {
		t.Errorf("attempt to connect: %+v", s)
	}
	if s := all[1]; s.Torrent != boundary.NoTorrent || !s.Incoming || s.Source != boundary.FromIncoming || s.Known() {
		t.Errorf("before the handshake: %+v", s)
	}
	s := all[2]
	if s.Torrent != torrentID || !s.Known() || s.PeerID[0] != '8' || !s.AmInterested || !s.PeerInterested || s.AmChoking || !s.PeerChoking || !bytes.Equal(s.Bitfield, []byte{0, 0x80}) {
		t.Errorf("peer: %+v", s)
	}
	if s.Host() != "10.0.0.8" || s.Port() != 1000 {
		t.Errorf("host %q, port %d", s.Host(), s.Port())
	}
}
