package storage

import (
	"cmp"
	"crypto/sha1"
	"errors"
	"io"

	"bt/client/bitfield"
	"bt/client/metainfo"
)

// Prepare opens the Store. It reads the part file's index, moves bytes out of
// it if a priority was raised meanwhile, creates the directories of wanted
// files and the wanted files that are empty, and tells which pieces may be on
// disk; whether they are, only Check can say.
//
// A piece is present when all its bytes lie inside files as long as they are
// now, or in the part file. Where the filesystem knows holes, a piece that
// lies in holes altogether is absent, unless zeros are what it should be.
//
// What a crash has left of a move to another directory is set right first, see
// Recover.
//
// Prepare fails when something else than a file, or a symbolic link, is in the
// place of a wanted file. Preparing an open Store closes it first.
func (s *Store) Prepare() (present bitfield.Bitfield, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.closeLocked(); err != nil {
		return bitfield.Bitfield{}, err
	}
	if s.watch.known != nil {
		s.observe() // before anything is moved, what was done while it was closed
	}
	present, err = s.prepare()
	if err != nil {
		return bitfield.Bitfield{}, cmp.Or(err, s.handles.closeAll())
	}
	s.ready = true
	s.observe()
	return present, nil
}

func (s *Store) prepare() (bitfield.Bitfield, error) {
	if !s.lookOnly {
		if err := s.recoverMove(); err != nil {
			return bitfield.Bitfield{}, err
		}
	}
	if err := s.loadPart(); err != nil {
		return bitfield.Bitfield{}, err
	}
	sizes, err := s.settle()
	if err != nil {
		return bitfield.Bitfield{}, err
	}
	partSize, err := s.inspect(s.targets[s.partID()])
	if err != nil {
		return bitfield.Bitfield{}, err
	}
	look := scan{s: s, sizes: append(sizes, partSize)}
	defer look.release()
	present := bitfield.New(s.info.NumPieces())
	for piece := range s.info.NumPieces() {
		ok, err := look.mayHave(piece)
		if err != nil {
			return bitfield.Bitfield{}, err
		}
		if ok {
			present.Set(piece)
		}
	}
	return present, nil
}

// HoleFinder is what a File may implement to tell holes from data: NextData
// returns where the first data at or after off begins, io.EOF if there is none,
// and errors.ErrUnsupported if the filesystem cannot say.
type HoleFinder interface {
	NextData(off int64) (int64, error)
}

// scan walks the pieces in order.
type scan struct {
	s     *Store
	sizes []int64 // of the targets

	// The file looked at last, since pieces that follow each other mostly lie
	// in one file.
	h      *handle
	finder HoleFinder
	data   int64 // no data lies between where it was last asked and here

	zeroSize int64 // the size of piece that zeroSum is of
	zeroSum  metainfo.Hash
}

// mayHave tells whether a piece may be on disk.
func (c *scan) mayHave(piece int) (bool, error) {
	stored, holes := 0, 0
	size := c.s.info.PieceSize(piece)
	for seg := c.s.layout.segments(piece, 0, size); seg.next(); {
		if seg.pad {
			continue
		}
		id, off := c.s.place(piece, &seg.segment)
		if c.sizes[id] < off+seg.n {
			return false, nil
		}
		hole, err := c.inHole(id, off, seg.n)
		if isAbsent(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		stored++
		if hole {
			holes++
		}
	}
	if stored == 0 || holes < stored {
		return true, nil
	}
	return c.s.info.PieceHash(piece) == c.sumOfZeros(size), nil
}

// inHole tells whether a range of a file is known to be a hole altogether.
func (c *scan) inHole(id int, off, n int64) (bool, error) {
	if c.h == nil || c.h.id != id {
		c.release()
		h, err := c.s.handles.acquire(id, forReading)
		if err != nil {
			return false, err
		}
		c.h, c.data = h, 0
		c.finder, _ = h.file.(HoleFinder)
	}
	if c.finder == nil {
		return false, nil
	}
	if off >= c.data {
		data, err := c.finder.NextData(off)
		switch {
		case err == nil:
			c.data = data
		case errors.Is(err, io.EOF):
			c.data = c.sizes[id]
		case errors.Is(err, errors.ErrUnsupported):
			c.finder = nil
			return false, nil
		default:
			return false, wrap("find data", c.s.targets[id].path, noPiece, err)
		}
	}
	return c.data >= off+n, nil
}

func (c *scan) release() {
	if c.h != nil {
		c.s.handles.release(c.h)
		c.h = nil
	}
}

func (c *scan) sumOfZeros(size int64) metainfo.Hash {
	if c.zeroSize != size {
		sha := sha1.New()
		hashZeros(sha, size)
		sha.Sum(c.zeroSum[:0])
		c.zeroSize = size
	}
	return c.zeroSum
}
