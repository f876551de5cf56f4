package simnet_test

import (
	"bytes"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

func TestPartitionOneWay(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	a, b := w.connect(0, 1)
	cut := w.PartitionOneWay(w.hosts[:1], w.hosts[1:])
	a.send([]byte("lost"))
	b.send([]byte("heard"))
	w.run(time.Minute)
	if a.got.String() != "heard" || b.got.Len() != 0 {
		t.Fatalf("one end got %q, the other %q", a.got.String(), b.got.String())
	}
	late, _ := w.dial(0, 1) // the question is lost
	deaf, _ := w.dial(1, 0) // the answer is
	w.run(transport.DialTimeout + time.Second)
	w.wantClosed(late, transport.ErrDialTimeout)
	w.wantClosed(deaf, transport.ErrDialTimeout)

	cut.Heal()
	w.run(5 * time.Minute)
	if b.got.String() != "lost" || a.closed || b.closed {
		t.Errorf("after the end of it: %q, closed %v and %v", b.got.String(), a.closed, b.closed)
	}
}

// TestPartitionOneWayWindow: who hears no acknowledgement sends a window full and
// no more, and gives up.
func TestPartitionOneWayWindow(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	a, b := w.connect(0, 1)
	w.PartitionOneWay(w.hosts[:1], w.hosts[1:])
	b.send(text(3 * mib))
	w.run(time.Minute)
	if n := a.got.Len(); n < mib || n > mib+32<<10 {
		t.Errorf("%d bytes arrived, want a window of 1 MiB", n)
	}
	w.run(2 * time.Minute)
	w.wantClosed(a, simnet.ErrTimeout)
	w.wantClosed(b, simnet.ErrTimeout)
	w.Heal()
	w.drain()
	wantNothingLeft(t, w)
}

// TestPartitionOneWayWindowOpens: after the end of the black hole the rest comes.
func TestPartitionOneWayWindowOpens(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	a, b := w.connect(0, 1)
	cut := w.PartitionOneWay(w.hosts[:1], w.hosts[1:])
	want := text(3 * mib)
	b.send(want)
	w.run(time.Minute)
	cut.Heal()
	w.run(10 * time.Minute)
	if !bytes.Equal(a.got.Bytes(), want) || a.closed || b.closed {
		t.Errorf("%d bytes of %d have come; closed %v and %v", a.got.Len(), len(want), a.closed, b.closed)
	}
}

func TestStall(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs, tenMs)
	a, b := w.connect(0, 1)
	_, c := w.connect(0, 2)
	cut := w.Stall(w.hosts[:1], w.hosts[1:2])
	a.send([]byte("patience"))
	w.run(time.Hour)
	if b.got.Len() != 0 || a.closed || b.closed {
		t.Fatalf("got %q, closed %v and %v", b.got.String(), a.closed, b.closed)
	}
	if n, _ := w.dial(0, 1); !w.RunWhile(func() bool { return n.opened.IsZero() }) {
		t.Error("a dial does not get through")
	}
	cut.Heal()
	w.run(time.Second)
	if b.got.String() != "patience" || c.closed {
		t.Errorf("got %q in the end", b.got.String())
	}
}

// TestCutsHealOneByOne: each cut stops what it stops until it is healed itself.
func TestCutsHealOneByOne(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs, tenMs)
	a, b := w.connect(0, 1)
	c, d := w.connect(0, 2)
	first := w.Partition(w.hosts[:1], w.hosts) // itself too, which changes nothing
	second := w.Partition(w.hosts[:1], w.hosts[1:2])
	a.send([]byte("x"))
	c.send([]byte("y"))
	w.run(time.Second)
	first.Heal()
	first.Heal()
	w.run(time.Second)
	if b.got.Len() != 0 || d.got.String() != "y" {
		t.Errorf("after the first: %q and %q", b.got.String(), d.got.String())
	}
	third := w.Partition(w.hosts[2:], w.hosts[:1]) // which may be given what first had
	first.Heal()
	c.send([]byte("z"))
	second.Heal()
	w.run(time.Second)
	if b.got.String() != "x" || d.got.String() != "y" {
		t.Errorf("after the second: %q and %q", b.got.String(), d.got.String())
	}
	third.Heal()
	w.run(time.Second)
	if d.got.String() != "yz" {
		t.Errorf("after the third: %q", d.got.String())
	}
}
