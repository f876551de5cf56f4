package storage

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// VolumeTeller is what a filesystem may implement that consists of several: it
// names the one on which dir, which exists, is. What is written to one takes no
// room on another.
type VolumeTeller interface {
	Volume(dir string) (string, error)
}

// Volume names the filesystem of the download directory, which need not exist yet.
// "" if it cannot be told.
func (s *Store) Volume() string {
	teller, ok := s.fs.(VolumeTeller)
	if !ok {
		return ""
	}
	name, err := teller.Volume(s.existing())
	if err != nil {
		return ""
	}
	return name
}

// existing returns the download directory, or the nearest one above it that
// exists.
func (s *Store) existing() string {
	dir := s.dir
	for dir != filepath.Dir(dir) {
		if _, err := s.fs.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}
