package storage

import (
	"cmp"
	"errors"
	"io"
	"sync"
	"syscall"
)

// GatherWriter is what a File may implement that writes several buffers, none of
// them empty, one behind the other, in one call and without a copy. WriteGathered
// may write a part of them without an error: what keeps it from going on is told by
// the call for the rest.
type GatherWriter interface {
	WriteGathered(bufs [][]byte, off int64) (n int, err error)
}

// gatherMax bounds the buffers of one WriteGathered. Full blocks fill a chunk with
// a quarter of them.
const gatherMax = 64

// gatherLists are for the buffers of one write.
var gatherLists = sync.Pool{New: func() any { return new([gatherMax][]byte) }}

// writeGathered writes blocks that lie one behind the other in a piece, size bytes
// in all: in one write if they belong to one file.
func (s *Store) writeGathered(piece int, blocks []Block, size int) error {
	list := gatherLists.Get().(*[gatherMax][]byte)
	defer func() {
		clear(list[:]) // the blocks' data is not ours to keep
		gatherLists.Put(list)
	}()
	bufs := list[:0]
	for _, b := range blocks {
		if len(b.Data) > 0 {
			bufs = append(bufs, b.Data)
		}
	}
	begin := int64(blocks[0].Begin)
	if len(bufs) == 1 {
		return s.writeRange(piece, begin, bufs[0])
	}
	c := s.layout.segments(piece, begin, int64(size))
	if c.next() && c.n == int64(size) && !c.pad && s.wanted(c.file) {
		if done, err := s.gatherAt(c.file, c.off, bufs, size); done {
			return wrap("write", s.targets[c.file].path, piece, err)
		}
	}
	buf := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(buf)
	data := buf[:0]
	for _, b := range bufs {
		data = append(data, b...)
	}
	return s.writeRange(piece, begin, data)
}

// gatherAt writes bufs to a target, if its filesystem knows how to; done says so.
func (s *Store) gatherAt(id int, off int64, bufs [][]byte, size int) (done bool, err error) {
	h, err := s.handles.acquire(id, forWriting)
	if err != nil {
		return true, err
	}
	defer s.handles.release(h)
	w, ok := h.file.(GatherWriter)
	if !ok {
		return false, nil
	}
	if err := s.beginWrite(h); err != nil {
		return true, err
	}
	err = writeAll(w, bufs, off)
	s.endWrite(id, off+int64(size), err)
	return true, err
}

// writeAll is writeFull for several buffers. It changes the list.
func writeAll(w GatherWriter, bufs [][]byte, off int64) error {
	for vain := 0; ; vain++ {
		n, err := w.WriteGathered(bufs, off)
		if n > 0 {
			vain = 0
		}
		bufs, off = skip(bufs, n), off+int64(n)
		switch {
		case len(bufs) == 0:
			return nil
		case err != nil && !errors.Is(err, syscall.EINTR):
			return err
		case vain == interruptsMax:
			return cmp.Or(err, io.ErrShortWrite)
		}
	}
}

// skip takes the first n bytes off bufs.
func skip(bufs [][]byte, n int) [][]byte {
	for len(bufs) > 0 && n >= len(bufs[0]) {
		n -= len(bufs[0])
		bufs = bufs[1:]
	}
	if n > 0 {
		bufs[0] = bufs[0][n:]
	}
	return bufs
}
