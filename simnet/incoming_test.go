package simnet_test

import (
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

func TestIgnore(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.hosts[1].SetIncoming(simnet.Ignore)
	a, _ := w.dial(0, 1)
	w.drain()
	w.wantClosed(a, transport.ErrDialTimeout)
	wantNothingLeft(t, w)
}

// TestHalfOpen: the dial succeeds, bytes are taken, and nobody is there.
func TestHalfOpen(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.hosts[1].SetIncoming(simnet.HalfOpen)
	a, b := w.dial(0, 1)
	a.send(text(5 * mib))
	w.run(time.Hour)
	if a.opened.IsZero() || a.closed || a.got.Len() > 0 || a.sent != 5*mib || !b.opened.IsZero() {
		t.Fatalf("opened %v, closed %v, %d bytes back, %d taken, accepted %v", a.opened, a.closed, a.got.Len(), a.sent, b.opened)
	}
	if n := w.hosts[1].OpenStreams(); n != 0 {
		t.Errorf("its program has %d streams", n)
	}
	w.hosts[1].SetIncoming(simnet.Accept)
	w.next[w.hosts[1]] = nil
	w.connect(0, 1)
	if a.closed {
		t.Error("the shell has ended")
	}
	a.close()
	other, _ := w.dial(1, 0)
	w.run(time.Second)
	w.wantClosed(a, nil)
	if n := w.hosts[1].OpenStreams(); n != 2 || other.opened.IsZero() {
		t.Errorf("its program has %d streams", n)
	}
	if lost := w.Totals().Lost; lost != 5*mib {
		t.Errorf("%d bytes were lost", lost)
	}
}

// TestDialHeldForTheDead: a dial that a partition holds back until its host is
// dead finds nobody, whatever that host did with dials while it lived.
func TestDialHeldForTheDead(t *testing.T) {
	for _, how := range []simnet.Incoming{simnet.Accept, simnet.Refuse, simnet.Ignore, simnet.HalfOpen} {
		w := newWorld(t, 1, tenMs, tenMs)
		wire := countWire(w.Internet)
		w.hosts[1].SetIncoming(how)
		cut := w.Partition(w.hosts[:1], w.hosts[1:])
		a, _ := w.dial(0, 1)
		w.run(time.Second)
		w.hosts[1].Kill()
		cut.Heal()
		w.drain()
		w.wantClosed(a, transport.ErrDialTimeout)
		for _, p := range wire.problems() {
			t.Errorf("%d: %s", how, p)
		}
		wantNothingLeft(t, w)
	}
}

func TestHalfOpenKilled(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.hosts[1].SetIncoming(simnet.HalfOpen)
	a, _ := w.dial(0, 1)
	w.run(time.Second)
	w.hosts[1].Kill()
	w.hosts[1].Restart()
	a.send([]byte("hello?"))
	w.drain()
	w.wantClosed(a, transport.ErrReset)
	wantNothingLeft(t, w)
}

func TestLimitIncoming(t *testing.T) {
	for beyond, want := range map[simnet.Incoming]error{
		simnet.Refuse: transport.ErrRefused,
		simnet.Ignore: transport.ErrDialTimeout,
	} {
		w := newWorld(t, 1, tenMs, tenMs)
		w.hosts[1].LimitIncoming(2, beyond)
		w.connect(1, 0) // what it dials does not count
		a, _ := w.connect(0, 1)
		w.connect(0, 1)
		c, _ := w.dial(0, 1)
		w.run(time.Minute)
		w.wantClosed(c, want)
		a.close()
		w.run(time.Second)
		w.next[w.hosts[1]] = nil
		w.connect(0, 1)
		w.hosts[1].LimitIncoming(0, simnet.Accept)
		w.connect(0, 1)
	}
}

func TestRemoveAddr(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	mover := w.hosts[1]
	if _, _, err := mover.Net().Listen(addrPort("0.0.0.0:80"), func(s transport.Stream) transport.Handler {
		p := w.program()
		p.stream = s
		return p
	}); err != nil {
		t.Fatal(err)
	}
	talks, far := w.connect(0, 1)
	waits, _ := w.connect(0, 1)
	dialled, _ := w.dial(1, 0)
	mover.RemoveAddr(mover.Addr())
	mover.RemoveAddr(addrPort("10.0.0.1:1").Addr()) // not its own
	moved := w.Now()
	talks.send([]byte("hello?"))
	w.run(time.Second)
	w.wantClosed(far, simnet.ErrAddrGone)
	w.wantClosed(dialled, simnet.ErrAddrGone)
	if talks.closed || waits.closed {
		t.Fatal("the other side knows at once")
	}
	nobody := w.program()
	nobody.stream = w.hosts[0].Net().Dial(addrPort("10.0.0.2:80"), nobody)
	alone := w.program()
	alone.stream = mover.Net().Dial(addrPort("10.0.0.1:6881"), alone)
	w.run(time.Second)
	w.wantClosed(nobody, transport.ErrUnreachable)
	w.wantClosed(alone, transport.ErrUnreachable)

	mover.AddAddr(addrPort("10.0.1.2:0").Addr())
	a := w.program()
	a.stream = w.hosts[0].Net().Dial(addrPort("10.0.1.2:80"), a)
	b := w.program()
	b.stream = mover.Net().Dial(addrPort("10.0.0.1:6881"), b)
	w.run(time.Second)
	if a.opened.IsZero() || b.opened.IsZero() || b.stream.LocalAddr().Addr() != mover.Addr() {
		t.Errorf("at the new address: %v and %v", a.opened, b.opened)
	}
	w.run(simnet.KeepaliveTimeout)
	w.wantClosed(talks, simnet.ErrTimeout)
	w.wantClosed(waits, simnet.ErrTimeout)
	near(t, "noticing with bytes unacknowledged", talks.ended.Sub(moved), simnet.StallTimeout, time.Second)
	near(t, "noticing by keepalive", waits.ended.Sub(moved), simnet.KeepaliveTimeout, time.Second)
	if a.closed || b.closed {
		t.Error("the new address suffers for the old one")
	}
}

func TestSetClock(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	h, other := w.hosts[0], w.hosts[1]
	off := func() time.Duration { return h.Clock().Now().Sub(w.Now()) }
	if off() != 0 || !h.ClockSetAt().IsZero() {
		t.Error("the clock is wrong from the start")
	}
	fired := time.Duration(0)
	h.At(10*time.Second, func() { fired = w.Now().Sub(simnet.Epoch) })
	set := w.Now()
	h.SetClock(-24*time.Hour, 0)
	w.run(20 * time.Second)
	if off() != -24*time.Hour || fired != 10*time.Second || !h.ClockSetAt().Equal(set) {
		t.Errorf("the clock is off by %v, the timer fired after %v", off(), fired)
	}
	h.SetClock(time.Hour, -100)
	w.run(10_000 * time.Second)
	if got, want := off(), time.Hour-time.Second; got != want || h.ClockOffset() != want {
		t.Errorf("after the drift the clock is off by %v, want %v", got, want)
	}
	if !other.Clock().Now().Equal(w.Now()) || h.Clock().Since(w.Now()) != off() || h.Clock().Until(w.Now()) != -off() {
		t.Error("another clock is wrong too, or Since and Until do not follow")
	}
}
