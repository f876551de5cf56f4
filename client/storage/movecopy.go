package storage

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"

	"github.com/spf13/afero"
)

// moveStep is how many bytes one Step copies: enough that a disk works in long
// runs, and little enough that a read between two steps does not wait for long.
const moveStep = 8 << 20

// copying is one file that is being copied.
type copying struct {
	src, dst afero.File
	finder   HoleFinder // nil: every byte is copied
	off      int64
}

// copyStep copies the next bytes, and ends files that are complete.
func (m *Mover) copyStep() error {
	for budget := int64(moveStep); budget > 0 && m.at < len(m.items); {
		it := &m.items[m.at]
		if m.copy == nil {
			if err := m.openCopy(it); err != nil {
				return wrap("move", it.to.path, noPiece, err)
			}
		}
		n, err := m.copy.some(it.size, budget)
		if err == nil && m.copy.off == it.size {
			err = m.endCopy(it)
		}
		if err != nil {
			return wrap("move", it.to.path, noPiece, err)
		}
		budget -= n
	}
	return nil
}

func (m *Mover) openCopy(it *moveItem) error {
	if err := m.makeWay(it); err != nil {
		return err
	}
	src, err := m.s.fs.Open(it.from.path)
	if err != nil {
		return err
	}
	fi, err := src.Stat()
	if err != nil {
		return cmp.Or(err, src.Close())
	}
	dst, err := m.s.fs.OpenFile(it.to.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, fi.Mode().Perm())
	if err != nil {
		return errors.Join(err, src.Close())
	}
	m.copy = &copying{src: src, dst: dst}
	m.copy.finder, _ = src.(HoleFinder)
	return nil
}

// sparseBlock is how many zeros in a row are left to be a hole: a few pages of the
// common filesystems.
const sparseBlock = 16 << 10

// some copies at most so many bytes, but for holes and long runs of zeros, which
// become holes: what was never written stays recognisable.
func (c *copying) some(size, budget int64) (n int64, err error) {
	buf := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(buf)
	for n < budget && c.off < size {
		if c.finder != nil {
			switch data, err := c.finder.NextData(c.off); {
			case errors.Is(err, io.EOF):
				c.off = size
				return n, nil
			case err != nil:
				c.finder = nil
			default:
				c.off = min(data, size)
			}
		}
		k := min(size-c.off, chunkSize)
		if _, err := io.ReadFull(io.NewSectionReader(c.src, c.off, k), buf[:k]); err != nil {
			return n, err
		}
		if err := c.write(buf[:k]); err != nil {
			return n, err
		}
		n, c.off = n+k, c.off+k
	}
	return n, nil
}

// write writes what is not zero of p.
func (c *copying) write(p []byte) error {
	zero := func(at int) bool {
		b := p[at:min(at+sparseBlock, len(p))]
		return bytes.Equal(b, zeros[:len(b)])
	}
	for from := 0; from < len(p); {
		to := from
		for to < len(p) && !zero(to) {
			to = min(to+sparseBlock, len(p))
		}
		if err := writeFull(c.dst, p[from:to], c.off+int64(from)); err != nil {
			return err
		}
		for from = to; from < len(p) && zero(from); {
			from += sparseBlock
		}
	}
	return nil
}

// endCopy makes a copy durable, with the time of the original: what is known of
// the files goes by it.
func (m *Mover) endCopy(it *moveItem) error {
	c := m.copy
	err := c.dst.Truncate(it.size) // it may end in a hole
	fi, failed := c.src.Stat()
	if err = cmp.Or(err, failed); err == nil {
		err = m.s.fs.Chtimes(it.to.path, fi.ModTime(), fi.ModTime())
	}
	if err == nil {
		err = c.dst.Sync()
	}
	m.copy = nil
	m.at++
	return cmp.Or(err, c.close())
}

func (c *copying) close() error { return cmp.Or(c.dst.Close(), c.src.Close()) }
