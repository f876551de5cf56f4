package simnet

import "time"

// limit brings the limits up to date with the links.
func (s *stream) limit() *limits {
	if epoch := s.net().linkEpoch + 1; s.limits.epoch != epoch {
		up, down := s.host.link.Up, s.to.link.Down
		latency := s.path.latency()
		bottleneck := up
		if up <= 0 || down > 0 && down < up {
			bottleneck = down
		}
		l := limits{epoch: epoch, window: minWindow, load: maxWindow, quantum: int32(quantumFor(down)), delay: latency}
		if bottleneck > 0 {
			l.window = min(max(minWindow, mulDiv(bottleneck, 2*latency, int64(time.Second))), maxWindow)
		}
		if down > 0 {
			l.load = s.to.link.queueFor(down) + mulDiv(down, latency, int64(time.Second))
		}
		if s.path.jitters() {
			l.delay = -1
		}
		s.limits = l
	}
	return &s.limits
}

// wantUplink takes a place in the uplink's ring when there is something that
// may be sent, and reports whether there is.
func (s *stream) wantUplink() bool {
	if s.state != open || s.queued == 0 || s.unread+s.unacked >= s.limit().window {
		return false
	}
	if !s.waiting {
		s.waiting = true
		s.host.joinUplink(s)
	}
	return true
}

// take implements flow. The bytes taken are part of the remote downlink's load
// from now on, so that many senders at once cannot flood it.
func (s *stream) take(most int64) int64 {
	s.waiting = false
	l := s.limit()
	if s.state != open || s.queued == 0 || s.unread+s.unacked >= l.window {
		return 0
	}
	to := s.to
	if to.link.Down > 0 && to.down.load >= l.load {
		s.waiting = true
		to.down.waiting.push(s)
		return 0
	}
	n := min(most, int64(l.quantum), s.queued, l.window-s.unread-s.unacked)
	to.down.load += n
	return n
}

// leave implements flow: n bytes go out of the send queue into the network.
func (s *stream) leave(n int64) {
	if s.state != open { // closed while the line was busy with it
		s.to.release(n)
		return
	}
	s.to.down.load -= n // the segment counts from here on
	s.put(n)
	s.wantUplink()
}

// put moves n bytes out of the send queue into the network.
func (s *stream) put(n int64) {
	seg := s.net().segments.get(segData, int(n))
	s.fill(seg.data)
	s.queued -= n
	s.sent += n
	s.unread += n
	s.net().totals.Sent += n
	s.net().totals.InFlight += n
	seg.loaded = true
	s.to.down.load += n
	if s.intercepted() {
		s.intercept(seg)
		return
	}
	s.send(seg)
}

// told implements flow.
func (s *stream) told(n int64) {
	if s.state != open {
		return
	}
	if s.host.frozen == 0 {
		s.handler.Sent(int(n))
		return
	}
	in := s.inbox()
	if in.untold += n; in.untold == n {
		s.net().schedule(0, event{kind: KindSent, host: s.host, stream: s})
	}
}

// tellSent tells a program what has left while it was frozen.
func (s *stream) tellSent() {
	n := s.in.untold
	s.in.untold = 0
	s.told(n)
}

// fill moves bytes from the send queue into dst.
func (s *stream) fill(dst []byte) {
	for len(dst) > 0 {
		b := s.sendQueue.front()
		n := copy(dst, *b)
		dst = dst[n:]
		if *b = (*b)[n:]; len(*b) == 0 {
			s.sendQueue.pop()
		}
	}
	s.net().sendRings.reclaim(&s.sendQueue)
}

// transmit sends word to the other end; words take no room on the links.
func (s *stream) transmit(k segKind) {
	if s.path != nil {
		s.send(s.net().segments.get(k, 0))
		return
	}
	s.wireLeaves(k, nil, "a NAT lets nothing in")
}

// send puts a segment on its way to the other end.
func (s *stream) send(seg *segment) { s.sendLate(seg, 0) }

// sendLate is send by a way that is longer once.
func (s *stream) sendLate(seg *segment, late time.Duration) {
	n := s.net()
	seg.from, seg.to = s, s.peer()
	if seg.forged {
		s.wireForged(seg.kind)
	} else {
		s.wireLeaves(seg.kind, seg.data, "")
	}
	if n.damages {
		s.path.damage(seg.data)
	}
	delay := s.limit().delay
	if delay < 0 {
		delay = s.path.delay()
	}
	s.lastTime = max(n.now+delay+int64(late), s.lastTime)
	n.schedule(s.lastTime-n.now, event{kind: KindArrive, host: s.to, seg: seg})
}
