package simnet

import (
	"fmt"
	"net/netip"

	"bt/transport"
)

// The range that RFC 6335 leaves for ephemeral ports.
const (
	firstEphemeral = 49152
	lastEphemeral  = 65535
)

// hostNetwork is the transport.Network of a host.
type hostNetwork struct{ host *Host }

type listener struct {
	addr   netip.AddrPort // an unspecified address stands for all of the host
	accept func(transport.Stream) transport.Handler
}

// Listen implements transport.Network.
func (w hostNetwork) Listen(addr netip.AddrPort, accept func(transport.Stream) transport.Handler) (netip.AddrPort, func(), error) {
	h := w.host
	taken := func(a netip.AddrPort) bool {
		for _, l := range h.listeners {
			if overlap(l.addr, a) {
				return true
			}
		}
		return false
	}
	bound, err := h.bind(addr, taken)
	if err != nil {
		return netip.AddrPort{}, nil, fmt.Errorf("simnet: listen on %v: %w", addr, err)
	}
	l := &listener{bound, accept}
	h.listeners = append(h.listeners, l)
	stop := func() {
		for i, other := range h.listeners {
			if other == l {
				h.listeners = append(h.listeners[:i:i], h.listeners[i+1:]...)
				return
			}
		}
	}
	return bound, stop, nil
}

// Dial implements transport.Network. Nothing has an address which is not of a
// host: that is ErrUnreachable, after a round trip to the middle of the Internet.
func (w hostNetwork) Dial(addr netip.AddrPort, handler transport.Handler) transport.Stream {
	h, n := w.host, w.host.net
	n.lastStream++
	c := new(conn)
	c.init(n.lastStream)
	s := &c.ends[dialerEnd]
	s.host, s.handler, s.state = h, handler, dialing
	s.remote = unmap(addr)
	if h.dead {
		s.state = vanished
		return s
	}
	h.adopt(s)
	s.local = netip.AddrPortFrom(h.source(s.remote.Addr()), h.ephemeral())
	timeout := event{kind: KindDialTimeout, host: h, stream: s}

	if !s.local.Addr().IsValid() || !n.reachable(s.remote.Addr(), h) {
		s.err = transport.ErrUnreachable
		s.wireLeaves(segOpen, nil, "nothing has this address")
		s.timer = n.schedule(2*int64(h.link.Latency), timeout)
		return s
	}
	if r := h.route(streams, s.local, s.remote); r.host != nil {
		far := &c.ends[listenerEnd]
		far.host, far.local, far.remote = r.host, r.dst, r.src
		if r.outbound != nil || r.inbound != nil {
			c.hindered().nat = [2]*mapping{dialerEnd: r.outbound, listenerEnd: r.inbound}
		}
		s.to, far.to = r.host, h
		s.path, far.path = h.pathTo(r.host), r.host.pathTo(h)
	} // else a NAT is there, and does not answer
	s.err = transport.ErrDialTimeout
	s.timer = n.schedule(int64(transport.DialTimeout), timeout)
	s.transmit(segOpen)
	return s
}

// ListenPacket implements transport.Network.
func (w hostNetwork) ListenPacket(addr netip.AddrPort, recv func(netip.AddrPort, []byte)) (transport.PacketConn, error) {
	h := w.host
	taken := func(a netip.AddrPort) bool {
		for _, c := range h.packets {
			if overlap(c.addr, a) {
				return true
			}
		}
		return false
	}
	bound, err := h.bind(addr, taken)
	if err != nil {
		return nil, fmt.Errorf("simnet: listen for datagrams on %v: %w", addr, err)
	}
	c := &packetConn{host: h, addr: bound, recv: recv}
	h.packets = append(h.packets, c)
	return c, nil
}

// bind checks an address to listen on, and picks a port when it has none.
func (h *Host) bind(addr netip.AddrPort, taken func(netip.AddrPort) bool) (netip.AddrPort, error) {
	addr = unmap(addr)
	a := addr.Addr()
	switch {
	case h.dead:
		return addr, errHostDown
	case !a.IsUnspecified() && h.resolve(a) != h:
		return addr, errNotOurs
	case addr.Port() != 0 && taken(addr):
		return addr, transport.ErrAddrInUse
	case addr.Port() != 0:
		return addr, nil
	}
	for range lastEphemeral - firstEphemeral + 1 {
		if free := netip.AddrPortFrom(a, h.ephemeral()); !taken(free) {
			return free, nil
		}
	}
	return addr, transport.ErrAddrInUse
}

// ephemeral is the next port for a stream or socket that does not care.
func (h *Host) ephemeral() uint16 {
	if h.lastPort == lastEphemeral {
		h.lastPort = firstEphemeral - 1
	}
	h.lastPort++
	return h.lastPort
}

// resolve finds the host that has an address, as seen from h. Those behind a NAT
// are seen only by each other.
func (h *Host) resolve(a netip.Addr) *Host {
	if a.IsLoopback() {
		return h
	}
	to := h.net.byAddr[a]
	if to != nil && to.nat != nil && to.nat != h.nat {
		return nil
	}
	return to
}

// reachable reports whether something has the address, as seen from h.
func (n *Internet) reachable(a netip.Addr, h *Host) bool {
	return h.resolve(a) != nil || n.nats[a] != nil
}

// source is the address that h sends from to a; the zero Addr when it has none
// of that family.
func (h *Host) source(a netip.Addr) netip.Addr {
	if a.IsLoopback() {
		return a
	}
	for _, own := range h.addrs {
		if own.Is4() == a.Is4() {
			return own
		}
	}
	return netip.Addr{}
}

func (h *Host) listenerOf(addr netip.AddrPort) *listener {
	for _, l := range h.listeners {
		if overlap(l.addr, addr) {
			return l
		}
	}
	return nil
}

// overlap reports whether two bound addresses can receive the same.
func overlap(a, b netip.AddrPort) bool {
	return a.Port() == b.Port() && (a.Addr() == b.Addr() || a.Addr().IsUnspecified() || b.Addr().IsUnspecified())
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
