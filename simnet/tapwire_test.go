package simnet_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"bt/simnet"
)

// wireCount keeps account of all that passes interfaces.
type wireCount struct {
	underway map[string]int // by who has sent it
	living   map[string]int // ends of streams
}

func countWire(n *simnet.Internet) *wireCount {
	c := &wireCount{make(map[string]int), make(map[string]int)}
	n.TapWire(func(e simnet.WireEvent) {
		end := func(dialer bool) string { return fmt.Sprint(e.Stream, dialer) }
		switch {
		case e.Kind == simnet.WirePacket:
		case e.Kind == simnet.WireEnded:
			c.living[end(e.Dialer)]--
		case e.Way == simnet.Leaves:
			if e.Kind == simnet.WireOpen || e.Kind == simnet.WireAccept {
				c.living[end(e.Dialer)]++
			}
			if e.Lost == "" {
				c.underway[end(e.Dialer)]++
			}
		case e.Way == simnet.Arrives:
			c.underway[end(!e.Dialer)]--
		case e.Way == simnet.Missing:
			c.underway[end(e.Dialer)]--
		}
	})
	return c
}

// problems lists what is wrong when nothing is left to happen: all that has left
// has arrived or is missing, and all ends are over.
func (c *wireCount) problems() (list []string) {
	for end, n := range c.underway {
		if n != 0 {
			list = append(list, fmt.Sprintf("%d of %s are under way for ever", n, end))
		}
	}
	for end, n := range c.living {
		if n > 0 { // an end that nobody came to accept was never there, and may be told over
			list = append(list, fmt.Sprintf("%s lives for ever", end))
		}
	}
	return list
}

// TestTapWire: bytes are told when they leave and when they come through the
// link, as they are there.
func TestTapWire(t *testing.T) {
	slow := simnet.LinkConfig{Up: 10_000, Down: 5_000, Latency: 10 * time.Millisecond}
	w := newWorld(t, 1, slow, slow)
	count := countWire(w.Internet)
	var left, arrived bytes.Buffer
	var leftAt, arrivedAt time.Time
	w.TapWire(func(e simnet.WireEvent) {
		switch {
		case e.Kind != simnet.WireData:
		case e.Way == simnet.Leaves:
			if e.Host != w.hosts[0] || !e.Dialer || e.Src.Addr() != w.hosts[0].Addr() || e.Dst.Addr() != w.hosts[1].Addr() {
				t.Errorf("leaves %s, from %v to %v", e.Host.Name(), e.Src, e.Dst)
			}
			left.Write(e.Data)
			leftAt = e.At
		case e.Way == simnet.Arrives:
			if e.Host != w.hosts[1] || e.Dialer || e.Src.Addr() != w.hosts[0].Addr() || e.Dst.Addr() != w.hosts[1].Addr() {
				t.Errorf("arrives at %s, from %v to %v", e.Host.Name(), e.Src, e.Dst)
			}
			arrived.Write(e.Data)
			arrivedAt = e.At
		}
	})
	a, b := w.connect(0, 1)
	b.pause(true) // which the network does not know of
	began := w.Now()
	a.send(text(600))
	w.run(time.Second)
	a.close()
	b.pause(false)
	w.drain()
	if !bytes.Equal(left.Bytes(), text(600)) || !bytes.Equal(arrived.Bytes(), text(600)) {
		t.Errorf("%d bytes leave, %d arrive", left.Len(), arrived.Len())
	}
	if d := leftAt.Sub(began); d != 60*time.Millisecond {
		t.Errorf("they leave after %v, want 60ms for the uplink", d)
	}
	if d := arrivedAt.Sub(leftAt); d != 140*time.Millisecond {
		t.Errorf("they arrive %v later, want 20ms of latency and 120ms for the downlink", d)
	}
	for _, p := range count.problems() {
		t.Error(p)
	}
}
