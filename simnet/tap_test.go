package simnet_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

func TestTap(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	var kinds []simnet.TapKind
	var sent, delivered [2]bytes.Buffer
	w.Tap(func(e *simnet.TapEvent) {
		if len(kinds) == 0 || kinds[len(kinds)-1] != e.Kind {
			kinds = append(kinds, e.Kind)
		}
		side := 1
		if e.Dialer {
			side = 0
		}
		if e.From != w.hosts[side] || e.To != w.hosts[1-side] || e.FromAddr().Addr() != e.From.Addr() || e.ToAddr().Addr() != e.To.Addr() {
			t.Errorf("%v: from %s to %s", e.Kind, e.From.Name(), e.To.Name())
		}
		switch e.Kind {
		case simnet.TapSent:
			sent[side].Write(e.Data)
		case simnet.TapDelivered:
			delivered[side].Write(e.Data)
		case simnet.TapClosed:
			if want := []error{nil, transport.ErrRemoteClosed}[side]; e.Err != want {
				t.Errorf("closed with %v, want %v", e.Err, want)
			}
		}
	})
	a, b := w.dial(0, 1)
	a.send([]byte("before the stream opens, "))
	b.onOpened = func() { b.send([]byte("welcome")) }
	w.run(time.Second)
	a.send([]byte("and after"))
	w.run(time.Second)
	a.close()
	w.drain()
	for i, want := range []string{"before the stream opens, and after", "welcome"} {
		if sent[i].String() != want || delivered[i].String() != want {
			t.Errorf("sent %q, delivered %q, want %q", sent[i].String(), delivered[i].String(), want)
		}
	}
	if kinds[0] != simnet.TapOpened || kinds[len(kinds)-1] != simnet.TapClosed || !slices.Contains(kinds, simnet.TapDelivered) {
		t.Errorf("kinds: %v", kinds)
	}
	if got := w.Totals(); got.Sent != 41 || got.Delivered != 41 {
		t.Errorf("totals: %+v", got)
	}
}

func TestStreamsLists(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	a, _ := w.connect(0, 1)
	a.send(text(100))
	var infos []simnet.StreamInfo
	for s := range w.Streams() {
		infos = append(infos, s)
	}
	if len(infos) != 2 || !infos[0].Dialer || infos[0].Queued != 100 || infos[1].Peer != w.hosts[0] || infos[0].Stream != infos[1].Stream {
		t.Errorf("%+v", infos)
	}
}
