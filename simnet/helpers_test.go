package simnet_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

// program is a Handler that notes what it is told.
type program struct {
	t      *testing.T
	net    *simnet.Internet
	stream transport.Stream

	inside bool // a call of the test or of another handler into the network is under way
	opened time.Time
	got    bytes.Buffer
	reads  []int
	sent   int
	sentAt []time.Time
	closed bool
	err    error
	ended  time.Time

	onOpened   func()
	onReceived func(p []byte)
	onSent     func(n int)
	onClosed   func(err error)
}

func (p *program) check(call string) {
	if p.inside {
		p.t.Errorf("%s from inside a call into the network", call)
	}
	if p.closed {
		p.t.Errorf("%s after Closed", call)
	}
}

func (p *program) Opened() {
	p.check("Opened")
	p.opened = p.net.Now()
	if p.onOpened != nil {
		p.onOpened()
	}
}

func (p *program) Received(b []byte) {
	p.check("Received")
	p.got.Write(b)
	p.reads = append(p.reads, len(b))
	if p.onReceived != nil {
		p.onReceived(b)
	}
}

func (p *program) Sent(n int) {
	p.check("Sent")
	p.sent += n
	p.sentAt = append(p.sentAt, p.net.Now())
	if p.onSent != nil {
		p.onSent(n)
	}
}

func (p *program) Closed(err error) {
	p.check("Closed")
	p.closed, p.err, p.ended = true, err, p.net.Now()
	if p.onClosed != nil {
		p.onClosed(err)
	}
}

// call does something to the stream; no Handler may be called meanwhile.
func (p *program) call(f func(s transport.Stream)) {
	was := p.inside
	p.inside = true
	f(p.stream)
	p.inside = was
}

func (p *program) send(b []byte) { p.call(func(s transport.Stream) { s.Send(b) }) }
func (p *program) close()        { p.call(func(s transport.Stream) { s.Close() }) }
func (p *program) pause(on bool) { p.call(func(s transport.Stream) { s.PauseReads(on) }) }

const port = 6881

// world is an internet with hosts that all listen on port.
type world struct {
	*simnet.Internet
	t     *testing.T
	hosts []*simnet.Host
	next  map[*simnet.Host][]*program // handlers for what these hosts accept

	byDialer map[string]*program // or for what comes from this address to this host
}

func newWorld(t *testing.T, seed uint64, links ...simnet.LinkConfig) *world {
	w := &world{Internet: simnet.New(seed), t: t, next: make(map[*simnet.Host][]*program)}
	for i, l := range links {
		h := w.NewHost(fmt.Sprintf("host%d", i), netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), l)
		w.hosts = append(w.hosts, h)
		w.listen(h)
	}
	t.Cleanup(func() { checkTotals(t, w.Internet) })
	return w
}

func (w *world) listen(h *simnet.Host) {
	w.t.Helper()
	_, _, err := h.Net().Listen(netip.AddrPortFrom(h.Addr(), port), func(s transport.Stream) transport.Handler {
		p := w.program()
		if known := w.byDialer[s.RemoteAddr().String()+h.Name()]; known != nil {
			p = known
		} else if q := w.next[h]; len(q) > 0 {
			p, w.next[h] = q[0], q[1:]
		}
		p.stream = s
		return p
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) program() *program { return &program{t: w.t, net: w.Internet} }

// dial lets host from dial host to; b is the handler at the far end.
func (w *world) dial(from, to int) (a, b *program) {
	a, b = w.program(), w.program()
	w.next[w.hosts[to]] = append(w.next[w.hosts[to]], b)
	a.inside = true
	a.stream = w.hosts[from].Net().Dial(netip.AddrPortFrom(w.hosts[to].Addr(), port), a)
	a.inside = false
	return a, b
}

// connect is dial until both ends are open.
func (w *world) connect(from, to int) (a, b *program) {
	w.t.Helper()
	a, b = w.dial(from, to)
	if !w.RunWhile(func() bool { return a.opened.IsZero() || b.opened.IsZero() }) {
		w.t.Fatal("the stream does not open")
	}
	return a, b
}

func (w *world) run(d time.Duration) { w.RunUntil(w.Now().Add(d)) }

// drain runs until nothing is left to happen.
func (w *world) drain() {
	for w.Step() {
	}
}

func text(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 >> 3)
	}
	return b
}

func (w *world) wantClosed(p *program, want error) {
	w.t.Helper()
	if !p.closed || p.err != want {
		w.t.Errorf("closed: %v, error: %v; want %v", p.closed, p.err, want)
	}
}
