package sockets

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bt/transport"
)

// hooks is a Handler of functions; what is nil is ignored.
type hooks struct {
	opened   func()
	received func([]byte)
	sent     func(int)
	closed   func(error)
}

func (h *hooks) Opened() {
	if h.opened != nil {
		h.opened()
	}
}

func (h *hooks) Received(p []byte) {
	if h.received != nil {
		h.received(p)
	}
}

func (h *hooks) Sent(n int) {
	if h.sent != nil {
		h.sent(n)
	}
}

func (h *hooks) Closed(err error) {
	if h.closed != nil {
		h.closed(err)
	}
}

// listenLoopback lets every stream have the Handler that handler returns.
func listenLoopback(t testing.TB, n *Network, handler func(transport.Stream) transport.Handler) netip.AddrPort {
	t.Helper()
	bound, _, err := n.Listen(netip.MustParseAddrPort("127.0.0.1:0"), handler)
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

func TestCloseNetwork(t *testing.T) {
	n := newNetwork(t)
	var opened atomic.Int32
	ends := make(chan error, 10)
	handler := func() transport.Handler {
		return &hooks{opened: func() { opened.Add(1) }, closed: func(err error) { ends <- err }}
	}
	bound := listenLoopback(t, n, func(transport.Stream) transport.Handler { return handler() })
	for range 3 {
		n.Dial(bound, handler())
	}
	if !wait(func() bool { return opened.Load() == 6 }) {
		t.Fatal("streams do not open")
	}
	n.Close()
	if len(ends) != 6 {
		t.Errorf("%d of 6 streams are closed after Network.Close", len(ends))
	}
	for range len(ends) {
		// An end may have heard of the other one first.
		if err := <-ends; err != nil && !errors.Is(err, transport.ErrRemoteClosed) {
			t.Errorf("Closed(%v)", err)
		}
	}

	n.Dial(bound, handler()).Send([]byte("dropped"))
	if err := <-ends; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Dial after Network.Close: Closed(%v)", err)
	}
	if _, _, err := n.Listen(bound, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Listen after Network.Close: %v", err)
	}
	if _, err := n.ListenPacket(bound, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("ListenPacket after Network.Close: %v", err)
	}
}

// TestAcceptGoesOn lets accepting fail for a while, by way of a deadline on the
// socket, as it does when the process is out of file descriptors.
func TestAcceptGoesOn(t *testing.T) {
	var log lockedBuffer
	n := New(Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	t.Cleanup(n.Close)
	accepted := make(chan struct{}, 1)
	bound := listenLoopback(t, n, func(transport.Stream) transport.Handler {
		accepted <- struct{}{}
		return new(hooks)
	})
	var l *listener
	for c := range n.open {
		l = c.(*listener)
	}
	_ = l.tcp.SetDeadline(longAgo)
	n.Dial(bound, new(hooks))
	time.Sleep(4 * backoffMin)
	// Pauses of 1, 2 and 4 times backoffMin: two or three attempts by now.
	if tries := strings.Count(log.String(), "cannot accept"); tries == 0 || tries > 4 {
		t.Errorf("%d attempts to accept, want a few:\n%s", tries, log.String())
	}
	_ = l.tcp.SetDeadline(time.Time{})
	<-accepted
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// TestIdleStreamsHoldNoBuffer opens streams that have received something and
// then wait.
func TestIdleStreamsHoldNoBuffer(t *testing.T) {
	const streams = 200
	heap := func() int64 {
		runtime.GC()
		runtime.GC() // a pool keeps its victims for one more
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	n := newNetwork(t)
	var received atomic.Int32
	bound := listenLoopback(t, n, func(transport.Stream) transport.Handler {
		return &hooks{received: func([]byte) { received.Add(1) }}
	})
	for range streams {
		n.Dial(bound, new(hooks)).Send([]byte("hello"))
	}
	if !wait(func() bool { return received.Load() >= streams }) {
		t.Fatal("streams do not open")
	}
	// Two ends each; were each end to hold a chunk, this were 100 MiB.
	if grown := heap() - before; grown > 2*streams*readChunk/20 {
		t.Errorf("%d idle streams hold %d bytes", streams, grown)
	}
}

// TestLastWordsAfterWriteError lets a remote end speak and go, with a reset,
// while we are busy with what it said before. We then write to it and fail; all
// the same, its last words are delivered.
func TestLastWordsAfterWriteError(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems may drop what was received when a reset comes")
	}
	lastWords := strings.Repeat("farewell", 5000) // fits into the buffers of the system
	sent, greeted, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	addr := servePeer(t, func(conn net.Conn) {
		defer close(gone)
		<-sent
		_, _ = conn.Write([]byte("x"))
		<-greeted
		_, _ = conn.Write([]byte(lastWords))
		_ = conn.Close() // a reset, because of what was sent and not read
	})

	n := newNetwork(t)
	var (
		s     transport.Stream
		got   []byte
		ended = make(chan error, 1)
	)
	h := &hooks{
		sent: func(int) { close(sent) },
		received: func(p []byte) {
			if got = append(got, p...); len(got) > 1 {
				return
			}
			close(greeted)
			<-gone
			s.Send([]byte("are you there?"))
			time.Sleep(20 * time.Millisecond) // the writer fails meanwhile
		},
		closed: func(err error) { ended <- err },
	}
	s = n.Dial(addr, h)
	s.Send([]byte("never read")) // no call of h uses s before this
	if err := <-ended; !errors.Is(err, transport.ErrReset) {
		t.Errorf("Closed(%v), want %v", err, transport.ErrReset)
	}
	if string(got) != "x"+lastWords {
		t.Errorf("received %d bytes, want %d", len(got), 1+len(lastWords))
	}
}

// TestCloseAfterFailure wants our own Close to count as long as nothing else
// was told.
func TestCloseAfterFailure(t *testing.T) {
	sent := make(chan struct{})
	addr := servePeer(t, func(conn net.Conn) {
		<-sent
		_ = conn.Close()
	})
	n := newNetwork(t)
	var s transport.Stream
	ended := make(chan error, 1)
	s = n.Dial(addr, &hooks{
		sent: func(int) {
			close(sent)
			failed := func() bool {
				st := s.(*stream)
				st.mu.Lock()
				defer st.mu.Unlock()
				return st.ended
			}
			if !wait(failed) {
				t.Error("the remote end's close goes unnoticed")
			}
			s.Close()
		},
		closed: func(err error) { ended <- err },
	})
	s.Send([]byte("x")) // no call of the Handler uses s before this
	if err := <-ended; err != nil {
		t.Errorf("Closed(%v) after our own Close", err)
	}
}

// servePeer lets talk have the first connection that comes to addr.
func servePeer(t *testing.T, talk func(net.Conn)) (addr netip.AddrPort) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		if conn, err := ln.Accept(); err == nil {
			talk(conn)
		}
	}()
	return ln.Addr().(*net.TCPAddr).AddrPort()
}

// TestCloseWithFullSocket wants Close to drop what the network does not take,
// and to be prompt about it.
func TestCloseWithFullSocket(t *testing.T) {
	n := newNetwork(t)
	bound := listenLoopback(t, n, func(s transport.Stream) transport.Handler {
		s.PauseReads(true)
		return new(hooks)
	})
	var sent atomic.Int64
	ended := make(chan error, 1)
	s := n.Dial(bound, &hooks{sent: func(n int) { sent.Add(int64(n)) }, closed: func(err error) { ended <- err }})
	s.Send(make([]byte, 128<<20))
	for before := int64(-1); sent.Load() != before; time.Sleep(50 * time.Millisecond) {
		before = sent.Load()
	}
	start := time.Now()
	s.Close()
	if err := <-ended; err != nil {
		t.Errorf("Closed(%v)", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("Close took %v", took)
	}
}
