package client

import (
	"slices"
	"sync"

	"bt/client/boundary"
	"bt/client/rate"
)

// gates hold what is read from peers to the download limits: one for each torrent
// that has peers, and one for all torrents together. The core says how much may
// pass; when it has, none of those behind the gate is read, until the core says
// more. That is done here, and at once: by the time the core hears of a read, a
// socket could have brought a second's worth more.
type gates struct {
	mu  sync.Mutex
	all map[boundary.TorrentID]*gate // the client's is that of NoTorrent
}

// gate is what the blocks of some connections have to pass.
type gate struct {
	id      boundary.TorrentID
	why     heldBy
	members []*conn // in the order in which they may read when it opens
	limited bool
	closed  bool
	chunk   int   // the most that a read may bring; 0: as much as it likes
	left    int64 // bytes that may pass
	passed  int64 // bytes that the core has not been told of
}

// of returns a gate, which is new if there is none. The lock is held.
func (gs *gates) of(id boundary.TorrentID) *gate {
	g := gs.all[id]
	if g == nil {
		if gs.all == nil {
			gs.all = make(map[boundary.TorrentID]*gate)
		}
		g = &gate{id: id, why: heldByTorrent}
		if id == boundary.NoTorrent {
			g.why = heldByClient
		}
		gs.all[id] = g
	}
	return g
}

// forget drops the gate of a torrent that was removed.
func (gs *gates) forget(id boundary.TorrentID) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	delete(gs.all, id)
}

// enterGates puts a connection whose handshake has come behind the gates of its
// torrent and of the client.
func (c *Client) enterGates(id boundary.ConnID) {
	conn, owner := c.conns[id], c.session.Owner(id, nil)
	if conn == nil || owner == boundary.NoTorrent {
		return // it was refused
	}
	c.gates.enter(conn, owner, boundary.NoTorrent)
	conn.hold(heldAtTheDoor, false)
}

// meet keeps a connection that has greeted from being read, where there are limits,
// until the core has seen for which torrent it is: to who was asleep, a second's
// worth of blocks may come in one breath with the handshake.
func (gs *gates) meet(c *conn) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for _, g := range gs.all { // the order has no effect
		if g.limited {
			c.hold(heldAtTheDoor, true)
		}
	}
}

func (gs *gates) enter(c *conn, ids ...boundary.TorrentID) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for _, id := range ids {
		g := gs.of(id)
		g.members = append(g.members, c)
		c.gates = append(c.gates, g)
		if g.closed {
			c.hold(g.why, true)
		}
	}
	c.limitReads()
	c.pass(c.early)
}

// leave takes a connection that has ended out of its gates.
func (gs *gates) leave(c *conn) {
	if c == nil {
		return
	}
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for _, g := range c.gates {
		g.members = slices.DeleteFunc(g.members, func(m *conn) bool { return m == c })
	}
	c.gates = nil
}

// take counts bytes of blocks that c has read. It may be called from any goroutine.
func (gs *gates) take(c *conn, bytes int64) {
	if bytes == 0 {
		return
	}
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if len(c.gates) == 0 {
		c.early += bytes
		return
	}
	c.pass(bytes)
}

// pass counts bytes at all gates of a connection. Their lock is held.
func (c *conn) pass(bytes int64) {
	for _, g := range c.gates {
		if !g.limited {
			continue
		}
		g.passed += bytes
		g.left -= bytes
		if g.left <= 0 && !g.closed {
			g.close(c)
		}
	}
}

// close holds all connections. The next time, whoever comes after c reads first:
// who has much to bring must not keep the others from being heard.
func (g *gate) close(c *conn) {
	i := slices.Index(g.members, c) + 1
	g.members = slices.Concat(g.members[i:], g.members[:i])
	g.set(true)
	g.tell(c.client)
}

func (g *gate) set(closed bool) {
	g.closed = closed
	for _, m := range g.members {
		m.hold(g.why, closed)
	}
}

// tell has the core know what has passed.
func (g *gate) tell(c *Client) {
	c.Post(boundary.ReadsSpent{Torrent: g.id, Bytes: g.passed})
	g.passed = 0
}

// allow does what the core has decided.
func (gs *gates) allow(c *Client, a boundary.AllowReads) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g := gs.of(a.Torrent)
	if g.chunk != a.Chunk {
		g.chunk = a.Chunk
		for _, m := range g.members {
			m.limitReads()
		}
	}
	if g.limited = a.Bytes != rate.Unlimited; !g.limited {
		g.passed = 0
	}
	// Reads that were under way when the gate closed count too.
	g.left = a.Bytes - g.passed
	if closed := g.left <= 0; closed != g.closed {
		g.set(closed)
	}
	if g.closed && a.Bytes > 0 {
		g.tell(c)
	}
}

// limitReads bounds the reads of a connection by those of its gates that want the
// smallest. Their lock is held.
func (c *conn) limitReads() {
	most := 0
	for _, g := range c.gates {
		if g.chunk > 0 && (most == 0 || g.chunk < most) {
			most = g.chunk
		}
	}
	(*c.stream.Load()).LimitReads(most)
}
