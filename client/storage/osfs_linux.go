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

// msdosMagic is the type of FAT in statfs(2), and fatLongest what a file may have
// there: the directory has 32 bits for it.
const (
	msdosMagic = 0x4d44
	fatLongest = 1<<32 - 1
)

// readOnlyFlag is ST_RDONLY of statvfs(3).
const readOnlyFlag = 1

func fileLimits(dir string) (longest int64, readOnly bool, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false, err
	}
	if int64(st.Type) == msdosMagic {
		longest = fatLongest
	}
	return longest, int64(st.Flags)&readOnlyFlag != 0, nil
}

func freeSpace(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	// Bavail leaves out what is reserved for root.
	return int64(st.Bavail) * int64(st.Bsize), nil
}
