package scenarios

import (
	"net/netip"

	"bt/simnet"
)

// banWatch is what L1 knows of bans. Nobody under watch sends anything wrong; but
// where bytes are damaged on their way, poison looks just the same, and whoever has
// not earned a pardon is banned for good. What only such a peer has cannot be got.
// A ban for which nothing wrong has come excuses nothing, and is D8: whatever our own
// disk has done to what a peer has sent, the peer has sent it right.
type banWatch struct {
	met    map[netip.Addr][]*simnet.Host // who was connected from an IP address
	untrue map[netip.Addr]bool           // where something wrong has come from
	hosts  map[*simnet.Host]bool         // who is banned, and not without reason
}

func (b *banWatch) begin() {
	b.met = make(map[netip.Addr][]*simnet.Host)
	b.untrue = make(map[netip.Addr]bool)
	b.hosts = make(map[*simnet.Host]bool)
}

// handleMet notes who is behind an address: behind that of a router there may be several.
func (b *banWatch) handleMet(v *view) {
	ip := v.addr.Addr()
	b.met[ip] = append(b.met[ip], v.host)
}

// handleUntrue notes that other bytes have come than the torrent has.
func (b *banWatch) handleUntrue(v *view) { b.untrue[v.addr.Addr()] = true }

// handleBanned notes that a client speaks no more to whoever is at an address.
func (w *watched) handleBanned(ip netip.Addr) {
	b := &w.bans
	if !b.untrue[ip] {
		w.violation("D8", "%v is banned, and all that came from it was the truth", ip)
		return
	}
	for _, h := range b.met[ip] {
		b.hosts[h] = true
	}
}

// parted says that one of two clients has banned the other, and had reason to.
func parted(a, b *watched) bool { return a.bans.hosts[b.host] || b.bans.hosts[a.host] }
