package storage

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"
)

func TestFullDisk(t *testing.T) {
	full := false
	fsys := &faultFs{afero.NewOsFs(), func(op, _ string) error {
		if full && op == "write" {
			return syscall.ENOSPC
		}
		return nil
	}}
	dir := t.TempDir()
	tr := newTorrent(t, 100, testFile{"a", 150}, testFile{"b", 150})
	s, _ := open(t, fsys, dir, tr)
	mustWrite(t, s, 1, Block{0, tr.piece(1)[:40]})
	full = true
	err := s.Write(1, []Block{{40, tr.piece(1)[40:]}})
	e, ok := errors.AsType[*Error](err)
	if !errors.Is(err, syscall.ENOSPC) || !ok || e.Op != "write" || e.Piece != 1 || e.Path != s.Paths()[0] {
		t.Fatalf("Write on a full disk: %v", err)
	}
	if want := "write " + s.Paths()[0] + " (piece 1): no space left on device"; err.Error() != want {
		t.Errorf("says %q, want %q", err, want)
	}
	full = false
	wantCheck(t, s, 1, false)
	mustWrite(t, s, 1, Block{40, tr.piece(1)[40:]})
	wantCheck(t, s, 1, true)

	// Half a poisoned duplicate reached the disk: what was hashed before is
	// not what lies there now.
	mustWrite(t, s, 0, Block{0, tr.piece(0)[:40]})
	full = true
	if err := s.Write(0, []Block{{0, make([]byte, 40)}}); err == nil {
		t.Fatal("Write on a full disk succeeds")
	}
	full = false
	mustWrite(t, s, 0, Block{40, tr.piece(0)[40:]})
	wantCheck(t, s, 0, false)
	mustClose(t, s)
}

func TestFailingSync(t *testing.T) {
	for _, victim := range []string{"a", ".bt-part", ".index", ""} { // "" is the directory
		broken, failed := true, false
		dir := t.TempDir()
		fsys := &faultFs{afero.NewOsFs(), func(op, path string) error {
			if hit := strings.HasSuffix(path, victim) || victim == "" && path == dir; broken && hit && (op == "sync" || op == "rename") {
				failed = true
				return syscall.EIO
			}
			return nil
		}}
		tr := partTorrent(t)
		s, _ := open(t, fsys, dir, tr, 1, 0, 1)
		mustWrite(t, s, 1, Block{0, tr.piece(1)})
		if err := s.Sync(); !errors.Is(err, syscall.EIO) || !failed {
			t.Errorf("%q: Sync = %v", victim, err)
		}
		broken = false
		if err := s.Sync(); err != nil { // what failed is tried again
			t.Errorf("%q: second Sync = %v", victim, err)
		}
		mustClose(t, s)
		s, present := open(t, fsys, dir, tr, 1, 0, 1)
		if !present.Has(1) {
			t.Errorf("%q: the second Sync did not make up for the first", victim)
		}
		mustClose(t, s)
	}
}

// The files are closed, and the disk refuses to sync them: what was written is still
// there when the same store opens them again, in the part file too.
func TestFailingClose(t *testing.T) {
	for _, victim := range []string{"a", ".bt-part", ".index"} {
		broken := false
		fsys := &faultFs{afero.NewOsFs(), func(op, path string) error {
			if broken && strings.HasSuffix(path, victim) && (op == "sync" || op == "rename") {
				return syscall.EIO
			}
			return nil
		}}
		tr := partTorrent(t)
		s, _ := open(t, fsys, t.TempDir(), tr, 1, 0, 1)
		mustWrite(t, s, 1, Block{kib, tr.piece(1)[kib:]})
		broken = true
		if err := s.Close(); !errors.Is(err, syscall.EIO) {
			t.Errorf("%q: Close = %v", victim, err)
		}
		broken = false
		if _, err := s.Prepare(); err != nil {
			t.Fatalf("%q: Prepare = %v", victim, err)
		}
		mustWrite(t, s, 1, Block{0, tr.piece(1)[:kib]})
		wantCheck(t, s, 1, true)
		mustClose(t, s)
	}
}

// Bytes are durable before an index speaks of them, and before an index stops
// to; and so are the names they are found by.
func TestOrderOfDurability(t *testing.T) {
	var log []string
	dir := t.TempDir()
	tr := partTorrent(t)
	s, _ := open(t, &faultFs{afero.NewOsFs(), func(op, path string) error {
		rel, _ := filepath.Rel(dir, path)
		switch {
		case op == "open":
			return nil
		case strings.HasSuffix(rel, ".bt-part"):
			rel = "part"
		case strings.HasSuffix(rel, indexSuffix):
			rel = "index"
		case strings.HasSuffix(rel, tmpSuffix):
			rel = "tmp"
		}
		log = append(log, op+" "+filepath.ToSlash(rel))
		return nil
	}}, dir, tr, 1, 0, 1)
	want := func(what string, ops ...string) {
		t.Helper()
		if got := strings.Join(log, ", "); got != strings.Join(ops, ", ") {
			t.Errorf("%s: %s", what, got)
		}
		log = nil
	}
	want("Prepare", "mkdir data")
	mustWrite(t, s, 1, Block{0, tr.piece(1)})
	want("Write", "create data/a", "write data/a", "create part", "write part")
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	want("Sync", "sync data/a", "sync part", "sync .", "sync data", "remove tmp", "create tmp", "write tmp", "sync tmp", "rename index", "sync .")
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	want("second Sync")
	if err := s.SetPriorities([]int{1, 1, 1}); err != nil {
		t.Fatal(err)
	}
	want("SetPriorities", "create data/b", "write data/b", "sync data/b", "sync data", "remove index", "sync .", "remove tmp", "remove part", "sync .")
	mustClose(t, s)
	want("Close")
}

// The program ends at every step of a move out of the part file; each time the
// next start finds all bytes, under the old and under the new priorities.
func TestMoveInterrupted(t *testing.T) {
	tr := partTorrent(t)
	for steps := 0; ; steps++ {
		for _, raised := range []int{0, 1} {
			dir := t.TempDir()
			s, _ := open(t, afero.NewOsFs(), dir, tr, 1, 0, 1)
			for _, p := range []int{1, 3} {
				mustWrite(t, s, p, Block{0, tr.piece(p)})
			}
			mustClose(t, s)

			left := steps
			s, _ = open(t, &faultFs{afero.NewOsFs(), func(op, _ string) error {
				if op != "open" {
					left--
				}
				if left < 0 {
					return errFault
				}
				return nil
			}}, dir, tr, 1, 0, 1)
			err := s.SetPriorities([]int{1, 1, 1})
			done := err == nil && left >= 0
			if err != nil {
				if !errors.Is(err, errFault) {
					t.Fatal(err)
				}
				// Nothing is lost for those who stay either.
				if got := make([]byte, 32*kib); s.Read(1, 0, got) != nil && left >= 0 {
					t.Error("piece 1 cannot be read after a failed move")
				}
			}

			s, present := open(t, afero.NewOsFs(), dir, tr, 1, raised, 1)
			for _, p := range []int{1, 3} {
				if !present.Has(p) {
					t.Fatalf("piece %d lost after %d steps", p, steps)
				}
				wantCheck(t, s, p, true)
			}
			mustClose(t, s)
			if raised == 1 && hasPart(t, dir) {
				t.Errorf("part file left after %d steps: %q", steps, tree(t, dir))
			}
			if done && raised == 1 {
				if steps < 5 {
					t.Errorf("a move took %d steps, faults cannot have been met", steps)
				}
				return
			}
		}
	}
}

// After a move that failed the store goes on under the old priorities.
func TestMoveFailed(t *testing.T) {
	for _, op := range []string{"rename", "sync", "write"} {
		broken := false
		dir := t.TempDir()
		tr := partTorrent(t)
		s, _ := open(t, &faultFs{afero.NewOsFs(), func(o, _ string) error {
			if broken && o == op {
				return errFault
			}
			return nil
		}}, dir, tr, 1, 0, 0)
		mustWrite(t, s, 1, Block{0, tr.piece(1)})
		mustWrite(t, s, 3, Block{0, tr.piece(3)}) // keeps a share of c in the part file
		wantCheck(t, s, 1, true)
		if err := s.Sync(); err != nil {
			t.Fatal(err)
		}
		broken = true
		if err := s.SetPriorities([]int{1, 1, 0}); !errors.Is(err, errFault) {
			t.Fatalf("%s: %v", op, err)
		}
		wantRead(t, s, 1, tr.piece(1))
		broken = false
		if err := s.SetPriorities([]int{1, 1, 0}); err != nil {
			t.Fatal(err)
		}
		wantCheck(t, s, 1, true)
		wantCheck(t, s, 3, true)
		mustClose(t, s)
	}
}

func TestR19UnsafePaths(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "b")
	if err := os.WriteFile(secret, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	tr := newTorrent(t, 10, testFile{"a/b", 10}, testFile{"c", 5})
	for name, tt := range map[string]struct {
		spoil func(dir string) error
		want  error
	}{
		"link as root":      {func(dir string) error { return os.Symlink(outside, filepath.Join(dir, "data")) }, ErrSymlink},
		"link as directory": {func(dir string) error { return link(outside, filepath.Join(dir, "data", "a")) }, ErrSymlink},
		"link as file":      {func(dir string) error { return link(secret, filepath.Join(dir, "data", "a", "b")) }, ErrSymlink},
		"dangling link":     {func(dir string) error { return link(secret+"x", filepath.Join(dir, "data", "a", "b")) }, ErrSymlink},
		"directory as file": {func(dir string) error { return os.MkdirAll(filepath.Join(dir, "data", "a", "b"), 0o700) }, ErrNotFile},
		"file as directory": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "data"), nil, 0o600) }, syscall.ENOTDIR},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := tt.spoil(dir); err != nil {
				cannotSpoil(t, err)
			}
			s, err := Open(afero.NewOsFs(), dir, tr.info, Options{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Prepare()
			if e, ok := errors.AsType[*Error](err); !errors.Is(err, tt.want) || !ok || !strings.HasPrefix(e.Path, dir) {
				t.Errorf("Prepare = %v, want %v", err, tt.want)
			}
			if err := s.Write(0, []Block{{0, tr.piece(0)}}); !errors.Is(err, ErrClosed) {
				t.Errorf("Write = %v, want %v", err, ErrClosed)
			}
			// Files nobody wants are nobody's concern, and not read either.
			s, present := open(t, afero.NewOsFs(), dir, tr, 0, 0)
			if present.Has(0) {
				t.Error("bytes behind a link are present")
			}
			mustClose(t, s)
		})
	}
	if got, _ := os.ReadFile(secret); string(got) != "0123456789" {
		t.Error("a file outside was written")
	}
}

func link(to, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.Symlink(to, path)
}

// A link that appears while the store is open is noticed when the file is opened.
func TestLateSymlink(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	tr := newTorrent(t, 10, testFile{"a/b", 10})
	s, _ := open(t, afero.NewOsFs(), dir, tr)
	if err := os.Remove(filepath.Join(dir, "data", "a")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "data", "a")); err != nil {
		cannotSpoil(t, err)
	}
	if err := s.Write(0, []Block{{0, tr.piece(0)}}); !errors.Is(err, ErrSymlink) {
		t.Errorf("Write = %v, want %v", err, ErrSymlink)
	}
	if list := tree(t, outside); list != nil {
		t.Errorf("written outside: %q", list)
	}
}

func TestExistingFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	tr := newTorrent(t, 10, testFile{"a", 20}, testFile{"empty", 0}, testFile{"b", 10})
	surplus := append(bytes.Clone(tr.file(0)), "surplus"...)
	for name, data := range map[string][]byte{"a": surplus, "empty": []byte("not empty"), "b": tr.file(2)[:4]} {
		if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "data", name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := tree(t, dir)
	s, present := open(t, afero.NewOsFs(), dir, tr)
	if !present.Has(0) || !present.Has(1) || present.Has(2) {
		t.Errorf("present: %v %v %v", present.Has(0), present.Has(1), present.Has(2))
	}
	wantCheck(t, s, 1, true)
	err := s.Read(2, 0, make([]byte, 10))
	if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, io.ErrUnexpectedEOF) || e.Path != s.Paths()[2] || e.Piece != 2 {
		t.Errorf("Read of a short file: %v", err)
	}
	mustClose(t, s)
	if after := tree(t, dir); strings.Join(before, "\n") != strings.Join(after, "\n") {
		t.Errorf("%q became %q", before, after)
	}
}

func TestMisuse(t *testing.T) {
	tr := newTorrent(t, 10, testFile{"a", 25})
	for _, opt := range []Options{{Priorities: []int{1, 1}}, {Priorities: []int{-1}}, {Priorities: []int{}}, {MaxOpenFiles: -1}} {
		if _, err := Open(afero.NewOsFs(), t.TempDir(), tr.info, opt); err == nil {
			t.Errorf("Open accepts %+v", opt)
		}
	}
	s, _ := open(t, afero.NewOsFs(), t.TempDir(), tr)
	for name, call := range map[string]func() error{
		"negative piece":   func() error { return s.Write(-1, nil) },
		"piece too high":   func() error { _, err := s.Check(3); return err },
		"block too long":   func() error { return s.Write(2, []Block{{0, make([]byte, 6)}}) },
		"block behind end": func() error { return s.Write(0, []Block{{11, nil}}) },
		"negative begin":   func() error { return s.Read(0, -1, make([]byte, 1)) },
		"read too long":    func() error { return s.Read(2, 1, make([]byte, 5)) },
		"missing file":     func() error { return s.Read(0, 0, make([]byte, 5)) },
		"priorities":       func() error { return s.SetPriorities(nil) },
	} {
		if _, ok := errors.AsType[*Error](call()); !ok {
			t.Errorf("%s: no error, or not a typed one", name)
		}
	}
	if err := s.Read(0, 0, make([]byte, 5)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read of a missing file: %v", err)
	}
	mustClose(t, s)
	mustClose(t, s)
	if err := s.Sync(); !errors.Is(err, ErrClosed) {
		t.Errorf("Sync after Close: %v", err)
	}
	if _, err := s.Check(0); !errors.Is(err, ErrClosed) {
		t.Errorf("Check after Close: %v", err)
	}
	if _, err := s.Prepare(); err != nil { // and open again
		t.Fatal(err)
	}
	mustWrite(t, s, 2, Block{0, tr.piece(2)})
	wantCheck(t, s, 2, true)
	mustClose(t, s)
}

// cannotSpoil ends a test that could not be set up. Only Windows has a reason:
// making symbolic links takes a privilege there.
func cannotSpoil(t *testing.T, err error) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skipf("no symbolic links here: %v", err)
	}
	t.Fatal(err)
}
