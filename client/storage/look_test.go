package storage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/afero"
)

// statHook does something after each Stat.
type statHook struct {
	afero.Fs
	after func(path string)
}

func (h *statHook) Stat(name string) (os.FileInfo, error) {
	fi, err := h.Fs.Stat(name)
	h.after(name)
	return fi, err
}

// TestLookBesideWrites: a look and a write at the same time do not take each other
// for somebody else, neither a write that ends when its file was just looked at, nor
// one that lasts for two looks.
func TestLookBesideWrites(t *testing.T) {
	tr := newTorrent(t, 50, testFile{"a", 200}, testFile{"b", 100})
	hook := &statHook{OS(), func(string) {}}
	s, _ := open(t, hook, t.TempDir(), tr)
	mustWrite(t, s, 0, Block{0, tr.piece(0)})
	mustWrite(t, s, 4, Block{0, tr.piece(4)})
	if got := s.Look(); len(got) > 0 {
		t.Fatal(got)
	}
	next, writing := 1, false
	hook.after = func(path string) {
		// Not within that write, which looks at the file itself should it have to open it.
		if path == s.Paths()[0] && next < 4 && !writing {
			writing = true
			defer func() { writing = false }()
			next++
			if err := s.Write(next-1, []Block{{0, tr.piece(next - 1)}}); err != nil {
				t.Error(err)
			}
		}
	}
	for range 5 {
		if got := s.Look(); len(got) > 0 {
			t.Errorf("ended meanwhile: %v", got)
		}
	}

	looks := 0
	fsys := &faultFs{OS(), func(string, string) error { return nil }}
	s, _ = open(t, fsys, t.TempDir(), tr)
	mustWrite(t, s, 0, Block{0, tr.piece(0)})
	s.Look()
	fsys.fault = func(op, path string) error {
		for ; op == "write" && looks < 3; looks++ { // in mid-write, the time of the file goes on
			later := time.Now().Add(time.Duration(looks) * time.Hour)
			if err := os.Chtimes(path, later, later); err != nil {
				return err
			}
			if got := s.Look(); len(got) > 0 {
				t.Errorf("all the time, look %d: %v", looks, got)
			}
		}
		return nil
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Write(1, []Block{{0, tr.piece(1)}}) }()
	select {
	case err := <-ended:
		must(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("a look takes a write for somebody else's, and waits for it to end, to close the file")
	}
	if got := s.Look(); len(got) > 0 || looks != 3 {
		t.Errorf("in the end, after %d looks: %v", looks, got)
	}
}

// TestLook: what others do to files is told, by file and once; what the store does
// is not.
func TestLook(t *testing.T) {
	later := time.Now().Add(time.Hour)
	tests := []struct {
		name string
		do   func(t *testing.T, path string)
		want []FileChange
	}{
		{"nothing", func(*testing.T, string) {}, nil},
		{"deleted", func(t *testing.T, path string) { must(t, os.Remove(path)) }, []FileChange{{1, Gone}}},
		{"truncated", func(t *testing.T, path string) { must(t, os.Truncate(path, 10)) }, []FileChange{{1, Shorter}}},
		{"grown", func(t *testing.T, path string) { must(t, os.Truncate(path, 1000)) }, []FileChange{{1, Altered}}},
		{"touched", func(t *testing.T, path string) { must(t, os.Chtimes(path, later, later)) }, []FileChange{{1, Altered}}},
		{"replaced", func(t *testing.T, path string) {
			must(t, os.WriteFile(path+".other", make([]byte, 100), 0o666))
			must(t, os.Chtimes(path+".other", later, later))
			must(t, os.Rename(path+".other", path))
		}, []FileChange{{1, Altered}}},
	}
	for _, tt := range tests {
		for _, reopen := range []bool{false, true} {
			dir := t.TempDir()
			tr := newTorrent(t, 50, testFile{"a", 100}, testFile{"b", 100}, testFile{"c", 100})
			s, _ := open(t, OS(), dir, tr)
			for p := range tr.info.NumPieces() {
				mustWrite(t, s, p, Block{0, tr.piece(p)})
			}
			if got := s.Look(); len(got) > 0 {
				t.Fatalf("after its own writing: %v", got)
			}
			if reopen {
				mustClose(t, s)
			}
			tt.do(t, s.Paths()[1])
			got := []FileChange(nil)
			if reopen {
				if _, err := s.Prepare(); err != nil {
					t.Fatal(err)
				}
				got = s.Changes()
			} else {
				got = s.Look()
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s, reopened %v: %v, want %v", tt.name, reopen, got, tt.want)
			}
			if again := s.Look(); len(again) > 0 {
				t.Errorf("%s, reopened %v: told again %v", tt.name, reopen, again)
			}
			mustClose(t, s)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestChangedFileIsNotRead: once its handle is closed, a file that somebody else
// has changed is neither read nor written before a Look.
func TestChangedFileIsNotRead(t *testing.T) {
	dir := t.TempDir()
	tr := newTorrent(t, 50, testFile{"a", 100}, testFile{"b", 100})
	s, err := Open(OS(), dir, tr.info, Options{MaxOpenFiles: 1})
	must(t, err)
	_, err = s.Prepare()
	must(t, err)
	for p := range tr.info.NumPieces() {
		mustWrite(t, s, p, Block{0, tr.piece(p)})
	}
	s.Look()
	must(t, os.WriteFile(filepath.Join(dir, "data", "a"), bytes.Repeat([]byte{0}, 99), 0o666))
	buf := make([]byte, 50)
	if err := s.Read(0, 0, buf); !IsChanged(err) || !errors.Is(err, ErrChanged) {
		t.Errorf("Read of a changed file: %v", err)
	}
	if err := s.Write(0, []Block{{0, tr.piece(0)}}); !IsChanged(err) {
		t.Errorf("Write to a changed file: %v", err)
	}
	if err := s.Read(2, 0, buf); err != nil {
		t.Errorf("Read of another file: %v", err)
	}
	if got := s.Look(); !slices.Equal(got, []FileChange{{0, Shorter}}) {
		t.Errorf("Look = %v", got)
	}
	wantCheck(t, s, 0, false)
	mustWrite(t, s, 0, Block{0, tr.piece(0)})
	wantCheck(t, s, 0, true)
	mustClose(t, s)
}

// TestRewrite: a piece that is right is written once more, one that is not is left
// as it is.
func TestRewrite(t *testing.T) {
	var written int64
	var refused error
	fsys := &faultFs{afero.NewOsFs(), func(op, _ string) error {
		if op == "write" {
			written++
			return refused
		}
		return nil
	}}
	tr := newTorrent(t, 100, testFile{"a", 150}, testFile{"b", 150})
	s, _ := open(t, fsys, t.TempDir(), tr)
	mustWrite(t, s, 1, Block{0, tr.piece(1)})
	mustWrite(t, s, 2, Block{0, make([]byte, 100)})
	written = 0
	if ok, err := s.Rewrite(1); !ok || err != nil || written != 2 {
		t.Errorf("Rewrite of a piece in two files = %v, %v with %d writes", ok, err, written)
	}
	written = 0
	if ok, err := s.Rewrite(2); ok || err != nil || written != 0 {
		t.Errorf("Rewrite of a wrong piece = %v, %v with %d writes", ok, err, written)
	}
	refused = syscall.EROFS
	if ok, err := s.Rewrite(1); !ok || !IsReadOnly(err) {
		t.Errorf("Rewrite where nothing can be written = %v, %v", ok, err)
	}
	refused = nil
	wantCheck(t, s, 1, true)
	mustClose(t, s)
}

// TestFewerHandles: when the system has no more handles, the cache does with
// fewer, and takes more again by and by.
func TestFewerHandles(t *testing.T) {
	var files []testFile
	for i := range 20 {
		files = append(files, testFile{string(rune('a' + i)), 10})
	}
	tr := newTorrent(t, 10, files...)
	c := newCountFs()
	s, _ := open(t, c, t.TempDir(), tr)
	for p := range tr.info.NumPieces() {
		mustWrite(t, s, p, Block{0, tr.piece(p)})
	}
	mustClose(t, s)
	c.max = 4
	if _, err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for p := range tr.info.NumPieces() {
			wantCheck(t, s, p, true)
		}
	}
	if s.handles.limit > 4 {
		t.Errorf("keeps %d handles where the system has 4", s.handles.limit)
	}
	c.max = 10
	for range 100 {
		for p := range tr.info.NumPieces() {
			wantCheck(t, s, p, true)
		}
	}
	if s.handles.limit <= 4 {
		t.Errorf("keeps %d handles for ever", s.handles.limit)
	}
	mustClose(t, s)
}
