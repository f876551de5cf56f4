package storage

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// seekData is SEEK_DATA of lseek(2): "Adjust the file offset to the next
// location in the file greater than or equal to offset containing data."
const seekData = 3

func nextData(f *os.File, off int64) (int64, error) {
	data, err := f.Seek(off, seekData)
	switch {
	case errors.Is(err, syscall.ENXIO): // no data from off to the end
		return 0, io.EOF
	case errors.Is(err, syscall.EINVAL): // the filesystem does not know SEEK_DATA
		return 0, errors.ErrUnsupported
	default:
		return data, err
	}
}

func freeSpace(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	// Bavail leaves out what is reserved for root.
	return int64(st.Bavail) * int64(st.Bsize), nil
}
