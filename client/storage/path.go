package storage

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"

	"github.com/spf13/afero"
)

// Permissions before the user's umask.
const (
	filePerm = 0o666
	dirPerm  = 0o777
)

// absent is the size of a file that does not exist.
const absent = -1

// lstat does not follow a link, where the filesystem can tell.
func (s *Store) lstat(path string) (fs.FileInfo, error) {
	if l, ok := s.fs.(afero.Lstater); ok {
		fi, _, err := l.LstatIfPossible(path)
		return fi, err
	}
	return s.fs.Stat(path)
}

// inspect returns the size of a target, or absent; see look.
func (s *Store) inspect(t target) (int64, error) {
	stamp, err := s.look(t)
	if !stamp.Exists && err == nil {
		return absent, nil
	}
	return stamp.Size, err
}

// look returns how a target looks, after it has made sure that the way to it
// leads through directories only and ends at a regular file.
func (s *Store) look(t target) (Stamp, error) {
	path := s.dir
	for i, name := range t.below {
		path = filepath.Join(path, name)
		fi, err := s.lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return Stamp{}, nil
		case err != nil:
			return Stamp{}, wrap("open", path, noPiece, err)
		case fi.Mode()&fs.ModeSymlink != 0:
			return Stamp{}, wrap("open", path, noPiece, ErrSymlink)
		case i == len(t.below)-1:
			if !fi.Mode().IsRegular() {
				return Stamp{}, wrap("open", path, noPiece, ErrNotFile)
			}
			return Stamp{Size: fi.Size(), ModTime: fi.ModTime(), Exists: true}, nil
		case !fi.IsDir():
			return Stamp{}, wrap("open", path, noPiece, syscall.ENOTDIR)
		}
	}
	return Stamp{}, nil
}

// inspectFile is inspect for a file of the torrent. Whatever is wrong with a
// file that is not downloaded keeps nobody from downloading the others: it
// counts as absent.
func (s *Store) inspectFile(file int) (int64, error) {
	stamp, err := s.lookFile(file)
	if !stamp.Exists && err == nil {
		return absent, nil
	}
	return stamp.Size, err
}

// lookFile: see inspectFile.
func (s *Store) lookFile(file int) (Stamp, error) {
	stamp, err := s.look(s.targets[file])
	if err != nil && s.skipped(file) {
		return Stamp{}, nil
	}
	return stamp, err
}

// makeDirs creates the missing directories on the way to a target, which
// inspect has approved, and remembers which directories got a new entry.
func (s *Store) makeDirs(t target) error {
	if err := s.makeRoot(); err != nil {
		return err
	}
	path := s.dir
	for _, name := range t.below[:len(t.below)-1] {
		parent := path
		path = filepath.Join(path, name)
		if _, err := s.lstat(path); err == nil {
			continue
		}
		if err := s.fs.Mkdir(path, dirPerm); err != nil && !errors.Is(err, fs.ErrExist) {
			return wrap("create directory", path, noPiece, err)
		}
		s.dirty.addDir(parent)
	}
	return nil
}

// makeRoot creates the download directory and what is missing above it.
func (s *Store) makeRoot() error {
	var parents []string
	for path := s.dir; ; path = filepath.Dir(path) {
		if _, err := s.fs.Stat(path); !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			break
		}
		parents = append(parents, filepath.Dir(path))
	}
	if parents == nil {
		return nil
	}
	if err := s.fs.MkdirAll(s.dir, dirPerm); err != nil {
		return wrap("create directory", s.dir, noPiece, err)
	}
	for _, parent := range parents {
		s.dirty.addDir(parent)
	}
	return nil
}
