package storage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

var (
	// ErrClosed is returned by every call that needs files outside of the time
	// between Prepare and Close.
	ErrClosed = errors.New("storage is not open")
	// ErrSymlink says that a component below the download directory is a
	// symbolic link. Following it could lead outside.
	ErrSymlink = errors.New("symbolic link below the download directory")
	// ErrNotFile says that something else than a regular file stands where a
	// file of the torrent belongs.
	ErrNotFile = errors.New("not a regular file")
)

// Error is what every failing call of this package returns. It unwraps to the
// cause, so errors.Is(err, syscall.ENOSPC) works.
type Error struct {
	Op    string // what was attempted: "write", "read", "sync", …
	Path  string // the file or directory concerned, may be empty
	Piece int    // -1 when no piece is concerned
	Err   error
}

// Error names the operation, the path and the piece.
func (e *Error) Error() string {
	msg := e.Op
	if e.Path != "" {
		msg += " " + e.Path
	}
	if e.Piece >= 0 {
		msg += fmt.Sprintf(" (piece %d)", e.Piece)
	}
	return msg + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// noPiece stands in Error.Piece when the operation concerns no piece.
const noPiece = -1

// wrap makes err an *Error, once: of what already is one, only a missing piece
// is filled in, since the innermost call knows best which path failed.
func wrap(op, path string, piece int, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok {
		if e.Piece == noPiece {
			e.Piece = piece
		}
		return e
	}
	// The standard library's wrappers would say operation and path a second time.
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	} else if le, ok := errors.AsType[*os.LinkError](err); ok {
		err = le.Err
	}
	return &Error{Op: op, Path: path, Piece: piece, Err: err}
}

// isAbsent tells bytes that are not there from bytes that could not be read.
func isAbsent(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, fs.ErrNotExist)
}
