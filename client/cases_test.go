package client_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client"
)

// The cases in which the ancestors failed, R01 to R20, as far as they need
// whole clients. The others are in the packages that they are about.

var oneTracker = [][]string{{trackerURL}}

// events are those that the tracker was told by a member, in order; "" stands
// for a regular announce.
func (m *member) events() (list []string) {
	for _, e := range m.swarm.tracker.Log() {
		if e.Addr == m.addr() {
			list = append(list, e.Event.String())
		}
	}
	return list
}

func count(list []string, what string) (n int) {
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

// A size that is an exact multiple of the piece length.
func TestR01ExactMultiple(t *testing.T) {
	const pieces = 5
	x := makeContent("x", 32<<10, oneTracker, fileSpec{"x", pieces * 32 << 10})
	s := newSwarm(1)
	seed := s.join()
	seed.addSeed(x)
	leech := s.join()
	passed := make([]int, x.meta.Info.NumPieces())
	l := leech.addLeech(x, func(sp *client.Spec) {
		sp.OnHashPass = func(_ *client.Torrent, p int) { passed[p]++ }
		sp.OnHashFail = func(_ *client.Torrent, p int) { t.Errorf("piece %d has failed", p) }
	})
	if n := x.meta.Info.NumPieces(); n != pieces {
		t.Fatalf("%d pieces, want %d", n, pieces)
	}
	if !s.runUntil(l.Seed) {
		t.Fatalf("no seed: %+v", l.Status())
	}
	s.run(5 * time.Minute)
	if !slices.Equal(passed, []int{1, 1, 1, 1, 1}) {
		t.Errorf("pieces have passed %v times", passed)
	}
	if l.Left() != 0 || !l.Complete() {
		t.Errorf("left %d, complete %v", l.Left(), l.Complete())
	}
	if n := count(leech.events(), "completed"); n != 1 {
		t.Errorf("%d times completed: %q", n, leech.events())
	}
}

// One piece, and one more than fits into a byte of a bitfield.
func TestR02Bitfields(t *testing.T) {
	for _, test := range []struct{ pieces, bytes int }{{1, 1}, {8, 1}, {9, 2}, {17, 3}} {
		x := makeContent("x", 16<<10, nil, fileSpec{"x", test.pieces * 16 << 10})
		s := newSwarm(1)
		seed, leech := s.join(), s.join(func(c *client.Config) { c.Details = client.DetailMessages })
		up := seed.addSeed(x)
		down := leech.addLeech(x, knows(seed))
		if down.Seed() || down.Complete() || len(down.Bitfield()) != test.bytes || down.Bitfield()[0] != 0 {
			t.Errorf("%d pieces, at the start: seed %v, bitfield %x", test.pieces, down.Seed(), down.Bitfield())
		}
		if !s.runUntil(down.Seed) {
			t.Fatalf("%d pieces: no seed", test.pieces)
		}
		if !bytes.Equal(down.Bitfield(), up.Bitfield()) || len(down.Bitfield()) != test.bytes {
			t.Errorf("%d pieces: bitfield %x, the seed's %x, want %d bytes", test.pieces, down.Bitfield(), up.Bitfield(), test.bytes)
		}
	}
}

// Files that meet in the middle of a piece.
func TestR03SharedPieces(t *testing.T) {
	for _, test := range []struct {
		priorities []int
		wanted     byte
		missing    int64
	}{{[]int{1, 0}, 0b110_00000, 200}, {[]int{0, 1}, 0b011_00000, 200}} {
		x := makeContent("x", 100, nil, fileSpec{"a", 150}, fileSpec{"b", 150})
		s := newSwarm(1)
		seed, leech := s.join(), s.join()
		l := leech.addLeech(x, func(sp *client.Spec) { sp.Priorities = test.priorities })
		s.run(time.Second)
		if got := l.Wanted(); !bytes.Equal(got, []byte{test.wanted}) || l.Left() != test.missing {
			t.Errorf("%v: wanted %08b, left %d; want %08b, %d", test.priorities, got, l.Left(), test.wanted, test.missing)
		}
		seed.addSeed(x)
		l.AddPeers(seed.addr())
		if !s.runUntil(l.Complete) {
			t.Fatalf("%v: not complete: %+v", test.priorities, l.Status())
		}
		if got := l.Bitfield(); got[0] != test.wanted || l.Seed() || l.Left() != 0 || l.Wanted()[0] != 0 {
			t.Errorf("%v: complete with %08b, seed %v, left %d, wanted %08b", test.priorities, got, l.Seed(), l.Left(), l.Wanted())
		}
		s.run(time.Minute)
		if got := l.Bitfield(); got[0] != test.wanted {
			t.Errorf("%v: fetched what is not wanted: %08b", test.priorities, got)
		}
	}
}

// A file that ends on a piece boundary, and empty ones first, middle and last.
func TestR04Boundaries(t *testing.T) {
	x := makeContent("x", 32<<10, nil,
		fileSpec{"a", 0}, fileSpec{"b", 32768}, fileSpec{"c", 0}, fileSpec{"d", 32768}, fileSpec{"e", 0}, fileSpec{"f", 32767}, fileSpec{"g", 0})
	want := [][2]int{{}, {0, 0}, {}, {1, 1}, {}, {2, 2}, {}}
	for i, f := range x.meta.Info.Files {
		first, last, some := x.meta.Info.FilePieces(i)
		if some != (f.Length > 0) || some && [2]int{first, last} != want[i] {
			t.Errorf("file %d: pieces %d to %d (%v), want %v", i, first, last, some, want[i])
		}
	}
	s := newSwarm(1)
	seed, leech := s.join(), s.join()
	seed.addSeed(x)
	l := leech.addLeech(x, knows(seed))
	if !s.runUntil(l.Seed) {
		t.Fatalf("no seed: %+v", l.Status())
	}
	for i, f := range l.Files() {
		if at, same := leech.fs.Equal(f.Path, x.file(i)); !same {
			t.Errorf("%s differs at byte %d", f.Path, at)
		}
	}
}

// Two files of priority 0 have shares in one part file. The shares survive a
// restart, are served, and move out once.
func TestR05PartFile(t *testing.T) {
	x := makeContent("x", 32<<10, nil, fileSpec{"a", 48 << 10}, fileSpec{"b", 64 << 10}, fileSpec{"c", 32 << 10}, fileSpec{"d", 48 << 10})
	some := []int{1, 0, 1, 0}
	s := newSwarm(1)
	seed, leech := s.join(), s.join()
	seed.addSeed(x)
	l := leech.addLeech(x, knows(seed), func(sp *client.Spec) { sp.Priorities = some })
	if !s.runUntil(l.Complete) {
		t.Fatalf("not complete: %+v", l.Status())
	}
	l.Stop()
	s.run(time.Second)
	cache := l.PieceCache()
	had := l.Bitfield()
	if !leech.leave() || !seed.leave() {
		t.Fatal("not closed")
	}

	leech.start()
	l = leech.addLeech(x, func(sp *client.Spec) { sp.Priorities, sp.PieceCache = some, cache })
	if !s.runUntil(l.Complete) || !bytes.Equal(l.Bitfield(), had) {
		t.Fatalf("after a restart: %x, want %x", l.Bitfield(), had)
	}
	third := s.join()
	tl := third.addLeech(x, knows(leech), func(sp *client.Spec) { sp.Priorities = some })
	if !s.runUntil(tl.Complete) {
		t.Fatalf("not served from the part file: %+v", tl.Status())
	}

	check(l.SetPriorities([]int{1, 1, 1, 1}))
	seed.start()
	seed.addSeed(x)
	l.AddPeers(seed.addr())
	if !s.runUntil(l.Seed) {
		t.Fatalf("no seed after raising the priorities: %+v", l.Status())
	}
	for i, f := range l.Files() {
		if at, same := leech.fs.Equal(f.Path, x.file(i)); !same {
			t.Errorf("%s differs at byte %d", f.Path, at)
		}
	}
	if !leech.leave() {
		t.Fatal("not closed")
	}
	for _, f := range leech.fs.Files() {
		if strings.Contains(f.Path, "part") {
			t.Errorf("%s was left behind", f.Path)
		}
	}
}

func TestR06States(t *testing.T) {
	for in, want := range map[string]client.State{
		"active": client.Active, "started": client.Active, "paused": client.Paused, "stopped": client.Stopped,
	} {
		if got, err := client.ParseState(in); err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "Active", "stoped", "1"} {
		if _, err := client.ParseState(in); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", in)) {
			t.Errorf("%q: error %v", in, err)
		}
	}

	x := makeContent("x", 16<<10, oneTracker, fileSpec{"x", 1 << 20})
	s := newSwarm(1)
	seed, leech := s.join(), s.join()
	seed.addSeed(x)
	l := leech.addLeech(x, func(sp *client.Spec) { sp.State = client.Paused })
	s.run(30 * time.Second)
	if l.State() != client.Paused || l.Downloaded() != 0 || len(l.Peers()) != 1 {
		t.Fatalf("added as paused: %v, %d bytes, %d peers", l.State(), l.Downloaded(), len(l.Peers()))
	}
	before := leech.events()
	l.Start()
	s.run(500 * time.Millisecond)
	l.Pause()
	s.run(10 * time.Second)
	had := l.Downloaded()
	if had == 0 || len(l.Peers()) != 1 {
		t.Fatalf("%d bytes and %d peers after a start and a pause", had, len(l.Peers()))
	}
	if got := leech.events(); !slices.Equal(got, before) {
		t.Errorf("start and pause told the tracker %q after %q", got, before)
	}
	l.Start()
	if !s.runUntil(l.Seed) {
		t.Errorf("no start from a pause: %+v", l.Status())
	}
}

// The long life of a tracker.
func TestR07TrackerEvents(t *testing.T) {
	x := makeContent("x", 16<<10, oneTracker, fileSpec{"x", 1 << 20})
	s := newSwarm(1)
	seed, leech := s.join(), s.join()
	up := seed.addSeed(x)
	down := leech.addLeech(x)
	if !s.runUntil(down.Seed) {
		t.Fatal("no seed")
	}
	s.run(15 * time.Minute)
	up.Stop()
	down.Stop()
	s.run(10 * time.Minute)
	for _, m := range []*member{seed, leech} {
		got := m.events()
		want := 1
		if m == seed {
			want = 0 // complete at the start
		}
		if got[0] != "started" || got[len(got)-1] != "stopped" || len(got) < 12 ||
			count(got, "started") != 1 || count(got, "stopped") != 1 || count(got, "completed") != want {
			t.Errorf("%s told the tracker %q", m.host.Name(), got)
		}
	}
	for _, e := range s.tracker.Log() {
		if e.Addr == seed.addr() && e.Left != 0 {
			t.Errorf("complete at the start, and told the tracker %v with %d bytes left", e.Event, e.Left)
		}
	}
	never := s.join()
	n := never.addLeech(x, func(sp *client.Spec) { sp.State = client.Stopped })
	n.Stop()
	s.run(time.Minute)
	if !never.leave() || len(never.events()) != 0 {
		t.Errorf("never started, and told the tracker %q", never.events())
	}
}

// Stopped with the first announce in flight: the tracker hears both, in order.
func TestR07StopInFlight(t *testing.T) {
	x := makeContent("x", 16<<10, oneTracker, fileSpec{"x", 1 << 20})
	s := newSwarm(1)
	m := s.join()
	l := m.addLeech(x)
	if !s.runUntil(func() bool { return len(told[client.TrackerAsked](m)) == 1 }) {
		t.Fatal("no announce")
	}
	l.Stop()
	s.run(time.Minute)
	if got := m.events(); !slices.Equal(got, []string{"started", "stopped"}) {
		t.Errorf("told the tracker %q", got)
	}
}

// The tracker to be asked second is asked when the first is of a kind that is not
// spoken, and shown beside it.
func TestR08Tiers(t *testing.T) {
	x := makeContent("x", 16<<10, [][]string{{"wss://10.1.0.9:80/announce"}, {"http://10.1.0.7/announce"}, {trackerURL + "?key=a%26b"}}, fileSpec{"x", 1 << 20})
	s := newSwarm(1)
	seed := s.join()
	seed.addSeed(x)
	s.run(10 * time.Second)
	l := s.join().addLeech(x)
	if !s.runUntil(func() bool { return len(l.Peers()) > 0 }) {
		t.Fatalf("no peer: %+v", l.Status())
	}
	tiers := l.Trackers()
	if len(tiers) != 3 {
		t.Fatalf("%d tiers: %+v", len(tiers), tiers)
	}
	if u := tiers[0]; u.State != client.TrackerUnsupported || len(u.URLs) != 1 || u.Err == nil {
		t.Errorf("first tier %+v", u)
	}
	if d := tiers[1]; d.State != client.TrackerFailing || d.Failures != 1 || d.Err == nil {
		t.Errorf("second tier %+v", d)
	}
	w := tiers[2]
	if w.State != client.TrackerWorking || w.Failures != 0 || w.Complete+w.Incomplete != 2 || len(w.Peers6) != 0 || !strings.HasSuffix(w.URLs[0], "?key=a%26b") {
		t.Errorf("third tier %+v", w)
	}
	if got := w.CompactPeers(); len(got)%6 != 0 || !bytes.Contains(got, []byte{10, 0, 0, 1, 0x1a, 0xe1}) {
		t.Errorf("peers %x, without the seed", got)
	}
}
