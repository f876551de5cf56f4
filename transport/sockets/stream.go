package sockets

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"bt/transport"
)

// stream implements transport.Stream. Its own goroutine dials, opens, writes,
// and at last tells Closed; a second one reads.
//
// Two locks: calls is held while the Handler runs, mu while the fields below it
// are used, and never while the Handler runs. So a Handler may call any method.
type stream struct {
	remote  netip.AddrPort
	handler transport.Handler // set before the stream starts
	calls   sync.Mutex

	mu         sync.Mutex
	work       sync.Cond          // wakes the writer: the queue has bytes, or the stream has ended
	resumed    sync.Cond          // wakes the reader: reads go on, or the stream ends
	cancelDial context.CancelFunc // nil for an accepted stream
	conn       *net.TCPConn       // nil until the stream opens
	local      netip.AddrPort
	queue      sendQueue
	paused     bool
	readMost   int   // bytes of one Received; 0: readChunk
	closed     bool  // by our own Close: the Handler hears no more than Closed(nil)
	ended      bool  // closed or failed: nothing more is read, sent or queued
	err        error // why it ended
	writeErr   error // writing has failed; what has arrived is still read

	outgoing net.Buffers // of the write under way; a field, so that a write allocates nothing
}

var _ transport.Stream = (*stream)(nil)

func newStream(remote netip.AddrPort) *stream {
	s := &stream{remote: remote}
	s.work.L, s.resumed.L = &s.mu, &s.mu
	return s
}

// Dial implements transport.Network. How many attempts are under way is the
// caller's affair.
func (n *Network) Dial(addr netip.AddrPort, h transport.Handler) transport.Stream {
	s := newStream(plain(addr))
	s.handler = h
	ctx, cancel := context.WithTimeout(context.Background(), transport.DialTimeout)
	s.cancelDial = cancel
	run := func() {
		defer cancel()
		conn, err := dial(ctx, s.remote)
		if err != nil {
			s.end(err)
		} else {
			s.attach(conn)
		}
		s.run()
	}
	if !n.start(s, run) {
		s.end(errNetworkClosed)
		go s.run() // it has nothing left to do but to tell Closed
	}
	return s
}

func dial(ctx context.Context, addr netip.AddrPort) (*net.TCPConn, error) {
	dialer := net.Dialer{KeepAlive: noKeepAlive}
	conn, err := dialer.DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return nil, dialError(err)
	}
	return conn.(*net.TCPConn), nil
}

// Send implements transport.Stream.
func (s *stream) Send(bufs ...[]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.writeErr != nil {
		return
	}
	s.queue.push(bufs)
	s.work.Signal()
}

// PauseReads implements transport.Stream.
func (s *stream) PauseReads(pause bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = pause
	s.resumed.Signal()
}

// LimitReads implements transport.Stream.
func (s *stream) LimitReads(most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readMost = max(most, 0)
}

// Close implements transport.Stream. It returns at once; flush gives the last
// bytes a chance.
func (s *stream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.endLocked(nil)
}

// LocalAddr implements transport.Stream.
func (s *stream) LocalAddr() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.local
}

// RemoteAddr implements transport.Stream.
func (s *stream) RemoteAddr() netip.AddrPort { return s.remote }

// attach gives the stream its connection. One that was closed during the dial
// has to close it all the same.
func (s *stream) attach(conn *net.TCPConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn, s.local = conn, plain(conn.LocalAddr().(*net.TCPAddr).AddrPort())
}

// run carries the stream from Opened to Closed.
func (s *stream) run() {
	if s.conn != nil {
		s.tell(s.handler.Opened)
		var reading sync.WaitGroup
		reading.Go(s.readLoop)
		if err := s.writeLoop(); err == nil {
			s.flush()
		} else if s.writeFailed(err) {
			reading.Wait()
		}
		_ = s.conn.Close() // its error would be one that we know already
		reading.Wait()
	}
	s.handler.Closed(s.reason()) // no other goroutine is left to call the Handler
}

// reason is the error for Closed. Our own Close wins even when it came after a
// failure that the Handler has not been told yet.
func (s *stream) reason() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	return s.err
}

// tell makes one call of the Handler, unless we have closed the stream.
func (s *stream) tell(call func()) {
	s.calls.Lock()
	defer s.calls.Unlock()
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if !closed {
		call()
	}
}

// end stops both loops. The first reason counts.
func (s *stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(err)
}

func (s *stream) endLocked(err error) {
	if s.ended {
		return
	}
	s.ended, s.err = true, err
	if s.cancelDial != nil {
		s.cancelDial()
	}
	if s.conn != nil {
		_ = s.conn.SetDeadline(longAgo) // wakes whoever waits in a read or write
	}
	s.work.Signal()
	s.resumed.Signal()
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)
