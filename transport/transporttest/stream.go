package transporttest

import (
	"bytes"
	"net/netip"

	"bt/transport"
)

var streamCases = []testCase{
	{"Echo", streamEcho},
	{"SendBeforeOpened", streamSendBeforeOpened},
	{"SentAddsUp", streamSentAddsUp},
	{"SmallSendsKeepOrder", streamSmallSends},
	{"ManyBufsInOneSend", streamManyBufs},
	{"OneLargeBuf", streamLargeBuf},
	{"BigTransferBothWays", streamBothWays},
	{"PauseReadsPushesBack", streamPause},
	{"LimitReads", streamLimitReads},
}

func streamEcho(s *suite) {
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	b.onReceived = func(st transport.Stream, p []byte) {
		st.Send(bytes.Clone(p)) // p is only ours during the call
	}
	s.connect(a, b)
	s.wantAddrs(a, b)
	want := newPattern(1).bytes(100_000)
	a.send(want)
	s.await("everything comes back", func() bool { return a.state().received >= len(want) })
	if !bytes.Equal(a.state().got, want) {
		s.t.Error("the echo differs")
	}
}

func streamSendBeforeOpened(s *suite) {
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	bound, _ := s.listen(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0), b)
	a.dial(s.A.Net, bound)
	a.send([]byte("early "))
	a.send([]byte("bird"))
	s.await("bytes sent before Opened arrive", func() bool { return b.state().received >= len("early bird") })
	if got := string(b.state().got); got != "early bird" {
		s.t.Errorf("received %q", got)
	}
}

func streamSentAddsUp(s *suite) {
	a, b := s.pair()
	total := 0
	for i := range 200 {
		a.send(make([]byte, i), make([]byte, i/3))
		total += i + i/3
	}
	s.await("all is sent and received", func() bool {
		return a.state().sent >= total && b.state().received >= total
	})
	s.Settle()
	if a, b := a.state(), b.state(); a.sent != total || b.received != total {
		s.t.Errorf("sent %d and received %d bytes, want %d", a.sent, b.received, total)
	}
}

func streamSmallSends(s *suite) {
	a, b := s.pair()
	const sends = 10_000
	pat := newPattern(2)
	total := 0
	for i := range sends {
		p := make([]byte, 1+i%17)
		pat.fill(p, total)
		total += len(p)
		a.send(p)
	}
	s.await("all small sends arrive", func() bool { return b.state().received >= total })
	if got := b.state().got; len(got) != total || !pat.is(got, 0) {
		s.t.Errorf("%d bytes differ from the %d sent", len(got), total)
	}
}

// streamManyBufs sends more buffers than one system call takes, some of them
// empty, and uses the slice that held them again at once.
func streamManyBufs(s *suite) {
	a, b := s.pair()
	pat := newPattern(3)
	bufs := make([][]byte, 3000)
	total := 0
	for i := range bufs {
		bufs[i] = make([]byte, i%5)
		pat.fill(bufs[i], total)
		total += len(bufs[i])
	}
	a.send(bufs...)
	clear(bufs)
	a.send() // nothing at all is fine too
	s.await("all buffers arrive", func() bool { return b.state().received >= total })
	if got := b.state().got; len(got) != total || !pat.is(got, 0) {
		s.t.Errorf("%d bytes differ from the %d sent", len(got), total)
	}
}

func streamLargeBuf(s *suite) {
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	pat := newPattern(4)
	pat.check(b)
	s.connect(a, b)
	const size = 8 << 20
	a.send(pat.bytes(size))
	s.await("the large buffer arrives", func() bool { return b.state().received >= size && a.state().sent >= size })
	if a, b := a.state(), b.state(); a.sent != size || b.received != size {
		s.t.Errorf("sent %d and received %d bytes, want %d", a.sent, b.received, size)
	}
}

func streamBothWays(s *suite) {
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	const total = 16<<20 + 12345
	there, back := newPattern(5), newPattern(6)
	(&pump{pattern: there, total: total}).install(a)
	(&pump{pattern: back, total: total}).install(b)
	there.check(b)
	back.check(a)
	s.connect(a, b)
	s.await("both transfers are complete", func() bool {
		a, b := a.state(), b.state()
		return a.received >= total && b.received >= total && a.sent >= total && b.sent >= total
	})
	s.Settle()
	for _, r := range []*recorder{a, b} {
		if st := r.state(); st.received != total || st.sent != total {
			s.t.Errorf("%s: sent %d and received %d bytes, want %d", r.name, st.sent, st.received, total)
		}
	}
}

// streamPause offers far more than any buffer on the way holds.
func streamPause(s *suite) {
	const total = 64 << 20
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	pat := newPattern(7)
	(&pump{pattern: pat, total: total}).install(a)
	pat.check(b)
	b.onOpened = func(st transport.Stream) { st.PauseReads(true) }
	s.connect(a, b)

	for before := -1; a.state().sent != before; s.Settle() {
		before = a.state().sent
	}
	if st := a.state(); st.sent >= total {
		s.t.Errorf("all of %d bytes left although nobody reads", total)
	}
	if st := b.state(); st.deliveries > 1 {
		s.t.Errorf("%d deliveries after PauseReads(true), want at most one", st.deliveries)
	}

	b.pause(false)
	b.pause(false) // no counting: one resume is enough
	s.await("some arrives again", func() bool { return b.state().received > total/8 })
	b.pause(true)
	s.Settle()
	paused := b.state()
	s.Settle()
	if st := b.state(); st.received != paused.received {
		s.t.Errorf("%d bytes delivered while paused", st.received-paused.received)
	}
	b.pause(false)
	s.await("all arrives", func() bool { return b.state().received >= total })
}

// streamLimitReads takes small bites, one at a time, then all that is left.
func streamLimitReads(s *suite) {
	const total, most, bites = 4 << 20, 1000, 10
	a, b := s.recorder("dialling end"), s.recorder("accepting end")
	pat := newPattern(8)
	(&pump{pattern: pat, total: total}).install(a)
	received, taken, largest := 0, 0, 0
	b.onOpened = func(st transport.Stream) { st.LimitReads(most) }
	b.onReceived = func(st transport.Stream, p []byte) {
		if !pat.is(p, received) {
			s.t.Errorf("%d bytes from %d on differ", len(p), received)
		}
		received += len(p)
		if taken++; taken <= bites { // the network may make them smaller yet
			largest = max(largest, len(p))
			st.PauseReads(true)
		}
	}
	s.connect(a, b)
	for i := range bites {
		s.await("a bite", func() bool { return b.state().deliveries > i })
		s.Settle()
		if got := b.state().deliveries; got != i+1 {
			s.t.Fatalf("%d deliveries, %d were let through", got, i+1)
		}
		b.pause(false)
	}
	s.await("all arrives in bites", func() bool { return b.state().received >= total/2 })
	if largest > most {
		s.t.Errorf("a bite of %d bytes, want %d at most", largest, most)
	}
	b.limit(0)
	s.await("all arrives", func() bool { return b.state().received >= total })
}
