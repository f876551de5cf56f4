// Package session is all torrents of one client, and the pure core's front
// door: one event goes in, effects come out. It routes events to the torrents,
// keeps the limits that they share, and looks after connections until their
// handshake says which torrent they are about.
package session

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/peer"
	"bt/client/torrent"
	"bt/client/wire"
)

// Config is what all torrents of a client share.
type Config struct {
	PeerID      [20]byte
	Port        int    // told to trackers and peers
	Version     string // told to peers: the client's name and version
	MaxConns    int    // connections in all, dials included
	MaxPeers    int    // connections of one torrent
	MaxHalfOpen int    // dials under way
	Slots       int    // regular upload slots of a torrent
	Optimistic  int    // optimistic upload slots of a torrent
	UpLimit     int64  // bytes per second; 0: none
	DownLimit   int64
	NoFast      bool // the Fast extension (BEP 6) is not offered
	Rand        rand.Source

	// Filter, unless nil, says which addresses may be spoken to. It must give the
	// same answer for an address until a Refilter.
	Filter func(netip.Addr) bool
}

// Session is the state of one client. It belongs to one goroutine at a time.
type Session struct {
	cfg      Config
	rng      *rand.Rand
	torrents map[boundary.TorrentID]*torrent.Torrent
	byHash   map[metainfo.Hash]*torrent.Torrent
	due      schedule // which torrent has something to do next

	conns   map[boundary.ConnID]conn // connections past their handshake
	pending pendingConns             // and those before it
	starved []*torrent.Torrent       // waiting to dial
	limits  torrent.Limits           // of all torrents together

	tracking tracking

	lastConn boundary.ConnID
	closing  bool
}

// New makes an empty session.
func New(cfg Config) *Session {
	return &Session{
		cfg:      cfg,
		rng:      rand.New(cfg.Rand),
		torrents: make(map[boundary.TorrentID]*torrent.Torrent),
		byHash:   make(map[metainfo.Hash]*torrent.Torrent),
		conns:    make(map[boundary.ConnID]conn),
		tracking: newTracking(),
		limits:   torrent.NewLimits(cfg.UpLimit, cfg.DownLimit),
	}
}

// Handle takes one event and appends what is to be done about it to out. It is
// the only way into the session; now never goes back.
func (s *Session) Handle(now time.Time, e boundary.Event, out *boundary.Effects) {
	switch e := e.(type) {
	case *boundary.Received:
		s.handleReceived(now, e, out)
	case boundary.Sent:
		s.withConn(now, e.Conn, func(c conn) { c.torrent.HandleSent(now, c.peer, e, out) })
	case boundary.Opened:
		s.handleOpened(now, e, out)
	case boundary.Closed:
		s.handleClosed(now, e, out)
	case boundary.BlocksWritten:
		s.withDisk(now, e.Torrent, e.Err, out, func(t *torrent.Torrent) { t.HandleBlocksWritten(now, e, out) })
	case boundary.PieceChecked:
		s.withDisk(now, e.Torrent, e.Err, out, func(t *torrent.Torrent) { t.HandlePieceChecked(now, e, out) })
	case boundary.BlockRead:
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandleBlockRead(now, e, out) })
	case boundary.FilesOpened:
		s.withDisk(now, e.Torrent, e.Err, out, func(t *torrent.Torrent) { t.HandleFilesOpened(now, e, out) })
	case boundary.FilesSynced:
		s.withDisk(now, e.Torrent, e.Err, out, func(t *torrent.Torrent) { t.HandleFilesSynced(now, e, out) })
	case boundary.DiskProbed:
		s.withDisk(now, e.Torrent, nil, out, func(t *torrent.Torrent) { t.HandleDiskProbed(now, e, out) })
	case boundary.FilesLooked:
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandleFilesLooked(now, e, out) })
	case boundary.ReadsPaused:
		s.withConn(now, e.Conn, func(c conn) { c.torrent.HandleReadsPaused(now, c.peer, e) })
	case boundary.ReadsSpent:
		s.handleReadsSpent(now, e, out)
	case boundary.FilesClosed:
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandleFilesClosed(now, e, out) })
	case boundary.Fetched:
		s.handleFetched(now, e, out)
	case boundary.Resolved:
		s.handleResolved(now, e, out)
	case boundary.PacketIn:
		s.handlePacketIn(now, e)
	case boundary.PacketFailed:
		s.handlePacketFailed(e)
	case boundary.AddTorrent:
		s.handleAdd(now, e, out)
	case boundary.RemoveTorrent:
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandleRemove(now, out) })
	case boundary.SetState:
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandleSetState(now, e.State, out) })
	case boundary.SetPriorities:
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandleSetPriorities(now, e.Priorities, out) })
	case boundary.FilesMoved:
		s.withDisk(now, e.Torrent, e.Err, out, func(t *torrent.Torrent) { t.HandleFilesMoved(now, e, out) })
	case boundary.MoveTorrent:
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandleMove(now, e.Dir, out) })
	case boundary.Relocated:
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandleRelocated(now, e, out) })
	case boundary.SetLimits:
		s.handleSetLimits(now, e, out)
	case boundary.SetSlots:
		s.handleSetSlots(now, e, out)
	case boundary.AddPeers:
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandlePeers(now, e.Peers, out) })
	case boundary.Hashcheck:
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandleHashcheck(now, e.Pieces, out) })
	case boundary.Refilter:
		s.handleRefilter(now, out)
	case boundary.Shutdown:
		s.handleShutdown(now, out)
	case boundary.Tick:
		s.handleTick(now, out)
	}
	s.settleUDP(now, out)
}

// Deadline says when Handle wants a Tick, and what for. The zero time means:
// not until something else happens.
func (s *Session) Deadline() (at time.Time, why string) {
	at, why = s.due.first()
	if d := s.pending.deadline(); !d.IsZero() && (at.IsZero() || d.Before(at)) {
		at, why = d, "handshake"
	}
	if d := s.deadlineUDP(); !d.IsZero() && (at.IsZero() || d.Before(at)) {
		at, why = d, "tracker over UDP"
	}
	if d := s.limits.ReadsAt(); !d.IsZero() && (at.IsZero() || d.Before(at)) {
		at, why = d, "rate limit"
	}
	return at, why
}

// Torrent returns a torrent, nil if there is none of that id.
func (s *Session) Torrent(id boundary.TorrentID) *torrent.Torrent { return s.torrents[id] }

// Closed says that a shutdown is complete: no torrent is left.
func (s *Session) Closed() bool {
	return s.closing && len(s.torrents) == 0 && len(s.pending.list) == 0
}

// with runs f on a torrent and notes when that wants to be woken next.
func (s *Session) with(now time.Time, id boundary.TorrentID, f func(*torrent.Torrent)) {
	if t := s.torrents[id]; t != nil {
		f(t)
		s.reschedule(now, t)
	}
}

func (s *Session) withConn(now time.Time, id boundary.ConnID, f func(conn)) {
	if c, ok := s.conns[id]; ok {
		f(c)
		s.reschedule(now, c.torrent)
	}
}

func (s *Session) reschedule(now time.Time, t *torrent.Torrent) {
	if t.Gone() {
		s.due.remove(t)
		delete(s.torrents, t.ID())
		delete(s.byHash, t.InfoHash())
		return
	}
	at, why := t.Deadline(now)
	s.due.set(t, at, why)
}

func (s *Session) handleAdd(now time.Time, e boundary.AddTorrent, out *boundary.Effects) {
	if s.closing || s.torrents[e.ID] != nil || s.byHash[e.Meta.InfoHash] != nil {
		// The shell refuses such an Add to its caller's face; only a shutdown
		// that overtakes it comes to pass here.
		out.Notify = append(out.Notify, boundary.TorrentRemoved{Torrent: e.ID})
		return
	}
	t := torrent.New(torrent.Config{
		ID: e.ID, Meta: e.Meta, Priorities: e.Priorities, Resume: e.Resume, SeedMode: e.SeedMode,
		PeerID: s.cfg.PeerID, Port: s.cfg.Port, Version: s.cfg.Version, NoFast: s.cfg.NoFast, MaxPeers: s.cfg.MaxPeers,
		Slots: s.cfg.Slots, Optimistic: s.cfg.Optimistic, Limits: &s.limits, Allows: s.allows,
		Rand: rand.New(rand.NewPCG(s.rng.Uint64(), s.rng.Uint64())),
	}, s)
	s.torrents[e.ID] = t
	s.byHash[e.Meta.InfoHash] = t
	s.allowReads(now, out) // for the first one
	t.HandleSetLimits(now, e.UpLimit, e.DownLimit, out)
	t.HandlePeers(now, e.Peers, out)
	t.HandleSetState(now, e.State, out)
	s.reschedule(now, t)
}

// handleSetSlots is for the torrents there are, and those to come.
func (s *Session) handleSetSlots(now time.Time, e boundary.SetSlots, out *boundary.Effects) {
	s.cfg.Slots, s.cfg.Optimistic = e.Slots, e.Optimistic
	for _, t := range s.sorted() {
		t.HandleSetSlots(now, e.Slots, e.Optimistic, out)
		s.reschedule(now, t)
	}
}

func (s *Session) handleSetLimits(now time.Time, e boundary.SetLimits, out *boundary.Effects) {
	if e.Torrent != boundary.NoTorrent {
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandleSetLimits(now, e.Up, e.Down, out) })
		return
	}
	s.limits.Set(now, e.Up, e.Down)
	s.allowReads(now, out)
	for _, t := range s.sorted() {
		t.HandleLimits(now, out)
		s.reschedule(now, t)
	}
}

// handleReadsSpent is about the limit of one torrent, or that of all together.
func (s *Session) handleReadsSpent(now time.Time, e boundary.ReadsSpent, out *boundary.Effects) {
	if e.Torrent != boundary.NoTorrent {
		s.with(now, e.Torrent, func(t *torrent.Torrent) { t.HandleReadsSpent(now, e, out) })
		return
	}
	s.limits.HandleReadsSpent(now, e.Bytes)
	s.allowReads(now, out)
}

func (s *Session) allowReads(now time.Time, out *boundary.Effects) {
	s.limits.AllowReads(now, boundary.NoTorrent, wire.BlockSize, out)
}

func (s *Session) handleTick(now time.Time, out *boundary.Effects) {
	s.expirePending(now, out)
	s.handleTickUDP(now)
	s.allowReads(now, out)
	for {
		t := s.due.pop(now)
		if t == nil {
			return
		}
		t.HandleTick(now, out)
		s.reschedule(now, t)
	}
}

// handleShutdown removes every torrent and ends what has not become a peer.
func (s *Session) handleShutdown(now time.Time, out *boundary.Effects) {
	s.closing = true
	s.dropPending(out)
	for _, t := range s.sorted() {
		t.HandleRemove(now, out)
		s.reschedule(now, t)
	}
}

// Joined implements torrent.Registry.
func (s *Session) Joined(t *torrent.Torrent, p *peer.Peer) { s.conns[p.ID] = conn{t, p} }

// Forget implements torrent.Registry.
func (s *Session) Forget(id boundary.ConnID) { delete(s.conns, id) }

// MayDial implements torrent.Registry.
func (s *Session) MayDial(t *torrent.Torrent) bool {
	if s.pending.dials < s.cfg.MaxHalfOpen && s.connections() < s.cfg.MaxConns {
		return true
	}
	s.starved = append(s.starved, t)
	return false
}

// feed lets the torrents dial that were not allowed to before, in the order in
// which they asked.
func (s *Session) feed(now time.Time, out *boundary.Effects) {
	starved := s.starved
	s.starved = nil
	for _, t := range starved {
		if !t.Gone() {
			t.HandleFree(now, out)
			s.reschedule(now, t)
		}
	}
}

func (s *Session) connections() int { return len(s.conns) + len(s.pending.list) }

// Dial implements torrent.Registry.
func (s *Session) Dial(now time.Time, t *torrent.Torrent, addr netip.AddrPort, src boundary.Source, out *boundary.Effects) {
	s.lastConn += 2 // even: the shell counts incoming connections in odd numbers
	s.pending.add(pendingConn{id: s.lastConn, addr: addr, source: src, torrent: t})
	out.Dial = append(out.Dial, boundary.Dial{Conn: s.lastConn, Addr: addr})
}
