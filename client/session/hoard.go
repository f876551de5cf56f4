package session

import (
	"net/netip"
	"time"

	"bt/client/boundary"
)

// hoardMin is how many connections without a handshake one neighbourhood may have
// when all places are taken. A good peer needs one, for a moment; behind one address
// there may be several.
const hoardMin = 8

// makeRoom gives a newcomer the place of one who has many and uses none: when all
// are taken, the oldest connection without a handshake goes, of those from where
// most of them come. A newcomer from there gets none. Else one host could keep out
// all others by connecting and saying nothing.
func (s *Session) makeRoom(now time.Time, newcomer netip.AddrPort, out *boundary.Effects) bool {
	count := make(map[netip.Prefix]int)
	var most netip.Prefix
	for _, c := range s.pending.list {
		if c.incoming() {
			from := neighbourhood(c.addr.Addr())
			if count[from]++; count[from] > count[most] {
				most = from
			}
		}
	}
	if count[most] < hoardMin || neighbourhood(newcomer.Addr()) == most {
		return false
	}
	for _, c := range s.pending.list {
		if c.incoming() && neighbourhood(c.addr.Addr()) == most {
			s.refuse(now, c, boundary.TooMany, nil, out)
			return true
		}
	}
	return false
}

// neighbourhood is what one host can have of addresses: one of IPv4, and of IPv6
// all of a subnet.
func neighbourhood(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(a.WithZone(""), bits).Masked()
}
