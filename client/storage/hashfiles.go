package storage

import (
	"cmp"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"sync"

	"bt/client/metainfo"

	"github.com/spf13/afero"
)

const (
	// hashBatchMin is read at a time at least: several pieces, when they are
	// small. Large steps in one order are what disks with heads need.
	hashBatchMin = 1 << 20
	// hashMemoryMax bounds the batches of all workers together, so that large
	// pieces on many cores do not fill the memory. Two are always allowed: one is
	// read while the other is hashed.
	hashMemoryMax = 256 << 20
)

// HashFiles returns the hashes of the pieces that the files make when put
// together in the given order. Workers of them take turns in reading and hash what
// they have read, while it is warm in the cache of their core. Where the filesystem
// knows holes, pieces that lie in one are not read. progress, which may be nil, is
// told the number of bytes hashed so far, from the calling goroutine. A file that
// has not exactly the given length, before or after it was read, is an error.
func HashFiles(fs afero.Fs, paths []string, lengths []int64, pieceLength int64, workers int,
	progress func(done int64),
) ([]metainfo.Hash, error) {
	if len(paths) != len(lengths) || pieceLength <= 0 || workers <= 0 {
		return nil, wrap("hash", "", noPiece, fmt.Errorf("%d paths, %d lengths, piece length %d, %d workers",
			len(paths), len(lengths), pieceLength, workers))
	}
	total := int64(0)
	for i, n := range lengths {
		if n < 0 || total+n < total {
			return nil, wrap("hash", paths[i], noPiece, fmt.Errorf("impossible length %d", n))
		}
		total += n
	}
	h := hashing{
		reader: hashReader{fs: fs, paths: paths, lengths: lengths}, left: total, pieceLength: pieceLength,
		batchSize: min(total, max(1, hashBatchMin/pieceLength)*pieceLength),
		hashes:    make([]metainfo.Hash, (total+pieceLength-1)/pieceLength),
	}
	return h.run(workers, progress)
}

// hashing is one run of HashFiles.
type hashing struct {
	pieceLength, batchSize int64
	hashes                 []metainfo.Hash // each written once, by the worker that has read the piece

	mu     sync.Mutex // held by the one who reads
	reader hashReader
	left   int64 // bytes not yet read
	piece  int   // to be read next
	zero   *metainfo.Hash
	err    error
}

// batch is a run of whole pieces, but for the last piece of the torrent.
type batch struct {
	first int // piece
	data  []byte
	holes int64 // bytes before them that were not read
}

func (h *hashing) run(workers int, progress func(int64)) ([]metainfo.Hash, error) {
	workers = min(workers, int(max(2, hashMemoryMax/max(1, h.batchSize))))
	hashed := make(chan int64, workers)
	var alive sync.WaitGroup
	for range workers {
		alive.Go(func() { h.work(hashed) })
	}
	go func() {
		alive.Wait()
		close(hashed)
	}()
	done := int64(0)
	for n := range hashed {
		done += n
		if progress != nil {
			progress(done)
		}
	}
	if err := cmp.Or(h.err, h.reader.finishAll()); err != nil {
		_ = h.reader.close() // nothing was written to it
		return nil, err
	}
	return h.hashes, nil
}

// work reads and hashes batches until there are no more, and tells the size of each.
func (h *hashing) work(hashed chan<- int64) {
	buf := make([]byte, h.batchSize)
	for {
		b, ok := h.read(buf)
		if !ok {
			return
		}
		piece := b.first
		for data := b.data; len(data) > 0; piece++ {
			n := min(int64(len(data)), h.pieceLength)
			h.hashes[piece] = sha1.Sum(data[:n])
			data = data[n:]
		}
		hashed <- b.holes + int64(len(b.data))
	}
}

// read takes the next batch, into buf.
func (h *hashing) read(buf []byte) (b batch, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil && h.left > 0 {
		b.holes, h.err = h.skipHole()
	}
	if h.err == nil && h.left > 0 {
		b.first, b.data = h.piece, buf[:min(h.left, h.batchSize)]
		h.err = h.reader.readFull(b.data)
		h.left -= int64(len(b.data))
		h.piece += int((int64(len(b.data)) + h.pieceLength - 1) / h.pieceLength)
	}
	return b, h.err == nil && b.holes+int64(len(b.data)) > 0
}

// skipHole goes over the pieces that lie in the hole that comes next, if one does,
// and returns their bytes.
func (h *hashing) skipHole() (int64, error) {
	n, err := h.reader.hole()
	n -= n % h.pieceLength
	if err != nil || n == 0 {
		return 0, err
	}
	if h.zero == nil {
		sha := sha1.New()
		hashZeros(sha, h.pieceLength)
		h.zero = (*metainfo.Hash)(sha.Sum(nil))
	}
	for range n / h.pieceLength {
		h.hashes[h.piece] = *h.zero
		h.piece++
	}
	h.reader.skip(n)
	h.left -= n
	return n, nil
}

// hashReader reads files one after another and insists on their lengths.
type hashReader struct {
	fs      afero.Fs
	paths   []string // of the open file, and those still to come
	lengths []int64
	file    afero.File // nil: the next one is not open yet
	off     int64      // in the open file
}

var errLength = errors.New("file changed its length")

// readFull fills p.
func (r *hashReader) readFull(p []byte) error {
	for len(p) > 0 {
		if err := r.advance(); err != nil {
			return err
		}
		left := r.lengths[0] - r.off
		n, err := r.file.ReadAt(p[:min(int64(len(p)), left)], r.off)
		p, r.off = p[n:], r.off+int64(n)
		if n > 0 {
			continue // an error will come again
		}
		if err == nil || err == io.EOF {
			err = fmt.Errorf("%w: %d bytes missing", errLength, left)
		}
		return wrap("hash", r.paths[0], noPiece, err)
	}
	return nil
}

// hole is how many bytes from here on are known to be in a hole of the open file.
func (r *hashReader) hole() (int64, error) {
	if err := r.advance(); err != nil {
		return 0, err
	}
	finder, ok := r.file.(HoleFinder)
	if !ok {
		return 0, nil
	}
	data, err := finder.NextData(r.off)
	switch {
	case errors.Is(err, io.EOF):
		data = r.lengths[0]
	case err != nil:
		return 0, nil // then it is read
	}
	return min(data, r.lengths[0]) - r.off, nil
}

func (r *hashReader) skip(n int64) { r.off += n }

// advance opens the file with the next byte. There is one.
func (r *hashReader) advance() error {
	for r.file == nil || r.off == r.lengths[0] {
		if err := r.next(); err != nil {
			return err
		}
	}
	return nil
}

// next goes on to the next file, or from none to the first.
func (r *hashReader) next() error {
	if r.file == nil {
		return wrap("hash", r.paths[0], noPiece, r.open())
	}
	if err := r.finish(); err != nil {
		return wrap("hash", r.paths[0], noPiece, err)
	}
	r.paths, r.lengths = r.paths[1:], r.lengths[1:]
	return nil
}

// finishAll looks at the files that are still to come when all was read: at the
// last one, whether it has grown, and at empty ones.
func (r *hashReader) finishAll() error {
	for len(r.paths) > 0 {
		if err := r.next(); err != nil {
			return err
		}
	}
	return nil
}

func (r *hashReader) open() error {
	fi, err := r.fs.Stat(r.paths[0])
	if err != nil {
		return err
	}
	if !fi.Mode().IsRegular() {
		return ErrNotFile // a FIFO would block, a directory cannot be read
	}
	if fi.Size() != r.lengths[0] {
		return fmt.Errorf("%w from %d to %d", errLength, r.lengths[0], fi.Size())
	}
	r.file, err = r.fs.Open(r.paths[0])
	r.off = 0
	return err
}

// finish closes the file after all of it was read, and looks whether it grew.
func (r *hashReader) finish() error {
	fi, err := r.file.Stat()
	if err == nil && fi.Size() != r.lengths[0] {
		err = fmt.Errorf("%w from %d to %d", errLength, r.lengths[0], fi.Size())
	}
	return cmp.Or(err, r.close())
}

func (r *hashReader) close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}
