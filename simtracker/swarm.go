package simtracker

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"bt/client/tracker"
)

// A swarm is all peers of one torrent. Every operation walks all of them: an
// announce is rare, and a slice has an order to rely on.
type swarm struct {
	peers      []peer // in the order of first announce
	downloaded int    // completed events, ever
}

// A peer is known by its address, which is what other peers get: a client that
// comes back with a new peer id is still one peer. One that announces over IPv4
// and IPv6 is two.
type peer struct {
	addr netip.AddrPort
	id   [20]byte
	left int64 // bytes; 0: a seed
	seen time.Time
}

// update takes in what a peer says about itself.
func (s *swarm) update(a *tracker.Announce, addr netip.AddrPort, now time.Time) error {
	if a.Event == tracker.Completed {
		s.downloaded++
	}
	p := peer{addr: addr, id: a.PeerID, left: a.Left, seen: now}
	i := slices.IndexFunc(s.peers, func(q peer) bool { return q.addr == addr })
	switch {
	case a.Event == tracker.Stopped && i >= 0:
		s.peers = slices.Delete(s.peers, i, i+1)
	case a.Event == tracker.Stopped:
		// It expired, or never started: either way it is gone.
	case i >= 0:
		s.peers[i] = p
	case len(s.peers) == maxPeers:
		return fmt.Errorf("swarm is full: it has %d peers", maxPeers)
	default:
		s.peers = append(s.peers, p)
	}
	return nil
}

// expire forgets the peers that have not announced since then.
func (s *swarm) expire(since time.Time) {
	s.peers = slices.DeleteFunc(s.peers, func(p peer) bool { return p.seen.Before(since) })
}

func (s *swarm) count() (seeds, leeches int) {
	for _, p := range s.peers {
		if p.left == 0 {
			seeds++
		}
	}
	return seeds, len(s.peers) - seeds
}

// candidates returns the peers that are of use to the one that announces: not
// itself, at no address, and no seeds for a seed.
func (s *swarm) candidates(a *tracker.Announce, addr netip.AddrPort) []netip.AddrPort {
	var list []netip.AddrPort
	for _, p := range s.peers {
		self := p.addr == addr || p.id == a.PeerID
		bothSeeds := p.left == 0 && a.Left == 0
		if !self && !bothSeeds {
			list = append(list, p.addr)
		}
	}
	return list
}
