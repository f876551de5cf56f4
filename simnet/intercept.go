package simnet

import (
	"fmt"
	"net/netip"
	"time"
)

// Fate is what an Interceptor does with bytes.
type Fate uint8

// What can be done with bytes of a stream.
const (
	Pass  Fate = iota // they go on
	Drop              // they are lost, and what follows closes the gap: as if they had never been said
	Reset             // they go on, and behind them the stream breaks: both ends are closed with ErrReset, what follows is lost
	Hold              // they are asked about again when more have come, or go on when the stream is closed
)

// Passage is a run of bytes that From has sent on a stream, at the moment when
// they leave its host.
type Passage struct {
	Stream           uint64 // the same number for both ends
	Dialer           bool   // From is the host that dialled
	From, To         *Host
	FromAddr, ToAddr netip.AddrPort
	Offset           int64  // how many bytes From has sent on this stream before Data
	Data             []byte // only valid during the call, and not to be changed
}

// Verdict is what becomes of the first N bytes of a Passage. If there are more,
// the Interceptor is asked again, about those, but not after Reset and Hold.
// N of 0 is only good with Reset, which then strikes in front of the first byte,
// and with Hold, which is about all of them anyway.
type Verdict struct {
	N  int
	Do Fate

	// Delay lets what passes travel so much longer. Nothing overtakes it: all
	// that follows on the stream is late too.
	Delay time.Duration
}

// Interceptor stands in the middle of all streams and decides over each byte of
// each direction, once and in order: a Passage begins where the last Verdict
// about that direction ended. How the bytes are cut into passages means nothing;
// who looks for messages keeps a decoder for each (Stream, Dialer), and holds
// what it cannot tell yet. Since HTTP goes over streams, it sees that too.
//
// It is called within an event and must not call into the network. With one
// that lets everything pass, the run is the run without it.
type Interceptor func(Passage) Verdict

// Intercept asks f about everything that is sent on streams from now on; nil
// asks nobody any more, and lets go of what was held as its stream goes on. The
// observers of Tap are told of bytes as sent whatever becomes of them, and of
// those that were delivered. Totals counts what was dropped as lost.
func (n *Internet) Intercept(f Interceptor) { n.interceptor = f }

// passages is what the interceptor has to do with one direction of a stream.
type passages struct {
	offset  int64 // how many bytes were decided about
	held    []byte
	severed bool // by Reset: everything is lost from now on
}

// intercepted says that the sender's bytes are not simply sent.
func (s *stream) intercepted() bool { return s.passages != nil || s.net().interceptor != nil }

// intercept has the interceptor decide over a segment that leaves the host.
func (s *stream) intercept(seg *segment) {
	n := s.net()
	if s.passages == nil {
		s.passages = &passages{offset: s.sent - int64(len(seg.data))}
	}
	p := s.passages
	rest, entire := seg.data, len(p.held) == 0
	if !entire {
		p.held = append(p.held, seg.data...)
		rest = p.held
	}
	v := s.ask(rest)
	if entire && v.Do == Pass && v.N == len(rest) { // as if nobody had been asked
		p.offset += int64(v.N)
		s.sendLate(seg, v.Delay)
		return
	}
	// Its parts are the load of the remote downlink from when they go on.
	s.to.down.load -= int64(len(seg.data))
	for {
		s.obey(rest[:v.N], v)
		rest = rest[v.N:]
		if len(rest) == 0 || v.Do == Hold {
			break
		}
		v = s.ask(rest)
	}
	p.held = append(p.held[:0], rest...)
	n.segments.put(seg)
	s.to.release(0)
}

// ask gets a Verdict that makes sense.
func (s *stream) ask(data []byte) Verdict {
	n, p := s.net(), s.passages
	switch {
	case p.severed:
		return Verdict{N: len(data), Do: Drop}
	case n.interceptor == nil:
		return Verdict{N: len(data)}
	}
	far := s.peer()
	v := n.interceptor(Passage{
		Stream: s.id, Dialer: s.side == dialerEnd, From: s.host, To: far.host,
		FromAddr: s.local, ToAddr: s.remote, Offset: p.offset, Data: data,
	})
	switch {
	case v.Do == Hold:
		v.N = 0
	case v.Do == Reset && v.N == 0:
	case v.N < 1, v.N > len(data), v.Do > Hold:
		panic(fmt.Sprintf("simnet: interceptor decides about %d of %d bytes", v.N, len(data)))
	}
	return v
}

// obey does with data what the interceptor has said.
func (s *stream) obey(data []byte, v Verdict) {
	s.passages.offset += int64(len(data))
	switch v.Do {
	case Pass:
		s.forward(data, v.Delay)
	case Drop:
		s.wireLeaves(segData, data, "dropped by the interceptor")
		s.loseBytes(int64(len(data)))
	case Reset:
		if len(data) > 0 {
			s.forward(data, v.Delay)
		}
		// Whoever does this stands in the middle and resets both sides.
		s.passages.severed = true
		s.forgeReset()
		s.peer().forgeReset()
	}
}

// forgeReset sends a reset in the name of this end.
func (s *stream) forgeReset() {
	seg := s.net().segments.get(segReset, 0)
	seg.forged = true
	s.send(seg)
}

// forward sends a copy of bytes that were taken out of their segment.
func (s *stream) forward(data []byte, late time.Duration) {
	seg := s.net().segments.get(segData, len(data))
	copy(seg.data, data)
	seg.loaded = true
	s.to.down.load += int64(len(data))
	s.sendLate(seg, late)
}

// letGo sends what the interceptor holds: nothing more will come.
func (s *stream) letGo() {
	if p := s.passages; p != nil && len(p.held) > 0 {
		s.forward(p.held, 0)
		p.offset += int64(len(p.held))
		p.held = nil
	}
}

// dropPassages loses what the interceptor holds.
func (s *stream) dropPassages() {
	if p := s.passages; p != nil {
		s.loseBytes(int64(len(p.held)))
		p.held = nil
	}
}
