// Package storage maps the pieces of a torrent to files on an afero.Fs.
//
// All calls block and are made from worker goroutines. Calls for different
// pieces may run at the same time; calls for one piece are serialised by the
// caller, except Read, which may run at any time for verified pieces.
//
// # What lies where
//
// The bytes of a file with a priority above 0 lie in that file. Pad files
// (BEP 47) are zeros and lie nowhere. A file of priority 0 is never created,
// extended or written; the bytes of wanted pieces that belong to it go to the
// torrent's part file, see partindex.go for its format. A byte of a priority-0
// file is read from the part file when that holds the file's share of the
// piece, otherwise from the file itself when it exists: what was downloaded
// before a priority was lowered remains of use. When the part file takes over
// a file's share of a piece, it first copies what the file holds of it.
//
// # What is never done
//
// Existing data is not truncated, and not altered but by Write and by bytes
// that move out of the part file. A file that is longer than declared is left
// alone and its surplus ignored. No space is allocated ahead; files are sparse.
// Symbolic links below the download directory are refused where the filesystem
// can tell (afero.Lstater); the download directory itself may be one.
package storage

import (
	"cmp"
	"fmt"
	"hash"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"bt/client/metainfo"

	"github.com/spf13/afero"
)

// Options are the choices left to the user of a Store.
type Options struct {
	// Priorities holds one number per file, nil = all 1. A file of priority 0
	// is not downloaded; the store makes no difference between the others.
	Priorities []int
	// MaxOpenFiles limits the open file handles, 0 = DefaultMaxOpenFiles. It is
	// exceeded for a moment when more calls than this run at the same time.
	MaxOpenFiles int
	// LookOnly keeps Prepare from setting right what a crash has left of a move: for
	// who must not change anything, whoever else may be at work on the files.
	LookOnly bool
	// SHA1, unless nil, makes what hashes pieces, in the place of crypto/sha1.
	SHA1 func() hash.Hash
}

// DefaultMaxOpenFiles leaves most of the 256 descriptors macOS gives a process
// to the connections of the swarm.
const DefaultMaxOpenFiles = 128

// Store is the data of one torrent in one directory.
type Store struct {
	fs      afero.Fs
	dir     string
	info    *metainfo.Info
	layout  layout
	targets []target // the files of the torrent, then the part file

	// mu is held for reading by all I/O, for writing while what lies where
	// changes: Prepare, SetPriorities, Close.
	mu    sync.RWMutex
	ready bool
	prios []int

	lookOnly bool

	handles  *handleCache
	part     partFile
	hashes   hashTable
	given    givenTable
	writing  atomic.Int32 // chunks that are being written
	dirty    dirtySet
	watch    watcher
	leftover error      // of deleting what a move has left, see Leftover
	syncMu   sync.Mutex // one Sync at a time: a second one must not return before the first
}

// Open validates its arguments and returns a closed Store; Prepare opens it.
// Nothing is read or created yet.
func Open(fs afero.Fs, dir string, info *metainfo.Info, opt Options) (*Store, error) {
	dir = filepath.Clean(dir)
	prios := slices.Clone(opt.Priorities)
	if prios == nil {
		prios = slices.Repeat([]int{1}, len(info.Files))
	}
	if err := checkPriorities(prios, info); err != nil {
		return nil, wrap("open", dir, noPiece, err)
	}
	limit := opt.MaxOpenFiles
	if limit == 0 {
		limit = DefaultMaxOpenFiles
	}
	if limit < 0 {
		return nil, wrap("open", dir, noPiece, fmt.Errorf("negative limit of open files %d", limit))
	}
	s := &Store{fs: fs, dir: dir, info: info, layout: newLayout(info), prios: prios, lookOnly: opt.LookOnly}
	s.hashes.unused = pieceHashes
	if opt.SHA1 != nil {
		s.hashes.unused = newPieceHashes(opt.SHA1)
	}
	s.part = newPartFile(info)
	s.targets = append(targets(dir, info), newTarget(dir, s.part.name))
	s.handles = newHandleCache(limit, s.openFile)
	return s, nil
}

func checkPriorities(prios []int, info *metainfo.Info) error {
	if len(prios) != len(info.Files) {
		return fmt.Errorf("%d priorities for %d files", len(prios), len(info.Files))
	}
	for i, p := range prios {
		if p < 0 {
			return fmt.Errorf("negative priority %d of file %d", p, i)
		}
	}
	return nil
}

// Paths returns where each file lies or would lie, also for pads and for files
// that are not downloaded. The paths are below dir as given to Open.
func (s *Store) Paths() []string {
	paths := make([]string, len(s.info.Files))
	for i := range paths {
		paths[i] = s.targets[i].path
	}
	return paths
}

// Close makes what was written durable and closes all files. It closes them
// also when it returns an error, which then is that of Sync. Closing a closed
// Store does nothing. Prepare opens it again.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closeLocked()
}

func (s *Store) closeLocked() error {
	if !s.ready {
		return nil
	}
	s.ready = false
	err := s.sync()
	s.observe() // what happens from now on happens to files as they are now
	s.hashes.clear()
	if err == nil {
		s.dirty.clear() // else the next Sync tries again, when the files are open again
	}
	return cmp.Or(err, s.handles.closeAll())
}

// enter begins a call for a range of a piece; when it returns nil, the caller
// must unlock s.mu for reading.
func (s *Store) enter(op string, piece int, begin, n int64) error {
	if piece < 0 || piece >= s.info.NumPieces() {
		return wrap(op, s.dir, piece, fmt.Errorf("there are %d pieces", s.info.NumPieces()))
	}
	if err := s.checkRange(op, piece, begin, n); err != nil {
		return err
	}
	s.mu.RLock()
	if !s.ready {
		s.mu.RUnlock()
		return wrap(op, s.dir, piece, ErrClosed)
	}
	return nil
}

func (s *Store) checkRange(op string, piece int, begin, n int64) error {
	if size := s.info.PieceSize(piece); begin < 0 || begin > size || n > size-begin {
		return wrap(op, s.dir, piece, fmt.Errorf("%d bytes at %d exceed the piece of %d bytes", n, begin, size))
	}
	return nil
}

// wanted tells whether bytes of the file go to the file itself.
func (s *Store) wanted(file int) bool { return s.prios[file] > 0 }

// skipped tells whether a target is a file of the torrent that is not downloaded.
func (s *Store) skipped(id int) bool { return id != s.partID() && !s.wanted(id) }

// partID is the number of the part file in targets and in the handle cache.
func (s *Store) partID() int { return len(s.info.Files) }
