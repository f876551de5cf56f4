package client

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/spf13/afero"

	"bt/client/metainfo"
	"bt/client/storage"
)

// OSFS returns the filesystem of the operating system, for World.FS.
func OSFS() afero.Fs { return storage.OS() }

// HashFiles returns the piece hashes of files put together in the given order,
// for making a torrent. progress, unless nil, is told the bytes hashed so far.
func HashFiles(fsys afero.Fs, paths []string, lengths []int64, pieceLength int64, workers int, progress func(done int64)) ([]metainfo.Hash, error) {
	return storage.HashFiles(fsys, paths, lengths, pieceLength, workers, progress)
}

// Verify checks every piece of a torrent against what is in dir, on several
// goroutines, and changes nothing there. each is told the result of each piece,
// in any order, one at a time. A missing file is no error: its pieces are not
// right. It ends early when ctx does.
func Verify(ctx context.Context, fsys afero.Fs, dir string, meta *metainfo.MetaInfo, workers int, each func(piece int, ok bool)) error {
	// Files of priority 0 are read where they exist, and never made or changed.
	untouched := make([]int, len(meta.Info.Files))
	files, err := storage.Open(fsys, dir, &meta.Info, storage.Options{Priorities: untouched})
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
