//go:build !unix

package storage

import (
	"errors"
	"path/filepath"
)

// volume is the drive or share in front of a path: directories may be mounted on
// others, which then are full for themselves.
func volume(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if v := filepath.VolumeName(abs); v != "" {
		return v, nil
	}
	return "", errors.ErrUnsupported
}
