package transporttest

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"

	"bt/transport"
)

// recorder is a Handler that notes what it is told and checks what holds for
// every stream: calls never overlap, Opened comes first and once, Closed last
// and once, and after our own Close nothing else comes.
type recorder struct {
	name string
	busy atomic.Bool // inside a call

	// Hooks are called from inside the Handler's methods, without the lock.
	onOpened   func(transport.Stream)
	onReceived func(transport.Stream, []byte)
	onSent     func(transport.Stream, int)

	mu         sync.Mutex
	stream     transport.Stream
	opened     bool
	closed     bool
	err        error // of Closed
	got        []byte
	deliveries int // calls of Received
	received   int // bytes
	sent       int // bytes
	hushed     bool
	faults     []string
}

// recorder returns one whose faults fail the test at its end.
func (s *suite) recorder(name string) *recorder {
	r := &recorder{name: name}
	s.t.Cleanup(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, f := range r.faults {
			s.t.Errorf("%s: %s", r.name, f)
		}
	})
	return r
}

// dial holds the lock during Dial: a Handler that were called from inside it
// would stand still here, and one called by another goroutine waits for stream.
func (r *recorder) dial(n transport.Network, to netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream = n.Dial(to, r)
}

func (r *recorder) adopt(st transport.Stream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream = st
}

// send, like close and pause, holds the lock for the same reason as dial.
func (r *recorder) send(bufs ...[]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream.Send(bufs...)
}

func (r *recorder) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream.Close()
}

func (r *recorder) pause(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream.PauseReads(on)
}

func (r *recorder) limit(most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream.LimitReads(most)
}

// hush is called inside a hook that closed the stream: from here on, even a
// call that another goroutine had under way would have overlapped.
func (r *recorder) hush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hushed = true
}

func (r *recorder) Opened() {
	defer r.enter("Opened")()
	r.mu.Lock()
	if r.opened {
		r.faultLocked("Opened twice")
	}
	r.opened = true
	st := r.stream
	r.mu.Unlock()
	if r.onOpened != nil {
		r.onOpened(st)
	}
}

func (r *recorder) Received(p []byte) {
	defer r.enter("Received")()
	r.mu.Lock()
	r.needOpenLocked("Received")
	if len(p) == 0 {
		r.faultLocked("Received without a byte")
	}
	r.deliveries++
	r.received += len(p)
	if r.onReceived == nil {
		r.got = append(r.got, p...)
	}
	st := r.stream
	r.mu.Unlock()
	if r.onReceived != nil {
		r.onReceived(st, p)
	}
}

func (r *recorder) Sent(n int) {
	defer r.enter("Sent")()
	r.mu.Lock()
	r.needOpenLocked("Sent")
	if n <= 0 {
		r.faultLocked(fmt.Sprintf("Sent(%d)", n))
	}
	r.sent += n
	st := r.stream
	r.mu.Unlock()
	if r.onSent != nil {
		r.onSent(st, n)
	}
}

func (r *recorder) Closed(err error) {
	defer r.enter("Closed")()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hushed && err != nil {
		r.faultLocked(fmt.Sprintf("Closed(%v) after our own Close", err))
	}
	r.closed, r.err = true, err
}

// enter notes overlapping calls and calls after Closed; it yields, to give
// another goroutine the chance to be caught.
func (r *recorder) enter(call string) (leave func()) {
	if !r.busy.CompareAndSwap(false, true) {
		r.fault(call + " while another call was under way")
	}
	runtime.Gosched()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		r.faultLocked(call + " after Closed")
	}
	return func() { r.busy.Store(false) }
}

func (r *recorder) needOpenLocked(call string) {
	if !r.opened {
		r.faultLocked(call + " before Opened")
	}
	if r.hushed {
		r.faultLocked(call + " after our own Close")
	}
}

func (r *recorder) fault(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faultLocked(text)
}

// faultLocked keeps the first few: one broken rule tends to be broken often.
func (r *recorder) faultLocked(text string) {
	const faultsMax = 5
	if len(r.faults) < faultsMax {
		r.faults = append(r.faults, text)
	}
}

// state returns a consistent copy of what was noted so far.
func (r *recorder) state() state {
	r.mu.Lock()
	defer r.mu.Unlock()
	return state{
		opened: r.opened, closed: r.closed, err: r.err, got: r.got[:len(r.got):len(r.got)],
		deliveries: r.deliveries, received: r.received, sent: r.sent,
	}
}

type state struct {
	opened, closed             bool
	err                        error
	got                        []byte // empty when the recorder has a hook for Received
	deliveries, received, sent int
}

func (r *recorder) isOpen() bool   { return r.state().opened }
func (r *recorder) isClosed() bool { return r.state().closed }

// awaitClosed waits for Closed and wants its error to be one of those given;
// nil is our own Close.
func (s *suite) awaitClosed(r *recorder, want ...error) {
	s.t.Helper()
	s.await(r.name+" is closed", r.isClosed)
	err := r.state().err
	for _, w := range want {
		if errors.Is(err, w) {
			return
		}
	}
	s.t.Errorf("%s: Closed(%v), want one of %v", r.name, err, want)
}
