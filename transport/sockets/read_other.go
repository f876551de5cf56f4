//go:build !windows

package sockets

import (
	"net"
	"syscall"
)

// chunkReader reads into a buffer that it takes when the socket is about to be
// read, and gives back when there was nothing to read yet: the wait for bytes
// needs no memory, and a read no second system call.
type chunkReader struct {
	raw syscall.RawConn
	try func(fd uintptr) bool // kept, so that a read allocates nothing

	buf chunk // nil unless read has returned bytes in it
	n   int
	err error
}

func newChunkReader(conn *net.TCPConn) (*chunkReader, error) {
	raw, err := conn.SyscallConn()
	r := &chunkReader{raw: raw}
	r.try = r.tryRead
	return r, err
}

// read waits for bytes and returns them, or none at the end of the stream. They
// are valid until release.
func (r *chunkReader) read() ([]byte, error) {
	if err := r.raw.Read(r.try); err != nil {
		return nil, err
	}
	if r.err != nil {
		return nil, r.err
	}
	return r.buf[:r.n], nil
}

// tryRead says false when the socket has nothing, to be called again when it
// may have.
func (r *chunkReader) tryRead(fd uintptr) bool {
	r.buf = chunks.Get().(chunk)
	for {
		r.n, r.err = syscall.Read(int(fd), r.buf[:])
		if r.err != syscall.EINTR {
			break
		}
	}
	if r.err == syscall.EAGAIN {
		r.release()
		return false
	}
	return true
}

func (r *chunkReader) release() {
	if r.buf != nil {
		chunks.Put(r.buf)
		r.buf = nil
	}
}
