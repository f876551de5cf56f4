package transporttest

import (
	"net/netip"

	"bt/transport"
)

var closeCases = []testCase{
	{"RemoteHears", closeRemoteHears},
	{"KeepsWhatWasSent", closeKeepsSent},
	{"LastWord", closeLastWord},
	{"Both", closeBoth},
	{"InOpened", closeInOpened},
	{"InReceived", closeInReceived},
	{"InSent", closeInSent},
	{"MidTransfer", closeMidTransfer},
	{"WhilePaused", closeWhilePaused},
	{"SendAfter", closeSendAfter},
	{"BeforeOpened", closeBeforeOpened},
	{"InAccept", closeInAccept},
	{"DialRefused", closeDialRefused},
}

// ended are the ways in which a stream may end for the side that did not close
// it, when bytes were under way.
var ended = []error{transport.ErrRemoteClosed, transport.ErrReset}

func closeRemoteHears(s *suite) {
	a, b := s.pair()
	a.close()
	a.close()
	s.awaitClosed(a, nil)
	s.awaitClosed(b, transport.ErrRemoteClosed)
	a.close()
	b.close()
	s.Settle() // a second Closed would be a fault
}

// closeKeepsSent wants bytes that Sent has reported to arrive in spite of Close.
func closeKeepsSent(s *suite) {
	a, b := s.pair()
	want := newPattern(8).bytes(50_000)
	a.send(want)
	s.await("all is sent", func() bool { return a.state().sent >= len(want) })
	a.close()
	s.awaitClosed(a, nil)
	s.awaitClosed(b, transport.ErrRemoteClosed)
	if got := b.state().received; got != len(want) {
		s.t.Errorf("received %d bytes before the end, want %d", got, len(want))
	}
}

// closeLastWord wants a message directly before Close to get through when
// nothing else is queued: it usually says why.
func closeLastWord(s *suite) {
	a, b := s.pair()
	a.send([]byte("because"))
	a.close()
	s.awaitClosed(a, nil)
	s.awaitClosed(b, transport.ErrRemoteClosed)
	if got := string(b.state().got); got != "because" {
		s.t.Errorf("received %q before the end", got)
	}
}

func closeBoth(s *suite) {
	a, b := s.pair()
	a.close()
	b.close()
	s.awaitClosed(a, nil)
	// On real sockets, the news of a's end may have overtaken b's own Close.
	s.awaitClosed(b, nil, transport.ErrRemoteClosed)
	s.Settle()
}

func closeInOpened(s *suite) {
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	a.onOpened = func(st transport.Stream) {
		st.Close()
		a.hush()
	}
	s.connect(a, b)
	s.awaitClosed(a, nil)
	s.awaitClosed(b, transport.ErrRemoteClosed)
}

// closeInReceived closes an end that is busy in both directions: even a Sent
// that waited for its turn meanwhile must not follow.
func closeInReceived(s *suite) {
	const total = 4 << 20
	for range 10 {
		a, b := s.recorder("dialling end"), s.recorder("accepting end")
		for _, r := range []*recorder{a, b} {
			(&pump{pattern: newPattern(9), total: total}).install(r)
		}
		b.onReceived = func(st transport.Stream, _ []byte) {
			if b.state().received >= total/8 {
				st.Close()
				b.hush()
			}
		}
		s.connect(a, b)
		s.awaitClosed(b, nil)
		s.awaitClosed(a, ended...)
	}
}

func closeInSent(s *suite) {
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	a.onSent = func(st transport.Stream, _ int) {
		st.Send([]byte("too late to matter"))
		st.Close()
		st.Close()
		a.hush()
	}
	s.connect(a, b)
	a.send(make([]byte, 1000))
	s.awaitClosed(a, nil)
	s.awaitClosed(b, transport.ErrRemoteClosed)
	if got := b.state().received; got < 1000 {
		s.t.Errorf("received %d bytes of the 1000 that were sent", got)
	}
}

func closeMidTransfer(s *suite) {
	const total = 64 << 20
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	there, back := newPattern(10), newPattern(11)
	(&pump{pattern: there, total: total}).install(a)
	(&pump{pattern: back, total: total}).install(b)
	there.check(b)
	back.check(a)
	s.connect(a, b)
	s.await("the transfers are on their way", func() bool { return a.state().received > 0 && b.state().received > 0 })
	a.close()
	s.awaitClosed(a, nil)
	s.awaitClosed(b, ended...)
}

// closeWhilePaused closes an end that neither reads nor can send any more.
func closeWhilePaused(s *suite) {
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	for _, r := range []*recorder{a, b} {
		(&pump{pattern: newPattern(12), total: 64 << 20}).install(r)
		more := r.onOpened
		r.onOpened = func(st transport.Stream) {
			st.PauseReads(true)
			more(st)
		}
	}
	s.connect(a, b)
	s.Settle()
	a.close()
	s.awaitClosed(a, nil)
	b.close()
	s.awaitClosed(b, nil, transport.ErrRemoteClosed, transport.ErrReset)
}

func closeSendAfter(s *suite) {
	a, b := s.pair()
	a.close()
	a.send([]byte("to nobody"))
	a.pause(true)
	a.pause(false)
	s.awaitClosed(a, nil)
	a.send([]byte("to nobody"))
	s.awaitClosed(b, transport.ErrRemoteClosed)
	b.send([]byte("to nobody"))
	s.Settle()
	for _, r := range []*recorder{a, b} {
		if st := r.state(); st.sent != 0 || st.received != 0 {
			s.t.Errorf("%s: sent %d and received %d bytes on a closed stream", r.name, st.sent, st.received)
		}
	}
}

// closeBeforeOpened closes at once; the stream may have opened all the same.
func closeBeforeOpened(s *suite) {
	b := s.recorder("accepting end")
	bound, _ := s.listen(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0), b)
	a := s.recorder("dialling end")
	a.dial(s.A.Net, bound)
	a.close()
	s.awaitClosed(a, nil)
	s.Settle()
	if st := a.state(); st.sent != 0 || st.received != 0 {
		s.t.Errorf("sent %d and received %d bytes", st.sent, st.received)
	}
}

func closeInAccept(s *suite) {
	b := s.recorder("accepting end")
	bound, stop, err := s.B.Net.Listen(netip.AddrPortFrom(s.B.Addr, 0), func(st transport.Stream) transport.Handler {
		b.adopt(st)
		st.Close()
		return b
	})
	if err != nil {
		s.t.Fatal(err)
	}
	defer stop()
	a := s.recorder("dialling end")
	a.dial(s.A.Net, bound)
	s.awaitClosed(b, nil)
	s.awaitClosed(a, transport.ErrRefused, transport.ErrRemoteClosed, transport.ErrReset)
}

func closeDialRefused(s *suite) {
	bound, stop := s.listen(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0))
	stop() // now nobody listens there
	a := s.recorder("dialling end")
	a.dial(s.A.Net, bound)
	a.send([]byte("anyone?"))
	s.awaitClosed(a, transport.ErrRefused)
	if st := a.state(); st.opened || st.sent != 0 {
		s.t.Errorf("opened: %v, sent: %d, want neither", st.opened, st.sent)
	}
}
