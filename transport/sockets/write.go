package sockets

import (
	"net"
	"time"
)

// What one system call writes at most. More would report Sent too seldom, and
// let the stream run dry while its owner waits for it; a system takes no more
// than 1024 buffers at once.
const (
	writeBytesMax = 256 << 10
	writeBufsMax  = 1024
)

// writeLoop sends what is queued until the stream ends or writing fails.
func (s *stream) writeLoop() error {
	var batch [][]byte
	for {
		if batch = s.nextBatch(batch[:0]); len(batch) == 0 {
			return nil
		}
		if err := s.write(batch); err != nil {
			return err
		}
	}
}

// nextBatch waits for bytes to send; there are none once the stream has ended.
func (s *stream) nextBatch(dst [][]byte) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.queue.empty() && !s.ended {
		s.work.Wait()
	}
	if s.ended {
		return dst
	}
	return s.queue.take(dst, writeBytesMax, writeBufsMax)
}

// write sends a batch, in one system call as far as the socket takes it, and
// tells how much has left, also when it fails half-way.
func (s *stream) write(batch [][]byte) error {
	s.outgoing = batch
	n, err := s.outgoing.WriteTo(s.conn)
	if n > 0 {
		s.tell(func() { s.handler.Sent(int(n)) })
	}
	return err
}

// flushWait bounds the last writes after Close. They mean to take only what the
// socket accepts at once, so this is nothing but the time of a slow scheduler.
const flushWait = 50 * time.Millisecond

// flush gives what was queued before Close to the system, if that takes it
// without waiting: the last message usually says why we close.
func (s *stream) flush() {
	s.mu.Lock()
	last, closed := s.queue, s.closed
	s.queue = sendQueue{}
	s.mu.Unlock()
	if !closed {
		return
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(flushWait))
	for !last.empty() {
		batch := net.Buffers(last.take(nil, writeBytesMax, writeBufsMax))
		if _, err := batch.WriteTo(s.conn); err != nil {
			return
		}
	}
}

// sendQueue holds the buffers that are still to be sent, in order.
type sendQueue struct {
	bufs [][]byte
	head int // bufs[:head] have left
}

func (q *sendQueue) empty() bool { return q.head == len(q.bufs) }

// push appends bufs, without the empty ones.
func (q *sendQueue) push(bufs [][]byte) {
	// Move down rather than grow, when that makes much room: each buffer then
	// moves once on average.
	if len(q.bufs)+len(bufs) > cap(q.bufs) && q.head >= len(q.bufs)/2 {
		n := copy(q.bufs, q.bufs[q.head:])
		clear(q.bufs[n:])
		q.bufs, q.head = q.bufs[:n], 0
	}
	for _, b := range bufs {
		if len(b) > 0 {
			q.bufs = append(q.bufs, b)
		}
	}
}

// take moves the first buffers to dst, as many as fit; it splits the last one
// when that is too large.
func (q *sendQueue) take(dst [][]byte, bytesMax, bufsMax int) [][]byte {
	for room := bytesMax; room > 0 && bufsMax > len(dst) && !q.empty(); {
		b := q.bufs[q.head]
		if len(b) > room {
			dst = append(dst, b[:room])
			q.bufs[q.head] = b[room:]
			break
		}
		dst = append(dst, b)
		room -= len(b)
		q.bufs[q.head] = nil // it is no longer ours to keep alive
		q.head++
	}
	if q.empty() {
		q.bufs, q.head = q.bufs[:0], 0
	}
	return dst
}
