package simnet_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"bt/simnet"
	"bt/transport"
)

// observe is what a test watches a run with; none of it may change the run.
type observe struct {
	trace, tap bool
	idle       bool // an additional host that does nothing
}

type outcome struct {
	hash, events uint64
	log          []string // of the trace
}

// busyRun is a run with a bit of everything: transfers, datagrams, faults, HTTP,
// timers, random draws.
func busyRun(t *testing.T, seed uint64, o observe) outcome {
	n := simnet.New(seed)
	var out outcome
	if o.trace {
		n.SetTrace(func(e simnet.TraceEvent) { out.log = append(out.log, e.String()) })
	}
	if o.tap {
		n.Tap(func(*simnet.TapEvent) {})
		n.TapWire(func(simnet.WireEvent) {})
	}
	link := simnet.LinkConfig{
		Up: 300 * kib, Down: 700 * kib, Latency: 5 * time.Millisecond, Jitter: 20 * time.Millisecond,
		Loss: 100_000, MaxRead: 5000,
	}
	if o.idle {
		n.NewHost("idle", netip.MustParseAddr("10.9.9.9"), link)
	}
	var hosts []*simnet.Host
	for i := range 6 {
		h := n.NewHost(fmt.Sprintf("host%d", i), netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), link)
		hosts = append(hosts, h)
		_, _, err := h.Net().Listen(netip.AddrPortFrom(h.Addr(), port), func(s transport.Stream) transport.Handler {
			p := &program{t: t, net: n, stream: s}
			p.onReceived = func(b []byte) {
				if p.got.Len() < 50*kib {
					p.send([]byte(fmt.Sprint(len(b))))
				}
			}
			return p
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, h := range hosts {
		draws := h.Rand("test")
		for j, to := range hosts {
			if i == j {
				continue
			}
			h.At(time.Duration(draws.Uint64()%uint64(time.Second)), func() {
				p := &program{t: t, net: n}
				p.stream = h.Net().Dial(netip.AddrPortFrom(to.Addr(), port), p)
				p.send(text(100 * kib))
			})
		}
		c, err := h.Net().ListenPacket(netip.AddrPortFrom(h.Addr(), port), func(netip.AddrPort, []byte) {})
		if err != nil {
			t.Fatal(err)
		}
		for k := range 20 {
			c.Send(netip.AddrPortFrom(hosts[(i+1)%6].Addr(), port), text(k))
		}
	}
	hosts[0].ServeHTTP(80, http.NotFoundHandler())
	hosts[1].HTTP().Fetch(transport.FetchRequest{URL: "http://host0/x", Timeout: time.Minute, MaxBody: 100},
		func(transport.FetchResponse, error) {})
	n.At(2*time.Second, func() { n.Partition(hosts[:2], hosts[2:]) })
	n.At(3*time.Second, n.Heal)
	n.At(4*time.Second, func() { n.ResetStreams(hosts[1], hosts[2]) })
	n.At(5*time.Second, hosts[3].Kill)
	n.At(6*time.Second, hosts[3].Restart)
	n.RunUntil(simnet.Epoch.Add(20 * time.Second))
	checkTotals(t, n)
	out.hash, out.events = n.Hash(), n.Events()
	return out
}

func TestSameSeedSameRun(t *testing.T) {
	want := busyRun(t, 7, observe{})
	if want.events < 1000 {
		t.Fatalf("only %d events: the run proves nothing", want.events)
	}
	for name, o := range map[string]observe{
		"again":  {},
		"traced": {trace: true},
		"tapped": {tap: true},
		"both":   {trace: true, tap: true},
	} {
		if got := busyRun(t, 7, o); got.hash != want.hash || got.events != want.events {
			t.Errorf("%s: hash %x after %d events, want %x after %d", name, got.hash, got.events, want.hash, want.events)
		}
	}
	for procs := 1; procs <= 2; procs++ {
		before := runtime.GOMAXPROCS(procs)
		if got := busyRun(t, 7, observe{}); got.hash != want.hash {
			t.Errorf("another run with GOMAXPROCS %d", procs)
		}
		runtime.GOMAXPROCS(before)
	}
	if got := busyRun(t, 8, observe{}); got.hash == want.hash {
		t.Error("another seed gives the same run")
	}
}

// TestHashIsPortable holds the hash of one run: it must be the same on every
// machine, and a change of it means that all recorded runs differ.
func TestHashIsPortable(t *testing.T) {
	n := simnet.New(1)
	h := n.NewHost("a", netip.MustParseAddr("10.0.0.1"), simnet.LinkConfig{Jitter: time.Second})
	c, err := h.Net().ListenPacket(addrPort("10.0.0.1:1"), func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	c.Send(addrPort("10.0.0.1:1"), text(1001))
	h.At(time.Duration(h.Rand("test").Uint64()%1e9), func() {})
	n.RunUntil(simnet.Epoch.Add(time.Hour))
	const want = 0xae4c96de7618ccd8
	if got := n.Hash(); got != want {
		t.Errorf("hash %#x, want %#x", got, uint64(want))
	}
}

// TestIdleHostChangesNothing compares the traces of all other hosts.
func TestIdleHostChangesNothing(t *testing.T) {
	without := busyRun(t, 7, observe{trace: true})
	with := busyRun(t, 7, observe{trace: true, idle: true})
	if !slices.Equal(without.log, with.log) {
		t.Error("an idle host changes the traces of others")
	}
	if without.hash != with.hash {
		t.Error("an idle host changes the hash")
	}
}

func TestRandomStreamsAreIndependent(t *testing.T) {
	host := func(n *simnet.Internet, name string) *simnet.Host {
		return n.NewHost(name, netip.Addr{}, simnet.LinkConfig{})
	}
	n, m := simnet.New(1), simnet.New(1)
	host(m, "another")
	a, b := host(n, "a"), host(m, "a")
	b.Rand("other purpose").Uint64()
	first := a.Rand("p").Uint64()
	if b.Rand("p").Uint64() != first {
		t.Error("a draw or a host elsewhere shifts a stream")
	}
	seen := map[uint64]string{first: "a/p"}
	for name, s := range map[string]interface{ Uint64() uint64 }{
		"a/q": a.Rand("q"), "b/p": host(n, "b").Rand("p"), "seed 2": host(simnet.New(2), "a").Rand("p"),
		"a/p, next": a.Rand("p"),
	} {
		v := s.Uint64()
		if other, ok := seen[v]; ok {
			t.Errorf("%s and %s draw the same", name, other)
		}
		seen[v] = name
	}
}
