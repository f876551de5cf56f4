package storage

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"syscall"
)

// ErrChanged says that somebody else has deleted, shortened or replaced a file
// since it was last read or written here.
var ErrChanged = errors.New("the file was changed by somebody else")

// IsFull says whether err means that there is no room, or that the quota is
// spent: later there may be, and nothing is broken.
func IsFull(err error) bool { return isErrno(err, fullErrnos) }

// IsTransient says whether the same call may succeed in a moment: no file handle
// was to be had, the call was interrupted, or moved only a part of the bytes.
func IsTransient(err error) bool {
	return errors.Is(err, io.ErrShortWrite) || isErrno(err, transientErrnos)
}

// IsSync says whether err is one of a sync: what was written since the last good one
// may be lost.
func IsSync(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Op == "sync"
}

// IsReadOnly says whether err means that a file may be read, and not written to:
// its filesystem was mounted so, or has become so after an error, or it is
// somebody else's.
func IsReadOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || isErrno(err, readOnlyErrnos)
}

// IsChanged says whether err means that bytes are not there which were: their
// file has been deleted, shortened or replaced.
func IsChanged(err error) bool { return errors.Is(err, ErrChanged) || isAbsent(err) }

// transientErrnos: of the system's memory and handles others have taken too much,
// or a signal has come at the wrong moment.
var transientErrnos = []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.EINTR, syscall.EAGAIN, syscall.ENOMEM}

func isErrno(err error, list []syscall.Errno) bool {
	return slices.ContainsFunc(list, func(e syscall.Errno) bool { return errors.Is(err, e) })
}
