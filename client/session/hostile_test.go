package session

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

// TestStolenID: who comes from elsewhere with the peer id of somebody that we are
// connected to does not take its place, whichever of us has the lower id.
func TestStolenID(t *testing.T) {
	for _, id := range []string{"a", "z"} { // ours begins with m
		w := newWorld(t, 64*kib, 16*kib)
		w.handle(boundary.AddPeers{Torrent: torrentID, Peers: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:6881")}})
		owner := w.dialled(w.hello(id, true))
		thief := w.accepted("10.0.0.2:1000", w.hello(id, true))
		if owner.closed || !thief.closed {
			t.Errorf("id %q: the owner is closed: %v, the thief: %v", id, owner.closed, thief.closed)
		}
		// From its own address it may be the other half of a simultaneous open.
		twin := w.accepted("10.0.0.1:1000", w.hello(id, true))
		if owner.closed == twin.closed {
			t.Errorf("id %q: the owner is closed: %v, its other connection: %v", id, owner.closed, twin.closed)
		}
	}
}

// TestBEP6AllowedFastOnce: "A peer MAY reject requests for already sent Allowed
// Fast pieces." We do, or they were a way around all choking.
func TestBEP6AllowedFastOnce(t *testing.T) {
	w := newSeed(t, 640*kib, 32*kib, func(c *Config, _ *boundary.AddTorrent) { c.Slots, c.Optimistic = 0, 0 })
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveNone))
	granted := p.take()
	if len(granted) == 0 || granted[0].Kind != wire.AllowedFast {
		t.Fatalf("heard %v, want pieces allowed fast", granted)
	}
	for _, want := range []wire.Kind{wire.Piece, wire.Reject} {
		for begin := uint32(0); begin < 32*kib; begin += 16 * kib {
			p.sends(wire.Block{Index: granted[0].Index, Begin: begin, Length: 16 * kib}.Message(wire.Request))
			if got := p.take(); len(got) != 1 || got[0].Kind != want {
				t.Errorf("block at %d: heard %v, want %v", begin, got, want)
			}
		}
	}
}

// TestUntakenAnswers: a peer that goes on asking and does not take our rejects is
// sent away before many have piled up.
func TestUntakenAnswers(t *testing.T) {
	w := newWorld(t, 64*kib, 16*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveNone))
	p.deaf = true
	const size = 17 // of a reject
	for n := 1; !p.closed; n++ {
		if n > 2<<20/size {
			t.Fatal("never sent away")
		}
		if p.sends(wire.Block{Length: 16 * kib}.Message(wire.Request)); p.closed && n < 1<<20/size {
			t.Errorf("sent away after %d requests", n)
		}
	}
	p.wantClosed("who takes no answers", boundary.Idle)
	w.advance(time.Second)
}

// TestHoarder: where one host holds all places with connections that say nothing,
// whoever else comes gets one of them; no host gets one so that holds most itself,
// nor does anybody where all come from different hosts.
func TestHoarder(t *testing.T) {
	tests := []struct {
		name     string
		hoard    func(i int) string
		newcomer string
		admitted bool
	}{
		{"one host", func(i int) string { return fmt.Sprintf("10.0.0.1:%d", 1000+i) }, "10.0.0.2:1", true},
		{"itself", func(i int) string { return fmt.Sprintf("10.0.0.1:%d", 1000+i) }, "10.0.0.1:1", false},
		{"many hosts", func(i int) string { return fmt.Sprintf("10.0.1.%d:1", i) }, "10.0.0.2:1", false},
		{"one subnet of IPv6", func(i int) string { return fmt.Sprintf("[2001:db8::%x]:1", i+1) }, "[2001:db8:1::1]:1", true},
		{"the same subnet", func(i int) string { return fmt.Sprintf("[2001:db8::%x]:1", i+1) }, "[2001:db8::ffff]:1", false},
		{"a few of one host", func(i int) string {
			if i < hoardMin-1 {
				return fmt.Sprintf("10.0.0.1:%d", 1000+i)
			}
			return fmt.Sprintf("10.0.1.%d:1", i)
		}, "10.0.0.2:1", false},
	}
	for _, tt := range tests {
		w := newWorld(t, 64*kib, 16*kib)
		var hoard []*remote
		for i := range w.s.cfg.MaxConns {
			hoard = append(hoard, w.accepted(tt.hoard(i), nil))
		}
		if r := w.accepted(tt.newcomer, nil); r.closed == tt.admitted || hoard[0].closed != tt.admitted {
			t.Errorf("%s: the newcomer is closed: %v, the oldest connection: %v", tt.name, r.closed, hoard[0].closed)
		}
		if w.s.connections() != w.s.cfg.MaxConns {
			t.Errorf("%s: %d connections", tt.name, w.s.connections())
		}
	}
}
