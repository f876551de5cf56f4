package session

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/peer"
	"bt/client/torrent"
	"bt/client/wire"
)

// pendingConns are the connections that are no peers yet, in the order in which
// they came up: dials under way, and handshakes not complete.
type pendingConns struct {
	list   []*pendingConn
	dials  int       // of list, those not opened yet
	due    time.Time // as of deadline
	stale  bool      // due has to be found anew
	crowds map[netip.Prefix]*crowd
}

type pendingConn struct {
	id      boundary.ConnID
	addr    netip.AddrPort
	source  boundary.Source
	torrent *torrent.Torrent // whose dial it is; nil for an incoming one
	opened  bool
	until   time.Time // of the handshake, once opened
	crowd   *crowd    // that it is one of; nil for a dial
}

func (c *pendingConn) incoming() bool { return c.torrent == nil }

func (ps *pendingConns) add(c pendingConn) {
	if !c.opened {
		ps.dials++
	}
	if c.incoming() {
		c.crowd = ps.join(c.addr.Addr())
	}
	ps.list = append(ps.list, &c)
	ps.stale = true
}

// handleOpened: a dial has come up, and has until then for the handshake.
func (ps *pendingConns) handleOpened(c *pendingConn, until time.Time) {
	c.opened, c.until = true, until
	ps.dials--
	ps.stale = true
}

func (ps *pendingConns) get(id boundary.ConnID) *pendingConn {
	i := slices.IndexFunc(ps.list, func(c *pendingConn) bool { return c.id == id })
	if i < 0 {
		return nil
	}
	return ps.list[i]
}

func (ps *pendingConns) remove(c *pendingConn) {
	if !c.opened {
		ps.dials--
	}
	if c.crowd != nil {
		ps.leave(c.crowd)
	}
	ps.stale = true
	ps.list = slices.DeleteFunc(ps.list, func(o *pendingConn) bool { return o == c })
}

// deadline is when the first handshake will have taken too long.
func (ps *pendingConns) deadline() time.Time {
	if !ps.stale {
		return ps.due
	}
	ps.due, ps.stale = time.Time{}, false
	for _, c := range ps.list {
		if c.opened && (ps.due.IsZero() || c.until.Before(ps.due)) {
			ps.due = c.until
		}
	}
	return ps.due
}

func (s *Session) handleOpened(now time.Time, e boundary.Opened, out *boundary.Effects) {
	if e.Incoming {
		c := pendingConn{id: e.Conn, addr: e.Remote, source: boundary.FromIncoming, opened: true, until: now.Add(peer.HandshakeTimeout)}
		if !s.allows(c.addr.Addr()) {
			s.refuse(now, &c, boundary.Filtered, nil, out)
			return
		}
		if s.closing || s.connections() >= s.cfg.MaxConns && !s.makeRoom(now, c.addr, out) {
			s.refuse(now, &c, boundary.TooMany, nil, out)
			return
		}
		s.pending.add(c)
		return
	}
	c := s.pending.get(e.Conn)
	if c == nil {
		return // given up meanwhile
	}
	s.pending.handleOpened(c, now.Add(peer.HandshakeTimeout))
	out.Send = append(out.Send, boundary.Send{Conn: c.id, Hello: c.torrent.Hello()})
	s.feed(now, out)
}

func (s *Session) handleClosed(now time.Time, e boundary.Closed, out *boundary.Effects) {
	reason := boundary.ByRemote
	switch {
	case e.Errno > 0:
		reason = boundary.Reason(e.Errno)
	case e.Err != nil:
		reason = boundary.ByRemoteUnspecified
	}
	if c, ok := s.conns[e.Conn]; ok {
		c.torrent.HandleClosed(now, c.peer, reason, e.Err, out)
		s.reschedule(now, c.torrent)
		s.feed(now, out)
		return
	}
	if c := s.pending.get(e.Conn); c != nil {
		if !c.opened {
			reason = boundary.ConnectFailed
		}
		s.end(now, c, reason, e.Err, out)
	}
}

func (s *Session) handleReceived(now time.Time, e *boundary.Received, out *boundary.Effects) {
	c, ok := s.conns[e.Conn]
	if !ok {
		p := s.pending.get(e.Conn)
		if p == nil {
			return
		}
		s.handleHello(now, p, e, out)
		if c, ok = s.conns[e.Conn]; !ok {
			return // it has not become a peer, or not for long
		}
	}
	c.torrent.HandleReceived(now, c.peer, e, out)
	s.reschedule(now, c.torrent)
}

// handleHello makes a peer of a connection whose handshake has come.
func (s *Session) handleHello(now time.Time, c *pendingConn, e *boundary.Received, out *boundary.Effects) {
	if e.Hello == nil {
		if e.Err != nil {
			s.refuse(now, c, boundary.MalformedHandshake, e.Err, out)
		}
		return
	}
	t := s.byHash[e.Hello.InfoHash]
	switch {
	case !c.incoming() && c.torrent != t:
		s.refuse(now, c, boundary.HandshakeInfohash, infoHashError(e.Hello), out)
		return
	case t == nil:
		s.refuse(now, c, boundary.NoSuchTorrent, infoHashError(e.Hello), out)
		return
	case c.incoming():
		if reason, ok := t.Admits(c.addr.Addr()); !ok {
			s.refuse(now, c, reason, detailOf(reason, e.Hello), out)
			return
		}
		out.Send = append(out.Send, boundary.Send{Conn: c.id, Hello: t.Hello()})
	}
	s.pending.remove(c)
	if !c.incoming() {
		t.HandleDialEnded()
	}
	reason, ok := t.HandleHello(now, c.id, c.addr, c.source, e.Hello, out)
	if !ok {
		out.Close = append(out.Close, boundary.Close{Conn: c.id})
		s.ended(now, c, t, reason, detailOf(reason, e.Hello), out)
	}
	s.reschedule(now, t)
}

// expirePending ends connections whose handshake has taken too long.
func (s *Session) expirePending(now time.Time, out *boundary.Effects) {
	for _, c := range slices.Clone(s.pending.list) {
		if c.opened && !now.Before(c.until) {
			s.refuse(now, c, boundary.TimeoutHandshake, nil, out)
		}
	}
}

// dropPending ends every connection that is no peer yet.
func (s *Session) dropPending(out *boundary.Effects) {
	for _, c := range s.pending.list {
		out.Close = append(out.Close, boundary.Close{Conn: c.id})
		if !c.incoming() {
			c.torrent.HandleDialEnded()
		}
	}
	s.pending = pendingConns{}
}

// refuse closes a connection that has not become a peer.
func (s *Session) refuse(now time.Time, c *pendingConn, reason boundary.Reason, err error, out *boundary.Effects) {
	out.Close = append(out.Close, boundary.Close{Conn: c.id})
	s.end(now, c, reason, err, out)
}

// end forgets a connection that has not become a peer.
func (s *Session) end(now time.Time, c *pendingConn, reason boundary.Reason, err error, out *boundary.Effects) {
	if s.pending.get(c.id) != nil {
		s.pending.remove(c)
	}
	t := c.torrent
	if t != nil {
		t.HandleDialEnded()
	}
	s.ended(now, c, t, reason, err, out)
	s.feed(now, out)
}

// ended tells the address book and the user why a connection has not become a
// peer.
func (s *Session) ended(now time.Time, c *pendingConn, t *torrent.Torrent, reason boundary.Reason, err error, out *boundary.Effects) {
	id := boundary.NoTorrent
	if t != nil {
		id = t.ID()
	}
	out.Notify = append(out.Notify, boundary.PeerDisconnected{Torrent: id, Addr: c.addr, Incoming: c.incoming(), Reason: reason, Err: err})
	if t != nil && !c.incoming() {
		t.HandleDialFailed(now, c.addr, reason, out)
		s.reschedule(now, t)
	}
}

// detailOf says what a handshake was refused for.
func detailOf(r boundary.Reason, h *wire.Handshake) error {
	switch r {
	case boundary.NoSuchTorrent:
		return infoHashError(h)
	case boundary.Preexisting:
		return torrent.PeerIDError(h.PeerID)
	}
	return nil
}

func infoHashError(h *wire.Handshake) error {
	return fmt.Errorf("info-hash %v", metainfo.Hash(h.InfoHash))
}
