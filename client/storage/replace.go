package storage

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/afero"
)

// Suffixes of what lies beside a file that ReplaceFile has written.
const (
	previousSuffix = ".1"   // the generation before
	draftSuffix    = ".tmp" // what a crash has left
)

// Permissions of files that are nobody else's business.
const (
	privatePerm    = 0o600
	privateDirPerm = 0o700
)

// ReplaceFile makes data the content of a file, whole or not at all, whatever
// happens to the machine meanwhile. What the file had before becomes the previous
// generation, for ReadGenerations. Directories that are missing are made. There
// may be one writer at a time. When it returns nil, all of it is durable.
func ReplaceFile(fsys afero.Fs, path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := makePrivateDir(fsys, dir); err != nil {
		return err
	}
	// The content first: a name must never come to be durable before what it
	// stands for, since disks may reorder the two.
	draft := path + draftSuffix
	if err := writePrivate(fsys, draft, data); err != nil {
		return errors.Join(err, ignoreMissing(fsys.Remove(draft)))
	}
	// Between the two there is no newest one, and a reader takes the previous.
	if err := ignoreMissing(fsys.Rename(path, path+previousSuffix)); err != nil {
		return err
	}
	if err := fsys.Rename(draft, path); err != nil {
		return err
	}
	return syncDir(fsys, dir)
}

// makePrivateDir makes a directory and those above it, durably.
func makePrivateDir(fsys afero.Fs, dir string) error {
	_, err := fsys.Stat(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makePrivateDir(fsys, parent); err != nil {
			return err
		}
	}
	if err := fsys.Mkdir(dir, privateDirPerm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(fsys, parent)
}

// syncDir makes the entries of a directory durable, in the best way there is.
func syncDir(fsys afero.Fs, dir string) error {
	if d, ok := fsys.(DirSyncer); ok {
		return d.SyncDir(dir)
	}
	return syncByOpening(fsys, dir)
}

func writePrivate(fsys afero.Fs, name string, data []byte) error {
	f, err := fsys.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, privatePerm)
	if err != nil {
		return err
	}
	n, err := f.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	if err == nil {
		err = f.Sync()
	}
	return cmp.Or(err, f.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// ReadGenerations gives the content of a file that ReplaceFile has written, of at
// most limit bytes, to accept, which says what is wrong with it; if something is,
// or the file is missing, then that of the generation before. damage is what was
// wrong on the way, and nil if there is nothing to read at all.
func ReadGenerations(fsys afero.Fs, path string, limit int64, accept func(data []byte) error) (damage error) {
	for _, name := range []string{path, path + previousSuffix} {
		data, err := readSmall(fsys, name, limit)
		if err == nil {
			err = accept(data)
		}
		if err == nil {
			return damage
		}
		if !errors.Is(err, fs.ErrNotExist) {
			damage = errors.Join(damage, wrap("read", name, noPiece, err))
		}
	}
	return damage
}

// readSmall reads a regular file of at most limit bytes.
func readSmall(fsys afero.Fs, name string, limit int64) ([]byte, error) {
	fi, err := fsys.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !fi.Mode().IsRegular():
		return nil, ErrNotFile
	case fi.Size() > limit:
		return nil, fmt.Errorf("%d bytes, of %d at most", fi.Size(), limit)
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit))
	return data, cmp.Or(err, f.Close())
}
