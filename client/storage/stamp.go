package storage

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"
)

// Stamp tells whether a file has changed. What does not exist has a zero stamp.
type Stamp struct {
	Size    int64
	ModTime time.Time
	Exists  bool
}

// Stamps returns a stamp for each file of the torrent, and one more for the
// part file. Pads have zero stamps. It may be called at any time, open or not.
//
// What cannot be looked at has a zero stamp. If it is wanted, that is an error,
// the first of them: who takes it for absent would take what is in it for lost.
func (s *Store) Stamps() ([]Stamp, error) {
	stamps := make([]Stamp, len(s.targets))
	var failed error
	for id := range s.targets {
		stamp, err := s.stamp(id)
		if err != nil && !s.skipped(id) {
			failed = cmp.Or(failed, err)
		}
		stamps[id] = stamp
	}
	return stamps, failed
}

func (s *Store) stamp(id int) (Stamp, error) {
	if id != s.partID() && s.info.Files[id].Pad {
		return Stamp{}, nil
	}
	fi, err := s.fs.Stat(s.targets[id].path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), err == nil && fi.IsDir():
		return Stamp{}, nil // whatever is there instead, Prepare tells of it
	case err != nil:
		return Stamp{}, wrap("stat", s.targets[id].path, noPiece, err)
	}
	return Stamp{Size: fi.Size(), ModTime: fi.ModTime(), Exists: true}, nil
}

// Adopt counts everything that exists as written since the last Sync: what an
// earlier process has left may never have been made durable. Files that are not
// wanted are among it: pieces in them may be had. So are directories without the
// file that they were made for, which would not be told from durable ones when it
// is created.
func (s *Store) Adopt() {
	for id := range s.targets {
		// What cannot be looked at may be there.
		stamp, err := s.stamp(id)
		there := stamp.Exists || err != nil && !s.skipped(id)
		if there {
			s.dirty.addFile(id)
		}
		s.adoptDirs(s.targets[id], there)
	}
}

// adoptDirs does so for the directories on the way to a target, which may be as
// new as it is; but not for those above the download directory, which may be
// nobody's to open. If the target is not there, some of them may not be either.
func (s *Store) adoptDirs(t target, there bool) {
	dir := s.dir
	for i := range t.below {
		if i > 0 {
			dir = filepath.Join(dir, t.below[i-1])
		}
		if fi, err := s.lstat(dir); !there && (err != nil || !fi.IsDir()) {
			return
		}
		s.dirty.addDir(dir)
	}
}
