package simnet

import (
	"errors"
	"fmt"
	"net/netip"
)

// ErrAddrGone closes the streams of an address that was removed from their host.
var ErrAddrGone = errors.New("connection aborted: its address is gone")

// AddAddr gives the host one more address, of either family. Dials leave from
// the first one of the family they go to. What listens on unspecified addresses
// hears at the new one too.
func (h *Host) AddAddr(addr netip.Addr) {
	addr = addr.Unmap()
	n := h.net
	if !addr.IsValid() || addr.IsUnspecified() || addr.IsLoopback() || n.byAddr[addr] != nil || n.nats[addr] != nil {
		panic(fmt.Sprintf("simnet: host %q: address %v is not usable or taken", h.name, addr))
	}
	h.addrs = append(h.addrs, addr)
	n.byAddr[addr] = h
}

// RemoveAddr takes an address from the host, as when its cable is pulled or its
// provider renumbers. Its streams end here with ErrAddrGone; the other ends are
// told nothing, and notice what they would with Kill. Nobody is at that address
// any more. An address that the host does not have is no change.
func (h *Host) RemoveAddr(addr netip.Addr) {
	addr = addr.Unmap()
	if h.net.byAddr[addr] != h {
		return
	}
	delete(h.net.byAddr, addr)
	for i, a := range h.addrs {
		if a == addr {
			h.addrs = append(h.addrs[:i:i], h.addrs[i+1:]...)
			break
		}
	}
	for _, s := range h.streams {
		if s.local.Addr() == addr {
			s.conn.hindered().severed = true
			s.shut(ErrAddrGone)
			s.peer().awaitKeepalive()
		}
	}
}

// Addr is the host's first address.
func (h *Host) Addr() netip.Addr {
	if len(h.addrs) == 0 {
		return netip.Addr{}
	}
	return h.addrs[0]
}

// Addrs lists the host's addresses.
func (h *Host) Addrs() []netip.Addr { return append([]netip.Addr(nil), h.addrs...) }
