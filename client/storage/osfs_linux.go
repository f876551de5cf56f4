package storage

import (
	"errors"
	"io"
	"io/fs"
	"math/bits"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
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

// gatherVectors are the arguments of pwritev.
var gatherVectors = sync.Pool{New: func() any { return new([gatherMax]syscall.Iovec) }}

// WriteGathered implements GatherWriter by pwritev(2), of which package syscall
// knows the number only.
func (f osFile) WriteGathered(bufs [][]byte, off int64) (int, error) {
	vectors := gatherVectors.Get().(*[gatherMax]syscall.Iovec)
	defer func() {
		clear(vectors[:]) // the buffers are not ours to keep
		gatherVectors.Put(vectors)
	}()
	count := min(len(bufs), gatherMax)
	for i, b := range bufs[:count] {
		vectors[i].Base = &b[0]
		vectors[i].SetLen(len(b))
	}
	// The offset comes in two halves of a word each, of which the second one is
	// empty where a word holds all of it.
	const wordBits = bits.UintSize
	n, _, errno := syscall.Syscall6(syscall.SYS_PWRITEV, f.Fd(), uintptr(unsafe.Pointer(vectors)), uintptr(count),
		uintptr(off), uintptr(uint64(off)>>(wordBits/2)>>(wordBits/2)), 0)
	runtime.KeepAlive(f.File)
	if errno != 0 {
		return 0, &fs.PathError{Op: "write", Path: f.Name(), Err: errno}
	}
	return int(n), nil
}
