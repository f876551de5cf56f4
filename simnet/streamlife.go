package simnet

import "bt/transport"

// accept is the arrival of a dial at the listener's host.
func (s *stream) accept() {
	l, how := s.host.listenerOf(s.local), s.host.admission()
	switch {
	case s.state != unborn:
		s.refuse()
		return
	case s.host.dead, how == Ignore: // dead, if a cut held the dial back until then
		s.state = closed
		return
	case how == HalfOpen:
		s.haunt()
		return
	case l == nil || how == Refuse:
		s.refuse()
		return
	case s.host.frozen != 0:
		s.acceptForFrozen()
		return
	}
	s.state = accepting
	s.host.adopt(s)
	handler := l.accept(s)
	if s.state != accepting { // the program has killed its own host
		return
	}
	if handler == nil {
		s.host.forget(s)
		s.drop()
		s.refuse()
		return
	}
	s.handler, s.state = handler, open
	s.tapOpened()
	s.transmit(segAccept)
	if s.closes {
		s.Close()
		return
	}
	s.opened()
}

func (s *stream) refuse() {
	s.state = closed
	s.transmit(segReset)
}

// accepted is the arrival of the answer at the dialer's host.
func (s *stream) accepted() {
	if s.state != dialing {
		return
	}
	s.net().cancel(&s.timer)
	s.state, s.err = open, nil
	s.opened()
}

func (s *stream) opened() {
	s.tapQueued()
	s.wantUplink()
	if s.host.frozen != 0 {
		s.net().schedule(0, event{kind: KindOpened, host: s.host, stream: s})
		return
	}
	s.handler.Opened()
}

// tellOpened tells a program what has happened while it was frozen.
func (s *stream) tellOpened() {
	if s.state == open {
		s.handler.Opened()
	}
}

func (s *stream) dialTimeout() {
	s.timer = eventID{}
	if s.state == dialing {
		s.transmit(segClose) // for a listener that is going to accept, after a partition
		s.shut(s.err)
	}
}

func (s *stream) handleReset() {
	if s.state == dialing {
		s.shut(transport.ErrRefused)
	} else {
		s.shut(transport.ErrReset)
	}
}

// shut ends this end: what waits is dropped, and the Handler will be told.
func (s *stream) shut(err error) {
	switch {
	case s.ended():
		return
	case s.state == unborn: // nobody is there to be told
		s.state = closed
		return
	}
	s.drop()
	s.state, s.err = closing, err
	s.net().schedule(0, event{kind: KindClosed, host: s.host, stream: s})
}

// drop forgets both queues and the timers.
func (s *stream) drop() {
	n := s.net()
	s.sendQueue.clear()
	s.queued = 0
	s.dropPassages()
	for s.hasUnread() {
		seg, _ := s.in.unread.pop()
		n.lose(seg)
	}
	n.cancel(&s.timer)
	n.cancel(&s.stall)
}

func (s *stream) tellClosed() {
	s.state = closed
	s.host.forget(s)
	s.tap(TapClosed, nil, s.err)
	s.wireEnded()
	if s.handler != nil { // a program that was frozen may not have come to accept it
		s.handler.Closed(s.err)
	}
}

// vanish is the end without a word, when the host is killed.
func (s *stream) vanish() {
	s.drop()
	s.dropHeld()
	if s.state == dialing {
		s.err = nil // nobody will be told how the dial has ended
	}
	s.state = vanished
	s.wireEnded()
	s.peer().awaitKeepalive()
}

// dropHeld loses what a partition holds back in front of this end.
func (s *stream) dropHeld() {
	for s.hasHeld() {
		seg, _ := s.in.held.pop()
		s.net().lose(seg)
	}
}

// awaitKeepalive lets this end notice in time that nobody is at the other.
func (s *stream) awaitKeepalive() {
	if s.state == open && s.timer == (eventID{}) {
		s.timer = s.net().schedule(int64(KeepaliveTimeout), event{kind: KindKeepalive, host: s.host, stream: s})
	}
}

func (s *stream) keepalive() {
	s.timer = eventID{}
	s.shut(ErrTimeout)
}

// awaitStall lets both ends give up when what this one sent does not arrive.
func (s *stream) awaitStall() {
	if s.stall == (eventID{}) {
		s.stall = s.net().schedule(int64(StallTimeout), event{kind: KindStall, host: s.host, stream: s})
	}
}

func (s *stream) stallTimeout() {
	s.stall = eventID{}
	p := s.peer()
	p.dropHeld()
	s.shut(ErrTimeout)
	p.shut(ErrTimeout)
}
