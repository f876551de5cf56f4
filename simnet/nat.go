package simnet

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"bt/transport"
)

// NATKind is how a NAT maps and filters, in the words of RFC 3489.
type NATKind uint8

// The kinds of NAT. All but the last give an address and port inside one port
// outside, whoever it speaks to.
const (
	FullCone          NATKind = iota // and let everybody in there
	AddressRestricted                // and let in whose address has been sent to
	PortRestricted                   // and let in whose address and port have been sent to
	Symmetric                        // a port outside for each destination, which alone is let in
)

func (k NATKind) String() string {
	return [...]string{"full cone", "address-restricted", "port-restricted", "symmetric"}[k]
}

// NATConfig says how a NAT behaves.
type NATConfig struct {
	Kind NATKind

	// PacketTimeout and StreamTimeout are how long a mapping lives without
	// traffic in either direction; 0: DefaultPacketTimeout, DefaultStreamTimeout.
	PacketTimeout, StreamTimeout time.Duration
}

const (
	// DefaultPacketTimeout is the least that RFC 4787 allows: "A NAT UDP mapping
	// timer MUST NOT expire in less than two minutes".
	DefaultPacketTimeout = 2 * time.Minute

	// DefaultStreamTimeout is the least that RFC 5382 allows for an established
	// connection: it "MUST NOT be less than 2 hours 4 minutes". Many are shorter.
	DefaultStreamTimeout = 2*time.Hour + 4*time.Minute

	// permitsMax bounds the destinations that a mapping remembers. The oldest is
	// forgotten first.
	permitsMax = 4096
)

// NAT is a router that gives the hosts behind it one address on the outside.
// They keep addresses of their own, which only hosts behind the same NAT can
// reach; with each other they speak directly. To the outside all seem to be at
// the address of the NAT. What comes there without a mapping is dropped without a
// word, also what comes from inside: there is no hairpin. The links are those of
// the hosts; the NAT itself takes no time.
type NAT struct {
	net  *Internet
	addr netip.Addr
	conf NATConfig

	lastPort  uint16
	byInside  map[insideKey]*mapping
	byOutside map[outsideKey]*mapping
	order     []*mapping // oldest first
}

type protocol uint8

const (
	streams protocol = iota
	packets
)

// mapping is a port outside.
type mapping struct {
	nat     *NAT
	key     insideKey
	host    *Host
	outside uint16
	used    int64            // when something last passed
	sentTo  []netip.AddrPort // with port 0 if only the address counts
}

type insideKey struct {
	proto  protocol
	inside netip.AddrPort
	remote netip.AddrPort // of a symmetric one
}

type outsideKey struct {
	proto protocol
	port  uint16
}

// NewNAT adds a NAT with an address of its own.
func (n *Internet) NewNAT(addr netip.Addr, conf NATConfig) *NAT {
	addr = addr.Unmap()
	if !addr.IsValid() || n.byAddr[addr] != nil || n.nats[addr] != nil || conf.Kind > Symmetric {
		panic(fmt.Sprintf("simnet: NAT at %v: the address is not usable or taken, or kind %d is unknown", addr, conf.Kind))
	}
	if conf.PacketTimeout == 0 {
		conf.PacketTimeout = DefaultPacketTimeout
	}
	if conf.StreamTimeout == 0 {
		conf.StreamTimeout = DefaultStreamTimeout
	}
	t := &NAT{
		net: n, addr: addr, conf: conf, lastPort: firstEphemeral - 1,
		byInside: make(map[insideKey]*mapping), byOutside: make(map[outsideKey]*mapping),
	}
	n.nats[addr] = t
	return t
}

// Addr is the address on the outside.
func (t *NAT) Addr() netip.Addr { return t.addr }

// Join puts a host behind the NAT. It must not have any stream yet.
func (t *NAT) Join(h *Host) {
	if len(h.streams) > 0 {
		panic(fmt.Sprintf("simnet: host %q moves behind a NAT with open streams", h.name))
	}
	h.nat = t
}

// route is the way of something from one host to another.
type route struct {
	host              *Host          // where it ends; nil: nowhere
	src, dst          netip.AddrPort // as that host sees them
	outbound, inbound *mapping       // that it passes; nil: none
}

// route finds the way from h to remote, and makes the mapping that it needs.
func (h *Host) route(proto protocol, local, remote netip.AddrPort) (r route) {
	r.host, r.src, r.dst = h.resolve(remote.Addr()), local, remote
	if r.host != nil && r.host.nat == h.nat {
		return r
	}
	if h.nat != nil {
		if r.outbound = h.nat.out(proto, h, local, remote); r.outbound == nil {
			return route{}
		}
		r.src = netip.AddrPortFrom(h.nat.addr, r.outbound.outside)
	}
	if nat := h.net.nats[remote.Addr()]; nat != nil && nat != h.nat {
		m := nat.byOutside[outsideKey{proto, remote.Port()}]
		// A datagram is judged when it arrives; a dial here and now.
		if m != nil && (proto == packets || m.permits(r.src)) {
			r.host, r.dst, r.inbound = m.host, m.key.inside, m
		}
	}
	return r
}

// out finds or makes the mapping for what leaves; nil when no port is free.
func (t *NAT) out(proto protocol, h *Host, inside, remote netip.AddrPort) *mapping {
	key := insideKey{proto: proto, inside: inside}
	if t.conf.Kind == Symmetric {
		key.remote = remote
	}
	m := t.byInside[key]
	if m == nil || m.expired() {
		port, ok := t.freePort(proto)
		if !ok {
			return nil
		}
		m = &mapping{nat: t, key: key, host: h, outside: port}
		t.byInside[key] = m
		t.byOutside[outsideKey{proto, port}] = m
		t.order = append(t.order, m)
	}
	m.used = t.net.now
	m.permit(remote)
	return m
}

// freePort picks the next port that no living mapping has.
func (t *NAT) freePort(proto protocol) (uint16, bool) {
	t.prune()
	for range lastEphemeral - firstEphemeral + 1 {
		if t.lastPort == lastEphemeral {
			t.lastPort = firstEphemeral - 1
		}
		t.lastPort++
		if t.byOutside[outsideKey{proto, t.lastPort}] == nil {
			return t.lastPort, true
		}
	}
	return 0, false
}

// prune forgets mappings that have expired.
func (t *NAT) prune() {
	t.order = slices.DeleteFunc(t.order, func(m *mapping) bool {
		if !m.expired() {
			return false
		}
		if t.byInside[m.key] == m {
			delete(t.byInside, m.key)
		}
		delete(t.byOutside, outsideKey{m.key.proto, m.outside})
		return true
	})
}

func (m *mapping) expired() bool {
	life := m.nat.conf.StreamTimeout
	if m.key.proto == packets {
		life = m.nat.conf.PacketTimeout
	}
	return m.nat.net.now-m.used > int64(life)
}

// permitted is what a mapping remembers of a destination.
func (m *mapping) permitted(remote netip.AddrPort) netip.AddrPort {
	if m.nat.conf.Kind == AddressRestricted {
		return netip.AddrPortFrom(remote.Addr(), 0)
	}
	return remote
}

// permit remembers that remote was sent to.
func (m *mapping) permit(remote netip.AddrPort) {
	remote = m.permitted(remote)
	if m.nat.conf.Kind == FullCone || slices.Contains(m.sentTo, remote) {
		return
	}
	if len(m.sentTo) == permitsMax {
		m.sentTo = m.sentTo[1:]
	}
	m.sentTo = append(m.sentTo, remote)
}

// permits judges what comes from remote, and counts it as traffic if it may
// pass.
func (m *mapping) permits(remote netip.AddrPort) bool {
	ok := m.nat.conf.Kind == FullCone || slices.Contains(m.sentTo, m.permitted(remote))
	if !ok || m.expired() {
		return false
	}
	m.used = m.nat.net.now
	return true
}

// translate lets a segment pass the NATs on its way. When a mapping has expired,
// what comes from outside is dropped. What comes from inside gets another port,
// where the far end knows of no stream: its answer is a reset.
func (n *Internet) translate(seg *segment) bool {
	h := seg.from.hinders
	for side, m := range h.nat {
		switch {
		case m == nil:
		case !m.expired():
			m.used = n.now
		case int(seg.from.side) == side:
			h.severed = true
			seg.from.shut(transport.ErrReset)
			seg.to.awaitKeepalive()
			return false
		default:
			return false
		}
	}
	return true
}
