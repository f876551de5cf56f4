package storage

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"

	"github.com/spf13/afero"
)

// countFs counts open handles and refuses more than max, if max is not 0.
type countFs struct {
	faultFs
	mu              sync.Mutex
	open, max, most int
}

func newCountFs() *countFs {
	c := &countFs{}
	c.faultFs = faultFs{&countInner{looseFs{afero.NewOsFs()}, c}, func(string, string) error { return nil }}
	return c
}

func (c *countFs) Open(name string) (afero.File, error) { return c.OpenFile(name, 0, 0) }

type countInner struct {
	afero.Fs
	c *countFs
}

func (i *countInner) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	i.c.mu.Lock()
	defer i.c.mu.Unlock()
	if i.c.max > 0 && i.c.open >= i.c.max {
		return nil, syscall.EMFILE
	}
	f, err := i.Fs.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	i.c.open++
	i.c.most = max(i.c.most, i.c.open)
	return &countFile{f, i.c}, nil
}

type countFile struct {
	afero.File
	c *countFs
}

func (f *countFile) Close() error {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	f.c.open--
	return f.File.Close()
}

func TestManyFiles(t *testing.T) {
	const files, limit = 10_000, 16
	var list []testFile
	for i := range files {
		list = append(list, testFile{fmt.Sprintf("%02d/%d", i/500, i), 10})
	}
	tr := newTorrent(t, 1000, list...)
	fsys := newCountFs()
	dir := t.TempDir()
	s, err := Open(fsys, dir, tr.info, Options{MaxOpenFiles: limit})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	for p := range tr.info.NumPieces() {
		mustWrite(t, s, p, Block{500, tr.piece(p)[500:]}, Block{0, tr.piece(p)[:500]})
		wantCheck(t, s, p, true)
	}
	wantCheck(t, s, 0, true)
	present, err := s.Prepare()
	if err != nil || !present.All() {
		t.Errorf("%d pieces present, error %v", present.Count(), err)
	}
	if fsys.most > limit+1 { // one more while a directory is synced
		t.Errorf("%d handles were open, limit %d", fsys.most, limit)
	}
	mustClose(t, s)
	if fsys.open != 0 {
		t.Errorf("%d handles are open after Close", fsys.open)
	}
}

func TestTooManyOpenFiles(t *testing.T) {
	var list []testFile
	for i := range 20 {
		list = append(list, testFile{fmt.Sprint(i), 5})
	}
	tr := newTorrent(t, 50, list...)
	fsys := newCountFs()
	fsys.max = 3
	s, _ := open(t, fsys, t.TempDir(), tr)
	for p := range tr.info.NumPieces() {
		mustWrite(t, s, p, Block{0, tr.piece(p)})
		wantCheck(t, s, p, true)
	}
	if fsys.most != 3 {
		t.Errorf("%d handles were open, the limit was not met", fsys.most)
	}
	if err := s.SetPriorities([]int{0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, s, 0, Block{0, tr.piece(0)})
	if err := s.Sync(); err != nil { // opens directories and an index besides
		t.Errorf("Sync: %v", err)
	}
	// When nothing is left to close, the error is told.
	fsys.max = 1
	h, err := s.handles.acquire(0, forReading)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Read(1, 0, make([]byte, 1)); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("Read = %v, want EMFILE", err)
	}
	s.handles.release(h)
	fsys.max = 0
	mustClose(t, s)
}

// A handle that is upgraded for writing stays open for those who read.
func TestUpgradeInUse(t *testing.T) {
	fsys := newCountFs()
	dir := t.TempDir()
	tr := newTorrent(t, 10, testFile{"a", 20})
	s, _ := open(t, fsys, dir, tr)
	mustWrite(t, s, 0, Block{0, tr.piece(0)})
	mustClose(t, s)
	s, _ = open(t, fsys, dir, tr)
	reading, err := s.handles.acquire(0, forReading)
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, s, 1, Block{0, tr.piece(1)})
	if fsys.open != 2 {
		t.Errorf("%d handles open, want the reader's and the writer's", fsys.open)
	}
	if _, err := reading.file.ReadAt(make([]byte, 20), 0); err != nil {
		t.Error(err)
	}
	s.handles.release(reading)
	if fsys.open != 1 {
		t.Errorf("%d handles open, want the writer's", fsys.open)
	}
	wantCheck(t, s, 1, true)
	mustClose(t, s)
}

func TestCloseErrorReachesSync(t *testing.T) {
	c := newHandleCache(1, func(id int, _ openMode) (afero.File, error) {
		f, err := afero.NewOsFs().Create(fmt.Sprintf("%s/%d", t.TempDir(), id))
		return failingClose{f}, err
	})
	for id := range 2 {
		h, err := c.acquire(id, forWriting)
		if err != nil {
			t.Fatal(err)
		}
		c.release(h)
	}
	if err := c.takeError(); !errors.Is(err, errFault) {
		t.Errorf("error of the evicted file: %v", err)
	}
	if err := c.takeError(); err != nil {
		t.Errorf("told twice: %v", err)
	}
}

type failingClose struct{ afero.File }

func (f failingClose) Close() error { f.File.Close(); return errFault }

// Pieces side by side, with Sync, and reads of what is verified.
func TestConcurrency(t *testing.T) {
	const size, pieces = 8 * kib, 24
	tr := newTorrent(t, size, testFile{"a", 50 * kib}, testFile{"b", 3 * kib}, testFile{".pad/1", 1 * kib}, testFile{"c", size*pieces - 54*kib})
	dir := t.TempDir()
	s, err := Open(afero.NewOsFs(), dir, tr.info, Options{MaxOpenFiles: 2, Priorities: []int{1, 0, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for p := w; p < pieces; p += 4 {
				data := tr.piece(p)
				for _, begin := range []int{2 * kib, 0, 6 * kib, 4 * kib} {
					if err := s.Write(p, []Block{{begin, data[begin : begin+2*kib]}}); err != nil {
						t.Error(err)
					}
				}
				if ok, err := s.Check(p); !ok || err != nil {
					t.Errorf("Check(%d) = %v, %v", p, ok, err)
				}
				if err := s.Sync(); err != nil {
					t.Error(err)
				}
				for q := w; q <= p; q += 4 {
					if err := s.Read(q, kib, make([]byte, kib)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Go(func() {
		for i := range 10 {
			if err := s.SetPriorities([]int{1, i % 2, 1, 1}); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	for p := range pieces {
		wantRead(t, s, p, tr.piece(p))
	}
	mustClose(t, s)
}
