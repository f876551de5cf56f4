package scenarios

import (
	"bytes"
	"net/netip"

	"bt/client/wire"
	"bt/simnet"
)

// The referee decodes every connection, both directions, as each client under
// watch sees it: what it has sent, from the moment it was given to the network,
// and what was delivered to it. A client may act on what it hears within the
// same instant or before having looked at it; so news counts as known only when
// that instant has passed, and both the old and the new state excuse an act.

// wireConn is one stream. That of one that is over, or was there before, is empty.
type wireConn struct {
	known bool // what is spoken
	http  bool
	shut  uint8     // ends that were told Closed
	ends  [2]*view  // of the dialer, of the listener; nil: not under watch
	asks  *exchange // what is asked of a tracker; nil: it is no announce
}

const (
	dialerSide   = 0
	listenerSide = 1
)

// tap hears of every stream of the internet.
func (o *oracles) tap(e *simnet.TapEvent) {
	now := instantOf(e.At)
	o.agenda.advance(now)
	side := listenerSide
	if e.Dialer {
		side = dialerSide
	}
	switch e.Kind {
	case simnet.TapOpened:
		for uint64(len(o.wires)) <= e.Stream {
			o.wires = append(o.wires, wireConn{}) // they are numbered in the order of their dials
		}
		o.wires[e.Stream] = o.newWireConn(e, now)
		return
	case simnet.TapDelivered:
		o.heard += int64(len(e.Data))
	}
	if e.Stream >= uint64(len(o.wires)) {
		return
	}
	c := &o.wires[e.Stream]
	if !c.known && e.Kind == simnet.TapSent && side == dialerSide {
		c.known, c.http = true, bytes.HasPrefix(e.Data, []byte("GET "))
	}
	switch {
	case e.Kind == simnet.TapClosed:
		o.handleClosed(c, side, now)
	case c.http:
		switch v := c.ends[dialerSide]; {
		case v != nil && side == dialerSide && e.Kind == simnet.TapSent:
			v.who.idle.busy()
			c.asks = v.who.handleAnnounce(e.ToAddr(), e.Data)
		case c.asks != nil && side == listenerSide && e.Kind == simnet.TapDelivered:
			c.asks.who.idle.busy()
			c.asks.handleAnswer(e.Data)
		}
	case e.Kind == simnet.TapSent:
		if v := c.ends[side]; v != nil {
			v.handleSent(now, e.Data)
		}
	case e.Kind == simnet.TapDelivered:
		if v := c.ends[side]; v != nil {
			v.traffic.handleDelivered(v, len(e.Data))
		}
		if v := c.ends[1-side]; v != nil {
			v.handleHeard(now, e.Data)
		}
	}
}

func (o *oracles) newWireConn(e *simnet.TapEvent, now instant) (c wireConn) {
	o.calm.met[pairOf(e.From, e.To)] = true
	if w := o.at[e.From]; w != nil {
		c.ends[dialerSide] = newView(w, e.To, e.ToAddr(), now)
		if !o.isTracker(e.To, e.ToAddr()) {
			c.ends[dialerSide].dialled = e.ToAddr()
			w.handleOpened(e)
		}
		w.handles.ends++
	}
	if w := o.at[e.To]; w != nil {
		c.ends[listenerSide] = newView(w, e.From, e.SeenAddr(), now)
		w.handles.ends++
	}
	return c
}

func (o *oracles) handleClosed(c *wireConn, side int, now instant) {
	if v := c.ends[side]; v != nil {
		v.who.handles.ends--
		v.who.idle.busy()
		if !c.http {
			v.handleEnded(now)
		}
	}
	if c.shut++; int(c.shut) == len(c.ends) {
		*c = wireConn{}
	}
}

// view is one peer connection as a client under watch sees it.
//
// There are tens of thousands of them in a large swarm, and to find one in memory takes
// longer than to judge a message. So the fields are in the order of how often they are
// looked at, behind 56 bytes with which they begin at a line of the processor's cache:
// the allocator puts eight in front of large objects.
type view struct {
	remote string
	host   *simnet.Host   // the remote side's; nil: there is none
	addr   netip.AddrPort // of it, as the client sees it

	// All messages.
	who      *watched
	now      instant // of what is handled
	silence  silenceRule
	joined   bool // in who.views
	interest interestRule
	haves    haveRule
	facts    facts
	traffic  connTraffic

	// The bytes of messages, and what some are about.
	slot  slotRule
	share shareRule
	since instant // when both handshakes were through
	ended instant // when the client was told that it was over; zero: it is not
	sent  frameReader
	fair  fairRule
	stall stallRule
	heard frameReader

	requests requestRule
	answers  answerRule
	waste    wasteRule
	extended extendedRule
	chokes   chokeRule
	opening  openingRule
	dialled  netip.AddrPort // which peer the client has; invalid: it has not
}

// facts is the state of a conversation as BEP 3 has it.
type facts struct {
	helloSent, helloHeard             bool
	fastSent, fastHeard               bool
	amChoking, amInterested           bool
	peerChoking, peerInterested       bool
	frames                            int32    // sent
	pieces                            int32    // in has
	has                               pieceSet // what the remote side has said it has
	peerChokedAt                      instant
	peerInterestFrom, peerInterestEnd instant
	fewer                             instant // when it last took something of has back
}

// fast says that both sides speak the Fast extension (BEP 6).
func (f *facts) fast() bool { return f.fastSent && f.fastHeard }

func newView(w *watched, remote *simnet.Host, addr netip.AddrPort, now instant) *view {
	n := w.o.truth.meta.Info.NumPieces()
	v := &view{who: w, remote: addr.String(), host: remote, addr: addr, now: now}
	w.bans.handleMet(v)
	if remote != nil {
		v.remote = remote.Name()
	}
	// BEP 3: "Connections start out choked and not interested."
	v.facts = facts{amChoking: true, peerChoking: true, has: newPieceSet(n)}
	v.haves.said = newPieceSet(n)
	v.answers.owed = make(map[wire.Block]*owed)
	v.silence.last = now
	return v
}

func (v *view) violation(rule, format string, args ...any) {
	v.violationAt(v.now, rule, format, args...)
}

func (v *view) violationAt(at instant, rule, format string, args ...any) {
	args = append([]any{v.remote}, args...)
	v.who.o.violation(at, rule, v.who.name, "to %s: "+format, args...)
}

// over says that there is nothing more to be expected of the connection.
func (v *view) over() bool { return !v.ended.IsZero() || !v.who.alive() || v.who.frozen() }

func (v *view) handleSent(now instant, p []byte) {
	v.now = now
	if v.who.isClosed {
		v.violation("L3", "%d bytes sent after the client was closed", len(p))
		return
	}
	v.join()
	v.who.idle.busy()
	v.silence.handleSent(v)
	v.traffic.sent += int64(len(p))
	failed := v.sent.failed()
	if err := v.sent.read(p, sentFrames{v}); err != nil && !failed {
		v.opening.malformed(v, err)
	}
}

func (v *view) handleHeard(now instant, p []byte) {
	v.now = now
	v.join()
	v.who.idle.busy()
	v.heard.read(p, heardFrames{v}) // what is no message is for the client to refuse
}

// join makes this a connection of the client's, at its first byte: an HTTP
// stream never becomes one.
func (v *view) join() {
	if !v.joined && !v.who.retired {
		v.joined = true
		v.who.views = append(v.who.views, v)
	}
}

func (v *view) handleEnded(now instant) {
	v.now = now
	v.silence.check(v)
	v.ended = now
	v.requests.end(v)
	v.traffic.handleEnded(v)
	v.waste.handleEnded(v)
	v.who.dials.handleEnded(v)
	for i, o := range v.who.views {
		if o == v {
			v.who.views = append(v.who.views[:i:i], v.who.views[i+1:]...)
			break
		}
	}
}

// sentFrames takes what the client has sent.
type sentFrames struct{ *view }

// heardFrames takes what was delivered to it.
type heardFrames struct{ *view }

func (v sentFrames) takeHello(h *hello) {
	v.opening.handleHello(v.view, h)
	v.facts.helloSent, v.facts.fastSent = true, h.fast()
	v.greeted()
	v.extended.sent = h.extended()
}

func (v heardFrames) takeHello(h *hello) {
	v.facts.helloHeard, v.facts.fastHeard = true, h.fast()
	v.greeted()
	v.extended.heard = h.extended()
}

// greeted notes that one more handshake is through.
func (v *view) greeted() {
	if !v.facts.helloSent || !v.facts.helloHeard {
		return
	}
	v.since = v.now
	v.who.checkPeers()
	v.who.o.alien = v.who.o.alien || v.who.o.at[v.host] == nil
	v.who.o.later(newcomerWait, v.who.checkBootstrap)
}

func (v sentFrames) takeData(b wire.Block, off int, p []byte) {
	v.answers.dataSent(v.view, b, off, p)
}

func (v heardFrames) takeData(b wire.Block, off int, p []byte) {
	v.waste.dataHeard(v.view, b, off, p)
	v.who.rates.down.add(v.who, v.now, int64(len(p)), int64(b.Length))
}

// takeFrame asks the rules, each of which is about one concern of the protocol. They see
// a message before the facts know of it.
func (s sentFrames) takeFrame(f *frame) {
	v := s.view
	v.who.o.marker.frameSent(v, f)
	v.opening.frameSent(v, f)
	v.haves.frameSent(v, f)
	if f.kind != wire.Have {
		v.askSent(f)
	}
	v.facts.handleSent(f)
	if aboutSlots(f) {
		v.slot.update(v)
		v.share.update(v)
	}
	v.who.o.marker.moved(v)
}

// askSent asks the rules that no HAVE concerns. Most of what a large swarm says is that.
func (v *view) askSent(f *frame) {
	v.interest.frameSent(v, f)
	v.chokes.frameSent(v, f)
	v.extended.frameSent(v, f)
	v.waste.frameSent(v, f)
	v.requests.frameSent(v, f)
	v.stall.frameSent(v, f)
	v.fair.frameSent(v, f)
	v.answers.frameSent(v, f)
	v.traffic.frameSent(v, f)
}

func (h heardFrames) takeFrame(f *frame) {
	v := h.view
	v.who.o.marker.frameHeard(v, f)
	v.interest.frameHeard(v, f)
	if f.kind != wire.Have {
		v.askHeard(f)
	}
	v.facts.handleHeard(v.now, f, v.who.o.truth.meta.Info.NumPieces())
	if aboutSlots(f) {
		v.slot.update(v)
		v.share.update(v)
	}
	v.who.o.marker.moved(v)
}

// askHeard is askSent for what was delivered.
func (v *view) askHeard(f *frame) {
	v.extended.frameHeard(v, f)
	v.waste.frameHeard(v, f)
	v.requests.frameHeard(v, f)
	v.stall.frameHeard(v, f)
	v.fair.frameHeard(v, f)
	v.share.frameHeard(v, f)
	v.answers.frameHeard(v, f)
	v.traffic.frameHeard(v, f)
}

// aboutSlots says that a message changes who is choked, or interested.
func aboutSlots(f *frame) bool {
	switch f.kind {
	case wire.Choke, wire.Unchoke, wire.Interested, wire.NotInterested:
		return true
	}
	return false
}

func (s *facts) handleSent(f *frame) {
	s.frames++
	switch f.kind {
	case wire.Choke:
		s.amChoking = true
	case wire.Unchoke:
		s.amChoking = false
	case wire.Interested:
		s.amInterested = true
	case wire.NotInterested:
		s.amInterested = false
	}
}

func (s *facts) handleHeard(now instant, f *frame, pieces int) {
	switch f.kind {
	case wire.Choke:
		if !s.peerChoking {
			s.peerChoking, s.peerChokedAt = true, now
		}
	case wire.Unchoke:
		s.peerChoking = false
	case wire.Interested:
		if !s.peerInterested {
			s.peerInterested, s.peerInterestFrom = true, now
		}
	case wire.NotInterested:
		s.peerInterested, s.peerInterestEnd = false, now
	case wire.Have:
		if p := int(f.block.Index); int64(f.block.Index) < int64(pieces) && !s.has.has(p) {
			s.has.set(p)
			s.pieces++
		}
	case wire.Bitfield, wire.HaveAll, wire.HaveNone:
		if has, ok := piecesOf(f, pieces); ok {
			s.has, s.pieces, s.fewer = has, int32(has.count()), now
		}
	}
	if int(s.pieces) == pieces {
		s.peerInterestEnd = now // whatever it says of its interest: there is nothing left to want
	}
}

// interestedSince reports whether the remote side has been interested all the time
// from then on.
func (s *facts) interestedSince(then instant) bool {
	return s.peerInterested && !s.peerInterestFrom.After(then) && s.peerInterestEnd.Before(then)
}

// handleUploadOnly: whoever says to be upload-only (BEP 21) wants nothing, whatever it
// has said of its interest.
func (s *facts) handleUploadOnly(now instant, done bool) {
	if done {
		s.peerInterestEnd = now
	}
}

// piecesOf reads a message that tells of all pieces. It is false for a bitfield
// that is not as long as it must be, or has more pieces than there are.
func piecesOf(f *frame, pieces int) (pieceSet, bool) {
	s := newPieceSet(pieces)
	if f.kind == wire.Bitfield && len(f.bits) != (pieces+7)/8 {
		return nil, false
	}
	bits := pieces
	if f.kind == wire.Bitfield {
		bits = 8 * len(f.bits)
	}
	for p := range bits {
		// BEP 3: "The high bit in the first byte corresponds to piece index 0."
		in := f.kind == wire.HaveAll || f.kind == wire.Bitfield && f.bits[p/8]&(0x80>>(p%8)) != 0
		switch {
		case in && p >= pieces:
			return nil, false
		case in:
			s.set(p)
		}
	}
	return s, true
}
