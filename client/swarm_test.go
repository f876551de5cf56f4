package client_test

import (
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client"
)

// Several torrents of one client share its port, in both directions.
func TestSeveralTorrentsOnOnePort(t *testing.T) {
	s := newSwarm(1)
	a, b := s.join(), s.join()
	var leeches []*client.Torrent
	for i := range 3 {
		x := makeContent(fmt.Sprint("to-", i), 16<<10, nil, fileSpec{"f", 200_000 + i})
		a.addSeed(x)
		leeches = append(leeches, b.addLeech(x, knows(a)))
		y := makeContent(fmt.Sprint("fro-", i), 16<<10, nil, fileSpec{"f", 300_000 + i})
		b.addSeed(y)
		leeches = append(leeches, a.addLeech(y, knows(b)))
	}
	if !s.runUntil(func() bool {
		for _, l := range leeches {
			if !l.Seed() {
				return false
			}
		}
		return true
	}) {
		t.Fatal("not all are seeds")
	}
	if a.Port() != clientPort || len(a.Torrents()) != 6 {
		t.Errorf("port %d, %d torrents", a.Port(), len(a.Torrents()))
	}
	for _, n := range told[client.PeerConnected](b) {
		if want := a.host.Addr(); n.Addr.Addr() != want || !n.Incoming && n.Addr.Port() != clientPort {
			t.Errorf("connected to %v", n.Addr)
		}
	}
}

// A filter refuses who connects, who is dialled, and, applied anew, who is
// connected already.
func TestFilter(t *testing.T) {
	x := makeContent("x", 16<<10, oneTracker, fileSpec{"x", 8 << 20})
	s := newSwarm(1)
	refused := map[netip.Addr]bool{}
	seed := s.join(func(c *client.Config) { c.Filter = func(a netip.Addr) bool { return !refused[a] } })
	seed.addSeed(x)
	one, two := s.join(), s.join()
	refused[two.host.Addr()] = true
	l1, l2 := one.addLeech(x, knows(seed)), two.addLeech(x, knows(seed), func(sp *client.Spec) { sp.Priorities = []int{0} })
	s.run(time.Second)
	if l1.Downloaded() == 0 || len(told[client.PeerConnected](two)) > 0 && hasPeer(l2, seed) {
		t.Errorf("downloaded %d bytes; the refused one has %v", l1.Downloaded(), l2.Peers())
	}
	if !disconnected(seed, two, client.Filtered) {
		t.Errorf("no word of the refusal: %+v", told[client.PeerDisconnected](seed))
	}

	refused[one.host.Addr()] = true
	if disconnected(seed, one, client.Filtered) {
		t.Fatal("ended before Refilter")
	}
	seed.Refilter()
	s.run(time.Millisecond)
	if !disconnected(seed, one, client.Filtered) || len(seed.Peers()) != 0 {
		t.Errorf("still connected: %v", seed.Peers())
	}
	had := l1.Downloaded()
	s.run(5 * time.Minute)
	if l1.Seed() || l1.Downloaded() > had+1<<20 {
		t.Errorf("served %d bytes after %d", l1.Downloaded(), had)
	}

	clear(refused)
	seed.Refilter()
	if !s.runUntil(l1.Seed) {
		t.Errorf("nothing after the filter was lifted: %+v", l1.Status())
	}
}

func hasPeer(t *client.Torrent, m *member) bool {
	for _, p := range t.Peers() {
		if p.Addr.Addr() == m.host.Addr() {
			return true
		}
	}
	return false
}

func disconnected(m, from *member, why client.Reason) bool {
	for _, n := range told[client.PeerDisconnected](m) {
		if n.Addr.Addr() == from.host.Addr() && n.Reason == why {
			return true
		}
	}
	return false
}

// What is told only when it is asked for.
func TestDetails(t *testing.T) {
	x := makeContent("x", 16<<10, oneTracker, fileSpec{"x", 300_000})
	for _, details := range []client.Details{0, client.DetailMessages | client.DetailBytes | client.DetailDisk} {
		s := newSwarm(1)
		with := func(c *client.Config) { c.Details = details }
		seed, leech := s.join(with), s.join(with)
		up := seed.addSeed(x)
		down := leech.addLeech(x, knows(seed))
		if !s.runUntil(down.Seed) {
			t.Fatalf("no seed: %+v", down.Status())
		}
		s.run(time.Second)
		down.Stop()
		s.run(time.Minute)
		got := map[string]int64{}
		for _, n := range leech.notices {
			switch n := n.(type) {
			case client.MessageReceived:
				got["received"] += int64(n.Message.Length)
				if n.Hello != nil {
					got["hellos"]++
				}
				if n.Torrent != down.ID() || n.Addr.Addr() != seed.host.Addr() {
					t.Errorf("%+v: not of the seed's torrent", n)
				}
			case client.BytesReceived:
				got["bytes in"] += int64(n.N)
			case client.BytesSent:
				got["bytes out"] += int64(n.N)
			case client.MessageSent:
				got["sent"]++
			case client.DiskOpened:
				got["opened"]++
			case client.DiskClosed:
				got["closed"]++
			case client.DiskWritten:
				got["written"] += int64(n.N)
			case client.TrackerAsked:
				got["asked"]++
			}
		}
		for _, n := range told[client.DiskRead](seed) {
			got["read"] += int64(n.N)
		}
		if got["asked"] < 3 {
			t.Errorf("tracker asked %d times, want started, completed and stopped at least", got["asked"])
		}
		if details == 0 {
			if delete(got, "asked"); len(got) > 0 {
				t.Errorf("told without being asked: %v", got)
			}
			continue
		}
		size := x.meta.Info.Length
		if got["received"] != size || got["written"] != size || got["read"] < up.Uploaded() || got["hellos"] == 0 {
			t.Errorf("%v, want %d bytes", got, size)
		}
		if got["bytes in"] <= size || got["bytes out"] == 0 || got["sent"] < 10 || got["opened"] != 1 || got["closed"] != 1 {
			t.Errorf("%v", got)
		}
	}
}

// Details are looked at only: a run with them is the run without them.
func TestDetailsChangeNothing(t *testing.T) {
	run := func(details client.Details) uint64 {
		x := makeContent("x", 16<<10, oneTracker, fileSpec{"x", 300_000})
		s := newSwarm(1)
		s.join(func(c *client.Config) { c.Details = details }).addSeed(x)
		s.join(func(c *client.Config) { c.Details = details }).addLeech(x)
		s.run(5 * time.Minute)
		return s.net.Hash()
	}
	if without, with := run(0), run(^client.Details(0)); without != with {
		t.Errorf("hash %x without, %x with", without, with)
	}
}

// A peer has what Net::BitTorrent::Peer had.
func TestPeers(t *testing.T) {
	x := makeContent("x", 16<<10, nil, fileSpec{"x", 9 * 16 << 10})
	s := newSwarm(1)
	seed, leech := s.join(), s.join()
	seed.addSeed(x)
	l := leech.addLeech(x, knows(seed))
	if !s.runUntil(func() bool { return len(leech.Peers()) > 0 }) {
		t.Fatal("no connection")
	}
	if p := leech.Peers()[0]; p.Known() || !p.AmChoking || !p.PeerChoking || p.Source != client.FromUser || p.Torrent != l.ID() || !strings.Contains(p.String(), "handshake") {
		t.Errorf("before the handshake: %+v", p)
	}
	if !s.runUntil(func() bool { return len(l.Peers()) > 0 && l.Peers()[0].AmInterested && !l.Peers()[0].PeerChoking }) {
		t.Fatal("never unchoked")
	}
	p := l.Peers()[0]
	if p.Host() != "10.0.0.1" || p.Port() != clientPort || p.Incoming || p.PeerID != seed.PeerID() || p.Reserved == [8]byte{} ||
		p.PeerInterested || len(p.Bitfield) != 2 || p.Bitfield[0] != 0xff || p.Bitfield[1] != 0x80 || p.Pieces != 9 || p.Torrent != l.ID() {
		t.Errorf("peer: %+v", p)
	}
	in := seed.Peers()[0]
	if !in.Incoming || in.Source != client.FromIncoming || in.PeerID != leech.PeerID() || in.AmChoking || !in.PeerInterested {
		t.Errorf("the other side: %+v", in)
	}
	for _, want := range []string{"10.0.0.1:6881", "-DT0", "outgoing, learned from: user", "they: not choking, not interested", "pieces: 9"} {
		if !strings.Contains(p.Dump(), want) {
			t.Errorf("dump without %q:\n%s", want, p.Dump())
		}
	}
}

// What a torrent and a client are called, and how big they are.
func TestIdentity(t *testing.T) {
	x := makeContent("größe", 16<<10, nil, fileSpec{"größe", 100_000})
	s := newSwarm(1)
	m := s.join()
	tor := m.addLeech(x)
	if tor.Name() != "größe" || tor.Size() != 100_000 || tor.PieceLength() != 16<<10 || tor.InfoHash() != x.meta.InfoHash || tor.Meta() != x.meta {
		t.Errorf("%q, %d bytes in pieces of %d, %v", tor.Name(), tor.Size(), tor.PieceLength(), tor.InfoHash())
	}
	id := m.PeerID()
	if !regexp.MustCompile(`^-[A-Z]{2}[0-9][0-9]{2}[SU]-[0-9A-Za-z]{12}$`).Match(id[:]) {
		t.Errorf("peer id %q is not in the Azureus style", id)
	}
	if other := s.join().PeerID(); other == id {
		t.Error("two clients have one peer id")
	}
	if m.Torrent(tor.ID()) != tor || len(m.Torrents()) != 1 {
		t.Errorf("torrents %v", m.Torrents())
	}
	// Before the first turn, nothing is known to be there.
	if tor.State() != client.Active || tor.Left() != 100_000 || tor.Complete() || tor.Seed() || len(tor.Peers()) != 0 {
		t.Errorf("before the first turn: %+v", tor.Status())
	}
}

// Hash checks of one piece, of some, of all, while a torrent is served, and of
// one that does not exist.
func TestHashcheck(t *testing.T) {
	x := makeContent("x", 16<<10, nil, fileSpec{"x", 10 * 16 << 10})
	s := newSwarm(1)
	m := s.join()
	m.fill("/d", x)
	var passed, failed []int
	tor := m.addLeech(x, func(sp *client.Spec) {
		sp.OnHashPass = func(_ *client.Torrent, p int) { passed = append(passed, p) }
		sp.OnHashFail = func(_ *client.Torrent, p int) { failed = append(failed, p) }
	})
	if !s.runUntil(tor.Seed) || len(passed) != 10 {
		t.Fatalf("no seed, or %v have passed", passed)
	}
	was := must(m.fs.Stat("/d/x")).ModTime()
	f := must(m.fs.OpenFile("/d/x", os.O_RDWR, 0))
	must(f.WriteAt([]byte{x.content[4*16<<10] + 1}, 4*16<<10))
	check(f.Close())
	check(m.fs.Chtimes("/d/x", was, was)) // else the change would be found without a check
	for _, test := range []struct {
		pieces, pass, fail []int
	}{
		{[]int{3}, []int{3}, nil},
		{[]int{9, 4, 0}, []int{0, 9}, []int{4}},
		{nil, []int{0, 1, 2, 3, 5, 6, 7, 8, 9}, []int{4}},
	} {
		passed, failed, m.notices = nil, nil, nil
		check(tor.Hashcheck(test.pieces...))
		s.run(time.Second)
		slices.Sort(passed)
		if !slices.Equal(passed, test.pass) || !slices.Equal(failed, test.fail) || len(told[client.HashcheckDone](m)) != 1 {
			t.Errorf("check of %v: %v have passed, %v failed, done %d times", test.pieces, passed, failed, len(told[client.HashcheckDone](m)))
		}
	}
	if tor.Seed() || tor.Left() != 16<<10 || tor.Bitfield()[0] != 0xf7 {
		t.Errorf("seed %v, left %d, bitfield %x after the damage was found", tor.Seed(), tor.Left(), tor.Bitfield())
	}
	passed, failed = nil, nil
	for _, bad := range [][]int{{10}, {-1}, {0, 10}} {
		if err := tor.Hashcheck(bad...); err == nil {
			t.Errorf("check of %v: no error", bad)
		}
	}
	s.run(time.Second)
	if len(passed)+len(failed) > 0 {
		t.Errorf("checked %v and %v in spite of the error", passed, failed)
	}
}
