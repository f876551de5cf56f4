package transporttest

import (
	"errors"
	"net/netip"

	"bt/transport"
)

var listenCases = []testCase{
	{"PortZero", listenPortZero},
	{"AddrInUse", listenAddrInUse},
	{"Unspecified", listenUnspecified},
	{"IPv6", listenIPv6},
	{"ManyStreams", listenManyStreams},
	{"Stop", listenStop},
	{"NilHandlerRefuses", listenNilHandler},
}

func listenPortZero(s *suite) {
	first, _ := s.listen(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0))
	second, _ := s.listen(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0))
	for _, bound := range []netip.AddrPort{first, second} {
		if bound.Addr() != s.B.Addr || bound.Port() == 0 {
			s.t.Errorf("bound to %v, want a port of %v", bound, s.B.Addr)
		}
	}
	if first == second {
		s.t.Errorf("bound to %v twice", first)
	}
}

func listenAddrInUse(s *suite) {
	bound, _ := s.listen(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0))
	_, _, err := s.B.Net.Listen(bound, func(transport.Stream) transport.Handler { return nil })
	if !errors.Is(err, transport.ErrAddrInUse) {
		s.t.Errorf("second Listen on %v: %v, want %v", bound, err, transport.ErrAddrInUse)
	}
}

// listenUnspecified wants both families on one port, and plain IPv4 addresses
// even where the system keeps IPv4 in an IPv6 socket.
func listenUnspecified(s *suite) {
	for _, unspecified := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		for _, to := range []netip.Addr{s.B.Addr, s.B.Addr6} {
			if !to.IsValid() {
				continue
			}
			a, b := s.recorder("dialling end"), s.recorder("accepting end")
			bound, stop := s.listen(s.B.Net, netip.AddrPortFrom(unspecified, 0), b)
			a.dial(s.A.Net, netip.AddrPortFrom(to, bound.Port()))
			s.await("a stream to an unspecified listener opens", func() bool { return a.isOpen() && b.isOpen() })
			s.wantAddrs(a, b)
			stop()
		}
	}
}

func listenIPv6(s *suite) {
	if !s.B.Addr6.IsValid() {
		s.t.Skip("no IPv6 in this world")
	}
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	s.connectAt(s.B.Addr6, a, b)
	s.wantAddrs(a, b)
	s.wantEcho(a, b)
}

func listenManyStreams(s *suite) {
	const streams = 50
	var as, bs []*recorder
	for range streams {
		as, bs = append(as, s.recorder("dialling end")), append(bs, s.recorder("accepting end"))
	}
	bound, _ := s.listen(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0), bs...)
	for i, a := range as {
		a.dial(s.A.Net, bound)
		a.send([]byte{byte(i)})
	}
	seen := [streams]int{}
	for _, b := range bs {
		s.await("every stream delivers its byte", func() bool { return b.state().received == 1 })
		seen[b.state().got[0]]++
	}
	for i, n := range seen {
		if n != 1 {
			s.t.Errorf("byte %d came %d times", i, n)
		}
	}
}

// listenStop wants stop to end accepting, to keep what was accepted, to free
// the port and to be harmless when called again.
func listenStop(s *suite) {
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	bound, stop := s.listen(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0), b)
	a.dial(s.A.Net, bound)
	s.await("both ends are opened", func() bool { return a.isOpen() && b.isOpen() })
	stop()
	stop()

	late := s.recorder("late dialling end")
	late.dial(s.A.Net, bound)
	s.awaitClosed(late, transport.ErrRefused)
	s.wantEcho(a, b)

	a2, b2 := s.recorder("second dialling end"), s.recorder("second accepting end")
	s.listen(s.B.Net, bound, b2)
	a2.dial(s.A.Net, bound)
	s.await("both ends are opened again", func() bool { return a2.isOpen() && b2.isOpen() })
}

func listenNilHandler(s *suite) {
	bound, stop, err := s.B.Net.Listen(netip.AddrPortFrom(s.B.Addr, 0), func(transport.Stream) transport.Handler { return nil })
	if err != nil {
		s.t.Fatal(err)
	}
	defer stop()
	a := s.recorder("dialling end")
	a.dial(s.A.Net, bound)
	// The system has accepted before we are asked, so it may look like any end.
	s.awaitClosed(a, transport.ErrRefused, transport.ErrRemoteClosed, transport.ErrReset)
}

// wantAddrs wants each end to know both addresses, IPv4 never in IPv6 clothes.
func (s *suite) wantAddrs(a, b *recorder) {
	s.t.Helper()
	type pair struct{ local, remote netip.AddrPort }
	atA := pair{a.stream.LocalAddr(), a.stream.RemoteAddr()}
	atB := pair{b.stream.LocalAddr(), b.stream.RemoteAddr()}
	if atA.local != atB.remote || atA.remote != atB.local {
		s.t.Errorf("addresses differ: %v at one end, %v at the other", atA, atB)
	}
	for _, addr := range []netip.AddrPort{atA.local, atA.remote, atB.local, atB.remote} {
		if !addr.IsValid() || addr.Port() == 0 || addr.Addr().Is4In6() {
			s.t.Errorf("bad address %v", addr)
		}
	}
}

// wantEcho wants bytes to pass in both directions.
func (s *suite) wantEcho(a, b *recorder) {
	s.t.Helper()
	for _, dir := range []struct{ from, to *recorder }{{a, b}, {b, a}} {
		before := len(dir.to.state().got)
		const text = "there and back"
		dir.from.send([]byte(text))
		s.await("bytes arrive", func() bool { return len(dir.to.state().got) >= before+len(text) })
		if got := string(dir.to.state().got[before:]); got != text {
			s.t.Errorf("%s received %q, want %q", dir.to.name, got, text)
		}
	}
}
