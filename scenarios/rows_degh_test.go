package scenarios

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"bt/client"
	"bt/client/metainfo"
	"bt/simnet"
	"bt/simnet/simfs"
)

// failsElsewhere are checks that a plain run cannot fail; TestRowChecksFail shows
// that others do.
var failsElsewhere = map[string]bool{"no-part": true, "avoids": true, "introduced": true, "spared": true, "plain-text": true, "kept": true}

func TestRowChecksFail(t *testing.T) {
	files := Torrent{Piece: 64 * KiB, Files: []File{{Path: "a", Size: 100_000}, {Path: "b", Size: 100_000}}}
	tests := []struct {
		name string
		s    Scenario
	}{
		{"no-part", Scenario{
			Torrent: files, Actors: []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Priorities: []int{1, 0}}},
			Expect: []Expectation{{Check: "no-part", Who: theLeech}, {Check: "complete", Who: theLeech}},
		}},
		{"introduced", Scenario{
			Torrent: files, Trackers: []Tracker{{Down: true}},
			Actors: []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Knows: theSeed}},
			Expect: []Expectation{{Check: "introduced"}, {Check: "complete", Who: theLeech}},
		}},
	}
	for _, tt := range tests {
		tt.s.Name = tt.name
		r := Run(tt.s, 1, Options{})
		if !slices.ContainsFunc(r.Failures, func(f Failure) bool { return f.Rule == "expectation "+tt.name }) {
			t.Errorf("%s has not failed: %v %v", tt.name, r.Failures, r.Err)
		}
	}
	r := &run{scenario: &Scenario{}, net: simnet.New(1)}
	c := &avoids{&watch{run: r, expect: &Expectation{Check: "avoids"}}}
	for _, addr := range []string{"10.0.0.1:0", "0.0.0.0:1", "255.255.255.255:1", "[ff02::1]:1", "10.0.0.1:1"} {
		c.notice(&node{}, client.PeerDisconnected{Addr: netip.MustParseAddrPort(addr), Reason: client.ConnectFailed})
	}
	if len(r.failures) != 4 {
		t.Errorf("avoids has failed %d times, not 4: %v", len(r.failures), r.failures)
	}
}

// TestTierOrder judges orders in which trackers are asked, as T3 has it.
func TestTierOrder(t *testing.T) {
	// A word is a tracker; + says that it has answered, . that the client rests.
	tests := []struct {
		name  string
		asked []string
		wrong int // the first that is, from 1; 0: none
	}{
		{"in order", []string{"a", "b", "c+", "c", "a", "b", "x+", "c", "a", "b", "x+"}, 0},
		{"a recovery", []string{"a", "b", "c", "x", "y.", "a", "b+", "b", "a", "c", "x+"}, 0},
		{"another tier first", []string{"x+"}, 1},
		{"a tier not finished", []string{"a", "b", "x+"}, 3},
		{"no promotion", []string{"a", "b+", "a+"}, 3},
		{"the same again", []string{"a", "a"}, 2},
		{"known ones last", []string{"a", "b+", "c+"}, 3},
		{"rests too soon", []string{"a", "b."}, 2},
		{"one more than there are", []string{"a", "b", "c", "x", "y", "a"}, 6},
	}
	for _, tt := range tests {
		o := tierOrder{tiers: []tierModel{{urls: []string{"a", "b", "c"}}, {urls: []string{"x", "y"}}}}
		wrong := 0
		for i, word := range tt.asked {
			ok, rest := word[len(word)-1] == '+', word[len(word)-1] == '.'
			if o.asked(word[:1], ok, rest) != nil {
				wrong = i + 1
				break
			}
		}
		if wrong != tt.wrong {
			t.Errorf("%s: announce %d is wrong, want %d", tt.name, wrong, tt.wrong)
		}
	}
}

// TestPriorityOracles gives a leech other priorities and plays tricks on it: what
// a client must not do then is found.
func TestPriorityOracles(t *testing.T) {
	tests := []struct {
		name string
		do   func(r *run, n *node) // a second after b was raised
		want string                // the oracle; "" for none
	}{
		{"nothing odd", func(*run, *node) {}, ""},
		{"the client is not told", func(r *run, n *node) { r.oracles.priorities(n.program.subject, []int{0, 1}) }, "W4"},
		{"a share that was moved is written again", func(_ *run, n *node) {
			if err := n.write(1, 0, []byte("again")); err != nil {
				t.Error(err)
			}
		}, "D1"},
		{"a torrent removed, and its file written to", func(r *run, n *node) {
			n.program.remove()
			r.net.At(5*time.Second, func() {
				if err := n.write(0, 0, []byte("x")); err != nil {
					t.Error(err)
				}
			})
		}, "D6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Scenario{
				Name: "priorities", Until: Minute,
				Torrent: Torrent{Piece: 64 * KiB, Files: []File{{Path: "a", Size: 600_000}, {Path: "b", Size: 300_000}}},
				Actors: []Actor{
					{Name: "seed", Kind: Seed, Link: slowSeed},
					{Name: "leech", Kind: Leech, Priorities: []int{1, 0}, Knows: theSeed},
				},
				Actions: []Action{{At: 3 * Second, Do: DoPriorities, Who: theLeech, Priorities: []int{1, 1}}},
				Expect:  []Expectation{{Check: "complete"}},
			}
			r := newRun(t, &s)
			r.at(4*Second, func() { tt.do(r, r.nodes[1]) })
			r.net.RunUntil(simnet.Epoch.Add(30 * time.Second))
			r.finish()
			fired := slices.ContainsFunc(r.failures, func(f Failure) bool { return f.Rule == "oracle "+tt.want && f.Node == "leech" })
			if tt.want != "" && !fired || tt.want == "" && len(r.failures) > 0 {
				t.Errorf("want %q: %v", tt.want, r.failures)
			}
		})
	}
}

func newRun(t *testing.T, s *Scenario) *run {
	t.Helper()
	return newRunOf(t, s, 1)
}

func newRunOf(t *testing.T, s *Scenario, seed uint64) *run {
	t.Helper()
	r := &run{scenario: s, net: simnet.New(seed), hostiles: make(map[string]*hostile)}
	if err := r.prepare(seed); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestE03Crash: the power fails, or the process ends, at every moment of a move out of
// the part file. What comes after is complete to the byte, and no part file stays.
func TestE03Crash(t *testing.T) {
	for _, how := range []Verb{DoKill, DoRestart} {
		for ms := Duration(0); ms <= 1200; ms += 60 {
			s := Scenario{
				Name:    "crash-in-move",
				Torrent: Torrent{Piece: 64 * KiB, Files: []File{{Path: "a", Size: 100_000}, {Path: "b", Size: 90_000}, {Path: "c", Size: 70_000}}},
				Actors: []Actor{
					{Name: "seed", Kind: Seed},
					// So slow that the move takes a second.
					{Name: "leech", Kind: Leech, Priorities: []int{1, 0, 1}, Disk: 128 * KiBps, DiskStep: 4 * KiB, Knows: theSeed},
				},
				Actions: []Action{
					{At: 40 * Second, Do: DoPriorities, Who: theLeech, Priorities: []int{1, 1, 1}},
					{At: 40*Second + ms*Millisecond, Do: how, Who: theLeech},
					{At: 50 * Second, Do: DoRestart, Who: theLeech},
				},
				Expect: []Expectation{
					{Check: "file", Who: theLeech, File: "a", Within: 90 * Second},
					{Check: "file", Who: theLeech, File: "b", Within: 90 * Second},
					{Check: "file", Who: theLeech, File: "c", Within: 90 * Second},
					{Check: "part", Who: theLeech, Count: 0},
				},
			}
			if r := Run(s, 1, Options{}); !r.Pass() {
				t.Errorf("%s %d ms after the change: %v %v", how, ms, r.Failures, r.Err)
			}
		}
	}
}

// TestE05 gives a leech other priorities every second. Whatever they were, it
// completes when all files are wanted in the end.
func TestE05(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Scenario{
			Name: "whims", Until: 2 * Minute, Torrent: Torrent{Piece: 16 * KiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: &Link{Up: 32 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}},
				{Name: "leech", Kind: Leech, Knows: theSeed},
			},
			Expect: []Expectation{{Check: "part", Who: theLeech, Count: 0}},
		}
		files := rapid.IntRange(2, 6).Draw(t, "files")
		all := make([]int, files)
		for i := range files {
			all[i] = 1
			path := fmt.Sprintf("f%d", i)
			size := rapid.IntRange(0, 80_000).Draw(t, "size")
			s.Torrent.Files = append(s.Torrent.Files, File{Path: path, Size: Size(size + 1)})
			s.Expect = append(s.Expect, Expectation{Check: "file", Who: theLeech, File: path, Within: 60 * Second})
		}
		s.Actors[1].Priorities = make([]int, files) // nothing
		seconds := rapid.IntRange(1, 20).Draw(t, "seconds")
		for at := range seconds {
			vector := rapid.SliceOfN(rapid.IntRange(0, 2), files, files).Draw(t, "priorities")
			s.Actions = append(s.Actions, Action{At: Duration(at+1) * Second, Do: DoPriorities, Who: theLeech, Priorities: vector})
		}
		s.Actions = append(s.Actions, Action{At: Duration(seconds+1) * Second, Do: DoPriorities, Who: theLeech, Priorities: all})
		if r := Run(s, 1, Options{}); !r.Pass() {
			text, _ := Encode(s)
			t.Fatalf("%v %v\n%s", r.Failures, r.Err, text)
		}
	})
}

// TestE07 removes a leech's torrent at every moment of its life.
func TestE07(t *testing.T) {
	for ms := Duration(0); ms <= 9000; ms += 250 {
		s, ok := Find("remove-in-flight")
		if !ok {
			t.Fatal("no such scenario")
		}
		s.Actions = []Action{{At: ms * Millisecond, Do: DoRemove, Who: theLeech}}
		if r := Run(s, 1, Options{}); !r.Pass() {
			t.Errorf("after %d ms: %v %v", ms, r.Failures, r.Err)
		}
	}
}

// lone is a client on a host of its own, without oracles.
type lone struct {
	net     *simnet.Internet
	host    *simnet.Host
	fs      *simfs.FS
	client  *client.Client
	notices []client.Notice
	queued  bool
	cancel  func()
}

// newLone starts a client whose disk moves so many bytes a second; 0: an SSD.
func newLone(t *testing.T, net *simnet.Internet, name string, addr netip.Addr, config client.Config, disk int64) *lone {
	t.Helper()
	l := &lone{net: net, host: net.NewHost(name, addr, simnet.LinkConfig{Latency: 10 * time.Millisecond}), fs: simfs.New(net.Now)}
	if config.Port == 0 {
		config.Port = clientPort
	}
	config.OnNotice = func(n client.Notice) { l.notices = append(l.notices, n) }
	c, err := client.New(client.World{
		Clock: l.host.Clock(), Net: l.host.Net(), HTTP: l.host.HTTP(), Names: l.host.Names(), FS: l.fs, Work: l.host.WorkerWith(simnet.WorkerConfig{DiskRate: disk}, l.fs.Meter),
		Rand: l.host.Rand("client"), Wake: l.wake,
	}, config)
	if err != nil {
		t.Fatal(err)
	}
	l.client = c
	return l
}

func (l *lone) wake() {
	if !l.queued {
		l.queued = true
		l.host.At(0, l.turn)
	}
}

func (l *lone) turn() {
	l.queued = false
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
	}
	if next := l.client.Turn(); !next.IsZero() {
		l.cancel = l.host.At(next.Sub(l.net.Now()), func() { l.cancel = nil; l.turn() })
	}
}

// TestG06Large: a tracker hears of 5 GiB that are left to the byte.
func TestG06Large(t *testing.T) {
	const size = 5<<30 + 12345
	b := metainfo.Builder{Name: "large", Single: true, PieceLength: 16 << 20, Files: []metainfo.BuildFile{{Length: size}}}
	s := Scenario{Name: "tracker", Torrent: Torrent{Piece: 1, Size: 1}, Actors: nothingToDo, Expect: []Expectation{{Check: "incomplete"}}}
	b.Trackers = announceURLs(&s)
	raw, err := b.Encode(make([]metainfo.Hash, (size+b.PieceLength-1)/b.PieceLength))
	if err != nil {
		t.Fatal(err)
	}
	meta, err := metainfo.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{scenario: &s, net: simnet.New(1)}
	r.addTrackers()
	l := newLone(t, r.net, "leech", netip.MustParseAddr("10.1.0.1"), client.Config{}, 0)
	if _, err := l.client.Add(client.Spec{Meta: meta, Dir: downloadDir}); err != nil {
		t.Fatal(err)
	}
	r.net.RunUntil(simnet.Epoch.Add(time.Minute))
	log := r.stations[0].tracker.Log()
	if len(log) == 0 || log[0].Left != size || log[0].Downloaded != 0 || log[0].Uploaded != 0 {
		t.Errorf("the tracker has heard %+v, want %d left", log, int64(size))
	}
}

// TestG07: hosts of one family and of both find each other by a tracker that has
// both, each by the addresses that it can reach.
func TestG07(t *testing.T) {
	s := Scenario{
		Name: "dual-stack", IPv6: true, Until: 5 * Minute,
		Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Actors:  []Actor{{Name: "seed", Kind: Seed}, {Name: "both", Kind: Leech, Count: 2}},
		Expect: []Expectation{
			{Check: "complete", Who: []string{"both"}, Within: 30 * Second},
			{Check: "keyed", Of: theTracker, Count: 50},
		},
	}
	r := newRun(t, &s)
	r.stations[0].host.AddAddr(netip.MustParseAddr("10.0.0.1"))
	for i, h := range r.hosts[1:] {
		h.AddAddr(netip.AddrFrom4([4]byte{10, 1, 0, byte(i + 1)}))
	}
	r.play()
	r.finish()
	for _, f := range r.failures {
		t.Error(f)
	}
	// BEP 7 wants an announce for each family. Ours goes by one, that of the
	// tracker's address.
	for _, e := range r.stations[0].tracker.Log() {
		if e.Addr.Addr().Is4() {
			t.Errorf("announced by %v to a tracker at %s", e.Addr, r.stations[0].url)
		}
	}
}

// TestD10: two torrents of one client never write to the same file.
func TestD10(t *testing.T) {
	net := simnet.New(1)
	l := newLone(t, net, "host", netip.MustParseAddr("10.1.0.1"), client.Config{}, 0)
	build := func(name string, single bool, paths ...string) *metainfo.MetaInfo {
		b := metainfo.Builder{Name: name, Single: single, PieceLength: 1 << 14}
		for _, p := range paths {
			b.Files = append(b.Files, metainfo.BuildFile{Path: []string{p}, Length: 1000})
		}
		raw, err := b.Encode(make([]metainfo.Hash, (1000*len(paths)+1<<14-1)/(1<<14)))
		if err != nil {
			t.Fatal(err)
		}
		meta, err := metainfo.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		return meta
	}
	album := build("album", false, "one", "two")
	tests := []struct {
		name string
		spec client.Spec
		ok   bool
	}{
		{"the first", client.Spec{Meta: album, Dir: "/downloads"}, true},
		{"the same again", client.Spec{Meta: album, Dir: "/downloads"}, false},
		{"the same elsewhere", client.Spec{Meta: album, Dir: "/elsewhere"}, false},
		{"another of that name", client.Spec{Meta: build("album", false, "three"), Dir: "/downloads/"}, false},
		{"a file of that name", client.Spec{Meta: build("album", true, ""), Dir: "/downloads/./"}, false},
		{"another of that name elsewhere", client.Spec{Meta: build("album", false, "three"), Dir: "/elsewhere"}, true},
		{"a file of the first's own", client.Spec{Meta: build("one", true, ""), Dir: "/downloads/album"}, false},
		{"another file in its directory", client.Spec{Meta: build("other", true, ""), Dir: "/downloads/album"}, true},
		{"all around a file of another", client.Spec{Meta: build("downloads", false, "album", "x"), Dir: "/"}, true},
		{"a file deep in a place", client.Spec{Meta: build("two", true, ""), Dir: "/downloads/album/"}, false},
		{"a file alone", client.Spec{Meta: build("solo", true, ""), Dir: "/top"}, true},
		{"the directory above, with that file in it", client.Spec{Meta: build("top", false, "solo", "x"), Dir: "/"}, false},
		{"the same file, but elsewhere", client.Spec{Meta: build("elsewhere", false, "lone", "x"), Dir: "/"}, true},
		{"which is then taken", client.Spec{Meta: build("lone", true, ""), Dir: "/elsewhere"}, false},
	}
	for _, tt := range tests {
		_, err := l.client.Add(tt.spec)
		if tt.ok && err != nil || !tt.ok && !errors.Is(err, client.ErrDuplicate) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestD02Times: a process is killed, or the power fails, at any time around the
// noting down of what is had. Whichever note is there then, or none, nothing false
// is believed, and the download completes. TestD02 does so at each operation.
func TestD02Times(t *testing.T) {
	for _, how := range []Verb{DoKill, DoRestart} {
		for ms := Duration(31_000); ms <= 39_000; ms += 500 {
			s := Scenario{
				Name: "note", Torrent: pieceFiles(60),
				Actors: []Actor{
					{Name: "seed", Kind: Seed, Link: slowSeed},
					{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed},
				},
				Actions: []Action{{At: ms * Millisecond, Do: how, Who: theLeech}, {At: 45 * Second, Do: DoRestart, Who: theLeech}},
				Expect:  []Expectation{{Check: "complete", Who: theLeech, Within: 3 * Minute}},
			}
			if r := Run(s, 1, Options{}); !r.Pass() {
				t.Errorf("%s after %d ms: %v %v", how, ms, r.Failures, r.Err)
			}
		}
	}
}

// TestD03: a program ends in order, and something happens to its files, or to
// its note. When it starts again only what that concerns is checked, beside a
// sample of a piece for each file, nothing false is believed, and what is lost is
// fetched again.
func TestD03(t *testing.T) {
	const (
		pieces = 16 // of each file
		files  = 4
	)
	b := func(n *node) string { return n.run.truth.filePath(1) }
	must := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	truncate := func(n *node, name string, size int64) {
		f, err := n.fs.OpenFile(name, os.O_RDWR, 0)
		must(err)
		must(f.Truncate(size))
		must(f.Close())
	}
	note := func(n *node, change func([]byte) []byte) {
		cache, err := n.fs.ReadFile(stateFile)
		must(err)
		must(afero.WriteFile(n.fs, stateFile, change(cache), 0o600))
	}
	tests := []struct {
		name   string
		damage func(n *node)
		looked int // pieces, at most
		lost   Size
	}{
		{"nothing", func(*node) {}, files, 0},
		{"truncated", func(n *node) { truncate(n, b(n), 5*64<<10) }, files + pieces, 11 * 64 * KiB},
		{"a byte changed", func(n *node) { must(n.write(1, 70_000, []byte("no"))) }, files + pieces, 64 * KiB},
		{"touched", func(n *node) { must(n.fs.Chtimes(b(n), n.run.net.Now(), n.run.net.Now())) }, files + pieces, 0},
		{"missing", func(n *node) { must(n.fs.Remove(b(n))) }, files, pieces * 64 * KiB},
		{"all missing", func(n *node) { must(n.fs.RemoveAll(downloadDir)) }, 0, files * pieces * 64 * KiB},
		{"zeroed, and the time set back", func(n *node) {
			was, err := n.fs.Stat(b(n))
			must(err)
			must(n.write(1, 0, make([]byte, pieces*64<<10)))
			must(n.fs.Chtimes(b(n), was.ModTime(), was.ModTime()))
		}, files * pieces, pieces * 64 * KiB},
		{"the note torn", func(n *node) { note(n, func(p []byte) []byte { return p[:len(p)/2] }) }, files * pieces, 0},
		{"a bit of the note flipped", func(n *node) { note(n, func(p []byte) []byte { p[len(p)/2] ^= 1; return p }) }, files * pieces, 0},
		{"the note empty", func(n *node) { note(n, func([]byte) []byte { return []byte{} }) }, files * pieces, 0},
		{"no note", func(n *node) { must(n.fs.Remove(stateFile)) }, files * pieces, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Scenario{
				Name: "damage", Torrent: Torrent{Piece: 64 * KiB},
				Actors:  []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Resume: true, Knows: theSeed}},
				Actions: []Action{{At: 40 * Second, Do: DoLeave, Who: theLeech}, {At: 60 * Second, Do: DoRestart, Who: theLeech}},
				Expect: []Expectation{
					{Check: "complete", Who: theLeech, Within: 30 * Second},
					{Check: "rechecked", Who: theLeech, After: 50 * Second, Count: tt.looked},
					{Check: "downloaded", Who: theLeech, Bytes: files*pieces*64*KiB + tt.lost},
				},
			}
			for i := range files {
				name := fmt.Sprintf("f%d", i)
				s.Torrent.Files = append(s.Torrent.Files, File{Path: name, Size: pieces * 64 * KiB})
				s.Expect = append(s.Expect, Expectation{Check: "file", Who: theLeech, File: name, Within: 90 * Second})
			}
			r := newRun(t, &s)
			r.at(50*Second, func() {
				r.oracles.at[r.nodes[1].host].retired = true // it is not the client that does it
				tt.damage(r.nodes[1])
			})
			r.play()
			r.finish()
			for _, f := range r.failures {
				t.Error(f)
			}
		})
	}
}

// TestD04Damage: a piece of a seed is damaged on disk, and it is told to look. It
// serves no byte of it any more, and gets it back from a leech, each block once.
func TestD04Damage(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprintf("seed %d", seed+1), func(t *testing.T) { damageOfASeed(t, seed+1) })
	}
}

func damageOfASeed(t *testing.T, chance uint64) {
	s := Scenario{
		Name: "damage", Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
		Actors: []Actor{{Name: "seed", Kind: Seed}, {Name: "has", Kind: Leech, Has: "7"}, {Name: "leech", Kind: Leech, Count: 4}},
		Expect: []Expectation{
			{Check: "complete", Who: []string{"has", "leech"}, Within: 90 * Second},
			{Check: "file", Within: 90 * Second},
			{Check: "had", Who: theSeed, Count: 64},
			{Check: "downloaded", Who: theSeed, Bytes: 64 * KiB},
		},
	}
	r := newRunOf(t, &s, chance)
	seed, failed := r.nodes[0], 0
	r.noticers = append(r.noticers, noticed(func(n *node, x client.Notice) {
		if f, ok := x.(client.PieceFailed); ok && n == seed && f.Piece == 7 && !f.Download {
			failed++
		}
	}))
	r.at(5*Second, func() {
		r.oracles.at[seed.host].disk.unclaim(7)
		if err := seed.write(0, 7*64<<10+100, []byte("damage")); err != nil {
			t.Error(err)
		}
		if err := seed.program.torrent.Hashcheck(7); err != nil {
			t.Error(err)
		}
	})
	r.play()
	r.finish()
	for _, f := range r.failures {
		t.Error(f)
	}
	if failed != 1 {
		t.Errorf("the piece has failed its check %d times", failed)
	}
}

// noticed is a function that hears all notices.
type noticed func(*node, client.Notice)

func (f noticed) notice(n *node, x client.Notice) { f(n, x) }

// TestH08: an address filter is exact, and a change of it ends the connections
// it is against within a second, and no other.
func TestH08(t *testing.T) {
	var refused []netip.Prefix
	config := client.Config{Filter: func(a netip.Addr) bool {
		return !slices.ContainsFunc(refused, func(p netip.Prefix) bool { return p.Contains(a) })
	}}
	scenario := Scenario{Name: "filter", Trackerless: true, Torrent: Torrent{Piece: 64 * KiB, Size: 256 * KiB}}
	truth, err := newTruth(&scenario, 1)
	if err != nil {
		t.Fatal(err)
	}
	refused = []netip.Prefix{netip.MustParsePrefix("10.1.0.4/30"), netip.MustParsePrefix("10.1.0.9/32")}
	e := &encounter{t: t, net: simnet.New(1), truth: truth}
	e.us, e.torrent = e.join("we", ourAddr, config, 0, nil, "")
	for i := 2; i <= 12; i++ {
		// Every third one we dial ourselves.
		addr, knows := fmt.Sprintf("10.1.0.%d:6881", i), ourAddr
		if i%3 == 0 {
			knows = ""
			e.torrent.AddPeers(netip.MustParseAddrPort(addr))
		}
		e.join(addr, addr, client.Config{}, 0, nil, knows)
	}
	connected := func() (last []int) {
		for _, p := range e.torrent.Peers() {
			last = append(last, int(p.Addr.Addr().As4()[3]))
		}
		slices.Sort(last)
		return last
	}
	e.net.RunUntil(simnet.Epoch.Add(30 * time.Second))
	if got, want := connected(), []int{2, 3, 8, 10, 11, 12}; !slices.Equal(got, want) {
		t.Errorf("connected to %v, want %v", got, want)
	}
	refused = []netip.Prefix{netip.MustParsePrefix("10.1.0.8/29")}
	e.us.client.Refilter()
	e.net.RunUntil(simnet.Epoch.Add(31 * time.Second))
	if got, want := connected(), []int{2, 3}; !slices.Equal(got, want) {
		t.Errorf("connected to %v after the change, want %v", got, want)
	}
	e.net.RunUntil(simnet.Epoch.Add(170 * time.Second)) // less than it takes to be of no use
	if got, want := connected(), []int{2, 3, 4, 5, 7}; !slices.Equal(got, want) {
		t.Errorf("connected to %v in the end, want %v", got, want)
	}
}
