package sockets

import (
	"errors"
	"io"
	"sync"
	"time"

	"bt/transport"
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
	r, err := newChunkReader(s.conn, s.handler, s.readSize)
	for err == nil && s.awaitResume() {
		var p []byte
		p, err = r.read()
		switch {
		case len(p) > 0:
			s.tell(func() { s.handler.Received(p) })
		case r.placed > 0:
			s.tellPlaced(r.placed)
		case errors.Is(err, errHeld):
			err = nil
		case err == nil:
			err = io.EOF
		}
		r.release()
	}
	if err != nil {
		s.readFailed(err)
	}
}

// tellPlaced is tell for bytes that lie where the Handler has said. It hears of an
// end in any case, since it has the stream's buffers to take back.
func (s *stream) tellPlaced(n int) {
	placer := s.handler.(transport.Placer)
	told := false
	s.tell(func() {
		told = true
		placer.Placed(n)
	})
	if !told {
		placer.Placed(0)
	}
}

// errHeld says that reads were paused while the reader waited for bytes. They
// have come, and lie in the socket.
var errHeld = errors.New("reads are paused")

// readSize is how many bytes may be read now, 0 while reads are paused. It is
// asked when there are bytes: whoever waits for some may wait for long, and has
// to hear of a pause that has begun meanwhile.
func (s *stream) readSize() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.paused:
		return 0
	case s.readMost > 0:
		return min(s.readMost, readChunk)
	}
	return readChunk
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
