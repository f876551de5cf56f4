package torrent

import (
	"net/netip"
	"time"

	"bt/client/boundary"
)

// learn takes up an address, unless the user's filter is against it. What it
// refuses is forgotten: a list of a thousand refused addresses must not crowd
// out the others.
func (t *Torrent) learn(now time.Time, addr netip.AddrPort, src boundary.Source) {
	if t.cfg.Allows(addr.Addr()) {
		t.book.Add(now, addr, src)
	}
}

// HandleRefilter asks the filter anew, and ends the connections it is against.
// Addresses that are not connected are asked about when they are to be dialled.
func (t *Torrent) HandleRefilter(now time.Time, out *boundary.Effects) {
	for _, p := range t.Peers() {
		if !t.cfg.Allows(p.Addr.Addr()) {
			t.drop(now, p, boundary.Filtered, nil, out)
		}
	}
	t.settle(now, out)
}
