package storage

import (
	"cmp"
	"path/filepath"
	"slices"
)

// takeBack undoes what a move has done so far: what was copied is deleted, what
// was renamed gets its name back.
func (s *Store) takeBack(to *Store) error {
	theirs := to.all()
	for i, ours := range s.all() {
		size, err := to.inspect(theirs[i])
		if err != nil {
			return err
		}
		if size == absent {
			continue
		}
		switch size, err = s.inspect(ours); {
		case err != nil:
			return err
		case size != absent:
			err = to.remove(theirs[i])
		default:
			err = wrap("move", theirs[i].path, noPiece, s.fs.Rename(theirs[i].path, ours.path))
		}
		if err != nil {
			return err
		}
		s.dirty.addDir(filepath.Dir(ours.path))
	}
	if err := cmp.Or(s.flush(), to.flush()); err != nil {
		return err
	}
	to.removeEmptyDirs()
	return nil
}

// cleanUp deletes what a move has left of the old set, of which in is the new
// one, as far as it can be deleted: err is of the first file that cannot.
func (s *Store) cleanUp(in *Store) (err error) {
	theirs := in.all()
	for i, ours := range s.all() {
		size, failed := in.inspect(theirs[i])
		if failed == nil && size != absent {
			failed = s.remove(ours)
		}
		err = cmp.Or(err, failed)
	}
	s.removeEmptyDirs()
	return err
}

// Leftover says why something could not be deleted that a move has left where it
// does not belong, if that is so: of the old set after a move to another filesystem,
// of the copies when such a move has failed. It is tried again each time a Store is
// opened where the files are.
func (s *Store) Leftover() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.leftover
}

// removeEmptyDirs removes the directories of a torrent in which nothing is left,
// but for the one that it is in.
func (s *Store) removeEmptyDirs() {
	var dirs []string
	for _, t := range s.targets {
		path := s.dir
		for _, name := range t.below[:len(t.below)-1] {
			path = filepath.Join(path, name)
			dirs = append(dirs, path)
		}
	}
	slices.Sort(dirs)
	for _, dir := range slices.Backward(slices.Compact(dirs)) {
		_ = s.fs.Remove(dir) // refused while anything is in it
	}
}

// Recover sets right what a crash has left of a move to another directory; then
// Dir may be another one than before. Prepare does so too, but who wants stamps
// from before Prepare wants them of files that are where they belong.
func (s *Store) Recover() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready {
		return nil
	}
	return s.recoverMove()
}

// recoverMove sets right what an earlier move has left.
func (s *Store) recoverMove() error {
	s.leftover = nil
	r, ok, err := s.readRecord()
	if err != nil || !ok {
		return err
	}
	other := s.twin(r.dir)
	theirs, paired, err := other.readRecord()
	if err != nil {
		return err
	}
	paired = paired && theirs.dir == s.dir && theirs.comes != r.comes
	switch {
	case r.comes && paired && theirs.moved:
		if s.leftover = other.cleanUp(s); s.leftover != nil {
			return nil // the records stay, for another attempt
		}
		return cmp.Or(other.removeRecord(), s.removeRecord())
	case r.comes && paired: // it was never finished, and this is not where the set is
		return cmp.Or(other.takeBack(s), other.removeRecord(), s.removeRecord())
	case r.comes || r.moved && !paired: // all is said and done
		return s.removeRecord()
	case r.moved:
		// The record was written, but perhaps not synced: before anybody relies on
		// the new place, it must not be lost any more.
		if err := s.syncDir(s.dir); err != nil {
			return err
		}
		draft := s.remove(s.partTarget(moveSuffix + tmpSuffix)) // of a record to take it back
		s.exchange(other)
		s.leftover = cmp.Or(other.cleanUp(s), draft)
		return nil // the records stay: whoever opens it here next may not know either
	case paired:
		return cmp.Or(s.takeBack(other), other.removeRecord(), s.removeRecord())
	}
	// Nothing had been moved yet. There may be the draft of the other record.
	return cmp.Or(other.remove(other.partTarget(moveSuffix+tmpSuffix)), s.removeRecord())
}
