package storage

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bt/simnet/simfs"
)

// moving is a store on a simulated disk that is to be moved: of four files the
// third is not wanted, and the part file holds what pieces have of it.
type moving struct {
	fs *simfs.FS
	tr *torrent
	s  *Store
}

const oldDir, newDir = "/old/place", "/new/place"

func newMoving(t fataler, across bool) *moving {
	t.Helper()
	clock := time.Unix(1, 0)
	m := &moving{fs: simfs.New(func() time.Time { clock = clock.Add(time.Second); return clock })}
	m.tr = newTorrent(t, 16, testFile{"a", 40}, testFile{"deep/b", 20}, testFile{"c", 30}, testFile{"deep/er/d", 25})
	if across {
		m.fs.Inject(simfs.Fault{Ops: simfs.OpRename, Path: newDir + "/data", Err: syscall.EXDEV, Count: 1})
	}
	m.open(t, oldDir)
	for p := range m.tr.info.NumPieces() {
		if m.held(p) {
			mustWrite(t, m.s, p, Block{0, m.tr.piece(p)})
		}
	}
	if err := m.s.Sync(); err != nil {
		t.Fatal(err)
	}
	return m
}

// held says whether a piece is wanted, and was written: but for one all are.
func (m *moving) held(p int) bool { return p != 1 && p != 4 }

func (m *moving) open(t fataler, dir string) {
	t.Helper()
	m.s, _ = open(t, m.fs, dir, m.tr, 1, 1, 0, 1)
}

// want reads every piece that was written.
func (m *moving) want(t fataler) {
	t.Helper()
	for p := range m.tr.info.NumPieces() {
		if m.held(p) {
			wantRead(t, m.s, p, m.tr.piece(p))
		}
	}
}

// alone wants the set in one directory, and nothing in the other.
func (m *moving) alone(t fataler, dir, other string) {
	t.Helper()
	if m.s.Dir() != dir {
		t.Fatalf("the store is in %s, not in %s", m.s.Dir(), dir)
	}
	if slices.Contains(m.fs.Dirs(), other+"/data") {
		t.Fatalf("an empty directory was left in %s", other)
	}
	for _, f := range m.fs.Files() {
		if strings.HasPrefix(f.Path, other) && !strings.HasSuffix(f.Path, moveSuffix) {
			t.Fatalf("%s was left behind", f.Path)
		}
	}
}

// run makes a move in all its steps.
func (m *moving) run(dir string) error {
	mv, err := m.s.BeginMove(dir)
	for done := false; err == nil && !done; {
		done, err = mv.Step()
	}
	return err
}

func TestMove(t *testing.T) {
	for _, across := range []bool{false, true} {
		t.Run(fmt.Sprintf("across filesystems %v", across), func(t *testing.T) {
			m := newMoving(t, across)
			before, err := m.s.Stamps()
			if err != nil {
				t.Fatal(err)
			}
			if err := m.run(newDir); err != nil {
				t.Fatal(err)
			}
			m.want(t)
			m.alone(t, newDir, oldDir)
			if after, _ := m.s.Stamps(); !slices.EqualFunc(before, after, func(a, b Stamp) bool {
				return a.Exists == b.Exists && a.Size == b.Size && a.ModTime.Equal(b.ModTime)
			}) {
				t.Errorf("stamps were %v, and are %v: what is known of the files is lost", before, after)
			}
			mustWrite(t, m.s, 1, Block{0, m.tr.piece(1)})
			wantCheck(t, m.s, 1, true)
			mustClose(t, m.s)
			// Who does not know yet finds it from the old place.
			m.open(t, oldDir)
			m.alone(t, newDir, oldDir)
			m.want(t)
			mustClose(t, m.s)
			m.open(t, newDir)
			m.want(t)
			for _, f := range m.fs.Files() {
				if strings.Contains(f.Path, moveSuffix) || strings.HasPrefix(f.Path, oldDir) {
					t.Errorf("%s was left behind", f.Path)
				}
			}
			// And back, and there again.
			for _, dir := range []string{oldDir, newDir} {
				if err := m.run(dir); err != nil {
					t.Fatal(err)
				}
				m.want(t)
			}
			mustClose(t, m.s)
			m.open(t, newDir)
			m.alone(t, newDir, oldDir)
		})
	}
}

// TestMoveOnDisk does the same on disks of this machine. A directory in memory
// stands for another filesystem, where there is one.
func TestMoveOnDisk(t *testing.T) {
	other, err := os.MkdirTemp("/dev/shm", "bt-move")
	if err != nil {
		other = t.TempDir()
	}
	defer os.RemoveAll(other)
	dir := t.TempDir()
	tr := newTorrent(t, 16, testFile{"a", 40}, testFile{"deep/b", 20}, testFile{"c", 30})
	s, _ := open(t, OS(), filepath.Join(dir, "one"), tr, 1, 1, 0)
	for p := range 4 {
		mustWrite(t, s, p, Block{0, tr.piece(p)})
	}
	m := &moving{tr: tr, s: s}
	for _, to := range []string{filepath.Join(dir, "two"), other, filepath.Join(dir, "one")} {
		from := s.Dir()
		if err := m.run(to); err != nil {
			t.Fatal(err)
		}
		for p := range 4 {
			wantRead(t, s, p, tr.piece(p))
		}
		for _, name := range tree(t, from) {
			if !strings.Contains(name, moveSuffix) {
				t.Errorf("left in %s: %s", from, name)
			}
		}
	}
	mustClose(t, s)
	open(t, OS(), s.Dir(), tr, 1, 1, 0)
}

// Who only looks leaves a move alone: it may be under way.
func TestMoveLookedAt(t *testing.T) {
	m := newMoving(t, true)
	mv, err := m.s.BeginMove(newDir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := mv.Step(); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{oldDir, newDir} {
			before := m.fs.Files()
			s, err := Open(m.fs, dir, m.tr.info, Options{Priorities: []int{0, 0, 0, 0}, LookOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Prepare(); err != nil {
				t.Fatal(err)
			}
			mustClose(t, s)
			if after := m.fs.Files(); !slices.Equal(before, after) {
				t.Fatalf("files were %v, and are %v", before, after)
			}
		}
	}
	if _, err := mv.Step(); err != nil {
		t.Fatal(err)
	}
	m.want(t)
}

// A copy has holes where the original has: what was never written stays known.
func TestMoveKeepsHoles(t *testing.T) {
	clock := time.Unix(1, 0)
	fsys := simfs.New(func() time.Time { return clock })
	fsys.Inject(simfs.Fault{Ops: simfs.OpRename, Path: newDir + "/data", Err: syscall.EXDEV, Count: 1})
	tr := newTorrent(t, 64<<10, testFile{"a", 40 * 64 << 10})
	s, _ := open(t, fsys, oldDir, tr)
	for _, p := range []int{3, 38} {
		mustWrite(t, s, p, Block{0, tr.piece(p)})
	}
	m := &moving{fs: fsys, tr: tr, s: s}
	if err := m.run(newDir); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	if got := fsys.Allocated(); got > 2*(64<<10)+3*(16<<10) {
		t.Errorf("the copy takes %d bytes", got)
	}
	_, present := open(t, fsys, newDir, tr)
	if present.Count() != 2 || !present.Has(3) || !present.Has(38) {
		t.Errorf("%d pieces are present", present.Count())
	}
}

func TestMoveRefuses(t *testing.T) {
	m := newMoving(t, false)
	if err := m.fs.MkdirAll("/taken/data", 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := m.fs.Create("/taken/data/c")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]error{
		oldDir: ErrMoveHere, oldDir + "/": ErrMoveHere, "new": ErrMoveRelative,
		"/taken": fs.ErrExist, "/taken/data/c": syscall.ENOTDIR,
	} {
		if _, err := m.s.BeginMove(dir); !errors.Is(err, want) {
			t.Errorf("to %s: %v, want %v", dir, err, want)
		}
	}
	m.want(t)
	m.alone(t, oldDir, newDir)
}

// Whatever may be done meanwhile: read. What is copied can be given up.
func TestMoveAborted(t *testing.T) {
	m := newMoving(t, true)
	mv, err := m.s.BeginMove(newDir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if done, err := mv.Step(); done || err != nil {
			t.Fatal(done, err)
		}
		m.want(t)
	}
	if err := mv.Abort(); err != nil {
		t.Fatal(err)
	}
	m.want(t)
	m.alone(t, oldDir, newDir)
	if err := m.run(newDir); err != nil {
		t.Fatal(err)
	}
	m.want(t)
}

// TestMoveFault fails one operation of a move, each in turn: the old or the new
// set is whole and in use, and the move can be made after that.
func TestMoveFault(t *testing.T) {
	for _, across := range []bool{false, true} {
		for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EIO} {
			for n, failed := 0, true; failed; n++ {
				m := newMoving(t, across)
				heal := m.fs.Inject(simfs.Fault{After: n, Count: 1, Err: errno})
				ops, _ := m.fs.Meter()
				err := m.run(newDir)
				now, _ := m.fs.Meter()
				failed = int(now-ops) > n
				heal()
				what := fmt.Sprintf("across %v, operation %d fails with %v: %v", across, n, errno, err)
				m.gathered(t, what)
				if m.s.Dir() == oldDir {
					if err := m.run(newDir); err != nil {
						t.Fatalf("%s; again: %v", what, err)
					}
				}
				m.gathered(t, what)
			}
		}
	}
}

// gathered wants a store to be usable, if need be after a Prepare.
func (m *moving) gathered(t *testing.T, what string) {
	t.Helper()
	if err := m.s.Read(0, 0, make([]byte, 1)); errors.Is(err, ErrClosed) {
		if _, err := m.s.Prepare(); err != nil {
			t.Fatalf("%s; prepare: %v", what, err)
		}
	}
	for p := range m.tr.info.NumPieces() {
		got := make([]byte, len(m.tr.piece(p)))
		if m.held(p) {
			if err := m.s.Read(p, 0, got); err != nil || !bytes.Equal(got, m.tr.piece(p)) {
				t.Fatalf("%s; piece %d: %v", what, p, err)
			}
		}
	}
}

// TestMoveLeftover: the old filesystem lets a file not be deleted after the copy.
// The move has succeeded all the same, and says so; who opens the files next in
// their new place, or finds them from the old one, deletes it.
func TestMoveLeftover(t *testing.T) {
	for _, next := range []string{newDir, oldDir} {
		m := newMoving(t, true)
		heal := m.fs.Inject(simfs.Fault{Ops: simfs.OpRemove, Path: oldDir + "/data/deep/b", Err: syscall.EROFS})
		if err := m.run(newDir); err != nil || m.s.Dir() != newDir {
			t.Fatalf("in %s, error %v", m.s.Dir(), err)
		}
		if err := m.s.Leftover(); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "deep/b") {
			t.Errorf("leftover: %v", err)
		}
		mustClose(t, m.s)
		m.open(t, next)
		if err := m.s.Leftover(); !errors.Is(err, syscall.EROFS) {
			t.Errorf("opened in %s again, leftover: %v", next, err)
		}
		mustClose(t, m.s)
		heal()
		m.open(t, next)
		if err := m.s.Leftover(); err != nil {
			t.Error(err)
		}
		m.alone(t, newDir, oldDir)
		m.want(t)
	}
}

// TestMoveDraft: what a crash has left of an index is neither taken along nor left.
func TestMoveDraft(t *testing.T) {
	m := newMoving(t, false)
	f, err := m.fs.Create(m.s.partTarget(tmpSuffix).path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.run(newDir); err != nil {
		t.Fatal(err)
	}
	m.alone(t, newDir, oldDir)
	m.want(t)
}

// TestMoveCrash ends the process, or cuts the power, at every operation of a
// move. A store in the old directory finds the old or the new set, whole; and
// where that is, the next one finds it too. One directory may be inside the other.
func TestMoveCrash(t *testing.T) {
	const inside = oldDir + "/data/deep"
	for _, dirs := range [][2]string{{oldDir, newDir}, {oldDir, inside}, {inside, oldDir}} {
		for _, across := range []bool{false, true} {
			for _, power := range []bool{false, true} {
				crashMoves(t, dirs[0], dirs[1], across, power)
			}
		}
	}
}

// crashMoves lets a move crash at every one of its operations.
func crashMoves(t *testing.T, from, to string, across, power bool) {
	for n, died := 0, true; died; n++ {
		m := newMoving(t, false)
		if from != oldDir {
			if err := m.run(from); err != nil {
				t.Fatal(err)
			}
			mustClose(t, m.s)
			m.open(t, from) // which forgets that move
		}
		if across {
			m.fs.Inject(simfs.Fault{Ops: simfs.OpRename, Path: to + "/data", Err: syscall.EXDEV, Count: 1})
		}
		files := len(m.content())
		heal := m.fs.Inject(simfs.Fault{After: n, Err: syscall.EIO})
		ops, _ := m.fs.Meter()
		_ = m.run(to) // dead from there on
		now, _ := m.fs.Meter()
		died = int(now-ops) > n
		heal()
		if power {
			m.fs.PowerLoss()
		} else {
			m.fs.Kill()
		}
		what := fmt.Sprintf("from %s to %s, across %v, power %v, dead at operation %d", from, to, across, power, n)
		for range 2 {
			m.open(t, from)
			m.gathered(t, what)
			mustClose(t, m.s)
		}
		at := m.s.Dir()
		m.open(t, at)
		m.gathered(t, what)
		if got := m.content(); len(got) != files {
			t.Fatalf("%s; there were %d files, and are %q", what, files, got)
		}
		if from == oldDir && to == newDir {
			m.alone(t, at, map[string]string{oldDir: newDir, newDir: oldDir}[at])
		}
		mustClose(t, m.s)
	}
}

// content lists what there is on the disk but for records of moves.
func (m *moving) content() (paths []string) {
	for _, f := range m.fs.Files() {
		if !strings.Contains(f.Path, moveSuffix) { // also .move.tmp
			paths = append(paths, f.Path)
		}
	}
	return paths
}

// TestMoveModel moves a store about, with writes in between, faults and crashes,
// beside a plain array of what was written and synced.
func TestMoveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMoving(t, false)
		durable := make([]bool, m.tr.info.NumPieces())
		written := make([]bool, m.tr.info.NumPieces())
		for p := range durable {
			durable[p] = m.held(p)
			written[p] = m.held(p)
		}
		dirs := []string{"/old/place", "/new/place", "/new/place/data/deep", "/third"}
		known := oldDir // what the program has noted down
		want := func(set []bool) {
			for p, is := range set {
				if is {
					wantRead(t, m.s, p, m.tr.piece(p))
				}
			}
		}
		reopen := func() {
			m.open(t, known)
			known = m.s.Dir()
			want(durable)
			copy(written, durable)
		}
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				p := rapid.IntRange(0, len(durable)-1).Draw(t, "piece")
				if first, last := m.tr.info.FilesOf(p); first == 2 && last == 2 {
					t.Skip("not wanted")
				}
				mustWrite(t, m.s, p, Block{0, m.tr.piece(p)})
				written[p] = true
			},
			"sync": func(t *rapid.T) {
				if err := m.s.Sync(); err != nil {
					t.Fatal(err)
				}
				copy(durable, written)
			},
			"move": func(t *rapid.T) {
				m.fs.ClearFaults()
				dir := rapid.SampledFrom(dirs).Draw(t, "dir")
				if rapid.Bool().Draw(t, "across") {
					m.fs.Inject(simfs.Fault{Ops: simfs.OpRename, Path: dir + "/data", Err: syscall.EXDEV, Count: 1})
				}
				if rapid.Bool().Draw(t, "fault") {
					m.fs.Inject(simfs.Fault{
						After: rapid.IntRange(0, 120).Draw(t, "after"), Count: rapid.IntRange(0, 3).Draw(t, "times"),
						Err: rapid.SampledFrom([]syscall.Errno{syscall.EIO, syscall.ENOSPC}).Draw(t, "errno"),
					})
				}
				err := m.run(dir)
				m.fs.ClearFaults()
				switch rapid.SampledFrom([]string{"go on", "go on", "kill", "power"}).Draw(t, "then") {
				case "kill":
					m.fs.Kill()
					reopen()
				case "power":
					m.fs.PowerLoss()
					reopen()
				default:
					if m.s.Read(0, 0, nil) != nil {
						if _, err := m.s.Prepare(); err != nil {
							t.Fatal(err)
						}
					}
					if err == nil && m.s.Dir() != dir {
						t.Fatalf("moved to %s, and is in %s", dir, m.s.Dir())
					}
					want(written)
					known = m.s.Dir() // and this is noted down
				}
			},
			"restart": func(t *rapid.T) {
				mustClose(t, m.s)
				copy(durable, written)
				reopen()
			},
		})
	})
}

func FuzzMoveRecord(f *testing.F) {
	var identity [32]byte
	f.Add(appendMoveRecord(nil, &moveRecord{comes: true, dir: "/old"}, identity))
	f.Add(appendMoveRecord(nil, &moveRecord{moved: true, dir: "/new/place"}, identity))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseMoveRecord(b, identity)
		if err != nil {
			return
		}
		if again := appendMoveRecord(nil, &r, identity); !bytes.Equal(again, b) {
			t.Errorf("%x is read as %+v, and written as %x", b, r, again)
		}
	})
}
