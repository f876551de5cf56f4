package storage

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"runtime"
	"syscall"
)

// Errors of moves.
var (
	// ErrMoveHere says that the files are in that directory already.
	ErrMoveHere = errors.New("the files are there already")
	// ErrMoveRelative says that a move needs absolute paths: what is noted down of
	// it must mean the same to another process.
	ErrMoveRelative = errors.New("moving needs absolute paths")
	// ErrMoveAborted says that a move was ended before its end.
	ErrMoveAborted = errors.New("the move was ended")
)

// Mover moves all that a Store has on disk to another directory: the files of the
// torrent, those not wanted among them, and the part file. Within a filesystem it
// renames, in one Step; to another one it copies, step by step, makes the copies
// durable, and deletes the originals after that.
//
// While it is under way the Store may be read from, and nothing else: neither
// written to, synced, prepared nor closed. Whatever fails, and wherever the
// process is killed or the power lost, either the old set or the new one is whole
// and is what the Store goes on with, or the next Prepare of a Store in the old
// directory. That one also finds the new set, should nobody have noted down that
// the files had moved.
type Mover struct {
	s, to   *Store // to is the same torrent in the new directory
	items   []moveItem
	copying bool
	at      int // items before it were copied
	copy    *copying
}

// moveItem is a file to be moved.
type moveItem struct {
	from, to target
	size     int64
}

// Dir returns where the files are.
func (s *Store) Dir() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.dir
}

// Usable says whether the Store may be read from: it is prepared, and was neither
// closed since nor left in two places by a move.
func (s *Store) Usable() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.ready
}

// twin is the same torrent in another directory.
func (s *Store) twin(dir string) *Store {
	t := &Store{fs: s.fs, dir: dir, info: s.info, layout: s.layout, prios: s.prios, part: newPartFile(s.info)}
	t.targets = append(targets(dir, s.info), newTarget(dir, t.part.name))
	t.handles = newHandleCache(s.handles.most, t.openFile)
	return t
}

// all lists every file that a torrent may have on disk, but for pads.
func (s *Store) all() []target {
	var list []target
	for id, t := range s.targets {
		if id == s.partID() || !s.info.Files[id].Pad {
			list = append(list, t)
		}
	}
	return append(list, s.partTarget(indexSuffix))
}

// BeginMove makes sure that a move is possible, and notes down that it has begun.
// None of the torrent's files may be in the new directory, which is created if it
// is missing. After an error nothing has changed.
func (s *Store) BeginMove(dir string) (*Mover, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir = filepath.Clean(dir)
	switch {
	case !filepath.IsAbs(dir) || !filepath.IsAbs(s.dir):
		return nil, wrap("move", dir, noPiece, ErrMoveRelative)
	case dir == s.dir:
		return nil, wrap("move", dir, noPiece, ErrMoveHere)
	}
	if err := s.makeDurable(); err != nil {
		return nil, err
	}
	if err := s.recoverMove(); err != nil { // of an earlier move, what is left to be tidied up
		return nil, err
	}
	// What a crash has left of an index: nobody would look for it here any more.
	if err := s.remove(s.partTarget(tmpSuffix)); err != nil {
		return nil, err
	}
	m := &Mover{s: s, to: s.twin(dir)}
	if err := m.look(); err != nil {
		return nil, err
	}
	if err := m.begin(); err != nil {
		return nil, cmp.Or(err, m.forget())
	}
	return m, nil
}

// makeDurable syncs what is to be moved: files that have left cannot be synced here.
func (s *Store) makeDurable() error {
	if s.ready {
		return s.sync() // with the index of the part file
	}
	return cmp.Or(s.flush(), s.handles.closeAll()) // or they would stay open
}

// look lists what is to be moved, and refuses to overwrite anything.
func (m *Mover) look() error {
	theirs := m.to.all()
	for i, from := range m.s.all() {
		size, err := m.to.inspect(theirs[i])
		if err != nil {
			return err
		}
		if size != absent {
			return wrap("move", theirs[i].path, noPiece, fs.ErrExist)
		}
		if size, err = m.s.inspect(from); err != nil {
			return err
		}
		if size != absent {
			m.items = append(m.items, moveItem{from, theirs[i], size})
		}
	}
	return nil
}

func (m *Mover) begin() error {
	// First where it is found by who knows nothing of the move.
	if err := m.s.writeRecord(moveRecord{dir: m.to.dir}); err != nil {
		return err
	}
	if err := m.to.makeRoot(); err != nil {
		return err
	}
	// An earlier attempt may have made the directory, and not its entry durable.
	for dir := m.to.dir; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if err := m.to.syncDir(filepath.Dir(dir)); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	m.to.dirty.clear()
	return m.to.writeRecord(moveRecord{comes: true, dir: m.s.dir})
}

// forget removes the records of a move that has moved nothing.
func (m *Mover) forget() error {
	return cmp.Or(m.to.removeRecord(), m.s.removeRecord())
}

// Step goes on with the move, and reports whether that was the end of it. After
// an error the move is over and the old set in use, unless the disk refuses even
// that: then the Store is closed, and Prepare sets it right.
func (m *Mover) Step() (done bool, err error) {
	switch {
	case !m.copying:
		err = m.rename()
		if m.copying = isAcross(err); m.copying {
			return false, nil
		}
		return err == nil, err
	case m.at < len(m.items):
		if err = m.copyStep(); err != nil {
			return false, cmp.Or(err, m.rollback())
		}
		return false, nil
	}
	err = m.finishCopy()
	return err == nil, err
}

// Abort ends a move; the old set stays in use.
func (m *Mover) Abort() error { return m.rollback() }

// rename moves everything at once, or nothing.
func (m *Mover) rename() error {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	err := m.s.handles.closeAll() // Windows renames no open file
	for i := 0; err == nil && i < len(m.items); i++ {
		err = m.makeWay(&m.items[i])
	}
	// A file whose new name is durable, in a directory that is not, is nowhere.
	// Should the new place be inside the old one, or around it, then no order of
	// syncs after the renames would do.
	if err == nil {
		err = m.to.flush()
	}
	for i := 0; err == nil && i < len(m.items); i++ {
		it := &m.items[i]
		err = wrap("move", it.from.path, noPiece, m.s.fs.Rename(it.from.path, it.to.path))
		m.s.dirty.addDir(filepath.Dir(it.from.path))
		m.to.dirty.addDir(filepath.Dir(it.to.path))
	}
	switch {
	case err == nil:
		if err = m.commit(); err == nil {
			m.to.removeEmptyDirs() // they have changed places
		}
		return err
	case isAcross(err):
		// What was renamed before, from another mount below, goes back; the
		// records stay for the copy.
		if back := m.s.takeBack(m.to); back != nil {
			return m.torn(back)
		}
		return err
	}
	return m.undo(err)
}

// errNotSameDevice is what Windows has for EXDEV: ERROR_NOT_SAME_DEVICE.
const errNotSameDevice = syscall.Errno(17)

// isAcross says whether a rename has failed for the two names being on different
// filesystems.
func isAcross(err error) bool {
	return errors.Is(err, syscall.EXDEV) || runtime.GOOS == "windows" && errors.Is(err, errNotSameDevice)
}

// makeWay makes the directories that a file needs, and has all of them synced.
func (m *Mover) makeWay(it *moveItem) error {
	for dir := filepath.Dir(it.to.path); dir != filepath.Dir(m.to.dir); dir = filepath.Dir(dir) {
		m.to.dirty.addDir(dir)
	}
	return m.to.makeDirs(it.to)
}

// finishCopy makes the copies the set in use.
func (m *Mover) finishCopy() error {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	if err := m.commit(); err != nil {
		return err
	}
	m.s.leftover = m.to.cleanUp(m.s) // they have changed places
	return nil
}

// commit makes the new set the one in use: durably, then for this Store.
func (m *Mover) commit() error {
	err := m.to.flush()
	if err == nil {
		err = m.s.flush()
	}
	if err != nil {
		return m.undo(err)
	}
	if err := m.s.writeRecord(moveRecord{moved: true, dir: m.to.dir}); err != nil {
		// It may be there all the same. Unless it can be taken back, only a look at
		// what is there tells which set is the one in use.
		if again := m.s.writeRecord(moveRecord{dir: m.to.dir}); again != nil {
			return m.torn(err)
		}
		return m.undo(err)
	}
	m.s.exchange(m.to)
	if m.s.ready {
		m.s.observe()
	}
	return nil
}

// exchange lets two stores of a torrent change places.
func (s *Store) exchange(to *Store) {
	// An error of closing is one of writing, and all was synced.
	_ = s.handles.closeAll()
	s.dirty.clear()
	s.dir, to.dir = to.dir, s.dir
	s.targets, to.targets = to.targets, s.targets
}

// undo puts everything back after an error, which it returns.
func (m *Mover) undo(err error) error {
	if m.s.takeBack(m.to) != nil {
		return m.torn(err)
	}
	_ = m.forget() // records that stay will be understood: nothing has moved
	return err
}

// torn gives up on a store whose files are in two places. The next Prepare
// gathers them.
func (m *Mover) torn(err error) error {
	m.s.ready = false
	m.s.hashes.clear()
	m.s.dirty.clear()
	return cmp.Or(err, m.s.handles.closeAll())
}

func (m *Mover) rollback() error {
	if m.copy != nil {
		m.copy.close()
		m.copy = nil
	}
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	m.s.leftover = cmp.Or(m.s.takeBack(m.to), m.forget()) // the old set is whole all the same
	return m.s.leftover
}
