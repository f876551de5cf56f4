package storage

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"sync"
	"syscall"

	"github.com/spf13/afero"
)

// dirtySet remembers what was written since the last Sync.
type dirtySet struct {
	mu    sync.Mutex
	files map[int]struct{} // numbers of targets
	dirs  map[string]struct{}
}

func (d *dirtySet) addFile(id int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files == nil {
		d.files = make(map[int]struct{})
	}
	d.files[id] = struct{}{}
}

func (d *dirtySet) addDir(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dirs == nil {
		d.dirs = make(map[string]struct{})
	}
	d.dirs[path] = struct{}{}
}

// take empties the set and returns what was in it, in a fixed order.
func (d *dirtySet) take() (files []int, dirs []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	files = slices.Sorted(maps.Keys(d.files))
	dirs = slices.Sorted(maps.Keys(d.dirs))
	clear(d.files)
	clear(d.dirs)
	return files, dirs
}

func (d *dirtySet) clear() { d.take() }

// Sync makes everything durable that was written since the last Sync: files,
// directories that got new entries, and the index of the part file. After an
// error, what was written since the last success may be lost even if a later
// Sync succeeds, since systems report a failed write-back only once: those
// pieces have to be checked again.
func (s *Store) Sync() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !s.ready {
		return wrap("sync", s.dir, noPiece, ErrClosed)
	}
	return s.sync()
}

func (s *Store) sync() error {
	s.syncMu.Lock()
	defer s.syncMu.Unlock()
	// The index must not speak of bytes that are not durable: first look at
	// it, then sync the bytes, then write what was seen.
	index, stale := s.part.pending()
	err := s.flush()
	if err == nil && stale {
		// To write it, a file may have had to be closed.
		err = cmp.Or(s.storeIndex(&index), s.handles.takeError())
	}
	if err != nil {
		if stale {
			s.part.spoil()
		}
		return err
	}
	return s.tidyPart()
}

// flush syncs files and directories. What it did not get to stays dirty.
func (s *Store) flush() error {
	files, dirs := s.dirty.take()
	err := s.handles.takeError()
	for err == nil && len(files) > 0 {
		if err = s.syncFile(files[0]); err == nil {
			files = files[1:]
		}
	}
	for err == nil && len(dirs) > 0 {
		if err = s.syncDir(dirs[0]); err == nil {
			dirs = dirs[1:]
		}
	}
	if err == nil {
		// To open a file, another one may have had to be closed.
		err = s.handles.takeError()
	}
	for _, id := range files {
		s.dirty.addFile(id)
	}
	for _, dir := range dirs {
		s.dirty.addDir(dir)
	}
	return err
}

// syncFile also serves a file whose handle was closed meanwhile: fsync is
// about the file, not about the handle that wrote.
func (s *Store) syncFile(id int) error {
	h, err := s.handles.acquire(id, forSyncing)
	if isAbsent(err) || s.skipped(id) && errors.Is(err, fs.ErrPermission) {
		// Deleted by somebody else, which Look tells. What is not wanted counts as
		// absent for other reasons too: then what was written to it may be there.
		if _, stat := s.fs.Stat(s.targets[id].path); stat == nil || isAbsent(stat) {
			return nil
		}
	}
	if IsReadOnly(err) {
		return wrap("sync", s.targets[id].path, noPiece, s.syncUnwritable(id))
	}
	if err != nil {
		return wrap("sync", s.targets[id].path, noPiece, err)
	}
	defer s.handles.release(h)
	return wrap("sync", s.targets[id].path, noPiece, h.file.Sync())
}

// syncUnwritable syncs a file that may be read, and not written to: what a seed has
// from an earlier process. Windows flushes only what it may write, and is let be.
func (s *Store) syncUnwritable(id int) error {
	return s.handles.spare(func() error {
		f, err := s.fs.Open(s.targets[id].path)
		if err != nil {
			return err
		}
		if err = f.Sync(); errors.Is(err, fs.ErrPermission) {
			err = nil
		}
		return cmp.Or(err, f.Close())
	})
}

// DirSyncer is what a filesystem may implement that has a better way to make
// the entries of a directory durable than opening and syncing it.
type DirSyncer interface {
	SyncDir(dir string) error
}

func (s *Store) syncDir(dir string) error {
	sync := func() error { return syncByOpening(s.fs, dir) }
	if d, ok := s.fs.(DirSyncer); ok {
		sync = func() error { return d.SyncDir(dir) }
	}
	return wrap("sync", dir, noPiece, s.handles.spare(sync))
}

func syncByOpening(fsys afero.Fs, dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be flushed there; NTFS journals them
	}
	f, err := fsys.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	// Some filesystems have nothing to do here and say so in this way.
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return cmp.Or(err, f.Close())
}
