package scenarios

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/afero"

	"bt/simnet/simfs"
)

// errorGrace is how long a client has to tell of an error of its disk, or to try
// again with success: as long as a round of the choker, and more than it takes to
// close files that many jobs are working on.
const errorGrace = 10 * time.Second

// closeGrace is the same for closing a file to make room for another. What was lost by
// it is told with the next sync, before which none of it counts as durable.
const closeGrace = 30*time.Second + errorGrace

// errorWatch is D7: no error of the disk is passed over in silence. Each one is
// told of: FileFailed, and then the torrent is stopped, DiskWaits, and then it
// waits, ReadFailed, SyncFailed or FileChanged. Or what has failed is done again
// and succeeds.
type errorWatch struct {
	open    []diskError
	told    instant // when the user was last told of an error that stops the torrent
	waiting bool    // for the disk, and the user knows
	since   instant // when that began, if so
	waits   int     // how often it did
	before  time.Duration
	count   int
}

// waited is how long the client has waited for its disk in all.
func (e *errorWatch) waited(now instant) time.Duration {
	if e.waiting {
		return e.before + now.Sub(e.since)
	}
	return e.before
}

// diskError is one operation that has failed, and not been made good.
type diskError struct {
	op, path string
	err      error
	at       instant
}

// failed notes that an operation of the client's has failed.
func (w *watched) failed(op, path string, err error) {
	e := diskError{op, path, err, w.o.now()}
	// What was under way when the torrent was stopped for an error, and fails too, is
	// not told again: nor need it be when the user starts the torrent within the grace.
	if !w.stoppedForError() {
		w.errors.open = append(w.errors.open, e)
	}
	w.errors.count++
	w.disk.moveAgain(w)
	if op == simfs.OpSync.String() {
		w.durable.syncFailed(w.o.truth.meta.Info.NumPieces())
	}
	grace := errorGrace
	if op == simfs.OpClose.String() {
		grace = closeGrace
	}
	w.o.later(grace, func() { w.checkErrors(e.at) })
}

// succeeded makes good what has failed before.
func (w *watched) succeeded(op, path string) {
	if len(w.errors.open) == 0 {
		return
	}
	kept := w.errors.open[:0]
	for _, e := range w.errors.open {
		if e.op != op || e.path != path {
			kept = append(kept, e)
		}
	}
	w.errors.open = kept
}

// handleFileFailed: the user knows of all that has failed so far.
func (w *watched) handleFileFailed() {
	w.errors.told = w.o.now()
	w.handleFailure()
}

// handleDiskNews: the same, and the torrent goes on, or waits for the disk.
func (w *watched) handleDiskNews(waiting bool) {
	now := w.o.now()
	if e := &w.errors; waiting != e.waiting {
		e.before = e.waited(now)
		if e.waiting, e.since = waiting, now; waiting {
			e.waits++
		}
	}
	w.handleFailure()
}

// handleFailure: the client says that something has failed. Not all of that was seen: a
// look at a file may have failed, or to close one that was only read.
func (w *watched) handleFailure() {
	w.errors.count++
	w.waste.unsettle()
	w.disk.moveAgain(w)
	w.buffers.held = 0
	w.errors.open = w.errors.open[:0]
}

// checkErrors looks for what has failed at a time or before. Whoever was told that
// the torrent has stopped for it, or waits, is not told again of each thing that
// fails meanwhile.
func (w *watched) checkErrors(by instant) {
	if !w.alive() || w.jobs > 0 && !w.isClosed {
		return // what is under way may still make it good; finish looks again
	}
	stopped := w.stoppedForError()
	kept := w.errors.open[:0]
	for _, e := range w.errors.open {
		switch closing := e.op == simfs.OpClose.String(); {
		case e.at.After(by), closing && w.alive() && !w.isClosed && w.o.now().Sub(e.at) < closeGrace:
			kept = append(kept, e)
		case !stopped && !w.errors.waiting:
			w.o.violation(e.at, "D7", w.name, "%s of %s has failed, and nobody is told: %v", e.op, e.path, e.err)
		}
	}
	w.errors.open = kept
}

// stoppedForError says that the torrent has stopped for an error that the user was
// told of, and was not started since.
func (w *watched) stoppedForError() bool {
	return !w.errors.told.IsZero() && !w.errors.told.Before(w.stateAt)
}

// knowsUnreadable says that n bytes of a file are of pieces that could not be read, as
// the user was told: that is not told again until they are had anew, by who looks
// whether they can be read after all.
func (w *watched) knowsUnreadable(name string, off, n int64) bool {
	f := w.disk.files[name]
	if f == nil || n == 0 {
		return false
	}
	length := w.o.truth.meta.Info.PieceLength
	begin, end := f.begin+off, min(f.begin+off+n, f.end)
	for p := begin / length; p*length < end; p++ {
		if !w.unread.has(int(p)) {
			return false
		}
	}
	return begin < end
}

// eyes is the disk of a client as it sees it, with the oracles looking on. It
// changes nothing, and is not used by what the program around the client keeps.
type eyes struct {
	*simfs.FS
	who *watched // nil until the client is watched
}

// saw tells the oracles how an operation has ended. What is not there, or is
// there already, is an answer and no error.
func (x *eyes) saw(op, path string, err error) {
	switch {
	case x.who == nil || x.who.retired:
	case err == nil:
		x.who.succeeded(op, path)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrClosed), errors.Is(err, io.EOF):
	case errors.Is(err, syscall.EXDEV), errors.Is(err, syscall.ENOTEMPTY): // answers too: copy, leave it
	default:
		x.who.failed(op, path, err)
	}
}

// OpenFile implements afero.Fs.
func (x *eyes) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	f, err := x.FS.OpenFile(name, flag, perm)
	return x.opened(name, f, err)
}

// Open implements afero.Fs.
func (x *eyes) Open(name string) (afero.File, error) {
	f, err := x.FS.Open(name)
	return x.opened(name, f, err)
}

// Create implements afero.Fs.
func (x *eyes) Create(name string) (afero.File, error) {
	f, err := x.FS.Create(name)
	return x.opened(name, f, err)
}

func (x *eyes) opened(name string, f afero.File, err error) (afero.File, error) {
	x.saw("open", name, err)
	if err != nil {
		return f, err
	}
	if x.who != nil {
		x.who.opened(name)
	}
	return &eyedFile{File: f, eyes: x, path: name}, nil
}

// MkdirAll implements afero.Fs.
func (x *eyes) MkdirAll(name string, perm os.FileMode) error {
	err := x.FS.MkdirAll(name, perm)
	x.saw("mkdir", name, err)
	return err
}

// Rename implements afero.Fs.
func (x *eyes) Rename(from, to string) error {
	err := x.FS.Rename(from, to)
	x.saw("rename", from, err)
	return err
}

// Remove implements afero.Fs.
func (x *eyes) Remove(name string) error {
	err := x.FS.Remove(name)
	isFile := func(f simfs.FileStat) bool { return f.Path == name }
	if err != nil && !slices.ContainsFunc(x.FS.Files(), isFile) {
		return err // an empty directory that stays is no loss, and nothing cannot be removed
	}
	x.saw("remove", name, err)
	return err
}

// SyncDir implements simfs.DirSyncer.
func (x *eyes) SyncDir(name string) error {
	err := x.FS.SyncDir(name)
	x.saw("sync", name, err)
	return err
}

// eyedFile is an open file of it.
type eyedFile struct {
	afero.File
	eyes  *eyes
	path  string
	wrote bool // something was written through it
}

// ReadAt implements afero.File.
func (f *eyedFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	if err == nil || f.eyes.who == nil || !f.eyes.who.knowsUnreadable(f.path, off, int64(len(p))) {
		f.eyes.saw("read", f.path, err)
	}
	return n, err
}

// WriteAt implements afero.File.
func (f *eyedFile) WriteAt(p []byte, off int64) (int, error) {
	f.wrote = true
	n, err := f.File.WriteAt(p, off)
	f.eyes.saw("write", f.path, err)
	return n, err
}

// Truncate implements afero.File.
func (f *eyedFile) Truncate(size int64) error {
	err := f.File.Truncate(size)
	f.eyes.saw("truncate", f.path, err)
	return err
}

// Sync implements afero.File.
func (f *eyedFile) Sync() error {
	err := f.File.Sync()
	f.eyes.saw("sync", f.path, err)
	return err
}

// Close implements afero.File. Whether it succeeds, the file is closed.
func (f *eyedFile) Close() error {
	err := f.File.Close()
	if f.eyes.who != nil && !errors.Is(err, fs.ErrClosed) {
		f.eyes.who.released()
	}
	if err == nil || f.wrote { // else nothing can be lost by it
		f.eyes.saw("close", f.path, err)
	}
	return err
}

// NextData implements simfs.DataSeeker.
func (f *eyedFile) NextData(off int64) (int64, error) {
	return f.File.(simfs.DataSeeker).NextData(off)
}
