package pcap

import (
	"errors"
	"fmt"
	"net/netip"

	"bt/simnet"
	"bt/transport"
)

// conversation is a stream, as it would be if it was made of TCP segments. It
// lives until both ends are over and nothing is on its way.
type conversation struct {
	capture *Capture
	stream  uint64
	ends    [2]end
}

// The ends of a conversation.
const (
	dialer   = 0
	listener = 1
)

// resetOnTheWay is the comment on a RST that no host has sent.
const resetOnTheWay = "reset by something on the way"

// end is one end, and what a capture at its host has seen of both.
type end struct {
	living    bool   // a program has it, or the system for one
	open      bool   // the handshake is through, as far as this end can tell
	underway  int    // segments it has sent that have neither arrived nor are lost
	unheard   uint32 // the sequence numbers that these take
	finSent   bool
	finOwed   bool // its FIN is made up, and arrives when nothing else is under way
	resetSeen bool // sent or heard
	*view          // nil: this end is not captured
}

// view is what a capture at an end needs to know to go on. Sequence numbers are
// modulo 2³², as Go's arithmetic is.
type view struct {
	id            int // of the interface
	host          *simnet.Host
	local, remote netip.AddrPort // as this end sees them
	next          uint32         // sequence number that this end sends next
	expected      uint32         // sequence number that the other end is seen to send next
	heard         bool           // anything from the other end: without, there is nothing to acknowledge
	heardStamp    uint32         // timestamp of the last segment that was heard
	sentStamp     uint32         // and of the last one that was sent
}

// over says that no more packets can come of it.
func (t *conversation) over() bool {
	d, l := &t.ends[dialer], &t.ends[listener]
	return !d.living && !l.living && d.underway == 0 && l.underway == 0
}

// look begins to capture at an end, if that is wanted: see the comment on the
// package. A host that speaks to itself has one interface, and is seen once.
func (t *conversation) look(side int, host *simnet.Host, local, remote netip.AddrPort) {
	c := t.capture
	once := len(c.opt.Hosts) == 0 || local.Addr() == remote.Addr()
	id, ok := c.interfaceOf(host)
	if !ok || once && side == listener || !local.IsValid() || local.Addr().Is4() != remote.Addr().Is4() {
		return
	}
	t.ends[side].view = &view{
		id: id, host: host, local: local, remote: remote,
		next: c.firstSeq(t.stream, side == dialer), expected: c.firstSeq(t.stream, side != dialer),
	}
}

// givenUp says that the dial was over before it was accepted. Its host says
// nothing then, but a reset to whoever answers all the same.
func (t *conversation) givenUp() bool {
	d := &t.ends[dialer]
	return !d.open && (d.finSent || !d.living)
}

// handle takes what passes the interface of either end.
func (t *conversation) handle(e *simnet.WireEvent) {
	side := listener
	if e.Dialer {
		side = dialer
	}
	switch {
	case e.Kind == simnet.WireEnded:
		t.ended(side, e)
	case e.Way == simnet.Leaves:
		t.leaves(side, e)
	case e.Way == simnet.Arrives:
		t.landed(1-side, e)
		t.arrives(side, e)
		t.payFin(1 - side)
	case e.Way == simnet.Missing:
		t.landed(side, e)
		t.payFin(side)
	}
}

// landed notes that a segment of an end is under way no more.
func (t *conversation) landed(side int, e *simnet.WireEvent) {
	t.ends[side].underway--
	t.ends[side].unheard -= numbersOf(e)
}

// numbersOf is how many sequence numbers a segment takes.
func numbersOf(e *simnet.WireEvent) uint32 {
	switch e.Kind {
	case simnet.WireOpen, simnet.WireAccept, simnet.WireClose:
		return 1
	}
	return uint32(len(e.Data))
}

// leaves shows what an end sends.
func (t *conversation) leaves(side int, e *simnet.WireEvent) {
	x := &t.ends[side]
	if e.Lost == "" {
		x.underway++
		x.unheard += numbersOf(e)
	}
	if e.Forged {
		return // nothing passes the interface of x
	}
	switch e.Kind {
	case simnet.WireOpen:
		x.living = true
		t.look(side, e.Host, e.Src, e.Dst)
		t.send(x, segment{syn: true}, nil, e.Lost)
	case simnet.WireAccept:
		x.living = true
		t.send(x, segment{syn: true}, nil, "")
		x.open = true
	case simnet.WireData:
		t.send(x, segment{}, e.Data, e.Lost)
	case simnet.WireClose:
		x.finSent = true
		if x.open { // before that, a dial is just forgotten
			t.send(x, segment{fin: true}, nil, "")
		}
	case simnet.WireReset:
		x.resetSeen = true
		t.send(x, segment{rst: true}, nil, "")
	}
}

// arrives shows what an end receives, and what it answers at once.
func (t *conversation) arrives(side int, e *simnet.WireEvent) {
	x := &t.ends[side]
	switch e.Kind {
	case simnet.WireOpen:
		t.look(side, e.Host, e.Dst, e.Src)
		t.receive(x, segment{syn: true}, nil, "")
	case simnet.WireAccept:
		t.receive(x, segment{syn: true}, nil, "")
		if t.givenUp() {
			t.ends[listener].resetSeen = true
			t.send(x, segment{rst: true}, nil, "")
			t.receive(&t.ends[listener], segment{rst: true}, nil, "")
			return
		}
		x.open = true
		t.acknowledge(side)
	case simnet.WireData:
		t.receive(x, segment{}, e.Data, "")
		if x.living && !x.finSent {
			t.acknowledge(side)
		}
	case simnet.WireClose:
		if t.givenUp() {
			return
		}
		t.receive(x, segment{fin: true}, nil, "")
		t.acknowledge(side)
	case simnet.WireReset:
		comment := ""
		if e.Forged {
			comment = resetOnTheWay
		}
		x.resetSeen = true
		t.receive(x, segment{rst: true}, nil, comment)
	}
}

// ended shows how an end takes leave. To a remote close simnet answers nothing,
// and of a reset by nobody, or of a time-out, it sends nothing at all.
func (t *conversation) ended(side int, e *simnet.WireEvent) {
	x := &t.ends[side]
	x.living = false
	switch {
	case x.resetSeen, e.Err == nil: // that was shown; or this end has closed, or its host was killed
	case side == dialer && !x.open:
		if x.view != nil {
			t.capture.remark(x.id, notice, fmt.Sprintf("dial from %v to %v: %v", e.Src, e.Dst, e.Err))
		}
	case x.finSent, t.givenUp():
	case errors.Is(e.Err, transport.ErrRemoteClosed):
		x.finSent, x.finOwed = true, true
		x.unheard++
		t.send(x, segment{fin: true}, nil, "")
		t.payFin(side)
	case errors.Is(e.Err, transport.ErrReset):
		x.resetSeen = true
		t.receive(x, segment{rst: true}, nil, resetOnTheWay)
	default:
		x.resetSeen = true
		t.send(x, segment{rst: true}, nil, fmt.Sprintf("given up: %v", e.Err))
	}
}

// payFin lets the FIN of an end which simnet does not know of arrive, behind all
// that the end has sent before.
func (t *conversation) payFin(side int) {
	x, y := &t.ends[side], &t.ends[1-side]
	if !x.finOwed || x.underway > 0 {
		return
	}
	x.finOwed = false
	x.unheard--
	if x.resetSeen || y.resetSeen {
		return
	}
	t.receive(y, segment{fin: true}, nil, "")
	t.acknowledge(1 - side)
}

// acknowledge lets an end acknowledge all that it has heard. Simnet has no such
// segments: the other end is shown it in the same instant, and not later.
func (t *conversation) acknowledge(side int) {
	x, y := &t.ends[side], &t.ends[1-side]
	if x.resetSeen {
		return
	}
	t.send(x, segment{}, nil, "")
	if !y.resetSeen {
		t.receive(y, segment{}, nil, "")
	}
}

// send shows at an end what it sends, in as many segments as it takes. The
// comment is for each of them.
func (t *conversation) send(x *end, s segment, data []byte, comment string) {
	v := x.view
	if v == nil {
		return
	}
	s.src, s.dst = v.local, v.remote
	s.acks = v.heard
	s.ack = v.expected
	if s.rst && !x.open && x == &t.ends[listener] {
		// RFC 9293, 3.5.2: "otherwise, the reset has sequence number zero and the ACK
		// field is set to the sum of the sequence number and segment length of the
		// incoming segment."
		v.next = 0
	}
	v.sentStamp = t.capture.stamp()
	s.stamp, s.stampEcho = v.sentStamp, v.heardStamp
	t.capture.segments(v.id, outbound, &s, &v.next, data, comment)
}

// receive shows at an end what it receives.
func (t *conversation) receive(x *end, s segment, data []byte, comment string) {
	v := x.view
	if v == nil || !v.host.Alive() {
		return
	}
	s.src, s.dst = v.remote, v.local
	s.acks = v.next != t.capture.firstSeq(t.stream, x == &t.ends[dialer])
	s.ack = v.next - x.unheard
	if s.rst && !v.heard {
		v.expected = 0
	}
	v.heard = true
	v.heardStamp = t.capture.stamp()
	s.stamp, s.stampEcho = v.heardStamp, v.sentStamp
	t.capture.segments(v.id, inbound, &s, &v.expected, data, comment)
}
