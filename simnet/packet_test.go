package simnet_test

import (
	"net/netip"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

// mailbox opens a socket for datagrams on a host and counts what comes.
func (w *world) mailbox(i int, on func(from netip.AddrPort, p []byte)) transport.PacketConn {
	w.t.Helper()
	c, err := w.hosts[i].Net().ListenPacket(netip.AddrPortFrom(w.hosts[i].Addr(), port), on)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestPackets(t *testing.T) {
	for name, c := range map[string]struct {
		from, to simnet.LinkConfig
		send     int // datagrams of 972 bytes, which are 1000 on the link
		min, max int // arrive
		last     time.Duration
	}{
		"latency":   {tenMs, tenMs, 3, 3, 3, 20 * time.Millisecond},
		"uplink":    {simnet.LinkConfig{Up: 10_000}, simnet.LinkConfig{}, 10, 10, 10, time.Second},
		"downlink":  {simnet.LinkConfig{}, simnet.LinkConfig{Down: 10_000}, 10, 10, 10, time.Second},
		"drop up":   {simnet.LinkConfig{Up: 10_000, Queue: 5000}, simnet.LinkConfig{}, 10, 5, 5, time.Second / 2},
		"drop down": {simnet.LinkConfig{}, simnet.LinkConfig{Down: 10_000, Queue: 5000}, 10, 5, 5, time.Second / 2},
		"loss":      {simnet.LinkConfig{Loss: 250_000}, simnet.LinkConfig{Loss: 250_000}, 1000, 450, 550, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1, c.from, c.to)
			got, last := 0, time.Time{}
			w.mailbox(1, func(from netip.AddrPort, p []byte) {
				if len(p) != 972 || from != addrPort("10.0.0.1:6881") {
					t.Errorf("%d bytes from %v", len(p), from)
				}
				got++
				last = w.Now()
			})
			a := w.mailbox(0, nil)
			for range c.send {
				a.Send(addrPort("10.0.0.2:6881"), text(972))
			}
			w.drain()
			if got < c.min || got > c.max {
				t.Errorf("%d of %d arrive, want %d to %d", got, c.send, c.min, c.max)
			}
			near(t, "the last", last.Sub(simnet.Epoch), c.last, time.Millisecond)
		})
	}
}

// TestPacketsShareTheUplink wants a datagram not to wait for the bulk of a stream.
func TestPacketsShareTheUplink(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{Up: 128 * kib}, simnet.LinkConfig{})
	a, _ := w.connect(0, 1)
	a.send(make([]byte, 10*mib))
	var at time.Time
	w.mailbox(1, func(netip.AddrPort, []byte) { at = w.Now() })
	start := w.Now()
	w.mailbox(0, nil).Send(addrPort("10.0.0.2:6881"), text(100))
	w.run(time.Minute)
	near(t, "the datagram", at.Sub(start), time.Second/8, 5*time.Millisecond)
}

func TestPacketsThatGetNowhere(t *testing.T) {
	w := newWorld(t, 1, tenMs, tenMs)
	w.mailbox(1, func(netip.AddrPort, []byte) { t.Error("a datagram arrived") })
	a := w.mailbox(0, nil)
	to := addrPort("10.0.0.2:6881")
	a.Send(addrPort("10.9.9.9:6881"), text(1))   // no such host
	a.Send(addrPort("10.0.0.2:1"), text(1))      // nobody listens
	a.Send(addrPort("[2001:db8::2]:1"), text(1)) // no such family
	a.Send(to, make([]byte, 70_000))             // too large
	w.run(time.Second)
	w.Partition(w.hosts[:1], w.hosts[1:])
	a.Send(to, text(1))
	w.run(time.Second)
	w.Heal()
	a.Send(to, text(1))
	w.hosts[0].Kill() // with the datagram on the way
	a.Send(to, text(1))
	w.hosts[0].Restart()
	a.Close()
	a.Send(to, text(1))
	w.drain()
}
