package storage

import (
	"crypto/sha1"
	"errors"
	"hash/crc32"
	"sync"

	"bt/client/metainfo"
)

// ErrNotKept says that a disk returns other bytes than were written to it, and that
// no error has told of it: it has lost a write, put it elsewhere, or bits have
// flipped.
var ErrNotKept = errors.New("what is read is not what was written")

// maxGiven bounds what is remembered of one piece: twice the 16 KiB blocks of one of
// 32 MiB.
const maxGiven = 4096

// castagnoli is the checksum that processors have an instruction for: it costs about
// a tenth of the SHA-1 of the same bytes.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// givenBlock is what Write was given, in one number: enough to tell a disk that does
// not keep it from a peer that has sent something wrong. Nobody who sends blocks can
// make the two look alike, as what is compared has gone through our disk alone.
type givenBlock struct {
	begin, n int64
	sum      uint32
}

// givenTable holds the blocks of every piece in progress, of as many as hashTable. Its
// lock protects the map only, as that one's.
type givenTable struct {
	mu      sync.Mutex
	byPiece map[int]*[]givenBlock
}

var givenLists = sync.Pool{New: func() any { return new([]givenBlock) }}

func (t *givenTable) open(piece int) *[]givenBlock {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.byPiece[piece]
	if l == nil && len(t.byPiece) < maxHashing {
		if t.byPiece == nil {
			t.byPiece = make(map[int]*[]givenBlock)
		}
		l = givenLists.Get().(*[]givenBlock)
		*l = (*l)[:0]
		t.byPiece[piece] = l
	}
	return l
}

// take removes and returns the blocks of a piece, nil when there are none.
func (t *givenTable) take(piece int) *[]givenBlock {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.byPiece[piece]
	delete(t.byPiece, piece)
	return l
}

// noteGiven remembers a block. Of one that comes again only the last counts.
func (s *Store) noteGiven(piece int, b Block) {
	l := s.given.open(piece)
	if l == nil {
		return
	}
	if len(*l) == maxGiven {
		*l = (*l)[:0] // it has come over and over, and the disk has taken none of it
	}
	*l = append(*l, givenBlock{int64(b.Begin), int64(len(b.Data)), s.sumOf(piece, int64(b.Begin), b.Data)})
}

// sumOf is the checksum of data as Read will return it: pads are zeros, whatever was
// sent for them.
func (s *Store) sumOf(piece int, begin int64, data []byte) uint32 {
	if !s.layout.pads {
		return crc32.Checksum(data, castagnoli)
	}
	sum := uint32(0)
	for c := s.layout.segments(piece, begin, int64(len(data))); c.next(); {
		if part := data[:c.n]; c.pad {
			sum = sumZeros(sum, c.n)
		} else {
			sum = crc32.Update(sum, castagnoli, part)
		}
		data = data[c.n:]
	}
	return sum
}

func sumZeros(sum uint32, n int64) uint32 {
	for n > 0 {
		k := min(n, int64(len(zeros)))
		sum = crc32.Update(sum, castagnoli, zeros[:k])
		n -= k
	}
	return sum
}

// Verdict is what CheckWritten has found.
type Verdict struct {
	OK bool
	// Digests are the SHA-1 of each block as it was given to Write; the last block may
	// be short. They tell apart who sent the good and who the bad blocks of a piece that
	// several peers have filled. The zero Hash is that of a block which the disk has not
	// kept: nobody knows it. They are nil if there is Unread.
	Digests []metainfo.Hash
	// Unread is why there are none: ErrNotKept if the piece is wrong, or may be, by the
	// disk's fault.
	Unread error
}

// CheckWritten is Check for a piece all blocks of which have just been written. If it
// is wrong, or if digests are wanted, the piece is read block by block, and each block
// compared with what was given for it.
func (s *Store) CheckWritten(piece, block int, digests bool) (Verdict, error) {
	given := s.given.take(piece)
	if given != nil {
		defer givenLists.Put(given)
	}
	ok, err := s.Check(piece)
	if err != nil || ok && !digests {
		return Verdict{OK: ok}, err
	}
	v := Verdict{OK: ok}
	again, kept, err := s.compare(piece, block, given, &v)
	switch {
	case err != nil && !ok && IsChanged(err):
		return v, err // of a piece that was just written every byte must be there
	case err != nil:
		v.Digests, v.Unread = nil, err
	case ok:
	case again:
		v.OK = true // a read before has returned something else
	case !kept:
		v.Digests, v.Unread = nil, wrap("check", "", piece, ErrNotKept)
	}
	return v, nil
}

// compare reads a piece and works out the digests of its blocks. It returns whether
// what it has read is right, and whether the disk has kept all blocks.
func (s *Store) compare(piece, block int, given *[]givenBlock, v *Verdict) (right, kept bool, err error) {
	sums := make(map[int64]givenBlock)
	if given != nil {
		for _, g := range *given {
			sums[g.begin] = g
		}
	}
	size := s.info.PieceSize(piece)
	whole, buf := s.hashes.new(), make([]byte, block)
	defer s.hashes.recycle(whole)
	kept = true
	for begin := int64(0); begin < size; begin += int64(block) {
		b := buf[:min(int64(block), size-begin)]
		if err := s.Read(piece, int(begin), b); err != nil {
			return false, false, err
		}
		whole.sha.Write(b)
		digest := metainfo.Hash(sha1.Sum(b))
		if g, ok := sums[begin]; ok && g.n == int64(len(b)) && g.sum != crc32.Checksum(b, castagnoli) {
			kept, digest = false, metainfo.Hash{}
		}
		v.Digests = append(v.Digests, digest)
	}
	return whole.sum() == s.info.PieceHash(piece), kept, nil
}
