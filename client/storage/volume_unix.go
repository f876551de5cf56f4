//go:build unix

package storage

import (
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// volume is the number of the device that a directory is on, as stat(2) has it.
func volume(dir string) (string, error) {
	fi, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return "", &fs.PathError{Op: "stat", Path: dir, Err: syscall.ENOTSUP}
	}
	return strconv.FormatUint(uint64(st.Dev), 16), nil
}
