package metainfo

import (
	"errors"
	"fmt"
)

// The two ways in which a .torrent file can be bad, for errors.Is. Every error of Parse is one of them.
var (
	// ErrBencode: the bytes are damaged, or were never a .torrent file.
	ErrBencode = errors.New("malformed bencoding")
	// ErrInvalid: the bencoding is sound, but what it says is no usable torrent.
	ErrInvalid = errors.New("invalid torrent")
)

// SyntaxError says where the bencoding breaks. It is an ErrBencode.
type SyntaxError struct {
	Offset int    // bytes from the beginning of the file
	What   string // what is wrong there
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("torrent: byte %d: %s", e.Offset, e.What) }

// Is makes a SyntaxError an ErrBencode.
func (e *SyntaxError) Is(target error) bool { return target == ErrBencode }

// FieldError says which field of the torrent cannot be used. It is an ErrInvalid.
type FieldError struct {
	Field string // for instance info.files[3].path[1]; empty: the torrent as a whole
	What  string // what is wrong with it
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return "torrent: " + e.What
	}
	return "torrent: " + e.Field + ": " + e.What
}

// Is makes a FieldError an ErrInvalid.
func (e *FieldError) Is(target error) bool { return target == ErrInvalid }

func invalid(field, format string, args ...any) error {
	return &FieldError{field, fmt.Sprintf(format, args...)}
}
