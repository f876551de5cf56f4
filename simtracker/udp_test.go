package simtracker_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"bt/client/tracker"
	"bt/simtracker"
)

// packet sends a request from an address, and reads the answer; false: there was
// none.
func (w *world) packet(from string, r tracker.UDPRequest) (tracker.UDPResponse, bool) {
	w.Helper()
	at := netip.MustParseAddrPort(from)
	answer := w.tracker.ServePacket(at, r.Append(nil))
	if answer == nil {
		return tracker.UDPResponse{}, false
	}
	parsed, err := tracker.ParseUDPResponse(answer, at.Addr().Is6())
	if err != nil || parsed.Transaction != r.Transaction {
		w.Fatalf("%x: %+v, %v", answer, parsed, err)
	}
	return parsed, true
}

func (w *world) connect(from string) uint64 {
	w.Helper()
	r, ok := w.packet(from, tracker.UDPRequest{Transaction: 7})
	if !ok || r.Action != tracker.UDPConnect {
		w.Fatalf("%+v, %v", r, ok)
	}
	return r.Connection
}

// announceUDP announces a peer at the address it sends from.
func (w *world) announceUDP(from string, a tracker.Announce) tracker.UDPResponse {
	w.Helper()
	a.InfoHash, a.Port = hashA, int(netip.MustParseAddrPort(from).Port())
	copy(a.PeerID[:], from)
	r, ok := w.packet(from, tracker.UDPRequest{Action: tracker.UDPAnnounce, Connection: w.connect(from), Transaction: 9, Announce: a})
	if !ok {
		w.Fatalf("no answer to %s", from)
	}
	return r
}

// TestUDPAndHTTPShareASwarm: a peer is a peer, however it has announced itself;
// over UDP only those of one family can be named.
func TestUDPAndHTTPShareASwarm(t *testing.T) {
	w := newWorld(t, nil)
	w.announce("10.0.0.1:1", tracker.Announce{Left: 0})
	w.announce("[2001:db8::1]:1", tracker.Announce{Left: 5})
	four := w.announceUDP("10.0.0.2:2", tracker.Announce{Left: 9, Event: tracker.Started})
	six := w.announceUDP("[2001:db8::2]:2", tracker.Announce{Left: 9, Event: tracker.Started})
	if a := four.Announce; a.Interval != time.Minute || a.Complete != 1 || a.Incomplete != 2 || len(a.Peers) != 1 || a.Peers[0].String() != "10.0.0.1:1" {
		t.Errorf("%+v", a)
	}
	if a := six.Announce; len(a.Peers) != 1 || a.Peers[0].String() != "[2001:db8::1]:1" {
		t.Errorf("%+v", a)
	}
	w.announceUDP("10.0.0.2:2", tracker.Announce{Left: 9, Event: tracker.Stopped})
	if seeds, leeches := w.tracker.Swarm(hashA); seeds != 1 || leeches != 2 {
		t.Errorf("%d seeds and %d leeches", seeds, leeches)
	}
	r, ok := w.packet("10.0.0.2:2", tracker.UDPRequest{Action: tracker.UDPScrape, Connection: w.connect("10.0.0.2:2"), Hashes: [][20]byte{hashB, hashA}})
	want := []tracker.ScrapeTorrent{{}, {Complete: 1, Incomplete: 2}}
	if !ok || !slices.Equal(r.Scrape, want) {
		t.Errorf("%+v", r.Scrape)
	}
}

// TestUDPConnections: an id is good for two minutes, for who was given it.
func TestUDPConnections(t *testing.T) {
	w := newWorld(t, func(c *simtracker.Config) { c.Secret[0] = 1 })
	id := w.connect("10.0.0.1:1")
	valid := func(from string, id uint64) bool {
		_, ok := w.packet(from, tracker.UDPRequest{Action: tracker.UDPScrape, Connection: id, Hashes: [][20]byte{hashA}})
		return ok
	}
	for _, step := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {2 * time.Minute, true}, {time.Minute, false}} {
		w.now = w.now.Add(step.after)
		if got := valid("10.0.0.1:1", id); got != step.want {
			t.Errorf("good after %v more: %v", step.after, got)
		}
	}
	id = w.connect("10.0.0.1:1")
	for _, from := range []string{"10.0.0.1:2", "10.0.0.2:1", "[::1]:1"} {
		if valid(from, id) || w.connect(from) == id {
			t.Errorf("good for %s too", from)
		}
	}
	other := newWorld(t, func(c *simtracker.Config) { c.Secret[0] = 2 })
	if other.now = w.now; other.connect("10.0.0.1:1") == id {
		t.Error("the id does not depend on the secret")
	}
	if valid("10.0.0.1:1", 0) {
		t.Error("0 is good")
	}
}

func TestUDPRefusals(t *testing.T) {
	w := newWorld(t, func(c *simtracker.Config) { c.Known = [][20]byte{hashB} })
	if r := w.announceUDP("10.0.0.1:1", tracker.Announce{}); r.Action != tracker.UDPError || r.Announce.Failure == "" {
		t.Errorf("%+v", r)
	}
	r, _ := w.packet("10.0.0.1:1", tracker.UDPRequest{Action: tracker.UDPAnnounce, Connection: w.connect("10.0.0.1:1"), Announce: tracker.Announce{InfoHash: hashB}})
	if r.Action != tracker.UDPError {
		t.Errorf("port 0: %+v", r)
	}
	for _, p := range []string{"", "short", "0123456789abcdef"} {
		if answer := w.tracker.ServePacket(netip.MustParseAddrPort("10.0.0.1:1"), []byte(p)); answer != nil {
			t.Errorf("%q is answered by %x", p, answer)
		}
	}
}

// TestTellIP: BEP 24.
func TestTellIP(t *testing.T) {
	for _, tell := range []bool{true, false} {
		w := newWorld(t, func(c *simtracker.Config) { c.TellIP = tell })
		got := w.announce("10.0.0.1:1", tracker.Announce{}).ExternalIP
		if tell && got != netip.MustParseAddr("10.0.0.1") || !tell && got.IsValid() {
			t.Errorf("tell %v: %v", tell, got)
		}
	}
}
