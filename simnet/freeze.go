package simnet

import "time"

const (
	// backlogMax is how many streams the system of a frozen host accepts for its
	// program: the usual limit of listen(2). Those beyond find no answer.
	backlogMax = 128

	// socketBuffer is how many bytes of datagrams, headers included, wait for a
	// frozen program: the default of Linux.
	socketBuffer = 208 << 10
)

// Why a host is frozen.
const (
	bySignal uint8 = 1 << iota
	bySleep
)

// Freeze stops the program on the host, as the signal SIGSTOP would: no callback,
// Handler or job of it is called until Thaw. Its system goes on: it sends what
// was given to it, accepts streams up to a limit, and acknowledges what arrives
// until buffers are full. What would have happened meanwhile happens at Thaw, in
// the same order, timers of At included: they do not stop, they are late.
func (h *Host) Freeze() { h.freeze(bySignal) }

// Thaw lets a frozen program go on.
func (h *Host) Thaw() { h.thaw(bySignal) }

// Suspend puts the computer to sleep, until Wake: the program is frozen, and
// nothing leaves or reaches the host either. Remote ends notice what they would
// with Kill, and may have given up when it wakes.
func (h *Host) Suspend() {
	if h.dead || h.isAsleep() {
		return
	}
	h.freeze(bySleep)
	h.sleep = h.net.cut([]*Host{h}, h.net.hosts)
	for _, s := range h.streams {
		s.peer().awaitKeepalive()
	}
}

// Wake ends Suspend. The virtual time has gone on, and so has the host's clock.
func (h *Host) Wake() {
	if !h.isAsleep() {
		return
	}
	for _, s := range h.streams {
		if p := s.peer(); p.state == open {
			h.net.cancel(&p.timer)
		}
	}
	h.sleep.Heal()
	h.thaw(bySleep)
	h.serveUplink()
}

// FrozenUntil is when the program was last frozen, by Freeze or Suspend: now, if
// it is, and the zero time if it never was.
func (h *Host) FrozenUntil() time.Time {
	if h.frozen != 0 {
		return h.net.Now()
	}
	return h.thawed
}

func (h *Host) freeze(why uint8) {
	if !h.dead {
		h.frozen |= why
	}
}

func (h *Host) thaw(why uint8) {
	was := h.frozen
	if h.frozen &^= why; h.frozen != 0 || was == 0 {
		return
	}
	n := h.net
	h.thawed = n.Now()
	for _, slot := range h.parked {
		n.queue.unpark(slot, n.now)
	}
	h.parked = h.parked[:0]
	for _, s := range h.streams {
		s.wantDrain()
	}
}

// isAsleep reports whether nothing leaves the host.
func (h *Host) isAsleep() bool { return h.frozen&bySleep != 0 }

// acceptForFrozen is what the system does for a program that does not run.
func (s *stream) acceptForFrozen() {
	h := s.host
	if h.backlog == backlogMax {
		s.state = closed // no answer
		return
	}
	h.backlog++
	s.state = open
	h.adopt(s)
	s.tapOpened()
	s.transmit(segAccept)
	h.net.schedule(0, event{kind: KindAccept, host: h, stream: s})
}

// acceptLate lets the program accept what its system has accepted for it.
func (s *stream) acceptLate() {
	s.host.backlog--
	if s.state != open {
		return // it is over, and nobody was told that it was there
	}
	l := s.host.listenerOf(s.local)
	s.state = accepting
	if l != nil {
		s.handler = l.accept(s)
	}
	switch {
	case s.state != accepting: // the program has killed its own host
	case s.handler == nil:
		s.state = open
		s.transmit(segReset)
		s.shut(nil)
	default:
		s.state = open
		if s.closes {
			s.Close()
			return
		}
		s.opened()
	}
}

// parkPacket keeps a datagram for a frozen program, if there is room.
func (h *Host) parkPacket(seg *segment) {
	if h.parkedPackets+seg.size() > socketBuffer {
		h.net.segments.put(seg)
		return
	}
	h.parkedPackets += seg.size()
	h.net.schedule(0, event{kind: KindDatagram, host: h, seg: seg})
}
