package session

import (
	"math/rand/v2"
	"time"

	"bt/client/boundary"
	"bt/client/torrent"
	"bt/client/tracker"
	"bt/client/udptracker"
)

// tracking is which torrents wait for word from which trackers, and what all of
// them share in talking to UDP trackers.
type tracking struct {
	fetches  map[boundary.FetchID]*torrent.Torrent
	resolves map[boundary.ResolveID]*torrent.Torrent
	udp      *udptracker.Caller // nil until it is needed

	lastFetch   boundary.FetchID
	lastResolve boundary.ResolveID
}

func newTracking() tracking {
	return tracking{
		fetches:  make(map[boundary.FetchID]*torrent.Torrent),
		resolves: make(map[boundary.ResolveID]*torrent.Torrent),
	}
}

// NewFetch implements torrent.Registry.
func (s *Session) NewFetch(t *torrent.Torrent) boundary.FetchID {
	s.tracking.lastFetch++
	s.tracking.fetches[s.tracking.lastFetch] = t
	return s.tracking.lastFetch
}

// NewResolve implements torrent.Registry.
func (s *Session) NewResolve(t *torrent.Torrent) boundary.ResolveID {
	s.tracking.lastResolve++
	s.tracking.resolves[s.tracking.lastResolve] = t
	return s.tracking.lastResolve
}

// AskUDP implements torrent.Registry.
func (s *Session) AskUDP(now time.Time, id boundary.FetchID, r udptracker.Request) {
	if s.tracking.udp == nil {
		// Only clients that need it draw for it.
		s.tracking.udp = udptracker.New(rand.NewPCG(s.rng.Uint64(), s.rng.Uint64()))
	}
	s.tracking.udp.Ask(now, udptracker.ID(id), r)
}

// ReviseUDP implements torrent.Registry.
func (s *Session) ReviseUDP(id boundary.FetchID, body tracker.UDPRequest) {
	s.tracking.udp.Revise(udptracker.ID(id), body)
}

// Forsake implements torrent.Registry. What comes of an HTTP request is nobody's.
func (s *Session) Forsake(id boundary.FetchID) {
	delete(s.tracking.fetches, id)
	if s.tracking.udp != nil {
		s.tracking.udp.Forget(udptracker.ID(id))
	}
}

func (s *Session) handleFetched(now time.Time, e boundary.Fetched, out *boundary.Effects) {
	t := s.tracking.fetches[e.ID]
	delete(s.tracking.fetches, e.ID)
	if t != nil && !t.Gone() {
		t.HandleFetched(now, e, out)
		s.reschedule(now, t)
	}
}

func (s *Session) handleResolved(now time.Time, e boundary.Resolved, out *boundary.Effects) {
	t := s.tracking.resolves[e.ID]
	delete(s.tracking.resolves, e.ID)
	if t != nil && !t.Gone() {
		t.HandleResolved(now, e, out)
		s.reschedule(now, t)
	}
}

func (s *Session) handlePacketIn(now time.Time, e boundary.PacketIn) {
	if s.tracking.udp != nil {
		s.tracking.udp.HandlePacket(now, e.From, e.Data)
	}
}

func (s *Session) handlePacketFailed(e boundary.PacketFailed) {
	if s.tracking.udp != nil {
		s.tracking.udp.HandleFailed(e.To, e.Err)
	}
}

// settleUDP sends what is to be said to UDP trackers and tells torrents what has
// come of it, until nothing is left.
func (s *Session) settleUDP(now time.Time, out *boundary.Effects) {
	udp := s.tracking.udp
	if udp == nil {
		return
	}
	for {
		for p, ok := udp.NextPacket(); ok; p, ok = udp.NextPacket() {
			out.Packets = append(out.Packets, boundary.Packet{To: p.To, Data: p.Data})
		}
		r, ok := udp.NextResult()
		if !ok {
			return
		}
		id := boundary.FetchID(r.ID)
		t := s.tracking.fetches[id]
		if r.Retry == 0 {
			delete(s.tracking.fetches, id)
		}
		if t != nil && !t.Gone() {
			t.HandleTold(now, r, out)
			s.reschedule(now, t)
		}
	}
}

// handleTickUDP sends again to UDP trackers what got no answer.
func (s *Session) handleTickUDP(now time.Time) {
	if s.tracking.udp != nil {
		s.tracking.udp.HandleTick(now)
	}
}

// deadlineUDP is when handleTickUDP has something to do; zero: never.
func (s *Session) deadlineUDP() (at time.Time) {
	if s.tracking.udp != nil {
		at, _ = s.tracking.udp.Deadline()
	}
	return at
}
