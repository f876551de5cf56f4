package client

import (
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"bt/client/boundary"
	"bt/client/tracker"
	"bt/transport"
)

// Limits of one request to a tracker.
const (
	fetchTimeout = 20 * time.Second
	fetchBodyMax = 2 << 20 // thousands of peers, and all their dictionaries
)

// Limits of datagrams: anybody can send some.
const (
	packetMax    = tracker.MaxUDPPacket // larger ones are dropped, in bytes
	packetsQueue = 256                  // more are dropped until some were handled
)

// perform does what the core has asked for, each kind in the order in which it
// was asked, and lets go of the effects.
func (c *Client) perform() {
	e := c.effects
	for _, d := range e.Dial {
		c.dial(d)
	}
	if c.cfg.Details != 0 {
		c.tellSends(e.Send)
	}
	c.send(e.Send)
	for _, cl := range e.Close {
		if conn := c.conns[cl.Conn]; conn != nil {
			(*conn.stream.Load()).Close()
		}
	}
	for _, a := range e.Allow {
		c.gates.allow(c, a)
	}
	c.performDisk(e)
	for _, f := range e.Fetch {
		c.fetch(f)
	}
	for _, id := range e.HangUp {
		if cancel := c.fetches[id]; cancel != nil {
			cancel()
		}
	}
	for _, r := range e.Resolve {
		c.resolve(r)
	}
	for _, p := range e.Packets {
		c.sendPacket(p)
	}
	c.notices = append(c.notices, e.Notify...)
	e.Reset()
	c.endEffects()
}

// spareEffects is shared by all clients of the process, for the reason that blocks
// are: see pooled. Among hundreds of clients, the memory of whoever had the last turn
// is at hand, one's own is not.
var spareEffects = sync.Pool{New: func() any { return new(boundary.Effects) }}

// beginEffects readies c.effects for a turn. A client that is recorded keeps its
// own: the checksum of a record tells what was never used from what is empty.
func (c *Client) beginEffects() {
	if c.recorder == nil {
		c.effects = spareEffects.Get().(*boundary.Effects)
	}
}

func (c *Client) endEffects() {
	if c.recorder == nil {
		spareEffects.Put(c.effects)
		c.effects = nil
	}
}

// fetch asks for an answer that is an event like any other. done is never called
// within Fetch.
func (c *Client) fetch(f boundary.Fetch) {
	done := func(r transport.FetchResponse, err error) {
		c.post(item{call: func() {
			delete(c.fetches, f.ID)
			c.handle(boundary.Fetched{ID: f.ID, Status: r.Status, Body: r.Body, Err: err})
		}})
	}
	c.fetches[f.ID] = c.world.HTTP.Fetch(transport.FetchRequest{URL: f.URL, Timeout: fetchTimeout, MaxBody: fetchBodyMax, Addrs: f.Addrs}, done)
}

// resolve asks for an answer that is an event like any other.
func (c *Client) resolve(r boundary.Resolve) {
	done := func(addrs []netip.Addr, err error) {
		c.post(item{call: func() {
			delete(c.resolves, r.ID)
			c.handle(boundary.Resolved{ID: r.ID, Addrs: addrs, Err: err})
		}})
	}
	c.resolves[r.ID] = c.world.Names.Resolve(r.Name, done)
}

// sendPacket sends a datagram from a port of the system's choice. The socket is
// opened when it is first needed; on an unspecified address it serves both
// families.
func (c *Client) sendPacket(p boundary.Packet) {
	if c.packets == nil {
		conn, err := c.world.Net.ListenPacket(netip.AddrPortFrom(c.cfg.Addr, 0), c.packetIn)
		if err != nil {
			c.Post(boundary.PacketFailed{To: p.To, Err: err})
			return
		}
		c.packets = conn
	}
	c.packets.Send(p.To, p.Data)
}

// packetIn takes a datagram, on a goroutine of the network.
func (c *Client) packetIn(from netip.AddrPort, data []byte) {
	if len(data) > packetMax || c.packetsIn.Load() >= packetsQueue {
		return
	}
	c.packetsIn.Add(1)
	e := boundary.PacketIn{From: from, Data: slices.Clone(data)}
	c.post(item{call: func() {
		c.packetsIn.Add(-1)
		c.handle(e)
	}})
}

// hangUp ends what nobody waits for any more: trackers that have not answered,
// and names that were not found, by the time the core was done with them.
func (c *Client) hangUp() {
	for _, id := range slices.Sorted(maps.Keys(c.fetches)) {
		c.fetches[id]()
	}
	for _, id := range slices.Sorted(maps.Keys(c.resolves)) {
		c.resolves[id]()
	}
	if c.packets != nil {
		c.packets.Close()
		c.packets = nil
	}
}

func (c *Client) dial(d boundary.Dial) {
	conn := newConn(c, d.Conn, false)
	c.conns[d.Conn] = conn
	conn.opening(func() transport.Stream { return c.world.Net.Dial(d.Addr, conn) })
}

// send encodes all messages of the turn and hands each stream its own in one
// go: ten requests and a HAVE for one peer become one write.
func (c *Client) send(sends []boundary.Send) {
	for i := range sends {
		conn := c.conns[sends[i].Conn]
		if conn == nil {
			continue // closed in this very turn
		}
		if !conn.dirty {
			conn.dirty = true
			c.dirty = append(c.dirty, conn)
		}
		conn.queue(&sends[i])
	}
	for _, conn := range c.dirty {
		conn.flush()
	}
	clear(c.dirty)
	c.dirty = c.dirty[:0]
}

func (c *Client) performDisk(e *boundary.Effects) {
	for _, id := range e.OpenFiles {
		c.stores[id].open()
	}
	for _, w := range e.Write {
		c.stores[w.Torrent].write(w)
	}
	for _, ch := range e.Check {
		c.stores[ch.Torrent].check(ch)
	}
	for _, m := range e.MoveFiles {
		c.stores[m.Torrent].move(m.Priorities)
	}
	for _, id := range e.Sync {
		c.stores[id].sync()
	}
	for _, r := range e.Relocate {
		c.stores[r.Torrent].relocate(r)
	}
	for _, l := range e.Look {
		c.stores[l.Torrent].look()
	}
	for _, p := range e.Probe {
		c.stores[p.Torrent].probe()
	}
	for _, t := range c.touched {
		t.store.work(t.piece)
	}
	c.touched = c.touched[:0]
	for reads := e.Read; len(reads) > 0; {
		n := 1
		for n < len(reads) && reads[n].Conn == reads[0].Conn {
			n++
		}
		c.stores[reads[0].Torrent].read(slices.Clone(reads[:n]))
		reads = reads[n:]
	}
	for _, id := range e.CloseFiles {
		s := c.stores[id]
		s.close = true
		s.maybeClose()
	}
}

// touched is a piece that was given work this turn.
type touched struct {
	store *store
	piece int
}

func (c *Client) touch(s *store, piece int) {
	if n := len(c.touched); n == 0 || c.touched[n-1] != (touched{s, piece}) {
		c.touched = append(c.touched, touched{s, piece})
	}
}
