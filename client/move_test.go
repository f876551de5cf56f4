package client_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bt/client"
	"bt/client/storage"
	"bt/simnet/simfs"
)

// apart makes two directories of a member's disk look like two filesystems.
func (m *member) apart(dir string) {
	m.fs.Inject(simfs.Fault{Ops: simfs.OpRename, Path: dir, Err: syscall.EXDEV, Count: 1})
}

// below lists the files below a directory.
func (m *member) below(dir string) (names []string) {
	for _, f := range m.fs.Files() {
		if strings.HasPrefix(f.Path, dir+"/") && !strings.HasSuffix(f.Path, ".move") {
			names = append(names, f.Path)
		}
	}
	return names
}

// holds says whether a directory has the torrent, every byte of it.
func (m *member) holds(dir string, x made) bool {
	for i, f := range x.meta.Info.Files {
		if _, same := m.fs.Equal(filepath.Join(append([]string{dir}, x.path(f)...)...), x.file(i)); !same {
			return false
		}
	}
	return true
}

// TestMove moves a download in the middle, within a filesystem and to another
// one, and then the seed that it has become.
func TestMove(t *testing.T) {
	for _, across := range []bool{false, true} {
		x := makeContent("x", 16<<10, nil, fileSpec{"a", 3_000_000}, fileSpec{"b", 1_000_000}, fileSpec{"c", 2_000_000})
		s := newSwarm(1)
		seed, m := s.join(), s.join()
		seed.addSeed(x)
		l := m.addLeech(x, knows(seed), func(sp *client.Spec) { sp.Priorities = []int{1, 0, 1} })
		if !s.runUntil(func() bool { return l.Status().PiecesHad > 50 }) {
			t.Fatal("nothing comes")
		}
		if across {
			m.apart("/e/x")
		}
		check(l.Move("/e"))
		if err := l.Move("/f"); !errors.Is(err, client.ErrMoving) {
			t.Errorf("a second move at once: %v", err)
		}
		if !s.runUntil(func() bool { return len(told[client.StorageMoved](m)) == 1 }) {
			t.Fatalf("has not moved: %v", told[client.MoveFailed](m))
		}
		if got := l.Files()[0].Path; got != "/e/x/a" || l.Complete() {
			t.Errorf("is at %s, complete %v", got, l.Complete())
		}
		if left := m.below("/d"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		check(l.SetPriorities([]int{1, 1, 1}))
		if !s.runUntil(l.Seed) || !m.holds("/e", x) {
			t.Fatalf("across %v: not complete: %+v", across, l.Status())
		}
		if lost := told[client.PieceFailed](m); len(lost) > 0 || l.Status().Wasted > 0 {
			t.Errorf("pieces failed: %v, wasted %d bytes", lost, l.Status().Wasted)
		}
		// And as a seed, back, with somebody who downloads.
		late := s.join()
		ll := late.addLeech(x, knows(m))
		s.run(time.Second)
		if across {
			m.apart("/d/x")
		}
		check(l.Move("/d"))
		if !s.runUntil(ll.Seed) || len(told[client.StorageMoved](m)) != 2 || !m.holds("/d", x) {
			t.Errorf("moves %v, failed %v", told[client.StorageMoved](m), told[client.MoveFailed](m))
		}
		if !m.leave() || len(m.below("/e")) > 0 {
			t.Errorf("left behind: %v", m.below("/e"))
		}
	}
}

// A move that fails leaves all where it was, and the torrent active.
func TestMoveFails(t *testing.T) {
	x := makeContent("x", 16<<10, nil, fileSpec{"a", 3_000_000}, fileSpec{"b", 1_000_000})
	s := newSwarm(1)
	m, peer := s.join(), s.join()
	l := m.addSeed(x)
	pl := peer.addLeech(x, knows(m))
	s.run(time.Second)
	m.apart("/e/x")
	m.fs.SetCapacity(m.fs.Allocated() + 1_000_000)
	check(l.Move("/e"))
	if !s.runUntil(func() bool { return len(told[client.MoveFailed](m)) == 1 }) {
		t.Fatal("the move has not failed")
	}
	if e := told[client.MoveFailed](m)[0]; !errors.Is(e.Err, syscall.ENOSPC) || e.Dir != "/e" {
		t.Errorf("%+v", e)
	}
	if !m.holds("/d", x) || len(m.below("/e")) > 0 || l.State() != client.Active || l.Files()[0].Path != "/d/x/a" {
		t.Errorf("left in the new place: %v; state %v", m.below("/e"), l.State())
	}
	if !s.runUntil(pl.Seed) {
		t.Error("the peer is not served any more")
	}
}

// TestMoveRefused: what is in the way is said at once.
func TestMoveRefused(t *testing.T) {
	x, y := makeContent("x", 16<<10, nil, fileSpec{"a", 100_000}), makeContent("x", 16<<10, nil, fileSpec{"b", 200_000})
	s := newSwarm(1)
	m := s.join()
	l := m.addSeed(x)
	m.add(client.Spec{Meta: y.meta, Dir: "/y"})
	relative := m.add(client.Spec{Meta: makeContent("z", 16<<10, nil, fileSpec{"z", 1}).meta, Dir: "z"})
	for _, tt := range []struct {
		t    *client.Torrent
		dir  string
		want error
	}{
		{l, "/d/", storage.ErrMoveHere}, {l, "e", storage.ErrMoveRelative}, {relative, "/e", storage.ErrMoveRelative}, {l, "/y", client.ErrDuplicate},
	} {
		if err := tt.t.Move(tt.dir); !errors.Is(err, tt.want) {
			t.Errorf("%s to %s: %v, want %v", tt.t.Name(), tt.dir, err, tt.want)
		}
	}
	// The place that it leaves is free, the one that it goes to is taken.
	check(l.Move("/e"))
	if _, err := m.Client.Add(client.Spec{Meta: makeContent("x", 16<<10, nil, fileSpec{"c", 1000}).meta, Dir: "/e"}); !errors.Is(err, client.ErrDuplicate) {
		t.Errorf("another torrent in the new place: %v", err)
	}
	if !s.runUntil(func() bool { return len(told[client.StorageMoved](m)) == 1 }) {
		t.Fatal("has not moved")
	}
	if _, err := m.Client.Add(client.Spec{Meta: makeContent("x", 16<<10, nil, fileSpec{"c", 1000}).meta, Dir: "/d"}); err != nil {
		t.Errorf("another torrent in the old place: %v", err)
	}
	// What only the disk knows, it says later.
	check(m.fs.MkdirAll("/g/x", 0o755))
	must(m.fs.Create("/g/x/a")).Close()
	check(l.Move("/g"))
	if !s.runUntil(func() bool { return len(told[client.MoveFailed](m)) == 1 }) || !errors.Is(told[client.MoveFailed](m)[0].Err, fs.ErrExist) {
		t.Errorf("over a file that is there: %v", told[client.MoveFailed](m))
	}
}

// TestMoveStopped: a torrent may be moved while it is stopped, stopped while it
// is moved, and removed, which ends the move.
func TestMoveStopped(t *testing.T) {
	x := makeContent("x", 16<<10, nil, fileSpec{"a", 40_000_000})
	s := newSwarm(1)
	m := s.join()
	l := m.addSeed(x)
	if !s.runUntil(l.Seed) {
		t.Fatal("is no seed")
	}
	l.Stop()
	s.run(time.Second)
	m.apart("/e/x")
	check(l.Move("/e"))
	l.Start()
	if !s.runUntil(func() bool { return len(told[client.StorageMoved](m)) == 1 }) {
		t.Fatalf("has not moved: %v", told[client.MoveFailed](m))
	}
	if !s.runUntil(l.Seed) || !m.holds("/e", x) {
		t.Error("is no seed in the new place")
	}
	m.apart("/f/x")
	check(l.Move("/f"))
	s.run(20 * time.Millisecond)
	l.Remove()
	if !s.runUntil(func() bool { return len(told[client.TorrentRemoved](m)) == 1 }) {
		t.Fatal("is not removed")
	}
	if f := told[client.MoveFailed](m); len(f) != 1 || !errors.Is(f[0].Err, storage.ErrMoveAborted) || !m.holds("/e", x) || len(m.below("/f")) > 0 {
		t.Errorf("failed: %v, in the new place: %v", f, m.below("/f"))
	}
}

// TestMoveFound: the process ends right after a move, before it has noted down
// the new place. The next one finds the files from the old place, with its cache
// worth what it was.
func TestMoveFound(t *testing.T) {
	x := makeContent("x", 16<<10, nil, fileSpec{"a", 3_000_000}, fileSpec{"b", 1_000_000})
	s := newSwarm(1)
	m := s.join()
	l := m.addSeed(x)
	if !s.runUntil(l.Seed) {
		t.Fatal("is no seed")
	}
	l.Stop()
	s.run(time.Second)
	cache := l.PieceCache()
	check(l.Move("/e"))
	if !s.runUntil(func() bool { return len(told[client.StorageMoved](m)) == 1 }) || !m.leave() {
		t.Fatal("has not moved")
	}
	m.notices = nil
	m.start()
	again := m.add(client.Spec{Meta: x.meta, Dir: "/d", PieceCache: cache})
	if !s.runUntil(again.Seed) {
		t.Fatalf("is no seed: %+v", again.Status())
	}
	if moved := told[client.StorageMoved](m); len(moved) != 1 || moved[0].Dir != "/e" || again.Files()[0].Path != "/e/x/a" {
		t.Errorf("told %v, files at %s", moved, again.Files()[0].Path)
	}
	if n := len(told[client.PieceVerified](m)); n != 2 {
		t.Errorf("%d pieces were checked, want a sample of each file", n)
	}
}

// TestMoveForReal moves both sides of a transfer about while it goes on, over real
// sockets and between real directories; one of them in memory, where there is one.
func TestMoveForReal(t *testing.T) {
	memory, err := os.MkdirTemp("/dev/shm", "bt-move")
	if err != nil {
		memory = t.TempDir()
	}
	defer os.RemoveAll(memory)
	from, to := t.TempDir(), t.TempDir()
	meta, content := makeTorrent(t, from, 32<<20+4321, 64<<10)
	ready, moved, done := make(chan bool, 1), make(chan string, 9), make(chan bool, 1)
	tell := func(n client.Notice) {
		switch n := n.(type) {
		case client.StorageMoved:
			moved <- n.Dir
		case client.MoveFailed:
			moved <- n.Err.Error()
		}
	}
	seed, given := start(t, 1, client.Spec{Meta: meta, Dir: from}, func(n client.Notice) {
		if _, ok := n.(client.HashcheckDone); ok {
			ready <- true
		}
		tell(n)
	})
	<-ready
	_, taken := start(t, 2, client.Spec{
		Meta: meta, Dir: to, DownLimit: 24 << 20,
		Peers: []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(seed.Port()))},
	}, func(n client.Notice) {
		if _, ok := n.(client.Completed); ok {
			done <- true
		}
		tell(n)
	})
	for taken.Downloaded() < 4<<20 {
		time.Sleep(5 * time.Millisecond)
	}
	for _, step := range []struct {
		t   *client.Torrent
		dir string
	}{
		{taken, filepath.Join(to, "renamed")}, {given, filepath.Join(memory, "seed")}, {taken, filepath.Join(memory, "leech")}, {given, from},
	} {
		check(step.t.Move(step.dir))
		select {
		case got := <-moved:
			if got != step.dir {
				t.Fatalf("moving to %s: %s", step.dir, got)
			}
		case <-time.After(time.Minute):
			t.Fatalf("not moved to %s", step.dir)
		}
	}
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatalf("no completion: %+v", taken.Status())
	}
	for _, dir := range []string{filepath.Join(memory, "leech"), from} {
		if got, err := os.ReadFile(filepath.Join(dir, "x")); err != nil || !bytes.Equal(got, content) {
			t.Errorf("the file in %s is not the truth (%v)", dir, err)
		}
	}
}

// TestMoveFiles moves what no client has open; a client goes on in the new place.
func TestMoveFiles(t *testing.T) {
	x := makeContent("x", 16<<10, nil, fileSpec{"a", 300_000}, fileSpec{"b", 100_000})
	s := newSwarm(1)
	m := s.join()
	m.fill("/d", x)
	if err := client.MoveFiles(t.Context(), m.fs, x.meta, "/nowhere", "/e"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("from where nothing is: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := client.MoveFiles(ended, m.fs, x.meta, "/d", "/e"); !errors.Is(err, context.Canceled) || !m.holds("/d", x) {
		t.Errorf("interrupted: %v", err)
	}
	for range 2 { // the second time, all is there already
		check(client.MoveFiles(t.Context(), m.fs, x.meta, "/d", "/e"))
	}
	m.apart("/d/x")
	heal := m.fs.Inject(simfs.Fault{Ops: simfs.OpRemove, Path: "/e/x/a", Err: syscall.EIO})
	for range 2 {
		if err := client.MoveFiles(t.Context(), m.fs, x.meta, "/e", "/d"); !errors.Is(err, client.ErrLeftBehind) || !errors.Is(err, syscall.EIO) || !m.holds("/d", x) {
			t.Errorf("where nothing can be deleted: %v", err)
		}
	}
	heal()
	l := m.add(client.Spec{Meta: x.meta, Dir: "/d"})
	if !s.runUntil(l.Seed) || len(m.below("/e")) > 0 {
		t.Errorf("%+v; left behind: %v", l.Status(), m.below("/e"))
	}
}
