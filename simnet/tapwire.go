package simnet

import (
	"net/netip"
	"time"
)

// WireKind says what passes the interface of a host.
type WireKind uint8

// Kinds of WireEvents. All but the last two are about streams.
const (
	WireOpen   WireKind = iota // the dialer asks for a stream
	WireAccept                 // the listener's host answers that it is open
	WireData                   // bytes of a stream
	WireClose                  // the sender has closed, in order after its data
	WireReset                  // the sender knows of no such stream
	WirePacket                 // a datagram
	WireEnded                  // nothing passes: the stream is over at Host, see Err
)

// WireWay says in which direction.
type WireWay uint8

// Ways of WireEvents.
const (
	Leaves  WireWay = iota // Host sends it
	Arrives                // Host has received it, past its link
	Missing                // Host has sent it, and it is lost
)

// WireEvent is what an observer at the interface of a host would see. Between
// Leaves and Arrives are the way through the Internet and the links; bytes that
// were changed on it arrive as they are then. What has left without being Lost
// either arrives or is Missing later, unless the run ends before; a datagram may
// arrive twice.
type WireEvent struct {
	At       time.Time
	Kind     WireKind
	Way      WireWay
	Host     *Host
	Stream   uint64         // the same number for both ends; 0 for datagrams
	Dialer   bool           // Host is the one that dialled
	Src, Dst netip.AddrPort // of what passes, as Host sees them
	Forged   bool           // Host knows nothing of it: an Interceptor sends it in its name
	Data     []byte         // only valid during the call, and not to be changed
	Lost     string         // why it gets no further, if it is Missing or leaves in vain
	Err      error          // for WireEnded: what the program is told; nil also if the host was killed
}

// WireTapFunc observes interfaces. It must only look.
type WireTapFunc func(WireEvent)

// TapWire tells f from now on of all that passes the interface of any host. Bytes
// of streams are told when they leave, which Tap does when they are given to the
// stream; and when they arrive, which is before a program that is frozen or has
// paused its reads gets them.
func (n *Internet) TapWire(f WireTapFunc) { n.wireTaps = append(n.wireTaps, f) }

func (n *Internet) tellWire(e WireEvent) {
	e.At = n.Now()
	for _, f := range n.wireTaps {
		f(e)
	}
}

// wireKindOf translates what simnet calls a segment.
func wireKindOf(k segKind) WireKind {
	return [...]WireKind{
		segData: WireData, segOpen: WireOpen, segAccept: WireAccept,
		segClose: WireClose, segReset: WireReset, segPacket: WirePacket,
	}[k]
}

// wireLeaves tells of what this end sends; lost says why in vain.
func (s *stream) wireLeaves(k segKind, data []byte, lost string) {
	if n := s.net(); len(n.wireTaps) > 0 {
		n.tellWire(WireEvent{
			Kind: wireKindOf(k), Way: Leaves, Host: s.host, Stream: s.id, Dialer: s.side == dialerEnd,
			Src: s.local, Dst: s.remote, Data: data, Lost: lost,
		})
	}
}

// wireForged tells of what somebody on the way sends in the name of this end.
func (s *stream) wireForged(k segKind) {
	if n := s.net(); len(n.wireTaps) > 0 {
		n.tellWire(WireEvent{
			Kind: wireKindOf(k), Way: Leaves, Host: s.host, Stream: s.id, Dialer: s.side == dialerEnd,
			Src: s.local, Dst: s.remote, Forged: true,
		})
	}
}

// wireEnded tells that the stream is over for the program at this end.
func (s *stream) wireEnded() {
	if n := s.net(); len(n.wireTaps) > 0 {
		n.tellWire(WireEvent{
			Kind: WireEnded, Way: Leaves, Host: s.host, Stream: s.id, Dialer: s.side == dialerEnd,
			Src: s.local, Dst: s.remote, Err: s.err,
		})
	}
}

// wireArrives tells of a segment that has come to its host.
func (n *Internet) wireArrives(seg *segment) {
	seg.arrived = true
	if len(n.wireTaps) == 0 {
		return
	}
	e := WireEvent{Kind: wireKindOf(seg.kind), Way: Arrives, Data: seg.data, Forged: seg.forged}
	if seg.kind == segPacket {
		p := seg.packet
		e.Host, e.Src, e.Dst = p.host, p.src, p.dst
	} else {
		s := seg.to
		e.Host, e.Stream, e.Dialer, e.Src, e.Dst = s.host, s.id, s.side == dialerEnd, s.remote, s.local
	}
	n.tellWire(e)
}

// wireMissing tells that a segment does not come to its host.
func (n *Internet) wireMissing(seg *segment, why string) {
	if len(n.wireTaps) == 0 || seg.arrived {
		return
	}
	e := WireEvent{Kind: wireKindOf(seg.kind), Way: Missing, Data: seg.data, Lost: why}
	if seg.kind == segPacket {
		p := seg.packet
		e.Host, e.Src, e.Dst = p.sender, p.from, p.to
	} else {
		s := seg.from
		e.Host, e.Stream, e.Dialer, e.Src, e.Dst = s.host, s.id, s.side == dialerEnd, s.local, s.remote
	}
	n.tellWire(e)
}

// wirePacketLeaves tells of a datagram that its host sends; lost says why in
// vain.
func (h *Host) wirePacketLeaves(src, dst netip.AddrPort, p []byte, lost string) {
	if n := h.net; len(n.wireTaps) > 0 {
		n.tellWire(WireEvent{Kind: WirePacket, Way: Leaves, Host: h, Src: src, Dst: dst, Data: p, Lost: lost})
	}
}
