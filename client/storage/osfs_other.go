//go:build !linux

package storage

import (
	"errors"
	"os"
)

// macOS has SEEK_DATA too, but only APFS answers it, and sparse files are rare
// there; elsewhere holes are hashed like all other bytes.
func nextData(*os.File, int64) (int64, error) { return 0, errors.ErrUnsupported }

func fileLimits(string) (int64, bool, error) { return 0, false, errors.ErrUnsupported }

func freeSpace(string) (int64, error) { return 0, errors.ErrUnsupported }
