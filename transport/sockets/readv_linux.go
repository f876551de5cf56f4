package sockets

import (
	"syscall"
	"unsafe"
)

// canScatter says that a read can fill several buffers.
const canScatter = true

// vectors is the memory of the arguments of scatter.
type vectors []syscall.Iovec

// scatter reads into the buffers, none of which is empty, one after the other, in
// one system call: readv(2). Package syscall knows its number only.
func (v *vectors) scatter(fd uintptr, bufs [][]byte) (n int, err error) {
	*v = (*v)[:0]
	for _, b := range bufs {
		iov := syscall.Iovec{Base: &b[0]}
		iov.SetLen(len(b))
		*v = append(*v, iov)
	}
	defer clear(*v) // the buffers are not ours to keep alive
	for {
		got, _, errno := syscall.Syscall(syscall.SYS_READV, fd, uintptr(unsafe.Pointer(unsafe.SliceData(*v))), uintptr(len(*v)))
		switch errno {
		case 0:
			return int(got), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
