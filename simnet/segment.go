package simnet

import "net/netip"

type segKind uint8

const (
	segData   segKind = iota
	segOpen           // asks the listener for a stream
	segAccept         // the stream is open
	segClose          // the sender has closed, in order after its data
	segReset          // the sender knows of no such stream
	segPacket         // a datagram
)

// segment is something on its way. Of a stream, segments arrive in order.
type segment struct {
	kind     segKind
	loaded   bool // counted in the load of the receiver's downlink
	forged   bool // its sender knows nothing of it
	arrived  bool // it has come to the receiver's host
	from, to *stream
	data     []byte // within buf; bytes are copied when they leave the sender
	buf      []byte

	packet *packetHeader // for segPacket
}

type packetHeader struct {
	src, dst     netip.AddrPort // as its receiver sees them
	from, to     netip.AddrPort // as its sender does
	sender, host *Host
	life         uint32   // of the sender
	nat          *mapping // that it has to pass; nil: none
}

// Sizes of pooled buffers: most messages are small, most bytes are in blocks, and
// what is said over HTTP is in between. With its segment, beside which it lies, a
// small one fills five lines of a cache.
const (
	smallBuf  = 240
	middleBuf = 2 << 10
	largeBuf  = maxQuantum
)

// smallSegment is a segment together with its buffer, so that who looks at the one has
// most of the other at hand.
type smallSegment struct {
	segment
	room [smallBuf]byte
}

// segmentPool keeps used segments, by the size of their buffers: none, small,
// middle, large. It never holds more than was on the way at once.
type segmentPool struct{ free [len(bufSizes)][]*segment }

var bufSizes = [...]int{0, smallBuf, middleBuf, largeBuf}

func sizeClass(n int) int {
	switch {
	case n == 0:
		return 0
	case n <= smallBuf:
		return 1
	case n <= middleBuf:
		return 2
	default:
		return 3
	}
}

// get makes a segment with n bytes of undefined content.
func (p *segmentPool) get(kind segKind, n int) *segment {
	class := sizeClass(n)
	var s *segment
	if l := len(p.free[class]); l > 0 && n <= largeBuf {
		s = p.free[class][l-1]
		p.free[class] = p.free[class][:l-1]
	} else if class == 1 {
		small := new(smallSegment)
		s = &small.segment
		s.buf = small.room[:]
	} else {
		s = &segment{buf: make([]byte, max(n, bufSizes[class]))}
	}
	s.kind = kind
	s.data = s.buf[:n]
	return s
}

func (p *segmentPool) put(s *segment) {
	*s = segment{buf: s.buf}
	if len(s.buf) <= largeBuf { // a larger datagram is left to the collector
		class := sizeClass(len(s.buf))
		p.free[class] = append(p.free[class], s)
	}
}

// arrive is the end of the way through the Internet: in front of the
// receiver's link.
func (n *Internet) arrive(seg *segment) {
	if seg.kind == segPacket {
		n.arrivePacket(seg)
		return
	}
	from, to := seg.from, seg.to
	switch {
	case from.host.dead || from.state == vanished && seg.kind != segReset:
		if seg.kind == segClose {
			to.awaitKeepalive() // the sender cannot repeat it
		}
		n.lose(seg)
	case to.host.dead:
		if seg.kind == segData {
			to.host.mourn(from)
		}
		n.lose(seg)
	case from.hinders != nil && (from.hinders.severed || !n.translate(seg)):
		if seg.kind == segData && from.state == open {
			from.awaitStall()
		}
		n.lose(seg)
	case to.hasHeld() || n.cuts != 0 && n.stops(seg):
		n.hold(seg)
	default:
		n.admit(seg)
	}
}

// stops says that a cut stops the segment.
func (n *Internet) stops(seg *segment) bool {
	cuts := seg.from.host.cutFrom(seg.to.host)
	if seg.kind == segOpen || seg.kind == segAccept {
		cuts &^= n.stalls
	}
	return cuts != 0
}

// size is what the segment takes of a link.
func (s *segment) size() int64 {
	if s.kind == segPacket {
		return int64(len(s.data)) + packetOverhead
	}
	return int64(len(s.data))
}

// admit handles what has reached a living host.
func (n *Internet) admit(seg *segment) {
	switch seg.kind {
	case segOpen:
		n.wireArrives(seg)
		to := seg.to
		n.segments.put(seg)
		to.accept()
	case segAccept:
		n.wireArrives(seg)
		to := seg.to
		n.segments.put(seg)
		to.accepted()
	default:
		seg.to.host.receive(seg)
	}
}

// deliver hands what has passed the downlink to its stream or socket.
func (n *Internet) deliver(seg *segment) {
	n.wireArrives(seg)
	if seg.kind == segPacket {
		n.deliverPacket(seg)
		return
	}
	n.unload(seg)
	seg.to.deliver(seg)
}

// lose drops a segment and keeps account of it.
func (n *Internet) lose(seg *segment) {
	n.wireMissing(seg, "lost: an end is gone")
	if seg.kind == segData {
		n.unload(seg)
		seg.from.loseBytes(int64(len(seg.data)))
	}
	n.segments.put(seg)
}

// loseBytes keeps account of bytes that were sent and will not be delivered.
func (s *stream) loseBytes(bytes int64) {
	n := s.net()
	s.lost += bytes
	s.unread -= bytes
	n.totals.Lost += bytes
	n.totals.InFlight -= bytes
}
