package session

import (
	"net/netip"
	"slices"
	"time"

	"bt/client/boundary"
)

// allows says whether the user's filter lets us speak to an address.
func (s *Session) allows(a netip.Addr) bool { return s.cfg.Filter == nil || s.cfg.Filter(a.Unmap()) }

// handleRefilter asks the filter about every connection there is, peers or not.
func (s *Session) handleRefilter(now time.Time, out *boundary.Effects) {
	for _, c := range slices.Clone(s.pending.list) {
		if !s.allows(c.addr.Addr()) {
			s.refuse(now, c, boundary.Filtered, nil, out)
		}
	}
	for _, t := range s.sorted() {
		t.HandleRefilter(now, out)
		s.reschedule(now, t)
	}
}
