package simnet

import (
	"errors"
	"net/netip"
)

const (
	// packetOverhead is an IPv4 and a UDP header: it counts for the rates.
	packetOverhead = 28

	// maxPacket is the largest payload of UDP over IPv4.
	maxPacket = 65535 - packetOverhead
)

// Reasons why an address cannot be listened on.
var (
	errNotOurs  = errors.New("not an address of this host")
	errHostDown = errors.New("host is down")
)

// packetConn is a socket for datagrams.
type packetConn struct {
	host   *Host
	addr   netip.AddrPort
	recv   func(from netip.AddrPort, p []byte)
	closed bool
}

// Send implements transport.PacketConn. Whatever hinders the datagram, it is
// just lost.
func (c *packetConn) Send(to netip.AddrPort, p []byte) {
	h := c.host
	to = unmap(to)
	src := c.addr.Addr()
	if src.IsUnspecified() {
		src = h.source(to.Addr())
	}
	if c.closed || h.dead || !src.IsValid() || src.Is4() != to.Addr().Is4() || len(p) > maxPacket {
		return
	}
	h.tapSent(netip.AddrPortFrom(src, c.addr.Port()), to, p)
	r := h.route(packets, netip.AddrPortFrom(src, c.addr.Port()), to)
	if r.host == nil {
		h.wirePacketLeaves(netip.AddrPortFrom(src, c.addr.Port()), to, p, "nothing has this address")
		return
	}
	seg := h.net.segments.get(segPacket, len(p))
	copy(seg.data, p)
	seg.packet = &packetHeader{
		src: r.src, dst: r.dst, from: netip.AddrPortFrom(src, c.addr.Port()), to: to,
		sender: h, host: r.host, life: h.life, nat: r.inbound,
	}
	h.packetsUp.push(seg)
}

// LocalAddr implements transport.PacketConn.
func (c *packetConn) LocalAddr() netip.AddrPort { return c.addr }

// Close implements transport.PacketConn.
func (c *packetConn) Close() {
	c.closed = true
	for i, other := range c.host.packets {
		if other == c {
			c.host.packets = append(c.host.packets[:i:i], c.host.packets[i+1:]...)
			return
		}
	}
}

// packetQueue is where all datagrams of a host wait for its uplink, in order.
// They take turns with the streams, as one flow.
type packetQueue struct {
	host  *Host
	queue fifo[*segment]
	bytes int64
}

func (q *packetQueue) push(seg *segment) {
	h := q.host
	if h.link.Up > 0 && q.bytes+seg.size() > h.link.queueFor(h.link.Up) {
		h.wirePacketLeaves(seg.packet.from, seg.packet.to, seg.data, "dropped: the queue of the uplink is full")
		h.net.segments.put(seg) // drop-tail
		return
	}
	q.bytes += seg.size()
	q.queue.push(seg)
	if q.queue.len() == 1 {
		h.joinUplink(q)
	}
}

// take implements flow: a datagram goes in one piece.
func (q *packetQueue) take(int64) int64 { return (*q.queue.front()).size() }

// leave implements flow.
func (q *packetQueue) leave(n int64) {
	h := q.host
	seg, _ := q.queue.pop()
	q.bytes -= n
	if q.queue.len() > 0 {
		h.up.ring.push(q)
	}
	p := h.pathTo(seg.packet.host)
	lost := ""
	switch {
	case p.loses():
		lost = "lost on the way"
	case !p.carries(seg.size()):
		lost = "larger than the MTU of the way"
	}
	h.wirePacketLeaves(seg.packet.from, seg.packet.to, seg.data, lost)
	if lost != "" {
		h.net.segments.put(seg)
		return
	}
	if p.duplicates() {
		twin := h.net.segments.get(segPacket, len(seg.data))
		copy(twin.data, seg.data)
		twin.packet = seg.packet
		h.net.schedule(p.packetDelay(), event{kind: KindArrive, host: p.to, seg: twin})
	}
	h.net.schedule(p.packetDelay(), event{kind: KindArrive, host: p.to, seg: seg})
}

// told implements flow: nobody waits for it.
func (q *packetQueue) told(int64) {}

func (n *Internet) arrivePacket(seg *segment) {
	p := seg.packet
	if p.sender.life != p.life || p.host.dead || p.sender.cutFrom(p.host)&^n.stalls != 0 || p.nat != nil && !p.nat.permits(p.src) {
		n.wireMissing(seg, "lost: the way or the NAT at its end is closed")
		n.segments.put(seg)
		return
	}
	p.host.receive(seg)
}

func (n *Internet) deliverPacket(seg *segment) {
	h := seg.packet.host
	for _, c := range h.packets {
		if overlap(c.addr, seg.packet.dst) {
			if h.frozen != 0 {
				h.parkPacket(seg)
				return
			}
			n.recordBytes(KindPacketIn, h, 0, seg.data)
			n.tapDelivered(seg)
			c.recv(seg.packet.src, seg.data)
			break
		}
	}
	n.segments.put(seg)
}
