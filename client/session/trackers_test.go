package session

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/tracker"
	"bt/client/udptracker"
	"bt/client/wire"
)

var (
	four = netip.MustParseAddr("203.0.113.1")
	six  = netip.MustParseAddr("2001:db8::1")
)

// withTrackers is the same torrent with other trackers.
func withTrackers(meta *metainfo.MetaInfo, tiers ...[]string) *metainfo.MetaInfo {
	m := *meta
	m.Trackers = tiers
	return &m
}

func privately(meta *metainfo.MetaInfo, tiers ...[]string) *metainfo.MetaInfo {
	m := withTrackers(meta, tiers...)
	m.Info.Private = true
	return m
}

// asking is a world with one torrent and these trackers, all of one tier, whose
// names stand for addrs.
func asking(t *testing.T, addrs []netip.Addr, urls ...string) *world {
	t.Helper()
	w := newWorld(t, 64*kib, 32*kib, func(_ *Config, a *boundary.AddTorrent) {
		a.Meta, a.State = withTrackers(a.Meta, urls), boundary.Stopped
	})
	w.names = addrs
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	return w
}

// tracker answers the oldest request to a host; with no body, by an error.
func (w *world) tracker(host, body string) boundary.Fetch {
	w.t.Helper()
	i := slices.IndexFunc(w.fetches, func(f boundary.Fetch) bool { return strings.Contains(f.URL, host) })
	if i < 0 {
		w.t.Fatalf("nothing is asked of %s: %v", host, w.fetches)
	}
	f := w.fetches[i]
	w.fetches = slices.Delete(w.fetches, i, i+1)
	e := boundary.Fetched{ID: f.ID, Status: 200, Body: []byte(body)}
	if body == "" {
		e = boundary.Fetched{ID: f.ID, Err: errors.New("no answer")}
	}
	w.handle(e)
	return f
}

// datagram takes the oldest one that was sent, which must be of this kind.
func (w *world) datagram(to netip.Addr, a tracker.UDPAction) tracker.UDPRequest {
	w.t.Helper()
	i := slices.IndexFunc(w.packets, func(p boundary.Packet) bool { return p.To.Addr() == to })
	if i < 0 {
		w.t.Fatalf("nothing was sent to %v: %v", to, w.packets)
	}
	r, err := tracker.ParseUDPRequest(w.packets[i].Data)
	if err != nil || r.Action != a {
		w.t.Fatalf("to %v: %v, %v; want %v", to, r.Action, err, a)
	}
	w.packets = slices.Delete(w.packets, i, i+1)
	return r
}

func (w *world) says(from netip.Addr, r tracker.UDPResponse) {
	w.t.Helper()
	w.handle(boundary.PacketIn{From: netip.AddrPortFrom(from, 6969), Data: r.Append(nil, from.Is6())})
}

// announced lets a tracker give a connection, and returns the announce that
// follows.
func (w *world) announced(to netip.Addr) tracker.UDPRequest {
	w.t.Helper()
	w.says(to, tracker.UDPResponse{Transaction: w.datagram(to, tracker.UDPConnect).Transaction, Connection: 1})
	return w.datagram(to, tracker.UDPAnnounce)
}

func (w *world) grants(to netip.Addr, r tracker.UDPRequest, peers ...string) {
	w.t.Helper()
	answer := tracker.Response{Interval: 20 * time.Second, Complete: 1}
	for _, p := range peers {
		answer.Peers = append(answer.Peers, netip.MustParseAddrPort(p))
	}
	w.says(to, tracker.UDPResponse{Action: tracker.UDPAnnounce, Transaction: r.Transaction, Announce: answer})
}

func (w *world) tier() (s string) {
	w.t.Helper()
	tiers := w.s.Torrent(torrentID).Trackers()
	return fmt.Sprintf("%v %d %d+%d", tiers[0].State, tiers[0].Failures, len(tiers[0].Peers), len(tiers[0].Peers6))
}

func TestUDPTracker(t *testing.T) {
	w := asking(t, nil, "udp://tracker.example:6969/announce?key=1")
	r := w.announced(trackerAddr)
	a := r.Announce
	if a.Event != tracker.Started || a.InfoHash != w.meta.InfoHash || a.Port != 6881 || a.Left != 64*kib || r.URLData != "/announce?key=1" {
		t.Fatalf("%+v", r)
	}
	w.says(trackerAddr, tracker.UDPResponse{Action: tracker.UDPAnnounce, Transaction: r.Transaction, Announce: tracker.Response{
		Interval: 20 * time.Second, Peers: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.9:9")},
	}})
	if len(w.dials) != 1 || w.dials[0].Addr != netip.MustParseAddrPort("10.0.0.9:9") || w.tier() != "working 0 1+0" {
		t.Fatalf("%v, %s", w.dials, w.tier())
	}
	// Nothing was said of the swarm, so it is asked for.
	s := w.datagram(trackerAddr, tracker.UDPScrape)
	w.says(trackerAddr, tracker.UDPResponse{Action: tracker.UDPScrape, Transaction: s.Transaction, Scrape: []tracker.ScrapeTorrent{{Complete: 5, Incomplete: 6}}})
	if s := w.s.Torrent(torrentID).Trackers()[0]; s.Complete != 5 || s.Incomplete != 6 {
		t.Fatalf("%+v", s)
	}
	w.advance(20 * time.Second)
	if r := w.datagram(trackerAddr, tracker.UDPAnnounce); r.Announce.Event != tracker.None || r.Connection != 1 {
		t.Fatalf("%+v", r)
	}
}

// TestUDPRefusal: an error of the tracker's is that of the announce.
func TestUDPRefusal(t *testing.T) {
	w := asking(t, nil, "udp://tracker.example:6969")
	r := w.announced(trackerAddr)
	w.says(trackerAddr, tracker.UDPResponse{Action: tracker.UDPError, Transaction: r.Transaction, Announce: tracker.Response{Failure: "not you"}})
	if err := w.s.Torrent(torrentID).Trackers()[0].Err; err == nil || err.Error() != "tracker says: not you" {
		t.Fatalf("%v", err)
	}
}

// TestUDPSilence: as long as it is the only one, a silent tracker is waited for,
// and says why; beside another, it is given up after 45 seconds.
func TestUDPSilence(t *testing.T) {
	w := asking(t, nil, "udp://tracker.example:6969")
	w.advance(time.Hour)
	if s := w.s.Torrent(torrentID).Trackers()[0]; w.tier() != "announcing 0 0+0" || !errors.Is(s.Err, udptracker.ErrSilent) {
		t.Fatalf("%s: %v", w.tier(), s.Err)
	}
	if why := w.s.Torrent(torrentID).Status(w.now).Why; why != "asking the tracker for peers again; tracker.example:6969: no answer from the tracker" {
		t.Fatalf("says %q", why)
	}
	if count[boundary.TrackerFailed](w) != 0 || len(w.packets) != 8 {
		t.Fatalf("%d datagrams", len(w.packets))
	}
	w = asking(t, nil, "udp://one.example:6969", "udp://two.example:6969")
	w.advance(44 * time.Second)
	if count[boundary.TrackerFailed](w) != 0 {
		t.Fatal("given up")
	}
	w.advance(time.Second)
	if count[boundary.TrackerFailed](w) != 1 || count[boundary.TrackerAsked](w) != 2 {
		t.Fatal("not given up")
	}
}

// TestNames: a UDP tracker whose name is not found has failed; of an HTTP
// tracker only who fetches can tell.
func TestNames(t *testing.T) {
	for _, scheme := range []string{"udp", "http"} {
		w := asking(t, nil)
		w.absent = true
		w.handle(boundary.RemoveTorrent{Torrent: torrentID})
		w.handle(boundary.AddTorrent{ID: 2, Meta: withTrackers(w.meta, []string{scheme + "://tracker.example:6969"})})
		failed := count[boundary.TrackerFailed](w)
		if scheme == "udp" && (failed != 1 || len(w.packets) > 0) || scheme == "http" && (failed != 0 || len(w.fetches) != 1 || w.fetches[0].Addrs != nil) {
			t.Errorf("%s: %d failures, %v, %v", scheme, failed, w.packets, w.fetches)
		}
	}
}

// TestNoSocket: where datagrams cannot be sent, that is why the announce fails.
func TestNoSocket(t *testing.T) {
	w := asking(t, nil, "udp://tracker.example:6969")
	w.handle(boundary.PacketFailed{To: w.packets[0].To, Err: errors.New("no socket")})
	if count[boundary.TrackerFailed](w) != 1 {
		t.Fatalf("%v", w.notices)
	}
}

// TestDualStackUDP: one announce a family, which count as one.
func TestDualStackUDP(t *testing.T) {
	w := asking(t, []netip.Addr{four, six}, "udp://tracker.example:6969")
	r4, r6 := w.announced(four), w.announced(six)
	if a, b := r4.Announce, r6.Announce; a != b || a.Event != tracker.Started || a.Key == 0 {
		t.Fatalf("%+v and %+v", a, b)
	}
	w.grants(six, r6, "[2001:db8::9]:9")
	if w.tier() != "working 0 0+1" {
		t.Fatal(w.tier())
	}
	w.grants(four, r4, "10.0.0.9:9", "10.0.0.8:9")
	if w.tier() != "working 0 2+1" || len(w.dials) != 3 || count[boundary.TrackerAsked](w) != 1 || count[boundary.TrackerAnswered](w) != 1 {
		t.Fatalf("%s, %v, %v", w.tier(), w.dials, w.notices)
	}
	for _, d := range w.dials {
		w.handle(boundary.Closed{Conn: d.Conn})
	}
	w.handle(boundary.RemoveTorrent{Torrent: torrentID})
	for _, a := range []netip.Addr{four, six} {
		if r := w.datagram(a, tracker.UDPAnnounce); r.Announce.Event != tracker.Stopped {
			t.Errorf("%v hears %q", a, r.Announce.Event)
		} else {
			w.grants(a, r)
		}
	}
	if w.s.Torrent(torrentID) != nil {
		t.Error("still there when all was said")
	}
}

// TestDualStackHalfDead: over the family that has not answered, started comes
// first; over the other, life goes on.
func TestDualStackHalfDead(t *testing.T) {
	w := asking(t, []netip.Addr{four, six}, "udp://tracker.example:6969")
	w.grants(four, w.announced(four))
	w.datagram(six, tracker.UDPConnect)
	w.packets = nil
	w.advance(20 * time.Second)
	r := w.datagram(four, tracker.UDPAnnounce)
	if r.Announce.Event != tracker.None {
		t.Fatalf("%+v", r)
	}
	w.grants(four, r)
	// The first word over IPv6 is on its way still, sent again by now.
	if r = w.announced(six); r.Announce.Event != tracker.Started || len(w.packets) > 0 {
		t.Fatalf("%+v, %v", r, w.packets)
	}
	w.handle(boundary.RemoveTorrent{Torrent: torrentID})
	if r := w.datagram(four, tracker.UDPAnnounce); r.Announce.Event != tracker.Stopped {
		t.Fatalf("%+v", r)
	}
	w.advance(3 * time.Second) // nobody answers
	if w.s.Torrent(torrentID) != nil {
		t.Fatal("a silent tracker holds us up")
	}
	if at, why := w.s.Deadline(); !at.IsZero() {
		t.Fatalf("waits for %v, %s", at, why)
	}
}

func TestDualStackHTTP(t *testing.T) {
	w := asking(t, []netip.Addr{six, four}, "http://tracker.example/announce")
	if len(w.fetches) != 2 || !slices.Equal(w.fetches[0].Addrs, []netip.Addr{six}) || !slices.Equal(w.fetches[1].Addrs, []netip.Addr{four}) || w.fetches[0].URL != w.fetches[1].URL {
		t.Fatalf("%v", w.fetches)
	}
	w.tracker("example", "")
	if count[boundary.TrackerFailed](w) != 0 {
		t.Fatal("given up with one of two")
	}
	w.tracker("example", "d8:intervali60e5:peers0:e")
	if w.tier() != "working 0 0+0" {
		t.Fatal(w.tier())
	}
	w.fetches = nil
	w.advance(time.Minute)
	for i, want := range []string{"started", ""} {
		if u, _ := url.Parse(w.fetches[i].URL); u.Query().Get("event") != want {
			t.Errorf("%v: %s", w.fetches[i].Addrs, u)
		}
	}
	w.tracker("example", "")
	w.tracker("example", "")
	if count[boundary.TrackerFailed](w) != 1 {
		t.Fatalf("%v", w.notices)
	}
}

// TestNewsAfterAMove: the news of a download goes where the tracker was found
// last; if it is not there any more, it is looked for.
func TestNewsAfterAMove(t *testing.T) {
	w := newWorld(t, 64*kib, 32*kib)
	w.tracker("tracker.example/announce", "d8:intervali600e8:completei1e5:peers0:e")
	p := w.talker()
	w.names = []netip.Addr{four} // from now on
	for range 10 {
		p.answers(p.take())
	}
	if f := w.tracker("event=completed", ""); !slices.Equal(f.Addrs, []netip.Addr{trackerAddr}) {
		t.Fatalf("%v", f)
	}
	w.advance(15 * time.Second)
	if f := w.tracker("event=completed", ""); !slices.Equal(f.Addrs, []netip.Addr{four}) {
		t.Fatalf("%v", f)
	}
}

// TestLiteralAddress: an address is asked as it stands in the URL.
func TestLiteralAddress(t *testing.T) {
	w := asking(t, []netip.Addr{six}, "http://203.0.113.1/announce")
	if len(w.fetches) != 1 || w.fetches[0].Addrs != nil {
		t.Fatalf("%v", w.fetches)
	}
}

// TestPartialSeedIsPaused: BEP 21.
func TestPartialSeedIsPaused(t *testing.T) {
	w := newWorld(t, 64*kib, 32*kib, func(_ *Config, a *boundary.AddTorrent) { a.Priorities = []int{0} })
	for _, want := range []string{"started", "paused"} {
		f := w.tracker("tracker.example", "d8:intervali60e5:peers0:e")
		if u, _ := url.Parse(f.URL); u.Query().Get("event") != want {
			t.Errorf("asks %s, want %s", f.URL, want)
		}
		w.fetches = nil // the scrape
		w.advance(time.Minute)
	}
}

// TestExternalIP: BEP 24, the tracker says where we are, and so which peers are
// to be preferred (BEP 40).
func TestExternalIP(t *testing.T) {
	var peers strings.Builder
	for i := range 6 {
		peers.WriteString(string([]byte{10, byte(i), 77, byte(i), 0, 9}))
	}
	order := func(extra string) (list []netip.AddrPort) {
		w := newWorld(t, 64*kib, 32*kib)
		w.tracker("tracker.example", fmt.Sprintf("d%s8:intervali60e5:peers%d:%se", extra, peers.Len(), peers.String()))
		for _, d := range w.dials {
			list = append(list, d.Addr)
		}
		return list
	}
	plain, told := order(""), order("11:external ip4:\xcb\x00\x71\x07")
	if slices.Equal(plain, told) || len(plain) != len(told) {
		t.Errorf("dials %v, and %v", plain, told)
	}
}

// TestPrivateSwitch: who goes over to another tracker leaves the peers of the
// first behind, and those that it has named; a public torrent keeps them.
func TestPrivateSwitch(t *testing.T) {
	for _, private := range []bool{true, false} {
		w := newWorld(t, 64*kib, 32*kib, func(_ *Config, a *boundary.AddTorrent) {
			tiers := [][]string{{"http://one.example/announce"}, {"http://two.example/announce"}}
			if a.Meta = withTrackers(a.Meta, tiers...); private {
				a.Meta = privately(a.Meta, tiers...)
			}
		})
		w.tracker("one.example", "d8:intervali30e5:peers6:\x0a\x01\x00\x01\x00\x09e")
		w.dialled(w.hello("a", true)).sends(msg(wire.HaveAll))
		b := w.fastPeer("1")
		b.sends(msg(wire.HaveAll))
		w.advance(30 * time.Second)
		w.tracker("one.example/announce", "")
		if b.closed {
			t.Error("dropped before another tracker has answered")
		}
		w.tracker("two.example/announce", "d8:intervali30e5:peers6:\x0a\x01\x00\x02\x00\x09e")
		if b.closed != private {
			t.Errorf("private %v: closed %v", private, b.closed)
		}
		if len(w.dials) != 1 || w.dials[0].Addr.Addr() != netip.MustParseAddr("10.1.0.2") {
			t.Errorf("private %v: dials %v", private, w.dials)
		}
		w.advance(20 * time.Minute)
		again := slices.ContainsFunc(w.dials, func(d boundary.Dial) bool { return d.Addr.Addr() == netip.MustParseAddr("10.1.0.1") })
		if private && again {
			t.Error("a peer of the other tracker is dialled again")
		}
	}
}
