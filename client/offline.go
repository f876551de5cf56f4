package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/spf13/afero"

	"bt/client/metainfo"
	"bt/client/storage"
)

// OSFS returns the filesystem of the operating system, for World.FS.
func OSFS() afero.Fs { return storage.OS() }

// ReplaceFile makes data the content of a file, whole or not at all, whatever
// happens to the machine meanwhile: for what a program keeps from run to run, such
// as a piece cache. What the file had before becomes the generation before, for
// ReadGenerations. Missing directories are made. There may be one writer at a
// time. When it returns nil, all of it is durable.
func ReplaceFile(fsys afero.Fs, path string, data []byte) error {
	return storage.ReplaceFile(fsys, path, data)
}

// ReadGenerations gives the content of a file that ReplaceFile has written, of at
// most limit bytes, to accept, which says what is wrong with it; if something is,
// or the file is missing, then that of the generation before. damage is what was
// wrong on the way; it is nil if there is nothing to read at all.
func ReadGenerations(fsys afero.Fs, path string, limit int64, accept func(data []byte) error) (damage error) {
	return storage.ReadGenerations(fsys, path, limit, accept)
}

// HashFiles returns the piece hashes of files put together in the given order,
// for making a torrent. progress, unless nil, is told the bytes hashed so far.
func HashFiles(fsys afero.Fs, paths []string, lengths []int64, pieceLength int64, workers int, progress func(done int64)) ([]metainfo.Hash, error) {
	return storage.HashFiles(fsys, paths, lengths, pieceLength, workers, progress)
}

// MoveFiles moves what there is of a torrent from one directory to another, as
// Torrent.Move does, for a torrent that no client has at the time. Piece caches
// stay valid. Both directories must be absolute. If ctx ends before the files have
// moved, that is an error, and they stay. To find them moved already, by an attempt
// that did not live to tell, is none. An error that is ErrLeftBehind says that they
// have moved, and why some could not be deleted where they were.
func MoveFiles(ctx context.Context, fsys afero.Fs, meta *metainfo.MetaInfo, from, to string) error {
	files, err := storage.Open(fsys, from, &meta.Info, storage.Options{})
	if err != nil {
		return err
	}
	if err := files.Recover(); err != nil || files.Dir() == filepath.Clean(to) {
		return cmp.Or(err, leftBehind(files))
	}
	stamps, err := files.Stamps()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(stamps, func(s storage.Stamp) bool { return s.Exists }) {
		return fmt.Errorf("%s: nothing of it is in %s: %w", meta.Info.Name, from, fs.ErrNotExist)
	}
	mover, err := files.BeginMove(to)
	for done := false; err == nil && !done; {
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), mover.Abort())
		}
		done, err = mover.Step()
	}
	return cmp.Or(err, leftBehind(files))
}

// ErrLeftBehind is of moves: all is in the new place, but not all could be deleted
// in the old one. It is tried again when the files are next opened.
var ErrLeftBehind = errors.New("some of the old files are still there")

func leftBehind(files *storage.Store) error {
	if err := files.Leftover(); err != nil {
		return fmt.Errorf("%w: %w", ErrLeftBehind, err)
	}
	return nil
}

// Verify checks every piece of a torrent against what is in dir, on several
// goroutines, and changes nothing there. each is told the result of each piece,
// in any order, one at a time. A missing file is no error: its pieces are not
// right. It ends early when ctx does.
func Verify(ctx context.Context, fsys afero.Fs, dir string, meta *metainfo.MetaInfo, workers int, each func(piece int, ok bool)) error {
	// Files of priority 0 are read where they exist, and never made or changed.
	untouched := make([]int, len(meta.Info.Files))
	files, err := storage.Open(fsys, dir, &meta.Info, storage.Options{Priorities: untouched, LookOnly: true})
	if err != nil {
		return err
	}
	present, err := files.Prepare()
	if err != nil {
		return err
	}
	var (
		mu     sync.Mutex
		failed error
		next   atomic.Int64
		alive  sync.WaitGroup
	)
	check := func() {
		for ctx.Err() == nil {
			p := int(next.Add(1) - 1)
			if p >= meta.Info.NumPieces() {
				return
			}
			ok := false
			var err error
			if present.Has(p) {
				ok, err = files.Check(p)
			}
			if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			mu.Lock()
			failed = errors.Join(failed, err)
			if err == nil {
				each(p, ok)
			}
			mu.Unlock()
		}
	}
	for range workers {
		alive.Go(check)
	}
	alive.Wait()
	return errors.Join(failed, ctx.Err(), files.Close())
}
