package simnet_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

var natKinds = []simnet.NATKind{simnet.FullCone, simnet.AddressRestricted, simnet.PortRestricted, simnet.Symmetric}

// natWorld has a server in the open (host 0), and two hosts behind NATs of the
// given kinds, or in the open where there is none.
func natWorld(t *testing.T, kinds ...*simnet.NATKind) (*world, []*simnet.NAT) {
	w := newWorld(t, 1, tenMs, tenMs, tenMs)
	nats := make([]*simnet.NAT, 3)
	for i, k := range kinds {
		if k != nil {
			nats[i+1] = w.NewNAT(netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), simnet.NATConfig{Kind: *k})
			nats[i+1].Join(w.hosts[i+1])
		}
	}
	return w, nats
}

// TestNATStreams: those behind reach those in the open, as the NAT; nobody
// reaches them, whatever the kind; and those behind the same one reach each
// other.
func TestNATStreams(t *testing.T) {
	for _, kind := range natKinds {
		w, nats := natWorld(t, &kind, &kind)
		a, b := w.connect(1, 0)
		a.send([]byte("hello"))
		b.send([]byte("who are you?"))
		w.run(time.Second)
		if b.got.String() != "hello" || a.got.String() != "who are you?" {
			t.Errorf("%v: got %q and %q", kind, b.got.String(), a.got.String())
		}
		seen := b.stream.RemoteAddr()
		if seen.Addr() != nats[1].Addr() || a.stream.LocalAddr().Addr() != w.hosts[1].Addr() {
			t.Errorf("%v: seen as %v, is %v", kind, seen, a.stream.LocalAddr())
		}
		inward, _ := w.dial(0, 1)
		wrongPort, mapped := w.program(), w.program()
		wrongPort.stream = w.hosts[0].Net().Dial(netip.AddrPortFrom(nats[1].Addr(), 6881), wrongPort)
		mapped.stream = w.hosts[0].Net().Dial(seen, mapped)
		w.run(time.Minute)
		w.wantClosed(inward, transport.ErrUnreachable)
		w.wantClosed(wrongPort, transport.ErrDialTimeout)
		want := transport.ErrRefused // it gets in, and nobody listens at that port
		if kind == simnet.PortRestricted || kind == simnet.Symmetric {
			want = transport.ErrDialTimeout
		}
		w.wantClosed(mapped, want)
	}
	w, nats := natWorld(t, &natKinds[3])
	nats[1].Join(w.hosts[2])
	a, b := w.connect(1, 2)
	if a.stream.RemoteAddr().Addr() != w.hosts[2].Addr() || b.stream.RemoteAddr().Addr() != w.hosts[1].Addr() {
		t.Error("hosts behind one NAT do not see each other as they are")
	}
	hairpin := w.program()
	hairpin.stream = w.hosts[1].Net().Dial(netip.AddrPortFrom(nats[1].Addr(), 6881), hairpin)
	w.run(time.Minute)
	w.wantClosed(hairpin, transport.ErrDialTimeout)
}

// TestNATPackets is the matrix of who can reach whom by datagrams when both have
// asked a server in the open how the other is seen, and both send.
func TestNATPackets(t *testing.T) {
	var kinds []*simnet.NATKind
	for i := range natKinds {
		kinds = append(kinds, &natKinds[i])
	}
	kinds = append(kinds, nil)
	name := func(k *simnet.NATKind) string {
		if k == nil {
			return "open"
		}
		return k.String()
	}
	// What a symmetric NAT gives the other side to send to is of no use; only who
	// lets in any port of an address, or anybody, can be reached in spite of it.
	meets := func(a, b *simnet.NATKind) bool {
		picky := func(k *simnet.NATKind) bool { return k != nil && *k >= simnet.PortRestricted }
		symmetric := func(k *simnet.NATKind) bool { return k != nil && *k == simnet.Symmetric }
		return !(symmetric(a) && picky(b) || symmetric(b) && picky(a))
	}
	for _, ka := range kinds {
		for _, kb := range kinds {
			t.Run(fmt.Sprint(name(ka), " and ", name(kb)), func(t *testing.T) {
				w, _ := natWorld(t, ka, kb)
				var seen [3]netip.AddrPort // by the server
				server := w.mailbox(0, func(from netip.AddrPort, p []byte) { seen[p[0]] = from })
				var box [3]transport.PacketConn
				var got [3]bool
				for i := 1; i <= 2; i++ {
					box[i] = w.mailbox(i, func(from netip.AddrPort, p []byte) {
						if !got[i] {
							got[i] = true
							box[i].Send(from, []byte("answer"))
						}
					})
					box[i].Send(server.LocalAddr(), []byte{byte(i)})
				}
				w.run(time.Second)
				for range 3 {
					box[1].Send(seen[2], []byte("hello"))
					box[2].Send(seen[1], []byte("hello"))
					w.run(time.Second)
				}
				if want := meets(ka, kb); got[1] != want || got[2] != want {
					t.Errorf("got through: %v and %v, want %v", got[1], got[2], want)
				}
			})
		}
	}
}

// TestNATForgets: a mapping without traffic ends. What comes from outside then
// is lost, what comes from inside meets a reset.
func TestNATForgets(t *testing.T) {
	for _, inside := range []bool{true, false} {
		w := newWorld(t, 1, tenMs, tenMs)
		nat := w.NewNAT(netip.MustParseAddr("192.0.2.1"), simnet.NATConfig{Kind: simnet.PortRestricted, StreamTimeout: time.Minute})
		nat.Join(w.hosts[1])
		a, b := w.connect(1, 0)
		for range 5 { // traffic in one direction keeps it alive
			w.run(50 * time.Second)
			b.send([]byte("x"))
		}
		w.run(61 * time.Second)
		if inside {
			a.send([]byte("still there?"))
			w.run(time.Second)
			w.wantClosed(a, transport.ErrReset)
			w.run(simnet.KeepaliveTimeout)
			w.wantClosed(b, simnet.ErrTimeout)
			continue
		}
		b.send([]byte("still there?"))
		w.run(simnet.StallTimeout + time.Second)
		w.wantClosed(b, simnet.ErrTimeout)
		if got := a.got.String(); got != "xxxxx" {
			t.Errorf("%q got through", got)
		}
	}
}

// TestNATPacketsForgotten: a server's answer comes through for two minutes.
func TestNATPacketsForgotten(t *testing.T) {
	w, _ := natWorld(t, &natKinds[0])
	var seen netip.AddrPort
	server := w.mailbox(0, func(from netip.AddrPort, _ []byte) { seen = from })
	got := 0
	client := w.mailbox(1, func(netip.AddrPort, []byte) { got++ })
	client.Send(server.LocalAddr(), []byte("hello"))
	w.run(100 * time.Second)
	server.Send(seen, []byte("in time, and traffic"))
	w.run(100 * time.Second)
	server.Send(seen, []byte("in time for that"))
	w.run(121 * time.Second)
	server.Send(seen, []byte("too late"))
	w.run(time.Second)
	if got != 2 {
		t.Errorf("%d answers came through, want 2", got)
	}
	old := seen
	client.Send(server.LocalAddr(), []byte("hello again"))
	w.run(time.Second)
	if seen == old {
		t.Error("the port is the same although it was forgotten")
	}
}
