package simnet_test

import (
	"net/netip"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

func addrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

var tenMs = simnet.LinkConfig{Latency: 10 * time.Millisecond}

func TestDialFailures(t *testing.T) {
	for name, c := range map[string]struct {
		to      string
		prepare func(w *world)
		want    error
		after   time.Duration
	}{
		"nobody listens":   {"10.0.0.2:1", nil, transport.ErrRefused, 40 * time.Millisecond},
		"host refuses":     {"10.0.0.2:6881", func(w *world) { w.hosts[1].SetIncoming(simnet.Refuse) }, transport.ErrRefused, 40 * time.Millisecond},
		"no such host":     {"10.9.9.9:6881", nil, transport.ErrUnreachable, 20 * time.Millisecond},
		"no such family":   {"[2001:db8::2]:6881", func(w *world) { w.hosts[1].AddAddr(netip.MustParseAddr("2001:db8::2")) }, transport.ErrUnreachable, 20 * time.Millisecond},
		"host is dead":     {"10.0.0.2:6881", func(w *world) { w.hosts[1].Kill() }, transport.ErrDialTimeout, transport.DialTimeout},
		"cut off":          {"10.0.0.2:6881", func(w *world) { w.Partition(w.hosts[:1], w.hosts[1:]) }, transport.ErrDialTimeout, transport.DialTimeout},
		"restarted, empty": {"10.0.0.2:6881", func(w *world) { w.hosts[1].Kill(); w.hosts[1].Restart() }, transport.ErrRefused, 40 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1, tenMs, tenMs)
			if c.prepare != nil {
				c.prepare(w)
			}
			a := w.program()
			a.stream = w.hosts[0].Net().Dial(addrPort(c.to), a)
			a.send([]byte("hello"))
			w.drain()
			w.wantClosed(a, c.want)
			if got := a.ended.Sub(simnet.Epoch); !a.opened.IsZero() || got != c.after {
				t.Errorf("closed after %v, want %v", got, c.after)
			}
			wantNothingLeft(t, w)
		})
	}
}

func TestNilHandlerRefuses(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	_, _, err := w.hosts[1].Net().Listen(addrPort("10.0.0.2:1"), func(transport.Stream) transport.Handler { return nil })
	if err != nil {
		t.Fatal(err)
	}
	a := w.program()
	a.stream = w.hosts[0].Net().Dial(addrPort("10.0.0.2:1"), a)
	w.drain()
	w.wantClosed(a, transport.ErrRefused)
	wantNothingLeft(t, w)
}

func TestRefuseEnds(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.hosts[1].SetIncoming(simnet.Refuse)
	w.hosts[1].SetIncoming(simnet.Accept)
	w.connect(0, 1)
}

func TestResetStreams(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs, tenMs)
	a, b := w.connect(0, 1)
	c, d := w.connect(1, 0)
	e, _ := w.connect(0, 2)
	early, _ := w.dial(0, 1)
	a.send(text(100))
	w.ResetStreams(w.hosts[0], w.hosts[1])
	w.drain()
	for _, p := range []*program{a, b, c, d, early} {
		w.wantClosed(p, transport.ErrReset)
	}
	if e.closed {
		t.Error("a stream to another host was reset too")
	}
}

func TestKill(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	a, b := w.connect(0, 1)
	idle, _ := w.connect(0, 1)
	b.send(text(100)) // not even this arrives, though it has left
	w.run(5 * time.Millisecond)
	w.hosts[1].At(time.Second, func() { t.Error("a callback of a dead host") })
	disk := w.hosts[1].Worker(nil)
	disk.Do(func() { t.Error("a job of a dead host") }, func() {})
	w.hosts[1].Kill()
	w.hosts[1].Kill()
	if w.hosts[1].PendingTimers() != 0 || w.hosts[1].OpenStreams() != 0 || disk.Pending() != 0 {
		t.Error("the dead host has something left")
	}
	killed := w.Now()
	a.send(text(100))
	w.drain()
	w.wantClosed(a, simnet.ErrTimeout)
	w.wantClosed(idle, simnet.ErrTimeout)
	near(t, "noticing with bytes unacknowledged", a.ended.Sub(killed), simnet.StallTimeout, time.Second)
	near(t, "noticing by keepalive", idle.ended.Sub(killed), simnet.KeepaliveTimeout, time.Second)
	if b.closed || b.got.Len() > 0 || a.got.Len() > 0 {
		t.Error("a dead host took part")
	}
	wantNothingLeft(t, w)
}

func TestKillDuringCalls(t *testing.T) {
	for name, arm := range map[string]func(b *program, kill func()){
		"opened":   func(b *program, kill func()) { b.onOpened = kill },
		"received": func(b *program, kill func()) { b.onReceived = func([]byte) { kill() } },
		"sent":     func(b *program, kill func()) { b.onSent = func(int) { kill() } },
		"closed":   func(b *program, kill func()) { b.onClosed = func(error) { kill() } },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1, tenMs, simnet.LinkConfig{MaxRead: 7, Up: mib, Down: mib})
			a, b := w.dial(0, 1)
			arm(b, w.hosts[1].Kill)
			b.stream = nil
			a.onOpened = func() { a.send(text(200)) }
			w.run(30 * time.Millisecond)
			if b.stream != nil && w.hosts[1].Alive() {
				b.send(text(200))
			}
			w.run(time.Second)
			a.close()
			w.drain()
			if w.hosts[1].Alive() {
				t.Error("the host was not killed")
			}
			if !a.closed {
				t.Error("the other end is still open")
			}
			wantNothingLeft(t, w)
		})
	}
}

func TestRestartResetsFormerStreams(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	sends, _ := w.connect(0, 1)
	waits, _ := w.connect(0, 1)
	w.hosts[1].Kill()
	sends.send(text(100))
	w.run(time.Second)
	if sends.closed {
		t.Fatal("closed before the restart")
	}
	w.hosts[1].Restart()
	w.run(time.Second)
	w.wantClosed(sends, transport.ErrReset)
	if waits.closed {
		t.Fatal("an idle stream noticed the restart")
	}
	waits.send([]byte("hello?"))
	w.run(time.Second)
	w.wantClosed(waits, transport.ErrReset)

	w.listen(w.hosts[1])
	_, b := w.connect(0, 1)
	if b.closed {
		t.Error("the restarted host does not keep its streams")
	}
}

func TestPartitionDelaysStreams(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs, tenMs)
	a, b := w.connect(0, 1)
	c, d := w.connect(0, 2)
	a.send([]byte("on its way when the cut comes, "))
	w.run(time.Millisecond)
	w.Partition(w.hosts[:1], w.hosts[1:2])
	a.send([]byte("sent while cut, "))
	c.send([]byte("not concerned"))
	w.run(time.Minute)
	if b.got.Len() != 0 || d.got.String() != "not concerned" {
		t.Fatalf("got %q and %q during the partition", b.got.String(), d.got.String())
	}
	dialled, _ := w.dial(1, 0)
	w.run(time.Second)
	w.Heal()
	a.send([]byte("sent after"))
	healed := w.Now()
	w.run(time.Second)
	if got := b.got.String(); got != "on its way when the cut comes, sent while cut, sent after" {
		t.Errorf("got %q", got)
	}
	if dialled.opened.Sub(healed) > time.Second || dialled.opened.IsZero() {
		t.Error("a dial during the partition does not succeed after it")
	}
	w.run(2 * simnet.StallTimeout)
	if a.closed || b.closed {
		t.Error("closed although the bytes have arrived meanwhile")
	}
	a.close()
	c.close()
	dialled.close()
	w.run(time.Second)
	w.wantClosed(b, transport.ErrRemoteClosed)
	w.drain()
	wantNothingLeft(t, w)
}

func TestPartitionBreaksStreams(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	a, b := w.connect(0, 1)
	idle, _ := w.connect(1, 0)
	w.Partition(w.hosts[:1], w.hosts[1:])
	cut := w.Now()
	a.send(text(100))
	w.run(2 * simnet.StallTimeout)
	w.wantClosed(a, simnet.ErrTimeout)
	w.wantClosed(b, simnet.ErrTimeout)
	near(t, "giving up", a.ended.Sub(cut), simnet.StallTimeout, time.Second)
	if idle.closed {
		t.Error("a stream on which nothing was sent broke")
	}
	if got := w.Totals(); got.Lost != 100 || got.InFlight != 0 {
		t.Errorf("totals after giving up: %+v", got)
	}
	w.Heal()
	idle.send(text(10))
	w.run(time.Second)
	if idle.sent != 10 {
		t.Error("the idle stream does not go on")
	}
	if b.got.Len() != 0 {
		t.Error("bytes arrive after the stream was given up")
	}
}

// TestPartitionAgain cuts once more while what was held back is repeated.
func TestPartitionAgain(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	a, b := w.connect(0, 1)
	cut := func() { w.Partition(w.hosts[:1], w.hosts[1:]) }
	cut()
	a.send([]byte("one "))
	w.run(time.Second)
	w.Heal()
	cut()
	w.run(time.Second)
	a.send([]byte("two"))
	w.run(time.Second)
	if b.got.Len() != 0 {
		t.Fatal("bytes arrive through the second partition")
	}
	w.Heal()
	w.run(time.Second)
	if b.got.String() != "one two" {
		t.Errorf("got %q", b.got.String())
	}
}

// TestKillBehindPartition wants what a partition held back to die with either host.
func TestKillBehindPartition(t *testing.T) {
	for i := range 2 {
		w := newWorld(t, 1, tenMs, tenMs)
		a, b := w.connect(0, 1)
		w.Partition(w.hosts[:1], w.hosts[1:])
		a.send(text(100))
		w.run(time.Second)
		w.hosts[i].Kill()
		if i == 1 && w.Totals().InFlight != 0 {
			t.Error("bytes are in flight to a stream that is gone")
		}
		w.Heal()
		w.drain()
		if b.got.Len() != 0 {
			t.Errorf("%d bytes arrived", b.got.Len())
		}
		w.wantClosed([]*program{b, a}[i], simnet.ErrTimeout)
		wantNothingLeft(t, w)
	}
}

// TestHeldBytesLeaveRoom wants the senders to a slow host not to wait for
// bytes which a partition holds back.
func TestHeldBytesLeaveRoom(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs, simnet.LinkConfig{Down: 64 * kib})
	a, _ := w.connect(0, 2)
	c, d := w.connect(1, 2)
	w.Partition(w.hosts[:1], w.hosts[2:])
	a.send(make([]byte, mib))
	w.run(time.Second)
	c.send(make([]byte, 64*kib))
	w.run(2 * time.Second)
	if d.got.Len() != 64*kib {
		t.Errorf("%d bytes arrived", d.got.Len())
	}
}

// TestTimedOutDialIsTakenBack heals when the dialer has given up already, so
// that the listener accepts a stream nobody wants any more.
func TestTimedOutDialIsTakenBack(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.Partition(w.hosts[:1], w.hosts[1:])
	a, b := w.dial(0, 1)
	w.run(2 * transport.DialTimeout)
	w.wantClosed(a, transport.ErrDialTimeout)
	w.Heal()
	w.run(time.Second)
	w.wantClosed(b, transport.ErrRemoteClosed)
	if b.opened.IsZero() {
		t.Error("the listener never heard of it")
	}
	w.drain()
	wantNothingLeft(t, w)
}

// TestCloseThenKill loses the news of the close: the other end notices by itself.
func TestCloseThenKill(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	a, b := w.connect(0, 1)
	a.close()
	w.run(5 * time.Millisecond)
	w.hosts[0].Kill()
	w.drain()
	w.wantClosed(b, simnet.ErrTimeout)
	wantNothingLeft(t, w)
}

func TestDeadHostDoesNothing(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	h := w.hosts[0]
	h.Kill()
	a, _ := w.dial(0, 1)
	a.send(text(1))
	a.close()
	f, _ := w.fetch("http://host1/")
	if _, _, err := h.Net().Listen(netip.AddrPortFrom(h.Addr(), port), nil); err == nil {
		t.Error("a dead host listens")
	}
	h.Restart()
	w.drain()
	if f.calls != 0 || a.closed || !a.opened.IsZero() {
		t.Error("what was begun while dead had consequences after the restart")
	}
}
