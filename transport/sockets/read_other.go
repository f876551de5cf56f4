//go:build !windows

package sockets

import (
	"net"
	"syscall"

	"bt/transport"
)

// chunkReader reads into a buffer that it takes when the socket is about to be
// read, and gives back when there was nothing to read yet: the wait for bytes
// needs no memory, and a read no second system call.
type chunkReader struct {
	raw  syscall.RawConn
	size func() int            // of the next read; 0: there may be none now
	try  func(fd uintptr) bool // kept, so that a read allocates nothing

	placer  transport.Placer // nil if the handler is none
	vectors vectors

	buf    chunk // nil unless read has returned bytes in it
	n      int
	placed int // bytes that were read to where the placer has said
	err    error
}

func newChunkReader(conn *net.TCPConn, h transport.Handler, size func() int) (*chunkReader, error) {
	raw, err := conn.SyscallConn()
	r := &chunkReader{raw: raw, size: size}
	r.try = r.tryRead
	if canScatter {
		r.placer, _ = h.(transport.Placer)
	}
	return r, err
}

// read waits for bytes and returns them, or none at the end of the stream. They
// are valid until release. errHeld: there may be bytes, and none may be read. Bytes
// that the placer has found a place for are in placed, and none is returned.
func (r *chunkReader) read() ([]byte, error) {
	if err := r.raw.Read(r.try); err != nil {
		return nil, err
	}
	if r.err != nil {
		return nil, r.err
	}
	if r.buf == nil {
		return nil, nil // the end, or placed
	}
	return r.buf[:r.n], nil
}

// tryRead says false when the socket has nothing, to be called again when it
// may have.
func (r *chunkReader) tryRead(fd uintptr) bool {
	size := r.size()
	if size == 0 {
		r.n, r.err = 0, errHeld
		return true
	}
	// A rate limit wants small reads, which are not worth it.
	if r.placer != nil && size == readChunk {
		if bufs := r.placer.Place(); len(bufs) > 0 {
			return r.tryPlace(fd, bufs)
		}
	}
	r.buf = chunks.Get().(chunk)
	for {
		r.n, r.err = syscall.Read(int(fd), r.buf[:size])
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

// tryPlace is tryRead into buffers of the placer. If nothing comes, they are given
// back at once: an idle stream holds none.
func (r *chunkReader) tryPlace(fd uintptr, bufs [][]byte) bool {
	r.n = 0
	if r.placed, r.err = r.vectors.scatter(fd, bufs); r.placed == 0 {
		r.placer.Placed(0)
	}
	return r.err != syscall.EAGAIN
}

// release gives back what read has returned.
func (r *chunkReader) release() {
	r.placed = 0
	if r.buf != nil {
		chunks.Put(r.buf)
		r.buf = nil
	}
}
