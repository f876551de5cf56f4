package addrbook

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"hash/crc32"
	"net/netip"
)

// Priority returns the canonical priority of the connection between two peers
// (BEP 40): higher ones are to be preferred. All peers of a swarm agree on it,
// so that newcomers find their place however full the others are, and nobody
// can choose an address which is preferred by all. It is symmetric.
//
// There is none between an IPv4 and an IPv6 address, or where one is missing:
// it is 0 then, which leaves the order to something else.
func Priority(a, b netip.AddrPort) uint32 {
	ip, jp := a.Addr().Unmap(), b.Addr().Unmap()
	if !ip.IsValid() || ip.BitLen() != jp.BitLen() {
		return 0
	}
	x, y := ip.AsSlice(), jp.AsSlice()
	if bytes.Equal(x, y) {
		// BEP 40: "If the IP addresses are the same, the port numbers (16-bit
		// integers) should be used instead".
		x = binary.BigEndian.AppendUint16(nil, a.Port())
		y = binary.BigEndian.AppendUint16(nil, b.Port())
	} else {
		mask(x, y)
	}
	// BEP 40: "priority = crc32-c(sort(masked_client_ip, masked_peer_ip))".
	if bytes.Compare(x, y) > 0 {
		x, y = y, x
	}
	return crc32.Checksum(append(x, y...), castagnoli)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// mask takes from two different addresses of one family, in place, what does
// not count.
//
// BEP 40: "For an IPv4 address, the mask to be used should be FF.FF.55.55 unless
// the IP addresses are in the same /16. In that case, the mask to be used should
// be FF.FF.FF.55. If the IP addresses are in the same /24, the entire address
// should be used". "For an IPv6 address, the mask should be derived in the same
// way, beginning with FFFF:FFFF:FFFF:5555:5555:5555:5555:5555", next are the /48,
// the /56, "etc...": so a byte counts in full up to the first one that differs,
// and in any case the first 2 or 6.
func mask(x, y []byte) {
	whole := 2
	if len(x) == 16 {
		whole = 6
	}
	same := 0
	for x[same] == y[same] {
		same++
	}
	for i := max(whole, same+1); i < len(x); i++ {
		x[i] &= 0x55
		y[i] &= 0x55
	}
}

// SetSelf says under which address others see us: from now on, among addresses
// that are equal otherwise, Next prefers those with the higher Priority. One of
// each family is kept, the last one said. BEP 40: "The client can use an IP
// address given via BEP 10 as a hint, but should not blindly trust it": whom to
// believe is up to the caller.
func (b *Book) SetSelf(self netip.AddrPort) {
	self = plain(self)
	if !self.Addr().IsValid() || *b.selfFor(self) == self {
		return
	}
	*b.selfFor(self) = self
	for _, e := range b.all {
		e.priority = b.priorityOf(e.addr)
	}
	heap.Init(&b.ready)
}

// priorityOf returns the priority of a connection between us and a.
func (b *Book) priorityOf(a netip.AddrPort) uint32 { return Priority(*b.selfFor(a), a) }

// selfFor returns where our address of the same family as a is kept.
func (b *Book) selfFor(a netip.AddrPort) *netip.AddrPort {
	if a.Addr().Is4() {
		return &b.self4
	}
	return &b.self6
}
