package simnet

// Incoming is what a host does with streams that others dial.
type Incoming uint8

// The ways to treat incoming streams.
const (
	Accept   Incoming = iota // they are for the program
	Refuse                   // the host answers that there is nothing, as a firewall would that is polite
	Ignore                   // there is no answer: the dial times out
	HalfOpen                 // the dial succeeds and what is sent is acknowledged, but the program hears of nothing, and nothing ever comes back
)

// SetIncoming says what becomes of incoming streams from now on. Those that are
// open stay.
func (h *Host) SetIncoming(how Incoming) { h.incoming = how }

// LimitIncoming treats incoming streams as beyond says while limit of them are
// open; 0 is no limit.
func (h *Host) LimitIncoming(limit int, beyond Incoming) {
	h.incomingMax, h.beyond = limit, beyond
}

// admission says what becomes of a stream that arrives now.
func (h *Host) admission() Incoming {
	if h.incoming != Accept || h.incomingMax == 0 {
		return h.incoming
	}
	open := 0
	for _, s := range h.streams {
		if s.side == listenerEnd && !s.ended() {
			open++
		}
	}
	if open < h.incomingMax {
		return Accept
	}
	return h.beyond
}

// haunt opens a stream that no program hears of.
func (s *stream) haunt() {
	s.ghost, s.state = true, open
	s.host.ghosts++
	s.host.adopt(s)
	s.transmit(segAccept)
}

// swallow takes what arrives at a ghost.
func (s *stream) swallow(seg *segment) {
	n := s.net()
	if seg.kind == segClose {
		s.shut(nil)
	}
	from := seg.from
	n.lose(seg)
	from.wantUplink() // there is room again
}
