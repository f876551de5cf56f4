package simnet_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

// TestFreeze: the program hears nothing, its system goes on, and in the end the
// program hears all, in order.
func TestFreeze(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	a, b := w.connect(0, 1)
	h := w.hosts[1]
	var told []string
	note := func(what string) { told = append(told, what) }
	b.onReceived = func(p []byte) { note("received " + string(p)) }
	b.onSent = func(n int) { note(fmt.Sprint("sent ", n)) }
	b.send([]byte("last words"))
	h.At(time.Second, func() { note("timer") })
	cancelled := h.At(2*time.Second, func() { note("a timer that was cancelled") })
	h.At(1500*time.Millisecond, func() { cancelled() })
	h.Freeze()

	a.send([]byte("hello"))
	late, accepted := w.dial(0, 1)
	late.send([]byte("from the backlog"))
	w.run(10 * time.Second)
	if a.got.String() != "last words" || a.sent != 5 {
		t.Errorf("its system has sent %q, and taken %d bytes", a.got.String(), a.sent)
	}
	if late.opened.IsZero() || late.sent != 16 || !accepted.opened.IsZero() || len(told) > 0 {
		t.Errorf("dialled %v, accepted %v, told %q", late.opened, accepted.opened, told)
	}
	thawed := w.Now()
	h.Thaw()
	w.run(time.Second)
	if got, want := fmt.Sprint(told), "[sent 10 timer received hello]"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if accepted.opened.Before(thawed) || accepted.got.String() != "from the backlog" {
		t.Errorf("accepted at %v: %q", accepted.opened, accepted.got.String())
	}
	if h.FrozenUntil() != thawed {
		t.Errorf("frozen until %v", h.FrozenUntil())
	}
}

func TestFreezeFillsBuffers(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	a, b := w.connect(0, 1)
	w.hosts[1].Freeze()
	a.send(text(3 * mib))
	w.run(time.Hour)
	if a.sent < mib || a.sent > mib+32<<10 || a.closed || b.got.Len() != 0 {
		t.Errorf("%d bytes were taken, %d read", a.sent, b.got.Len())
	}
	w.hosts[1].Thaw()
	w.run(time.Second)
	if b.got.Len() != 3*mib {
		t.Errorf("%d bytes were read in the end", b.got.Len())
	}
}

// TestFreezeDialer: a program that is frozen while it dials hears of it later,
// and what goes wrong as well.
func TestFreezeDialer(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	a, b := w.dial(0, 1)
	refused := w.program()
	refused.stream = w.hosts[0].Net().Dial(addrPort("10.0.0.2:1"), refused)
	w.hosts[0].Freeze()
	b.onOpened = func() { b.send([]byte("welcome")) }
	w.run(time.Second)
	if !a.opened.IsZero() || refused.closed {
		t.Fatal("a frozen program was told something")
	}
	w.hosts[0].Thaw()
	w.run(time.Second)
	w.wantClosed(refused, transport.ErrRefused)
	if a.opened.IsZero() || a.got.String() != "welcome" {
		t.Errorf("opened %v, got %q", a.opened, a.got.String())
	}
}

// TestFreezeBacklog: what comes beyond the backlog finds no answer, and what has
// ended before the program could accept it is nothing to it.
func TestFreezeBacklog(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.hosts[1].Freeze()
	var dials []*program
	for range 130 {
		a, _ := w.dial(0, 1)
		dials = append(dials, a)
	}
	w.run(time.Second)
	dials[0].close()
	w.ResetStreams(w.hosts[0], w.hosts[1])
	early, accepted := w.dial(0, 1)
	w.run(time.Minute)
	w.wantClosed(early, transport.ErrDialTimeout) // the backlog is full of the dead
	w.hosts[1].Thaw()
	w.drain()
	if !accepted.opened.IsZero() {
		t.Error("accepted what had timed out")
	}
	wantNothingLeft(t, w)
	w.next[w.hosts[1]] = nil
	w.connect(0, 1)
}

func TestFreezePackets(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	got := 0
	if _, err := w.hosts[1].Net().ListenPacket(addrPort("10.0.0.2:53"), func(netip.AddrPort, []byte) { got++ }); err != nil {
		t.Fatal(err)
	}
	c, err := w.hosts[0].Net().ListenPacket(addrPort("10.0.0.1:53"), func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	w.hosts[1].Freeze()
	for range 300 {
		c.Send(addrPort("10.0.0.2:53"), text(1000))
	}
	w.run(time.Second)
	if got != 0 {
		t.Fatalf("%d datagrams were received", got)
	}
	w.hosts[1].Thaw()
	w.run(time.Second)
	if want := (208 << 10) / 1028; got != want {
		t.Errorf("%d datagrams were received in the end, want the %d of a full buffer", got, want)
	}
}

func TestFreezeKill(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.connect(0, 1)
	h := w.hosts[1]
	h.Freeze()
	h.At(time.Second, func() { t.Error("a timer of a killed host") })
	w.dial(0, 1)
	w.run(2 * time.Second)
	h.Kill()
	h.Restart()
	w.listen(h)
	w.next[h] = nil
	w.connect(0, 1)
}

func TestSuspend(t *testing.T) {
	for _, c := range []struct {
		name   string
		asleep time.Duration
		talks  bool // somebody sends to it meanwhile
		want   error
	}{
		{"a nap", time.Minute, true, nil},
		{"long, and nobody talks", time.Hour, false, simnet.ErrTimeout},
		{"long, and somebody talks", 3 * time.Minute, true, simnet.ErrTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1, tenMs, tenMs)
			a, b := w.connect(0, 1)
			h := w.hosts[1]
			var fired time.Time
			h.At(30*time.Second, func() { fired = w.Now() })
			b.send(text(100)) // on its way
			h.Suspend()
			if c.talks {
				a.send([]byte("are you there?"))
			}
			w.run(c.asleep)
			if b.got.Len() > 0 || !fired.IsZero() {
				t.Error("somebody talks in his sleep")
			}
			h.Wake()
			woken := w.Now()
			b.send([]byte("good morning"))
			w.run(time.Minute)
			if fired != woken {
				t.Errorf("the timer fired at %v, want %v", fired, woken)
			}
			if c.want != nil {
				w.wantClosed(a, c.want)
				if !b.closed {
					t.Error("the stream is still open at the side that slept")
				}
				return
			}
			if a.closed || b.closed || b.got.String() != "are you there?" || a.got.Len() != 112 {
				t.Errorf("closed %v and %v, got %q and %d bytes", a.closed, b.closed, b.got.String(), a.got.Len())
			}
		})
	}
}
