package main

import (
	"errors"
	"os"
	"path/filepath"

	"bt/client/metainfo"
)

// torrentState is a torrent's place in the state directory. While it is open,
// no other bt works on the torrent in the same directory.
type torrentState struct {
	path  string // of the newest generation
	dir   string // as in savedState
	name  string
	lock  *lock // nil: the filesystem knows none
	saved *savedState
}

// openState takes a torrent's lock, and reads what an earlier run has noted
// down. An error is for a torrent that another bt is busy with; whatever else
// goes wrong costs only a full check of what is on disk, now or next time: it
// is a warning, and the state nil.
func (a *app) openState(meta *metainfo.MetaInfo, dir string) (*torrentState, error) {
	name := meta.Info.Name
	dir, base, err := statePlace(meta.InfoHash, dir)
	if err != nil {
		a.warn("%s: the next run will have to check everything: %v", name, err)
		return nil, nil
	}
	// JSON has no bytes that are not UTF-8, file names may.
	s := &torrentState{path: base + stateSuffix, dir: string([]rune(dir)), name: name}
	lock, holder, err := acquire(base + ".lock")
	switch {
	case errors.Is(err, errLocked):
		return nil, inUse(name, dir, holder)
	case err != nil:
		a.warn("%s: nothing keeps another bt from it: lock %s: %v", name, base+".lock", bare(err))
	}
	s.lock = lock
	s.read(a)
	return s, nil
}

// openStates opens the state of every job. With fresh, what earlier runs have
// verified is not taken up. The caller closes them, even after an error.
func (a *app) openStates(jobs []job, fresh bool) (closeAll func(), err error) {
	var open []*torrentState
	closeAll = func() {
		for _, s := range open {
			s.close()
		}
	}
	seen := make(map[metainfo.Hash]bool)
	for i := range jobs {
		j := &jobs[i]
		if seen[j.spec.Meta.InfoHash] {
			continue // the client refuses it; the lock would take us for another bt
		}
		seen[j.spec.Meta.InfoHash] = true
		if j.state, err = a.openState(j.spec.Meta, j.spec.Dir); err != nil {
			return closeAll, err
		}
		open = append(open, j.state)
		if !fresh {
			j.spec.PieceCache = j.state.cache()
		}
	}
	return closeAll, nil
}

// statePlace returns the one name of a directory, and the path of a torrent's
// state without a suffix, in a directory that exists.
func statePlace(hash metainfo.Hash, dir string) (real, base string, err error) {
	home, err := stateHome()
	if err != nil {
		return "", "", err
	}
	real, err = realDir(dir)
	if err != nil {
		return "", "", err
	}
	base = statePath(home, hash, real)
	if err := os.MkdirAll(filepath.Dir(base), stateDirPerm); err != nil {
		return "", "", pathError(err)
	}
	return real, base, nil
}

func inUse(name, dir string, holder int) error {
	if holder == 0 {
		return fail(codeInUse, "%s: another bt is busy with it in %s", name, dir)
	}
	return fail(codeInUse, "%s: another bt is busy with it in %s: process %d", name, dir, holder)
}

// read finds what an earlier run has left, if it is whole and of this directory.
func (s *torrentState) read(a *app) {
	saved, damage := readGenerations(s.path)
	if damage != nil && a.verbose {
		a.say("%s: state of an earlier run: %v", s.name, damage)
	}
	if saved != nil && saved.Dir == s.dir {
		s.saved = saved
	}
}

// cache is the piece cache of an earlier run, nil if there is none.
func (s *torrentState) cache() []byte {
	if s == nil || s.saved == nil {
		return nil
	}
	return s.saved.cache
}

// uploaded is the payload given in earlier runs, in bytes.
func (s *torrentState) uploaded() int64 {
	if s == nil || s.saved == nil {
		return 0
	}
	return s.saved.Uploaded
}

// write replaces the state on disk.
func (s *torrentState) write(cache []byte, uploaded int64) error {
	next := savedState{Dir: s.dir, Name: s.name, Uploaded: uploaded, cache: cache}
	return replaceFile(s.path, next.encode())
}

func (s *torrentState) close() {
	if s != nil && s.lock != nil {
		s.lock.release() // a file of which nothing is awaited any more
	}
}
