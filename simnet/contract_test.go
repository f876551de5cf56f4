package simnet_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport/transporttest"
)

// TestContract runs the suite that real sockets must pass too, on links of
// several kinds.
func TestContract(t *testing.T) {
	links := []struct {
		name string
		link simnet.LinkConfig
	}{
		{"ideal", simnet.LinkConfig{}},
		{"jitter", simnet.LinkConfig{Up: 20 << 20, Down: 50 << 20, Latency: 5 * time.Millisecond, Jitter: 20 * time.Millisecond}},
		{"slow down", simnet.LinkConfig{Up: 50 << 20, Down: 20 << 20, Latency: 5 * time.Millisecond}},
		{"odd reads and writes", simnet.LinkConfig{Latency: time.Millisecond, MaxRead: 37, MaxWrite: 1111}},
	}
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			transporttest.Run(t, func(t *testing.T) transporttest.World { return newContractWorld(t, l.link) })
		})
	}
}

func newContractWorld(t *testing.T, link simnet.LinkConfig) transporttest.World {
	n := simnet.New(1)
	t.Cleanup(func() {
		if err := n.Err(); err != nil {
			t.Error(err)
		}
		checkTotals(t, n)
	})
	host := func(name, v4, v6 string) (*simnet.Host, transporttest.Host) {
		h := n.NewHost(name, netip.MustParseAddr(v4), link)
		h.AddAddr(netip.MustParseAddr(v6))
		return h, transporttest.Host{
			Net: h.Net(), HTTP: h.HTTP(), Names: h.Names(),
			Addr: netip.MustParseAddr(v4), Addr6: netip.MustParseAddr(v6),
		}
	}
	_, a := host("a", "192.0.2.1", "2001:db8::1")
	hostB, b := host("b", "192.0.2.2", "2001:db8::2")
	port := uint16(8080)
	return transporttest.World{
		A: a, B: b, Name: "b",
		Serve: func(_ *testing.T, h http.Handler) string {
			port++
			hostB.ServeHTTP(port, h)
			return "http://" + netip.AddrPortFrom(b.Addr, port).String()
		},
		Wait: func(cond func() bool) bool {
			n.RunWhile(func() bool { return !cond() })
			return cond()
		},
		Settle: func() { n.RunUntil(n.Now().Add(time.Second)) },
	}
}

// checkTotals is the law of conservation.
func checkTotals(t *testing.T, n *simnet.Internet) {
	t.Helper()
	if s := n.Totals(); s.Sent != s.Delivered+s.Lost+s.InFlight || s.InFlight < 0 {
		t.Errorf("bytes are not conserved: %+v", s)
	}
	for s := range n.Streams() {
		if s := s.Totals; s.Sent != s.Delivered+s.Lost+s.InFlight || s.InFlight < 0 {
			t.Errorf("bytes of a stream are not conserved: %+v", s)
		}
	}
}
