package storage

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/spf13/afero"
)

// readCounter counts bytes read back from disk.
type readCounter struct {
	afero.Fs
	n *int
}

func (r readCounter) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	f, err := r.Fs.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return readCounterFile{f, r.n}, nil
}

type readCounterFile struct {
	afero.File
	n *int
}

func (f readCounterFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	*f.n += n
	return n, err
}

func TestReadBack(t *testing.T) {
	const block = 100
	for name, tt := range map[string]struct {
		order []int // of 8 blocks; negative: with wrong bytes
		ok    bool
		read  int // blocks
	}{
		"in order":               {[]int{0, 1, 2, 3, 4, 5, 6, 7}, true, 0},
		"two swapped":            {[]int{1, 0, 2, 3, 4, 5, 6, 7}, true, 1},
		"first comes last":       {[]int{1, 2, 3, 4, 5, 6, 7, 0}, true, 7},
		"backwards":              {[]int{7, 6, 5, 4, 3, 2, 1, 0}, true, 7},
		"runs that meet":         {[]int{0, 2, 4, 3, 1, 5, 6, 7}, true, 3},
		"last missing":           {[]int{0, 1, 2, 3, 4, 5, 6}, false, 0},
		"twice ahead":            {[]int{0, 2, 2, 1, 3, 4, 5, 6, 7}, true, 1},
		"twice behind":           {[]int{0, 1, 1, 2, 3, 4, 5, 6, 7}, true, 8},
		"poisoned":               {[]int{0, 1, -2, 3, 4, 5, 6, 7}, false, 0},
		"poison put right":       {[]int{0, 1, -2, 2, 3, 4, 5, 6, 7}, true, 8},
		"poison after the right": {[]int{0, 1, 2, 3, -2, 4, 5, 6, 7}, false, 8},
		"poison replaced ahead":  {[]int{0, -2, 2, 1, 3, 4, 5, 6, 7}, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			tr := newTorrent(t, 8*block, testFile{"a", 350}, testFile{"b", 450})
			s, _ := open(t, readCounter{afero.NewOsFs(), &n}, t.TempDir(), tr)
			for _, i := range tt.order {
				data := slices.Clone(tr.piece(0))
				if i < 0 {
					i = -i
					data[i*block+5] ^= 1
				}
				mustWrite(t, s, 0, Block{i * block, data[i*block : (i+1)*block]})
			}
			wantCheck(t, s, 0, tt.ok)
			if n != tt.read*block {
				t.Errorf("%d bytes were read back, want %d", n, tt.read*block)
			}
			n = 0
			wantCheck(t, s, 0, tt.ok)
			if tt.ok && n != 8*block {
				t.Errorf("a second Check read %d bytes", n)
			}
			mustClose(t, s)
		})
	}
}

// What is hashed before it is written, since somebody else is writing, counts only
// once it was written.
func TestHashedAhead(t *testing.T) {
	fail := false
	fsys := &faultFs{afero.NewOsFs(), func(op, _ string) error {
		if op == "write" && fail {
			return errors.New("no luck")
		}
		return nil
	}}
	tr := newTorrent(t, 100, testFile{"a", 100})
	s, _ := open(t, fsys, t.TempDir(), tr)
	s.writing.Add(1)
	mustWrite(t, s, 0, Block{0, tr.piece(0)[:50]})
	fail = true
	if err := s.Write(0, []Block{{50, tr.piece(0)[50:]}}); err == nil {
		t.Error("Write does not tell that it has failed")
	}
	wantCheck(t, s, 0, false)
	fail = false
	mustWrite(t, s, 0, Block{0, tr.piece(0)[:50]})
	mustWrite(t, s, 0, Block{50, tr.piece(0)[50:]})
	if h := s.hashes.byPiece[0]; h == nil || h.next != 100 {
		t.Error("the hash is not complete")
	}
	wantCheck(t, s, 0, true)
	mustClose(t, s)
}

// Pads are zeros whatever a peer sends for them, and nobody has to send them.
func TestPadsAreZeros(t *testing.T) {
	for name, blocks := range map[string]func(piece []byte) []Block{
		"zeros sent":   func(p []byte) []Block { return []Block{{0, p}} },
		"nothing sent": func(p []byte) []Block { return []Block{{0, p[:30]}, {50, p[50:]}} },
		"rubbish sent": func(p []byte) []Block {
			bad := bytes.Clone(p)
			copy(bad[30:50], "not zeros, not at all")
			copy(bad[90:], "no zeros..")
			return []Block{{0, bad}}
		},
	} {
		tr := newTorrent(t, 100, testFile{"a", 30}, testFile{".pad/20", 20}, testFile{"b", 40}, testFile{".pad/10", 10})
		s, _ := open(t, afero.NewOsFs(), t.TempDir(), tr)
		for _, b := range blocks(tr.piece(0)) {
			mustWrite(t, s, 0, b)
		}
		if h := s.hashes.byPiece[0]; h == nil || h.next != 100 {
			t.Errorf("%s: the hash is not complete", name)
		}
		wantCheck(t, s, 0, true)
		wantCheck(t, s, 0, true)
		wantRead(t, s, 0, tr.piece(0))
		mustClose(t, s)
	}
}

// Adjacent blocks make one write.
func TestCoalescing(t *testing.T) {
	writes := 0
	fsys := &faultFs{afero.NewOsFs(), func(op, _ string) error {
		if op == "write" {
			writes++
		}
		return nil
	}}
	const block = 16 * kib
	tr := newTorrent(t, 64*block, testFile{"a", 64 * block})
	s, _ := open(t, fsys, t.TempDir(), tr)
	var blocks []Block
	for i := range 64 {
		if i != 40 {
			blocks = append(blocks, Block{i * block, tr.piece(0)[i*block : (i+1)*block]})
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
	mustWrite(t, s, 0, blocks...)
	if writes != 3+2 { // 40 and 23 blocks, 16 a chunk
		t.Errorf("%d writes, want 5", writes)
	}
	mustWrite(t, s, 0, Block{40 * block, tr.piece(0)[40*block : 41*block]})
	wantCheck(t, s, 0, true)
	mustClose(t, s)
}

func TestOverlappingBlocksInOneCall(t *testing.T) {
	tr := newTorrent(t, 100, testFile{"a", 100})
	s, _ := open(t, afero.NewOsFs(), t.TempDir(), tr)
	bad := make([]byte, 60)
	mustWrite(t, s, 0, Block{0, bad}, Block{60, tr.piece(0)[60:]}, Block{0, tr.piece(0)[:60]}, Block{50, tr.piece(0)[50:80]}, Block{100, nil})
	wantCheck(t, s, 0, true)
	mustClose(t, s)
}

func TestRuns(t *testing.T) {
	for _, tt := range []struct {
		add  []run
		want []run
	}{
		{[]run{{5, 6}, {1, 2}, {3, 4}}, []run{{1, 2}, {3, 4}, {5, 6}}},
		{[]run{{1, 2}, {3, 4}, {2, 3}}, []run{{1, 4}}},
		{[]run{{1, 9}, {3, 4}}, []run{{1, 9}}},
		{[]run{{3, 4}, {6, 7}, {1, 9}, {12, 13}}, []run{{1, 9}, {12, 13}}},
		{[]run{{3, 6}, {5, 8}, {1, 3}}, []run{{1, 8}}},
	} {
		var h pieceHash
		for _, r := range tt.add {
			h.addRun(r)
		}
		if !slices.Equal(h.runs, tt.want) {
			t.Errorf("%v makes %v, want %v", tt.add, h.runs, tt.want)
		}
	}
	var h pieceHash
	n := int64(0)
	for h.addRun(run{2*n + 1, 2*n + 2}) {
		n++
	}
	if n != maxRuns {
		t.Errorf("%d runs were remembered, limit %d", n, maxRuns)
	}
}

// More pieces in progress than states: the others are read back.
func TestManyPiecesInProgress(t *testing.T) {
	const pieces = maxHashing + 3
	tr := newTorrent(t, 2, testFile{"a", 2 * pieces})
	s, _ := open(t, afero.NewOsFs(), t.TempDir(), tr)
	for half := range 2 {
		for p := range pieces {
			mustWrite(t, s, p, Block{half, tr.piece(p)[half : half+1]})
		}
	}
	if n := len(s.hashes.byPiece); n != maxHashing {
		t.Errorf("%d states, limit %d", n, maxHashing)
	}
	for p := range pieces {
		wantCheck(t, s, p, true)
	}
	if n := len(s.hashes.byPiece); n != 0 {
		t.Errorf("%d states left", n)
	}
	mustClose(t, s)
}

const benchPiece, benchBlock, benchPieces = 1 << 20, 16 * kib, 64

func benchTorrent(b *testing.B) (*torrent, *Store) {
	tr := newTorrent(b, benchPiece, testFile{"a", benchPiece * benchPieces})
	s, _ := open(b, OS(), b.TempDir(), tr)
	b.SetBytes(benchPiece)
	b.ReportAllocs()
	return tr, s
}

// One call of Write for as many blocks as a busy connection brings at once.
func BenchmarkWriteCheck(b *testing.B) {
	for _, batch := range []int{1, 4, 16} {
		b.Run(fmt.Sprint(batch, " blocks a call"), func(b *testing.B) {
			tr, s := benchTorrent(b)
			blocks := make([]Block, batch)
			for i := 0; b.Loop(); i++ {
				p := i % benchPieces
				data := tr.piece(p)
				for begin := 0; begin < benchPiece; {
					for j := range blocks {
						blocks[j] = Block{begin, data[begin : begin+benchBlock]}
						begin += benchBlock
					}
					if err := s.Write(p, blocks); err != nil {
						b.Fatal(err)
					}
				}
				wantCheck(b, s, p, true)
			}
			mustClose(b, s)
		})
	}
}

// BenchmarkWriters is what workers do with what comes from the network: several of
// them write pieces of one file, 256 KiB a call, and hash them. One operation is a
// piece.
func BenchmarkWriters(b *testing.B) {
	for _, writers := range []int{1, 2, 4} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			tr, s := benchTorrent(b)
			b.ReportAllocs()
			var running sync.WaitGroup
			for w := range writers { // each has pieces of its own
				running.Go(func() {
					for i := w; i < b.N; i += writers {
						p := i % benchPieces
						if err := writeInCalls(s, p, tr.piece(p)); err != nil {
							b.Error(err)
						}
						if ok, err := s.Check(p); !ok || err != nil {
							b.Errorf("Check(%d) = %v, %v", p, ok, err)
						}
					}
				})
			}
			running.Wait()
			mustClose(b, s)
		})
	}
}

// writeInCalls writes a piece in calls of sixteen blocks.
func writeInCalls(s *Store, piece int, data []byte) error {
	blocks := make([]Block, 0, 16)
	for begin := 0; begin < len(data); begin += benchBlock {
		blocks = append(blocks, Block{begin, data[begin : begin+benchBlock]})
		if len(blocks) == cap(blocks) {
			if err := s.Write(piece, blocks); err != nil {
				return err
			}
			blocks = blocks[:0]
		}
	}
	return s.Write(piece, blocks)
}

func BenchmarkCheck(b *testing.B) {
	tr, s := benchTorrent(b)
	for p := range benchPieces {
		mustWrite(b, s, p, Block{0, tr.piece(p)})
		s.Forget(p)
	}
	for i := 0; b.Loop(); i++ {
		wantCheck(b, s, i%benchPieces, true)
	}
	mustClose(b, s)
}
