package sockets

import (
	"net"
	"syscall"

	"bt/transport"
)

// chunkReader waits with a read of zero bytes, which completes when there is
// something to read, and only then takes a buffer: an overlapped read would
// hold its buffer all the time.
type chunkReader struct {
	conn *net.TCPConn
	raw  syscall.RawConn
	size func() int            // of the next read; 0: there may be none now
	try  func(fd uintptr) bool // kept, so that a read allocates nothing

	placed int // always 0: what is read is delivered by Received
	waited bool
	buf    chunk // nil unless read has returned bytes in it
}

func newChunkReader(conn *net.TCPConn, _ transport.Handler, size func() int) (*chunkReader, error) {
	raw, err := conn.SyscallConn()
	r := &chunkReader{conn: conn, raw: raw, size: size}
	r.try = r.tryRead
	return r, err
}

// read waits for bytes and returns them. They are valid until release. errHeld:
// there may be bytes, and none may be read.
func (r *chunkReader) read() ([]byte, error) {
	r.waited = false
	if err := r.raw.Read(r.try); err != nil {
		return nil, err
	}
	size := r.size()
	if size == 0 {
		return nil, errHeld
	}
	r.buf = chunks.Get().(chunk)
	n, err := r.conn.Read(r.buf[:size])
	return r.buf[:n], err
}

// tryRead lets package net do its zero-byte read once.
func (r *chunkReader) tryRead(uintptr) bool {
	first := !r.waited
	r.waited = true
	return !first
}

func (r *chunkReader) release() {
	if r.buf != nil {
		chunks.Put(r.buf)
		r.buf = nil
	}
}
