package storage

import (
	"crypto/sha1"
	"errors"
	"os"
	"slices"
	"testing"

	"bt/client/metainfo"

	"github.com/spf13/afero"
)

// fickleFs is a disk that seems to write, and does not, or returns other bytes than
// it has.
type fickleFs struct {
	afero.Fs
	lose, flicker int // so many of the next writes, of the next reads
	fail          error
}

func (f *fickleFs) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	file, err := f.Fs.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return fickleFile{file, f}, nil
}

func (f *fickleFs) Open(name string) (afero.File, error) { return f.OpenFile(name, os.O_RDONLY, 0) }

type fickleFile struct {
	afero.File
	fs *fickleFs
}

func (f fickleFile) WriteAt(p []byte, off int64) (int, error) {
	if f.fs.lose > 0 {
		f.fs.lose--
		return len(p), nil
	}
	return f.File.WriteAt(p, off)
}

func (f fickleFile) ReadAt(p []byte, off int64) (int, error) {
	if f.fs.fail != nil {
		return 0, f.fs.fail
	}
	n, err := f.File.ReadAt(p, off)
	if f.fs.flicker > 0 {
		f.fs.flicker--
		p[0] ^= 1
	}
	return n, err
}

// TestCheckWritten: what a disk has not kept is told from what came wrong.
func TestCheckWritten(t *testing.T) {
	const block = 100
	bad := func(b []byte) []byte { b = slices.Clone(b); b[7] ^= 1; return b }
	failure := errors.New("no luck")
	for name, tt := range map[string]struct {
		order   []int // of 4 blocks; negative: with a wrong byte
		lost    int   // which of the writes
		flicker int   // reads that are not what is there
		fail    error // of all reads of the check
		digests bool  // are wanted in any case
		ok      bool
		unread  error
		unknown []int // blocks whose digests are
	}{
		"all right":                        {order: []int{0, 1, 2, 3}, lost: -1, ok: true},
		"all right, digests wanted":        {order: []int{0, 1, 2, 3}, lost: -1, digests: true, ok: true},
		"read back":                        {order: []int{3, 2, 1, 0}, lost: -1, ok: true},
		"a write lost":                     {order: []int{3, 2, 1, 0}, lost: 0, unread: ErrNotKept},
		"a write lost, and nobody looked":  {order: []int{0, 1, 2, 3}, lost: 2, ok: true},
		"the same, digests wanted":         {order: []int{0, 1, 2, 3}, lost: 2, digests: true, ok: true, unknown: []int{2}},
		"one came wrong":                   {order: []int{0, -1, 2, 3}, lost: -1},
		"one came wrong, another was lost": {order: []int{0, -1, 2, 3}, lost: 2, unread: ErrNotKept},
		"wrong, then right":                {order: []int{0, -1, 2, 3, 1}, lost: -1, ok: true},
		"right, then wrong":                {order: []int{0, 1, 2, 3, -1}, lost: -1},
		"cannot be read":                   {order: []int{0, -1, 2, 3}, lost: -1, fail: failure, unread: failure},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTorrent(t, 4*block, testFile{"a", 350}, testFile{"b", 450})
			disk := &fickleFs{Fs: afero.NewOsFs()}
			s, _ := open(t, disk, t.TempDir(), tr)
			mustWrite(t, s, 1, Block{0, tr.piece(1)}) // so that no file is too short
			mustWrite(t, s, 0, Block{0, make([]byte, 4*block)})
			s.given.take(0)
			s.Forget(0)
			var want [4][]byte
			for n, i := range tt.order {
				if n == tt.lost {
					disk.lose = 1
				}
				b := abs(i)
				want[b] = tr.piece(0)[b*block:][:block]
				if i < 0 {
					want[b] = bad(want[b])
				}
				mustWrite(t, s, 0, Block{b * block, want[b]})
			}
			disk.fail = tt.fail
			v, err := s.CheckWritten(0, block, tt.digests)
			disk.fail = nil
			if err != nil || v.OK != tt.ok || !errors.Is(v.Unread, tt.unread) || tt.unread == nil && v.Unread != nil {
				t.Fatalf("%+v, %v", v, err)
			}
			if tt.unread != nil || tt.ok && !tt.digests {
				if v.Digests != nil {
					t.Errorf("digests %v", v.Digests)
				}
				return
			}
			for b := range want {
				digest := metainfo.Hash(sha1.Sum(want[b]))
				if slices.Contains(tt.unknown, b) {
					digest = metainfo.Hash{}
				}
				if v.Digests[b] != digest {
					t.Errorf("digest of block %d is %v", b, v.Digests[b])
				}
			}
		})
	}
}

func abs(i int) int { return max(i, -i) }

// A read that returns something else, once, costs no piece.
func TestCheckWrittenFlickers(t *testing.T) {
	tr := newTorrent(t, 200, testFile{"a", 200})
	disk := &fickleFs{Fs: afero.NewOsFs()}
	s, _ := open(t, disk, t.TempDir(), tr)
	mustWrite(t, s, 0, Block{100, tr.piece(0)[100:]})
	disk.flicker = 1
	mustWrite(t, s, 0, Block{0, tr.piece(0)[:100]})
	if v, err := s.CheckWritten(0, 100, false); !v.OK || v.Unread != nil || err != nil {
		t.Errorf("%+v, %v", v, err)
	}
	if disk.flicker != 0 {
		t.Error("nothing was read")
	}
	mustClose(t, s)
}

// What a peer sends for padding is never on disk, and no reason to blame the disk.
func TestGivenPads(t *testing.T) {
	pad := testFile{"pad", 50}
	tr := newTorrent(t, 100, testFile{"a", 50}, pad)
	tr.info.Files[1].Pad = true
	s, err := Open(afero.NewOsFs(), t.TempDir(), tr.info, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, s, 0, Block{0, slices.Repeat([]byte{9}, 100)})
	if v, err := s.CheckWritten(0, 100, false); v.OK || v.Unread != nil || len(v.Digests) != 1 || err != nil {
		t.Errorf("%+v, %v", v, err)
	}
	mustClose(t, s)
}

// A piece that is written over and over does not fill the memory.
func TestGivenIsBounded(t *testing.T) {
	tr := newTorrent(t, 100, testFile{"a", 100})
	s, _ := open(t, afero.NewMemMapFs(), "/d", tr)
	for range 2 * maxGiven {
		mustWrite(t, s, 0, Block{0, tr.piece(0)[:1]})
	}
	if n := len(*s.given.take(0)); n > maxGiven {
		t.Errorf("%d blocks are remembered", n)
	}
	mustClose(t, s)
}

// BenchmarkGiven is what it costs to remember the blocks of a piece; BenchmarkWriteCheck
// is all of their way to the disk.
func BenchmarkGiven(b *testing.B) {
	tr, s := benchTorrent(b)
	data := tr.piece(0)
	for b.Loop() {
		for begin := 0; begin < benchPiece; begin += benchBlock {
			s.noteGiven(0, Block{begin, data[begin : begin+benchBlock]})
		}
		givenLists.Put(s.given.take(0))
	}
	mustClose(b, s)
}
