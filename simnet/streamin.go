package simnet

import "bt/transport"

// deliver takes a segment that has come through the downlink.
func (s *stream) deliver(seg *segment) {
	n := s.net()
	switch {
	case seg.kind == segReset:
		n.segments.put(seg)
		s.handleReset()
	case s.state != open:
		// Who sends to a socket that is gone gets a reset; not who has closed too.
		if seg.kind == segData && seg.from.state == open {
			s.transmit(segReset)
		}
		n.lose(seg)
	case s.ghost:
		s.swallow(seg)
	case s.paused || s.hasUnread() || s.host.frozen != 0:
		s.inbox().unread.push(seg)
	default:
		s.read(seg)
	}
}

// wantDrain lets what waits be delivered, in an event of its own.
func (s *stream) wantDrain() {
	if !s.paused && !s.ended() && !s.drains && s.hasUnread() {
		s.drains = true
		s.net().schedule(0, event{kind: KindReadable, host: s.host, stream: s})
	}
}

// drain delivers what waited for the end of a pause.
func (s *stream) drain() {
	s.drains = false
	for s.state == open && !s.paused && s.hasUnread() {
		seg, _ := s.in.unread.pop()
		s.read(seg)
	}
}

// read hands a segment to the Handler, in reads as small as link and program want
// them. The Handler may pause, close or kill in between.
func (s *stream) read(seg *segment) {
	n := s.net()
	if seg.kind == segClose {
		n.segments.put(seg)
		s.shut(transport.ErrRemoteClosed)
		return
	}
	for rest := seg.data; len(rest) > 0; {
		p := rest[:s.readSize(len(rest))]
		rest = rest[len(p):]
		s.account(seg.from, p)
		s.handler.Received(p)
		switch {
		case s.state != open:
			seg.data = rest
			n.lose(seg)
			return
		case s.paused && len(rest) > 0:
			seg.data = rest
			s.inbox().unread.pushFront(seg)
			return
		}
	}
	n.segments.put(seg)
}

// readSize is how many of n bytes the next read delivers.
func (s *stream) readSize(n int) int {
	for _, most := range [...]int{s.host.link.MaxRead, int(s.readMost)} {
		if most > 0 {
			n = min(n, most)
		}
	}
	return n
}

// account records p as delivered and gives its sender room in the window.
func (s *stream) account(from *stream, p []byte) {
	n, bytes := s.net(), int64(len(p))
	n.recordBytes(KindReceived, s.host, s.id, p)
	from.unread -= bytes
	if n.oneWay != 0 && s.host.cutFrom(from.host)&n.oneWay != 0 {
		from.unhear(bytes)
	}
	n.totals.Delivered += bytes
	n.totals.InFlight -= bytes
	s.tap(TapDelivered, p, nil)
	from.wantUplink()
}
