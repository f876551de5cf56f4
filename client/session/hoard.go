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
	var first *pendingConn // of the most
	for _, c := range s.pending.list {
		if c.crowd != nil && (first == nil || c.crowd.n > first.crowd.n) {
			first = c
		}
	}
	if first == nil || first.crowd.n < hoardMin || first.crowd.from == neighbourhood(newcomer.Addr()) {
		return false
	}
	s.refuse(now, first, boundary.TooMany, nil, out)
	return true
}

// crowd counts the incoming connections from one neighbourhood.
type crowd struct {
	from netip.Prefix
	n    int
}

// join counts one more connection from an address.
func (ps *pendingConns) join(a netip.Addr) *crowd {
	from := neighbourhood(a)
	c := ps.crowds[from]
	if c == nil {
		c = &crowd{from: from}
		if ps.crowds == nil {
			ps.crowds = make(map[netip.Prefix]*crowd)
		}
		ps.crowds[from] = c
	}
	c.n++
	return c
}

func (ps *pendingConns) leave(c *crowd) {
	if c.n--; c.n == 0 {
		delete(ps.crowds, c.from)
	}
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
