// Package transporttest is the contract of package transport as a test suite.
// Every implementation runs it, so that the client finds the same rules on real
// sockets and in the simulated internet.
//
// The suite starts no goroutine, reads no clock and never sleeps: how time
// passes is the World's business. Its handlers may be called from any
// goroutine.
package transporttest

import (
	"net/http"
	"net/netip"
	"testing"

	"bt/transport"
)

// World is what the suite runs in: two hosts that reach one another, without
// loss of datagrams as long as few are under way, and time. A function that
// tears it down belongs into t.Cleanup.
type World struct {
	A, B Host

	// Serve serves h on host B until the test ends and returns its URL, which
	// has no path: "http://192.0.2.1:8080".
	Serve func(t *testing.T, h http.Handler) (url string)

	// ServeRaw is a server on host B that, whatever it is asked, sends answer
	// and leaves the connection open. With an empty answer it never answers.
	// Where this is nil, the suite builds it with Listen on host B.
	ServeRaw func(t *testing.T, answer string) (url string)

	// Name is a name of host B, which stands for all its addresses.
	Name string

	// Wait lets time pass until cond holds and says whether it does. It gives
	// up when cond cannot come true any more: on real sockets after some
	// seconds, in a simulation when no event is left. The suite's cond may be
	// called at any time, but has to be called by the goroutine of the test.
	Wait func(cond func() bool) bool

	// Settle lets all that is under way come to rest, to show what does not
	// happen: on real sockets it sleeps for a moment, in a simulation it runs
	// for a second or so of virtual time.
	Settle func()
}

// Host is one end of the World.
type Host struct {
	Net   transport.Network
	HTTP  transport.Fetcher
	Names transport.Resolver

	Addr  netip.Addr // the host's IPv4 address, to listen on and to dial
	Addr6 netip.Addr // its IPv6 address; the zero Addr where the world has none
}

// Run runs the whole suite. newWorld is called once for every case.
func Run(t *testing.T, newWorld func(t *testing.T) World) {
	groups := []struct {
		name  string
		cases []testCase
	}{
		{"Listen", listenCases},
		{"Stream", streamCases},
		{"Close", closeCases},
		{"Packet", packetCases},
		{"Fetch", fetchCases},
		{"Resolve", resolveCases},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) {
					c.run(&suite{t: t, World: newWorld(t)})
				})
			}
		})
	}
}

type testCase struct {
	name string
	run  func(*suite)
}

// suite is one case under way in its own World.
type suite struct {
	t *testing.T
	World
}

// await fails the test unless cond comes true.
func (s *suite) await(what string, cond func() bool) {
	s.t.Helper()
	if !s.Wait(cond) {
		s.t.Fatalf("never happened: %s", what)
	}
}

// listen accepts streams on addr, and hands each to the next of the recorders;
// a stream beyond them is a failure.
func (s *suite) listen(n transport.Network, addr netip.AddrPort, next ...*recorder) (netip.AddrPort, func()) {
	s.t.Helper()
	spare := s.recorder("stream nobody expected")
	accept := func(st transport.Stream) transport.Handler {
		// Accepting is serial, so next needs no lock.
		r := spare
		if len(next) > 0 {
			r, next = next[0], next[1:]
		} else {
			spare.fault("accepted a stream too many")
		}
		r.adopt(st)
		return r
	}
	bound, stop, err := n.Listen(addr, accept)
	if err != nil {
		s.t.Fatalf("Listen(%v): %v", addr, err)
	}
	s.t.Cleanup(stop)
	return bound, stop
}

// connect lets host A dial host B; both recorders are open when it returns.
// Hooks have to be set before.
func (s *suite) connect(a, b *recorder) {
	s.t.Helper()
	s.connectAt(s.B.Addr, a, b)
}

func (s *suite) connectAt(addr netip.Addr, a, b *recorder) {
	s.t.Helper()
	bound, _ := s.listen(s.B.Net, netip.AddrPortFrom(addr, 0), b)
	a.dial(s.A.Net, bound)
	s.await("both ends are opened", func() bool { return a.isOpen() && b.isOpen() })
}

// pair is connect for two recorders without hooks.
func (s *suite) pair() (a, b *recorder) {
	s.t.Helper()
	a, b = s.recorder("dialling end"), s.recorder("accepting end")
	s.connect(a, b)
	return a, b
}
