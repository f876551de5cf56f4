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
	// small. One reader in large steps is what disks with heads need.
	hashBatchMin = 1 << 20
	// hashMemoryMax bounds the batches in flight, so that large pieces on many
	// cores do not fill the memory. Two are always allowed: one is read while
	// the other is hashed.
	hashMemoryMax = 256 << 20
)

// HashFiles returns the hashes of the pieces that the files make when put
// together in the given order. One goroutine reads, workers of them hash.
// progress, which may be nil, is told the number of bytes hashed so far, from
// the calling goroutine. A file that has not exactly the given length, before
// or after it was read, is an error.
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
	r := &hashReader{fs: fs, paths: paths, lengths: lengths}
	defer r.close()
	return hashBatches(r, total, pieceLength, workers, progress)
}

// batch is a run of whole pieces, but for the last piece of the torrent.
type batch struct {
	first int // piece
	data  []byte
}

// hashBatches pumps batches from the reader through the workers.
func hashBatches(r io.Reader, total, pieceLength int64, workers int, progress func(int64)) ([]metainfo.Hash, error) {
	perBatch := max(1, hashBatchMin/pieceLength)
	size := min(total, perBatch*pieceLength)
	inFlight := int(min(int64(workers)+1, max(2, hashMemoryMax/max(1, size))))

	hashes := make([]metainfo.Hash, (total+pieceLength-1)/pieceLength)
	idle := make(chan []byte, inFlight)
	for range inFlight {
		idle <- nil // allocated by the first use
	}
	work := make(chan batch)
	hashed := make(chan batch)
	var wg sync.WaitGroup
	for range min(workers, inFlight) {
		wg.Go(func() {
			for b := range work {
				hashBatch(hashes, b, pieceLength)
				hashed <- b
			}
		})
	}
	var readErr error
	wg.Go(func() {
		defer close(work)
		readErr = readBatches(r, total, size, int(perBatch), idle, work)
	})
	go func() {
		wg.Wait()
		close(hashed)
	}()
	done := int64(0)
	for b := range hashed {
		done += int64(len(b.data))
		if progress != nil {
			progress(done)
		}
		idle <- b.data
	}
	if readErr != nil {
		return nil, readErr
	}
	return hashes, nil
}

// readBatches reads everything in order, as buffers come free, and what is
// behind the end, where the reader looks whether the last file has ended.
func readBatches(r io.Reader, total, size int64, perBatch int, idle <-chan []byte, work chan<- batch) error {
	for first := 0; total > 0; first += perBatch {
		buf := <-idle
		if buf == nil {
			buf = make([]byte, size)
		}
		buf = buf[:min(total, size)]
		if _, err := io.ReadFull(r, buf); err != nil {
			return err
		}
		total -= int64(len(buf))
		work <- batch{first, buf}
	}
	if _, err := r.Read(make([]byte, 1)); err != io.EOF {
		return err
	}
	return nil
}

// hashBatch writes to the elements of its own pieces only, so that workers
// need no lock.
func hashBatch(hashes []metainfo.Hash, b batch, pieceLength int64) {
	piece := b.first
	for data := b.data; len(data) > 0; piece++ {
		n := min(int64(len(data)), pieceLength)
		hashes[piece] = sha1.Sum(data[:n])
		data = data[n:]
	}
}

// hashReader reads files one after another and insists on their lengths.
type hashReader struct {
	fs      afero.Fs
	paths   []string // of the open file, and those still to come
	lengths []int64
	file    afero.File // nil: the next one is not open yet
	left    int64      // of the open file
}

var errLength = errors.New("file changed its length")

func (r *hashReader) Read(p []byte) (int, error) {
	for {
		if len(r.paths) == 0 {
			return 0, io.EOF
		}
		if r.file == nil {
			if err := r.open(); err != nil {
				return 0, wrap("hash", r.paths[0], noPiece, err)
			}
		}
		if r.left > 0 {
			break
		}
		if err := r.finish(); err != nil {
			return 0, wrap("hash", r.paths[0], noPiece, err)
		}
		r.paths, r.lengths = r.paths[1:], r.lengths[1:]
	}
	n, err := r.file.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if n > 0 {
		return n, nil // an error will come again
	}
	if err == nil || err == io.EOF {
		err = fmt.Errorf("%w: %d bytes missing", errLength, r.left)
	}
	return 0, wrap("hash", r.paths[0], noPiece, err)
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
	r.left = r.lengths[0]
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
