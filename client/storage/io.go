package storage

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/spf13/afero"
)

// chunkSize is how much is read or gathered at a time: large enough that the
// cost of the system call vanishes, small enough to stay in a core's L2 cache
// between the copy and the hash.
const chunkSize = 256 << 10

var chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// openFile opens a target for the handle cache.
func (s *Store) openFile(id int, mode openMode) (afero.File, error) {
	t := s.targets[id]
	stamp, err := s.lookFile(id)
	if err != nil {
		return nil, err
	}
	// Whoever syncs wants to lose nothing that is there.
	if mode != forSyncing && s.watch.differs(id, stamp) {
		return nil, wrap("open", t.path, noPiece, ErrChanged)
	}
	if !stamp.Exists && mode != forWriting {
		return nil, wrap("open", t.path, noPiece, fs.ErrNotExist)
	}
	if mode == forReading {
		f, err := s.fs.Open(t.path)
		if errors.Is(err, fs.ErrPermission) && s.skipped(id) {
			err = fs.ErrNotExist // as in inspectFile
		}
		if err != nil {
			return nil, wrap("open", t.path, noPiece, err)
		}
		return f, nil
	}
	flags := os.O_RDWR
	if !stamp.Exists {
		flags |= os.O_CREATE
	}
	f, err := s.fs.OpenFile(t.path, flags, filePerm)
	if !stamp.Exists && errors.Is(err, fs.ErrNotExist) {
		if err := s.makeDirs(t); err != nil {
			return nil, err
		}
		f, err = s.fs.OpenFile(t.path, flags, filePerm)
	}
	if err != nil {
		return nil, wrap("open", t.path, noPiece, err)
	}
	if !stamp.Exists {
		s.watch.touches(id, 0)
		s.dirty.addDir(filepath.Dir(t.path))
	}
	return f, nil
}

// readAt fills dst from a target, or fails with io.ErrUnexpectedEOF when the
// file is too short.
func (s *Store) readAt(id int, off int64, dst []byte) error {
	h, err := s.handles.acquire(id, forReading)
	if err != nil {
		return err
	}
	defer s.handles.release(h)
	n, err := h.file.ReadAt(dst, off)
	switch {
	case n == len(dst):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	default:
		return err
	}
}

// writeAt writes all of src to a target, which is created when missing.
func (s *Store) writeAt(id int, off int64, src []byte) error {
	h, err := s.handles.acquire(id, forWriting)
	if err != nil {
		return err
	}
	defer s.handles.release(h)
	if err := s.beginWrite(h); err != nil {
		return err
	}
	err = writeFull(h.file, src, off)
	s.endWrite(id, off+int64(len(src)), err)
	return err
}

// beginWrite says whether the file may be written to.
func (s *Store) beginWrite(h *handle) error {
	short, err := s.shortened(h)
	if short {
		s.watch.lose(h.id, Shorter)
		err = ErrChanged
	}
	if err != nil {
		return err
	}
	s.watch.touches(h.id, 1)
	return nil
}

// endWrite takes note of a write up to end.
func (s *Store) endWrite(id int, end int64, err error) {
	if err != nil {
		end = 0
	}
	s.watch.wrote(id, end)
	// Only now: a Sync that ran before the bytes were written must not have
	// taken the mark away. Also after an error, which may come in mid-write.
	s.dirty.addFile(id)
}

// interruptsMax is how often in a row a write may be interrupted or move nothing
// before that is an error.
const interruptsMax = 3

// writeFull writes all of src. A call that is interrupted, or moves only a part,
// is made again for the rest.
func writeFull(f afero.File, src []byte, off int64) error {
	for vain := 0; ; vain++ {
		n, err := f.WriteAt(src, off)
		if n > 0 {
			vain = 0
		}
		src, off = src[n:], off+int64(n)
		switch {
		case len(src) == 0:
			return nil
		case err != nil && !errors.Is(err, syscall.EINTR):
			return err
		case vain == interruptsMax:
			return cmp.Or(err, io.ErrShortWrite)
		}
	}
}

// copyAt copies n bytes from one target to another, or as many as there are.
func (s *Store) copyAt(dst int, dstOff int64, src int, srcOff, n int64) error {
	buf := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(buf)
	h, err := s.handles.acquire(src, forReading)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.handles.release(h)
	for n > 0 {
		got, err := h.file.ReadAt(buf[:min(n, chunkSize)], srcOff)
		if err != nil && !errors.Is(err, io.EOF) {
			return wrap("read", s.targets[src].path, noPiece, err)
		}
		if got == 0 {
			return nil
		}
		if err := s.writeAt(dst, dstOff, buf[:got]); err != nil {
			return wrap("write", s.targets[dst].path, noPiece, err)
		}
		n, srcOff, dstOff = n-int64(got), srcOff+int64(got), dstOff+int64(got)
	}
	return nil
}
