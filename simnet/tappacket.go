package simnet

import (
	"net/netip"
	"time"
)

// PacketTap is what an observer of datagrams hears: of each when it is sent, and
// of those that arrive when they do.
type PacketTap struct {
	At        time.Time
	Delivered bool  // it was handed to its receiver; else it was sent
	From      *Host // who has sent it
	To        *Host // whom it is handed to; nil for one that is sent
	FromAddr  netip.AddrPort
	ToAddr    netip.AddrPort
	Data      []byte // only valid during the call, and not to be changed
}

// PacketTapFunc observes datagrams. It must only look.
type PacketTapFunc func(PacketTap)

// TapPackets tells f from now on of every datagram.
func (n *Internet) TapPackets(f PacketTapFunc) { n.packetTaps = append(n.packetTaps, f) }

// tapSent tells of a datagram as its sender sees it, whether it gets anywhere or
// not.
func (h *Host) tapSent(from, to netip.AddrPort, p []byte) {
	for _, f := range h.net.packetTaps {
		f(PacketTap{At: h.net.Now(), From: h, FromAddr: from, ToAddr: to, Data: p})
	}
}

// tapDelivered tells of a datagram as its receiver sees it.
func (n *Internet) tapDelivered(seg *segment) {
	p := seg.packet
	for _, f := range n.packetTaps {
		f(PacketTap{At: n.Now(), Delivered: true, From: p.sender, To: p.host, FromAddr: p.src, ToAddr: p.dst, Data: seg.data})
	}
}

// OpenPackets counts the packet sockets of this host that are not closed.
func (h *Host) OpenPackets() int { return len(h.packets) }
