package torrent

import (
	"net/netip"
	"slices"

	"bt/client/peer"
)

const (
	// witnessesMin is how many peers have to agree on our address. BEP 40: "The
	// client can use an IP address given via BEP 10 as a hint, but should not
	// blindly trust it."
	witnessesMin = 2
	// witnessesMax is how many are remembered, the newest: a moved client, or a
	// lie that was agreed on, is outvoted within a few connections.
	witnessesMax = 8
)

// self finds out which address others see us at: each peer says one.
type self struct {
	heard  []testimony // oldest first, one a peer
	agreed bool        // enough have said the same, once
}

type testimony struct{ by, addr netip.Addr }

// hear notes what one peer says, and reports whether enough say the same. Peers
// at one address count once: several may be one program.
func (s *self) hear(by, addr netip.Addr) (agreed bool) {
	s.heard = slices.DeleteFunc(s.heard, func(t testimony) bool { return t.by == by })
	if len(s.heard) == witnessesMax {
		s.heard = slices.Delete(s.heard, 0, 1)
	}
	s.heard = append(s.heard, testimony{by, addr})
	n := 0
	for _, t := range s.heard {
		if t.addr == addr {
			n++
		}
	}
	s.agreed = s.agreed || n >= witnessesMin
	return n >= witnessesMin
}

// hearSelf takes a peer's word on our address. It decides which of several
// addresses is dialled first (BEP 40), and nothing else.
func (t *Torrent) hearSelf(p *peer.Peer) {
	addr := p.YourIP()
	if !usableSelf(addr) {
		return
	}
	if t.self.hear(p.Addr.Addr().Unmap(), addr) {
		t.book.SetSelf(netip.AddrPortFrom(addr, uint16(t.cfg.Port)))
	}
}

// usableSelf says whether somebody can be at an address.
func usableSelf(addr netip.Addr) bool {
	return addr.IsValid() && !addr.IsUnspecified() && !addr.IsMulticast()
}
