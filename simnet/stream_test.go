package simnet_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// near wants got within slack of want.
func near(t *testing.T, what string, got, want, slack time.Duration) {
	t.Helper()
	if got < want-slack || got > want+slack {
		t.Errorf("%s took %v, want %v ± %v", what, got, want, slack)
	}
}

func TestHandshakeTakesOneRoundTrip(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{Latency: 10 * time.Millisecond}, simnet.LinkConfig{Latency: 30 * time.Millisecond})
	a, b := w.connect(0, 1)
	if got := b.opened.Sub(simnet.Epoch); got != 40*time.Millisecond {
		t.Errorf("listener opened after %v", got)
	}
	if got := a.opened.Sub(simnet.Epoch); got != 80*time.Millisecond {
		t.Errorf("dialer opened after %v", got)
	}
	before := w.Now()
	b.send([]byte("x"))
	w.RunWhile(func() bool { return a.got.Len() == 0 })
	if got := w.Now().Sub(before); got != 40*time.Millisecond {
		t.Errorf("a byte took %v", got)
	}
}

func TestRates(t *testing.T) {
	const size = mib
	for name, c := range map[string]struct {
		from, to simnet.LinkConfig
		want     time.Duration
	}{
		"up":       {simnet.LinkConfig{Up: 128 * kib}, simnet.LinkConfig{}, 8 * time.Second},
		"down":     {simnet.LinkConfig{}, simnet.LinkConfig{Down: 128 * kib}, 8 * time.Second},
		"slower":   {simnet.LinkConfig{Up: 128 * kib}, simnet.LinkConfig{Down: 64 * kib}, 16 * time.Second},
		"odd":      {simnet.LinkConfig{Up: 99_991}, simnet.LinkConfig{Down: 1 << 30}, size * time.Second / 99_991},
		"infinite": {simnet.LinkConfig{}, simnet.LinkConfig{}, 0},
		"long fat": {simnet.LinkConfig{Up: 100 * mib, Latency: time.Second}, simnet.LinkConfig{Down: 100 * mib}, time.Second + 10*time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1, c.from, c.to)
			a, b := w.connect(0, 1)
			start, data := w.Now(), text(size)
			a.send(data)
			w.RunWhile(func() bool { return b.got.Len() < size })
			near(t, "the transfer", w.Now().Sub(start), c.want, time.Second/8)
			if !bytes.Equal(b.got.Bytes(), data) {
				t.Error("the bytes differ")
			}
			if w.run(0); a.sent != size {
				t.Errorf("sent %d", a.sent)
			}
		})
	}
}

// TestLongFatPipe shows that the window does not bound what the links can carry.
func TestLongFatPipe(t *testing.T) {
	link := simnet.LinkConfig{Up: 100 * mib, Down: 100 * mib, Latency: 50 * time.Millisecond}
	w := newWorld(t, 1, link, link)
	a, b := w.connect(0, 1)
	start := w.Now()
	a.send(make([]byte, 100*mib))
	w.RunWhile(func() bool { return b.got.Len() < 100*mib })
	near(t, "the transfer", w.Now().Sub(start), 1100*time.Millisecond, 20*time.Millisecond)
}

func TestUplinkIsSharedFairly(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{Up: 256 * kib}, simnet.LinkConfig{}, simnet.LinkConfig{}, simnet.LinkConfig{})
	var far []*program
	for i := 1; i <= 3; i++ {
		a, b := w.connect(0, i)
		a.send(make([]byte, i*2*mib)) // who sends more gets no more
		far = append(far, b)
	}
	w.run(12 * time.Second)
	for i, b := range far {
		if got := b.got.Len(); got < mib-2*16*kib || got > mib+2*16*kib {
			t.Errorf("stream %d got %d bytes, want about %d", i, got, mib)
		}
	}
}

func TestDownlinkIsSharedFairly(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{Down: 256 * kib}, simnet.LinkConfig{}, simnet.LinkConfig{}, simnet.LinkConfig{})
	var near []*program
	for i := 1; i <= 3; i++ {
		a, b := w.connect(i, 0)
		a.send(make([]byte, 4*mib))
		near = append(near, b)
	}
	w.run(12 * time.Second)
	for i, b := range near {
		if got := b.got.Len(); got < mib-6*16*kib || got > mib+6*16*kib {
			t.Errorf("stream %d got %d bytes, want about %d", i, got, mib)
		}
	}
}

// TestSlowDownlinkStaysResponsive wants a short message to overtake the bulk of
// other streams: they wait at their senders, not in front of the link.
func TestSlowDownlinkStaysResponsive(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{Down: 256 * kib}, simnet.LinkConfig{}, simnet.LinkConfig{})
	for range 20 {
		a, _ := w.connect(1, 0)
		a.send(make([]byte, 4*mib))
	}
	a, b := w.connect(2, 0)
	w.run(5 * time.Second)
	start := w.Now()
	a.send([]byte("choke"))
	w.RunWhile(func() bool { return b.got.Len() == 0 })
	// The queue in front of the link, and one quantum of every stream before.
	if got := w.Now().Sub(start); got > 2500*time.Millisecond {
		t.Errorf("took %v", got)
	}
}

func TestPauseBoundsMemory(t *testing.T) {
	const total = 8 * mib
	w := newWorld(t, 1, simnet.LinkConfig{Latency: time.Millisecond}, simnet.LinkConfig{})
	a, b := w.connect(0, 1)
	b.pause(true)
	data := text(total)
	a.send(data)
	w.run(time.Minute)
	if a.sent != mib || b.got.Len() != 0 {
		t.Errorf("sent %d and received %d bytes while paused, want one window and none", a.sent, b.got.Len())
	}
	if got := w.Totals().InFlight; got != mib {
		t.Errorf("%d bytes in flight", got)
	}
	b.onReceived = func([]byte) { // pauses again in the middle
		if b.got.Len() == 48*kib {
			b.pause(true)
		}
	}
	b.pause(false)
	w.run(time.Minute)
	if b.got.Len() != 48*kib {
		t.Errorf("received %d bytes, want those until the second pause", b.got.Len())
	}
	b.pause(false)
	w.run(time.Minute)
	if !bytes.Equal(b.got.Bytes(), data) || a.sent != total {
		t.Errorf("sent %d, received %d bytes", a.sent, b.got.Len())
	}
}

func TestMaxRead(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{}, simnet.LinkConfig{MaxRead: 1})
	a, b := w.connect(0, 1)
	data := text(40 * kib)
	b.onReceived = func([]byte) {
		if b.got.Len()%100 == 0 && b.got.Len() <= 300 {
			b.pause(true)
		}
	}
	a.send(data)
	for i := range 3 {
		w.run(time.Second)
		if want := 100 * (i + 1); b.got.Len() != want {
			t.Errorf("%d bytes came in spite of the pause at %d", b.got.Len(), want)
		}
		b.pause(false)
	}
	w.run(time.Second)
	if !bytes.Equal(b.got.Bytes(), data) || slices.Max(b.reads) != 1 {
		t.Errorf("%d bytes, reads of up to %d", b.got.Len(), slices.Max(b.reads))
	}
}

func TestMaxWrite(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{MaxWrite: 100}, simnet.LinkConfig{})
	a, b := w.connect(0, 1)
	a.send(text(250))
	w.drain()
	if !slices.Equal(b.reads, []int{100, 100, 50}) {
		t.Errorf("reads: %v", b.reads)
	}
}

// TestSentFreesBuffers overwrites every buffer once Sent has reported it.
func TestSentFreesBuffers(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{Up: mib, Latency: time.Second}, simnet.LinkConfig{})
	a, b := w.connect(0, 1)
	data := text(100 * kib)
	mine := bytes.Clone(data)
	at := 0
	a.onSent = func(n int) {
		clear(mine[at : at+n])
		at += n
	}
	a.send(mine)
	w.drain()
	if !bytes.Equal(b.got.Bytes(), data) {
		t.Error("bytes changed after Sent were delivered")
	}
}

func TestJitterKeepsOrder(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{Up: mib, Jitter: time.Second}, simnet.LinkConfig{Jitter: time.Second})
	a, b := w.connect(0, 1)
	data := text(200 * kib)
	a.send(data)
	w.drain()
	if !bytes.Equal(b.got.Bytes(), data) {
		t.Error("the bytes are out of order")
	}
}

func TestSetLinkMidway(t *testing.T) {
	for name, set := range map[string]func(w *world, l simnet.LinkConfig){
		"up":   func(w *world, l simnet.LinkConfig) { w.hosts[0].SetLink(l) },
		"down": func(w *world, l simnet.LinkConfig) { w.hosts[1].SetLink(l) },
	} {
		t.Run(name, func(t *testing.T) {
			slow := simnet.LinkConfig{Up: 1, Down: 1}
			w := newWorld(t, 1, simnet.LinkConfig{}, simnet.LinkConfig{})
			set(w, slow)
			a, b := w.connect(0, 1)
			a.send(text(100))
			w.run(10500 * time.Millisecond)
			if got := b.got.Len(); got < 9 || got > 11 {
				t.Fatalf("%d bytes after ten seconds at one byte per second", got)
			}
			set(w, simnet.LinkConfig{Up: mib, Down: mib})
			w.run(10 * time.Millisecond)
			if b.got.Len() != 100 {
				t.Errorf("%d bytes after the link became fast", b.got.Len())
			}
		})
	}
}

func TestClose(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{Up: 64 * kib, Latency: 500 * time.Millisecond}, simnet.LinkConfig{})
	a, b := w.connect(0, 1)
	a.send(text(64 * kib))
	w.run(550 * time.Millisecond) // four quanta of 8 KiB have left, most are on the way
	a.close()
	a.send([]byte("too late"))
	if a.closed {
		t.Error("closed within Close")
	}
	w.drain()
	w.wantClosed(a, nil)
	w.wantClosed(b, transport.ErrRemoteClosed)
	if a.sent != 32*kib || b.got.Len() != 32*kib {
		t.Errorf("sent %d, received %d bytes; what is in flight arrives, what is queued does not", a.sent, b.got.Len())
	}
	wantNothingLeft(t, w)
}

// wantNothingLeft is for the end, when all is closed.
func wantNothingLeft(t *testing.T, w *world) {
	t.Helper()
	for _, h := range w.hosts {
		if h.OpenStreams() != 0 || h.PendingTimers() != 0 {
			t.Errorf("%s: %d streams and %d timers are left", h.Name(), h.OpenStreams(), h.PendingTimers())
		}
	}
	if got := w.Totals().InFlight; got != 0 {
		t.Errorf("%d bytes in flight", got)
	}
}

func TestSendToClosedIsReset(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{Latency: time.Second}, simnet.LinkConfig{})
	a, b := w.connect(0, 1)
	b.pause(true) // so that it does not notice the end
	a.close()
	w.run(10 * time.Second)
	if b.closed {
		t.Fatal("the end was noticed during a pause")
	}
	b.send([]byte("hello?"))
	w.drain()
	w.wantClosed(b, transport.ErrReset)
	wantNothingLeft(t, w)
}

func TestEverythingFromInsideHandlers(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{}, simnet.LinkConfig{})
	a, b := w.dial(0, 1)
	a.onOpened = func() { a.send(text(100)) }
	b.onOpened = func() { b.pause(true); b.pause(false); b.send([]byte("hello")) }
	b.onReceived = func([]byte) { b.send(text(10)); b.close(); b.close(); b.pause(false) }
	a.onClosed = func(error) { a.send(text(1)); a.close(); a.pause(false) }
	w.drain()
	w.wantClosed(b, nil)
	w.wantClosed(a, transport.ErrRemoteClosed)
}

func TestListenAndStop(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{}, simnet.LinkConfig{})
	h := w.hosts[1]
	_, _, err := h.Net().Listen(addrPort("10.0.0.2:6881"), nil)
	if !errors.Is(err, transport.ErrAddrInUse) {
		t.Errorf("second listener: %v", err)
	}
	if _, _, err := h.Net().Listen(addrPort("10.0.0.1:6881"), nil); err == nil {
		t.Error("listens on the address of another host")
	}
}
