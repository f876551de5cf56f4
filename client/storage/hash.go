package storage

import (
	"crypto/sha1"
	"hash"
	"slices"
	"sync"

	"bt/client/metainfo"
)

const (
	// maxHashing is how many pieces may be hashed while they arrive: more than
	// any picker keeps in progress, at about 200 bytes each. Pieces beyond it
	// are read back by Check.
	maxHashing = 1024
	// maxRuns bounds the gaps remembered of one piece: every second 16 KiB
	// block of a 32 MiB piece.
	maxRuns = 1024
)

// run is a range of a piece that was written ahead of the hash.
type run struct{ begin, end int64 }

// pieceHash is the SHA-1 of a piece in the making. Whenever no Write is under way,
// what it has consumed is exactly what Read would return for [0, next).
type pieceHash struct {
	sha  hash.Hash
	next int64
	runs []run         // behind next, ascending, neither overlapping nor touching
	last metainfo.Hash // the sum, here because a local one would be allocated
}

// pieceHashes are those of all stores, but for stores with a SHA1 of their own.
var pieceHashes = newPieceHashes(sha1.New)

func newPieceHashes(sha func() hash.Hash) *sync.Pool {
	return &sync.Pool{New: func() any { return &pieceHash{sha: sha()} }}
}

func (h *pieceHash) sum() metainfo.Hash {
	h.sha.Sum(h.last[:0])
	return h.last
}

// addRun remembers that [r.begin, r.end) is on disk, and tells whether there
// was room for that.
func (h *pieceHash) addRun(r run) bool {
	i, _ := slices.BinarySearchFunc(h.runs, r.begin, func(x run, begin int64) int {
		if x.end < begin {
			return -1
		}
		return 1
	})
	j := i
	for ; j < len(h.runs) && h.runs[j].begin <= r.end; j++ {
		r.begin, r.end = min(r.begin, h.runs[j].begin), max(r.end, h.runs[j].end)
	}
	h.runs = slices.Replace(h.runs, i, j, r)
	return len(h.runs) <= maxRuns
}

// hashTable holds the pieceHash of every piece in progress. Its lock protects
// the map only: a pieceHash belongs to whoever is allowed to write the piece.
type hashTable struct {
	unused *sync.Pool

	mu      sync.Mutex
	byPiece map[int]*pieceHash
}

func (t *hashTable) new() *pieceHash {
	h := t.unused.Get().(*pieceHash)
	h.sha.Reset()
	h.next, h.runs = 0, h.runs[:0]
	return h
}

func (t *hashTable) recycle(h *pieceHash) { t.unused.Put(h) }

// open returns the state of a piece, a new one when there is room, or nil.
func (t *hashTable) open(piece int) *pieceHash {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.byPiece[piece]
	if h == nil && len(t.byPiece) < maxHashing {
		if t.byPiece == nil {
			t.byPiece = make(map[int]*pieceHash)
		}
		h = t.new()
		t.byPiece[piece] = h
	}
	return h
}

// awaits says that the next byte to be hashed of a piece is the one at begin: what
// comes there is hashed as it is given, and never read back.
func (t *hashTable) awaits(piece int, begin int64) bool {
	h := t.open(piece)
	return h != nil && h.next == begin
}

// take removes and returns the state of a piece, nil when there is none.
func (t *hashTable) take(piece int) *pieceHash {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.byPiece[piece]
	delete(t.byPiece, piece)
	return h
}

func (t *hashTable) drop(piece int) {
	if h := t.take(piece); h != nil {
		t.recycle(h)
	}
}

func (t *hashTable) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.byPiece)
}

// Forget drops what is known of a piece's hash; Check will read it from disk.
func (s *Store) Forget(piece int) { s.hashes.drop(piece) }

// advanceHash takes note that data was written at begin of a piece, or is about to
// be if the hash awaits it.
func (s *Store) advanceHash(piece int, begin int64, data []byte) {
	h := s.hashes.open(piece)
	if h == nil {
		return
	}
	ok := true
	switch {
	case begin < h.next:
		// The block came before, perhaps with other bytes, and is in the hash:
		// only the disk knows what the piece is now.
		ok = false
	case begin == h.next:
		s.hashData(h, piece, data)
	default:
		ok = h.addRun(run{begin, begin + int64(len(data))})
	}
	if !ok || s.catchUp(h, piece) != nil {
		s.hashes.drop(piece)
	}
}

// hashData consumes bytes that are written at this time, as Read will return them.
func (s *Store) hashData(h *pieceHash, piece int, data []byte) {
	if !s.layout.pads {
		h.sha.Write(data)
		h.next += int64(len(data))
		return
	}
	for c := s.layout.segments(piece, h.next, int64(len(data))); c.next(); {
		if c.pad {
			hashZeros(h.sha, c.n)
		} else {
			h.sha.Write(data[:c.n])
		}
		data = data[c.n:]
		h.next += c.n
	}
}

// catchUp moves the hash over what lies behind it without a gap: blocks that
// came early are read back, pads are zeros that nobody sends.
func (s *Store) catchUp(h *pieceHash, piece int) error {
	for {
		end := h.next
		if len(h.runs) > 0 && h.runs[0].begin <= h.next {
			end = h.runs[0].end
			h.runs = slices.Delete(h.runs, 0, 1)
		} else if s.layout.pads {
			c := s.layout.segments(piece, h.next, s.info.PieceSize(piece)-h.next)
			if c.next() && c.pad {
				end += c.n
			} else {
				return nil
			}
		} else {
			return nil
		}
		if err := s.hashFromDisk(h, piece, end); err != nil {
			return err
		}
	}
}

// hashFromDisk moves the hash to end.
func (s *Store) hashFromDisk(h *pieceHash, piece int, end int64) error {
	if h.next >= end {
		return nil
	}
	buf := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(buf)
	for h.next < end {
		n := min(end-h.next, chunkSize)
		if err := s.readRange(piece, h.next, buf[:n]); err != nil {
			return err
		}
		h.sha.Write(buf[:n])
		h.next += n
	}
	return nil
}

// zeros is what pads and holes are made of.
var zeros [64 << 10]byte

func hashZeros(sha hash.Hash, n int64) {
	for n > 0 {
		k := min(n, int64(len(zeros)))
		sha.Write(zeros[:k])
		n -= k
	}
}

// Check tells whether the bytes of a piece on disk match its hash. What Write
// hashed in passing is not read again; the rest is. Bytes that are not there
// are no error, and are not zeros either: the answer is false.
// Whatever the answer, the next Check starts from the disk.
func (s *Store) Check(piece int) (ok bool, err error) {
	if err := s.enter("check", piece, 0, 0); err != nil {
		return false, err
	}
	defer s.mu.RUnlock()
	h := s.hashes.take(piece)
	if h == nil {
		h = s.hashes.new()
	}
	defer s.hashes.recycle(h)
	err = s.hashFromDisk(h, piece, s.info.PieceSize(piece))
	if isAbsent(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return h.sum() == s.info.PieceHash(piece), nil
}
