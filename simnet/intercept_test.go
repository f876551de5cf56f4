package simnet_test

import (
	"bytes"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

// onlyFrom intercepts what host 0 sends; everything else passes.
func (w *world) onlyFrom(f simnet.Interceptor) {
	w.Intercept(func(p simnet.Passage) simnet.Verdict {
		if p.From != w.hosts[0] {
			return simnet.Verdict{N: len(p.Data)}
		}
		return f(p)
	})
}

// byByte decides over each byte on its own, by its place in the direction.
func byByte(f func(offset int64) simnet.Verdict) simnet.Interceptor {
	return func(p simnet.Passage) simnet.Verdict {
		v := f(p.Offset)
		v.N = 1
		return v
	}
}

func TestInterceptDrops(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.onlyFrom(byByte(func(at int64) simnet.Verdict {
		if at >= 3 && at < 5 {
			return simnet.Verdict{Do: simnet.Drop}
		}
		return simnet.Verdict{}
	}))
	a, b := w.connect(0, 1)
	a.send([]byte("0123456789"))
	b.send([]byte("back"))
	w.run(time.Second)
	if got := b.got.String(); got != "01256789" {
		t.Errorf("received %q", got)
	}
	if a.sent != 10 || a.got.String() != "back" {
		t.Errorf("%d bytes left, %q came back", a.sent, a.got.String())
	}
	if lost := w.Totals().Lost; lost != 2 {
		t.Errorf("%d bytes lost, want 2", lost)
	}
	a.close()
	w.drain()
	w.wantClosed(b, transport.ErrRemoteClosed)
	wantNothingLeft(t, w)
}

// TestInterceptResets breaks a stream at each of its bytes: what was before has
// arrived, nothing after.
func TestInterceptResets(t *testing.T) {
	for at := int64(1); at < 12; at++ {
		w := newWorld(t, 1, tenMs, tenMs)
		w.onlyFrom(byByte(func(offset int64) simnet.Verdict {
			if offset == at-1 {
				return simnet.Verdict{Do: simnet.Reset}
			}
			return simnet.Verdict{}
		}))
		a, b := w.connect(0, 1)
		a.send([]byte("01234"))
		w.run(time.Second)
		a.send([]byte("56789"))
		w.drain()
		if got, want := b.got.String(), "0123456789"[:min(at, 10)]; got != want {
			t.Errorf("reset at byte %d: received %q", at, got)
		}
		if at <= 10 {
			w.wantClosed(a, transport.ErrReset)
			w.wantClosed(b, transport.ErrReset)
			wantNothingLeft(t, w)
		}
	}
}

func TestInterceptResetsBeforeTheFirstByte(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.onlyFrom(func(simnet.Passage) simnet.Verdict { return simnet.Verdict{Do: simnet.Reset} })
	a, b := w.connect(0, 1)
	a.send(text(100))
	w.drain()
	w.wantClosed(a, transport.ErrReset)
	w.wantClosed(b, transport.ErrReset)
	if b.got.Len() != 0 {
		t.Errorf("%d bytes were received", b.got.Len())
	}
	wantNothingLeft(t, w)
}

// TestInterceptHolds: an interceptor that wants to see lines, whole, gets them,
// however they are cut; the rest goes on when the stream is closed.
func TestInterceptHolds(t *testing.T) {
	link := tenMs
	link.MaxWrite = 3
	w := newWorld(t, 1, link, link)
	var lines []string
	w.onlyFrom(func(p simnet.Passage) simnet.Verdict {
		i := bytes.IndexByte(p.Data, '\n')
		if i < 0 {
			return simnet.Verdict{Do: simnet.Hold}
		}
		lines = append(lines, string(p.Data[:i]))
		return simnet.Verdict{N: i + 1}
	})
	a, b := w.connect(0, 1)
	a.send([]byte("first\nsecond\nthird"))
	w.run(time.Second)
	if got := b.got.String(); got != "first\nsecond\n" || len(lines) != 2 || lines[1] != "second" {
		t.Errorf("received %q; lines seen %q", got, lines)
	}
	if got := w.Totals().InFlight; got != 5 {
		t.Errorf("%d bytes are on their way, want the 5 that are held", got)
	}
	a.close()
	w.drain()
	if got := b.got.String(); got != "first\nsecond\nthird" {
		t.Errorf("in the end: %q", got)
	}
	wantNothingLeft(t, w)
}

func TestInterceptHeldBytesAreLostWithTheStream(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.onlyFrom(func(simnet.Passage) simnet.Verdict { return simnet.Verdict{Do: simnet.Hold} })
	a, _ := w.connect(0, 1)
	a.send(text(100))
	w.run(time.Second)
	w.ResetStreams(w.hosts[0], w.hosts[1])
	w.drain()
	if lost := w.Totals().Lost; lost != 100 {
		t.Errorf("%d bytes lost", lost)
	}
	wantNothingLeft(t, w)
}

func TestInterceptDelays(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.onlyFrom(func(p simnet.Passage) simnet.Verdict {
		v := simnet.Verdict{N: 1}
		if p.Offset == 1 {
			v.Delay = time.Second
		}
		return v
	})
	a, b := w.connect(0, 1)
	began := w.Now()
	var at []time.Duration
	b.onReceived = func([]byte) { at = append(at, w.Now().Sub(began)) }
	a.send([]byte("abc"))
	w.run(5 * time.Second)
	if len(at) != 3 || at[0] > 30*time.Millisecond || at[1] < time.Second || at[2] < time.Second || b.got.String() != "abc" {
		t.Errorf("arrived at %v: %q", at, b.got.String())
	}
}

// TestInterceptPasses: with an interceptor that only looks, the run is the same.
func TestInterceptPasses(t *testing.T) {
	run := func(f simnet.Interceptor) uint64 {
		link := simnet.LinkConfig{Up: 1 << 20, Down: 1 << 19, Latency: 10 * time.Millisecond, Jitter: 5 * time.Millisecond}
		w := newWorld(t, 7, link, link, link)
		w.Intercept(f)
		for _, to := range []int{0, 1} {
			a, b := w.connect(2, to)
			a.send(text(300_000))
			b.send(text(100_000))
		}
		w.run(10 * time.Second)
		return w.Hash()
	}
	looked := 0
	with := run(func(p simnet.Passage) simnet.Verdict { looked += len(p.Data); return simnet.Verdict{N: len(p.Data)} })
	if without := run(nil); with != without || looked != 800_000 {
		t.Errorf("hash %x, without interceptor %x; %d bytes seen", with, without, looked)
	}
}

// TestInterceptSlowReceiver: dropping and holding must not leave the senders
// waiting for room at the receiver's link.
func TestInterceptSlowReceiver(t *testing.T) {
	slow := simnet.LinkConfig{Down: 10_000, Latency: time.Millisecond}
	w := newWorld(t, 1, tenMs, slow, tenMs)
	w.onlyFrom(byByte(func(at int64) simnet.Verdict {
		if at%2 == 0 {
			return simnet.Verdict{Do: simnet.Drop}
		}
		return simnet.Verdict{}
	}))
	a, b := w.connect(0, 1)
	c, d := w.connect(2, 1)
	a.send(text(200_000))
	c.send(text(200_000))
	w.drain()
	if b.got.Len() != 100_000 || d.got.Len() != 200_000 {
		t.Errorf("received %d and %d bytes", b.got.Len(), d.got.Len())
	}
	if load := w.hosts[1].Load(); load != 0 {
		t.Errorf("a load of %d bytes is left", load)
	}
}
