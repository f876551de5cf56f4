package session

import (
	"net/netip"
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

// filtered is a world with a filter against the addresses in refused.
func filtered(t *testing.T, refused ...string) (w *world, refuse func(addr string)) {
	t.Helper()
	against := map[netip.Addr]bool{}
	refuse = func(a string) { against[netip.MustParseAddr(a)] = true }
	for _, a := range refused {
		refuse(a)
	}
	w = newWorld(t, 64*kib, 64*kib, func(c *Config, _ *boundary.AddTorrent) {
		c.Filter = func(a netip.Addr) bool { return !against[a] }
	})
	return w, refuse
}

func TestFilterRefusesIncoming(t *testing.T) {
	w, _ := filtered(t, "10.0.0.1")
	p := w.accepted("10.0.0.1:1", nil) // before it has said a word
	p.wantClosed("refused address", boundary.Filtered)
	mapped := w.accepted("[::ffff:10.0.0.1]:2", nil)
	mapped.wantClosed("refused address in IPv6", boundary.Filtered)
	if w.peer("2").closed {
		t.Error("another address was refused")
	}
}

func TestFilterIsNotDialled(t *testing.T) {
	w, refuse := filtered(t, "10.0.0.1")
	known := []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:1"), netip.MustParseAddrPort("10.0.0.2:2")}
	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: known})
	if len(w.dials) != 1 || w.dials[0].Addr != known[1] {
		t.Fatalf("dials %v, want %v alone", w.dials, known[1])
	}
	// Refused while it waits to be dialled again.
	d := w.dials[0]
	w.dials = nil
	w.handle(boundary.Closed{Conn: d.Conn})
	refuse("10.0.0.2")
	w.advance(time.Hour)
	if len(w.dials) != 0 {
		t.Errorf("dials %v, which is refused by now", w.dials)
	}
	w.fetches = nil
	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: known})
	if len(w.dials) != 0 {
		t.Errorf("dials %v", w.dials)
	}
}

// A filter applied anew ends connections in every stage, and no others.
func TestRefilter(t *testing.T) {
	w, refuse := filtered(t)
	dials := []netip.AddrPort{netip.MustParseAddrPort("10.0.1.1:1"), netip.MustParseAddrPort("10.0.1.2:2")}
	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: dials})
	opened := w.dialled(nil)
	silent := w.accepted("10.0.1.3:3", nil)
	talks, stays := w.peer("4"), w.peer("5")
	for _, a := range []string{"10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.0.4"} {
		refuse(a)
	}
	if talks.closed {
		t.Fatal("closed before Refilter")
	}
	w.handle(boundary.Refilter{})
	opened.wantClosed("dialled, before its handshake", boundary.Filtered)
	silent.wantClosed("incoming, before its handshake", boundary.Filtered)
	talks.wantClosed("peer", boundary.Filtered)
	if r, ok := w.reason(dials[1]); !ok || r != boundary.Filtered {
		t.Errorf("attempt to connect: %v, want %v", r, boundary.Filtered)
	}
	stays.sends(w.all())
	stays.want("an address that is not refused stays", wire.Message{Kind: wire.Interested})
	w.advance(time.Hour)
	for _, d := range w.dials[1:] {
		t.Errorf("dials %v", d.Addr)
	}
}
