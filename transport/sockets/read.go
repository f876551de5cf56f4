package sockets

import (
	"io"
	"sync"
	"time"
)

// readChunk is how much one Received delivers at most: enough that the cost of
// a system call and of what the Handler does per call is small against copying,
// and little enough to stay in the cache of a core. BenchmarkStreams loses with
// half of it, and gains nothing with twice as much.
const readChunk = 128 << 10

// chunks are the buffers of all streams' readers. A reader holds one only while
// there are bytes in it, so thousands of idle streams hold none.
var chunks = sync.Pool{New: func() any { return new([readChunk]byte) }}

type chunk = *[readChunk]byte

// readLoop delivers what arrives until the stream ends.
func (s *stream) readLoop() {
	r, err := newChunkReader(s.conn)
	for err == nil && s.awaitResume() {
		var p []byte
		p, err = r.read()
		if len(p) > 0 {
			s.tell(func() { s.handler.Received(p) })
		} else if err == nil {
			err = io.EOF
		}
		r.release()
	}
	if err != nil {
		s.readFailed(err)
	}
}

// awaitResume waits while reads are paused, and says whether to go on.
func (s *stream) awaitResume() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.paused && !s.ended && s.writeErr == nil {
		s.resumed.Wait()
	}
	if s.paused && s.writeErr != nil {
		s.endLocked(s.writeErr)
	}
	return !s.ended
}

// readFailed ends the stream. When writing has failed before, that is why.
func (s *stream) readFailed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writeErr != nil {
		err = s.writeErr
	} else {
		err = streamError(err)
	}
	s.endLocked(err)
}

// drainWait bounds the reading after writing has failed. The system usually
// knows by then that the stream is dead and reads end without a wait.
const drainWait = time.Second

// writeFailed remembers why, and says whether to wait until the reader has
// delivered what has arrived: the other side's last words often say why it
// closed.
func (s *stream) writeFailed(err error) (drain bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false // most likely it failed because of that
	}
	s.writeErr = streamError(err)
	_ = s.conn.SetReadDeadline(time.Now().Add(drainWait))
	s.resumed.Signal()
	return true
}
