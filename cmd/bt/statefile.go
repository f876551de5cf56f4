package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	stateSuffix    = ".resume"
	previousSuffix = ".1" // beside the newest, the generation before
	statePerm      = 0o600
	stateDirPerm   = 0o700
	// stateMax bounds what is read: the largest torrent there can be has a
	// state of some megabytes.
	stateMax = 64 << 20
)

// readGenerations returns the newest state of a file that is whole: when the
// last one is damaged or missing, the one before. Whichever it is, it is not
// taken at its word about the files. damage says what was wrong on the way; s
// is nil when there is nothing to use.
func readGenerations(path string) (s *savedState, damage error) {
	for _, name := range []string{path, path + previousSuffix} {
		s, err := readState(name)
		if err == nil {
			return s, damage
		}
		if !errors.Is(err, fs.ErrNotExist) {
			damage = errors.Join(damage, fmt.Errorf("%s: %w", name, bare(err)))
		}
	}
	return nil, damage
}

func readState(name string) (*savedState, error) {
	fi, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !fi.Mode().IsRegular() || fi.Size() > stateMax:
		return nil, errStateDamaged
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return decodeState(b)
}

// replaceFile makes data the content of a file, whole or not at all, whatever
// happens to the machine meanwhile. What the file had before becomes the
// previous generation.
func replaceFile(path string, data []byte) error {
	tmp := path + ".tmp" // one writer at a time: it holds the lock
	if err := writeSynced(tmp, data); err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(tmp)))
	}
	// Between the two there is no newest one, and a reader takes the previous.
	if err := ignoreMissing(os.Rename(path, path+previousSuffix)); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeSynced(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, statePerm)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
