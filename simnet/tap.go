package simnet

import (
	"iter"
	"net/netip"
	"time"
)

// TapKind says what a TapEvent is about.
type TapKind uint8

// Kinds of TapEvents.
const (
	TapOpened    TapKind = iota // a stream was accepted; From is the dialer
	TapSent                     // From has sent Data, which may not have left yet
	TapDelivered                // To has received Data
	TapClosed                   // From was told Closed(Err)
)

func (k TapKind) String() string {
	switch k {
	case TapOpened:
		return "opened"
	case TapSent:
		return "sent"
	case TapDelivered:
		return "delivered"
	default:
		return "closed"
	}
}

// TapEvent is what an observer of streams hears. Bytes from From to To: as they
// were sent, in order, and as they were delivered, in order.
type TapEvent struct {
	At       time.Time
	Kind     TapKind
	Stream   uint64 // the same number for both ends
	Dialer   bool   // From is the host that dialled
	From, To *Host
	Data     []byte // only valid during the call, and not to be changed
	Err      error  // for TapClosed

	end *stream // of From
}

// FromAddr is the address of From on this stream.
func (e *TapEvent) FromAddr() netip.AddrPort { return e.end.local }

// ToAddr is the address of To, as From sees it.
func (e *TapEvent) ToAddr() netip.AddrPort { return e.end.remote }

// SeenAddr is the address of From as To sees it: behind a NAT not FromAddr.
func (e *TapEvent) SeenAddr() netip.AddrPort { return e.end.peer().remote }

// TapFunc observes streams. It must only look; the event is only valid during the
// call.
type TapFunc func(*TapEvent)

// Tap tells f from now on of every stream, from the acceptance of the dial on.
// What was sent before a stream opened is told when it opens.
func (n *Internet) Tap(f TapFunc) { n.taps = append(n.taps, f) }

// Totals counts bytes of streams. Sent = Delivered + Lost + InFlight, always.
type Totals struct {
	Sent      int64 // taken by the network
	Delivered int64 // handed to a Handler
	Lost      int64 // sent, and dropped because an end was closed or killed
	InFlight  int64 // sent, and neither delivered nor lost
}

// Totals is the sum over all streams there ever were.
func (n *Internet) Totals() Totals { return n.totals }

// StreamInfo is one end of an open stream, and what it has sent.
type StreamInfo struct {
	Stream     uint64
	Dialer     bool
	Host, Peer *Host // Peer is nil when a dial found no host
	Local      netip.AddrPort
	Remote     netip.AddrPort
	Queued     int64 // sent by the program, not yet taken by the network
	Totals     Totals
}

// Streams lists the open ends of all streams, dials included, host by host.
func (n *Internet) Streams() iter.Seq[StreamInfo] {
	return func(yield func(StreamInfo) bool) {
		for _, h := range n.hosts {
			for _, s := range h.streams {
				if !yield(s.info()) {
					return
				}
			}
		}
	}
}

func (s *stream) info() StreamInfo {
	return StreamInfo{
		Stream: s.id, Dialer: s.side == dialerEnd,
		Host: s.host, Peer: s.peer().host, Local: s.local, Remote: s.remote,
		Queued: s.queued,
		Totals: Totals{Sent: s.sent, Delivered: s.delivered(), Lost: s.lost, InFlight: s.unread},
	}
}

func (s *stream) tapOpened() {
	if len(s.net().taps) == 0 {
		return
	}
	d := s.peer()
	s.tapped, d.tapped = true, true
	d.tap(TapOpened, nil, nil)
}

// tapQueued tells of what was sent before the stream opened.
func (s *stream) tapQueued() {
	if !s.tapped {
		return
	}
	for _, b := range s.sendQueue.all() {
		s.tap(TapSent, b, nil)
	}
}

// tap tells of an event of this end. It is the receiver's end that is told of a
// delivery: From is the other one then.
func (s *stream) tap(k TapKind, data []byte, err error) {
	if !s.tapped {
		return
	}
	from := s
	if k == TapDelivered {
		from = s.peer()
	}
	n := s.net()
	if n.tapping {
		panic("simnet: a tap does more than look")
	}
	n.tapping = true
	n.tapped = TapEvent{
		At: n.Now(), Kind: k, Stream: from.id, Dialer: from.side == dialerEnd,
		From: from.host, To: from.peer().host, Data: data, Err: err, end: from,
	}
	for _, f := range n.taps {
		f(&n.tapped)
	}
	n.tapping = false
}
