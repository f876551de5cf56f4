// Package client is a BitTorrent client: the public API, and the thin shell
// around the pure core.
//
// A Client lives in a World, which gives it a clock, a network, a filesystem, a
// worker and a source of randomness. Everything that happens goes through one
// inbox; Turn takes events from it, lets the core (package session) decide, and
// performs the effects. Run does that until its context ends:
//
//	c, err := client.New(world, client.Config{Port: 6881})
//	...
//	t, err := c.Add(client.Spec{Meta: meta, Dir: "downloads"})
//	...
//	err = c.Run(ctx)
//
// Methods of Client and Torrent may be called from any goroutine, and inside
// callbacks. Those that change something return at once; what they ask for has
// happened when the matching Notice comes.
package client

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"bt/client/boundary"
	"bt/client/resume"
	"bt/client/session"
	"bt/transport"
)

// Client is a set of torrents that share one port, one loop and its limits.
type Client struct {
	cfg    Config
	world  World
	peerID [20]byte
	port   int
	stop   func() // of the listener

	inbox    inbox
	budget   budget
	gates    gates
	pool     *blockPool    // shared: see pooled
	lastConn atomic.Uint64 // incoming

	packetsIn atomic.Int32 // datagrams in the inbox

	// mu guards what follows: held by Turn, except while it tells notices, and
	// by whoever only looks.
	mu       sync.Mutex
	steady   steadyClock
	now      time.Time
	session  *session.Session
	effects  *boundary.Effects // of the turn under way; nil between turns, unless there is a recorder
	conns    map[boundary.ConnID]*conn
	dirty    []*conn  // have something to send this turn
	heads    heads    // of what they send
	bufs     [][]byte // of one of them, for reuse
	touched  []touched
	fetches  map[boundary.FetchID]func() // under way, each with what cancels it
	resolves map[boundary.ResolveID]func()
	packets  transport.PacketConn // for trackers; nil until it is needed
	stores   map[boundary.TorrentID]*store
	torrents map[boundary.TorrentID]*Torrent // until they are removed
	taken    taken                           // by those torrents
	lastID   boundary.TorrentID
	notices  []Notice
	closing  bool
	recorder *recorder // nil unless Config.Record is given
	tamper   *tamper   // nil but in tests
}

// New makes a client and begins to listen. An error names the port.
func New(world World, cfg Config) (*Client, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &Client{
		cfg: cfg.withDefaults(), world: world, pool: &pooled,
		conns:    make(map[boundary.ConnID]*conn),
		fetches:  make(map[boundary.FetchID]func()),
		resolves: make(map[boundary.ResolveID]func()),
		stores:   make(map[boundary.TorrentID]*store),
		torrents: make(map[boundary.TorrentID]*Torrent),
		taken:    newTaken(),
	}
	rng := rand.New(world.Rand)
	c.peerID = newPeerID(rng)
	addr := netip.AddrPortFrom(c.cfg.Addr, uint16(cfg.Port))
	bound, stop, err := world.Net.Listen(addr, c.accept)
	if err != nil {
		return nil, fmt.Errorf("listen on port %d: %w", cfg.Port, err)
	}
	c.port, c.stop = int(bound.Port()), stop
	core := session.Config{
		PeerID: c.peerID, Port: c.port, Version: clientName,
		MaxConns: c.cfg.MaxConns, MaxPeers: c.cfg.MaxPeers, MaxHalfOpen: c.cfg.MaxHalfOpen,
		Slots: c.cfg.UploadSlots, Optimistic: c.cfg.Optimistic,
		UpLimit: c.cfg.UpLimit, DownLimit: c.cfg.DownLimit, NoFast: c.cfg.NoFast,
		Filter: c.cfg.Filter,
	}
	seeds := [2]uint64{rng.Uint64(), rng.Uint64()}
	c.recorder = newRecorder(&c.cfg, &core, seeds)
	if c.recorder != nil {
		c.effects = new(boundary.Effects) // see beginEffects
	}
	core.Rand = rand.NewPCG(seeds[0], seeds[1])
	c.session = session.New(core)
	return c, nil
}

// accept takes an incoming connection; the core decides whether it stays.
func (c *Client) accept(s transport.Stream) transport.Handler {
	conn := newConn(c, boundary.ConnID(c.lastConn.Add(1)<<1|1), true)
	conn.stream.Store(&s)
	c.post(item{call: func() { c.conns[conn.id] = conn }})
	return conn
}

// PeerID returns the 20 bytes by which other clients know this one: a prefix in
// the Azureus style, then random characters.
func (c *Client) PeerID() [20]byte { return c.peerID }

// Port returns the port that incoming connections are accepted on.
func (c *Client) Port() int { return c.port }

// Errors of Add.
var (
	ErrClosed    = errors.New("client is closed")
	ErrDuplicate = errors.New("torrent was added already")
	ErrMoving    = errors.New("the files are being moved already") // of Torrent.Move
)

// Add takes up a torrent. What is wrong with it is said at once; its first
// notices come with the next turns.
func (c *Client) Add(spec Spec) (*Torrent, error) {
	if err := spec.validate(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return nil, ErrClosed
	}
	if err := c.taken.conflict(&spec); err != nil {
		return nil, err
	}
	c.lastID++
	id := c.lastID
	s, err := c.newStore(id, spec.Dir, spec.Meta, spec.Priorities)
	if err != nil {
		return nil, err
	}
	t := &Torrent{client: c, id: id, meta: spec.Meta, spec: spec, paths: s.files.Paths()}
	c.stores[id], c.torrents[id] = s, t
	c.taken.add(t)
	c.Post(boundary.AddTorrent{
		ID: id, Meta: spec.Meta, State: spec.State, Priorities: slices.Clone(spec.Priorities), Peers: slices.Clone(spec.Peers),
		UpLimit: spec.UpLimit, DownLimit: spec.DownLimit, Resume: c.readCache(id, &spec), SeedMode: spec.SeedMode,
	})
	return t, nil
}

// readCache reads what an earlier instance has left, nil if it is of no use.
func (c *Client) readCache(id TorrentID, spec *Spec) *resume.State {
	if spec.PieceCache == nil {
		return nil
	}
	s, err := resume.Decode(spec.PieceCache)
	if err == nil {
		err = s.Fits(spec.Meta)
	}
	if err != nil {
		c.post(item{call: func() {
			c.notices = append(c.notices, CacheRefused{Torrent: id, Err: err})
		}})
		return nil
	}
	return &s
}

// SetSlots changes how many peers of each torrent are served at once: slots by
// merit, optimistic by turn; 0 is none. It takes effect within a round of the
// choker, ten seconds.
func (c *Client) SetSlots(slots, optimistic int) {
	c.Post(boundary.SetSlots{Slots: max(slots, 0), Optimistic: max(optimistic, 0)})
}

// SetLimits bounds the payload of all torrents together, in bytes per second; 0
// is no limit.
func (c *Client) SetLimits(up, down int64) {
	c.Post(boundary.SetLimits{Torrent: boundary.NoTorrent, Up: up, Down: down})
}

// SetMemory bounds the bytes of blocks that have come and are not yet on disk, of
// all torrents together; 0 is the default. When there are more, connections that
// bring blocks are not read until enough was written.
func (c *Client) SetMemory(bytes int64) {
	c.budget.set(int(min(max(bytes, 0), math.MaxInt)))
}

// Torrents returns the torrents in the order in which they were added.
func (c *Client) Torrents() []*Torrent {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]*Torrent, 0, len(c.torrents))
	for _, t := range c.torrents {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *Torrent) int { return int(a.id) - int(b.id) })
	return all
}

// Torrent returns the torrent that a notice is about, nil if it was removed.
func (c *Client) Torrent(id TorrentID) *Torrent {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.torrents[id]
}

// Close stops every torrent: trackers are told, connections closed, files made
// durable. Closed says when that is done.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	c.closing = true
	c.stop()
	c.Post(boundary.Shutdown{})
}

// Closed says that after Close nothing is left: no connection, no open file, no
// work.
func (c *Client) Closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone()
}

// gone is Closed for whoever holds c.mu.
func (c *Client) gone() bool {
	return c.closing && c.session.Closed() && len(c.conns) == 0 && len(c.fetches) == 0 && len(c.resolves) == 0
}

// tell brings one notice to whoever wants to hear it.
func (c *Client) tell(n Notice) {
	if c.world.Log != nil {
		c.world.Log.Debug("notice", "type", fmt.Sprintf("%T", n), "is", n)
	}
	switch n := n.(type) {
	case PieceVerified:
		if t := c.Torrent(n.Torrent); t != nil && t.spec.OnHashPass != nil {
			t.spec.OnHashPass(t, n.Piece)
		}
	case PieceFailed:
		if t := c.Torrent(n.Torrent); t != nil && t.spec.OnHashFail != nil {
			t.spec.OnHashFail(t, n.Piece)
		}
	case TorrentRemoved:
		c.mu.Lock()
		if t := c.torrents[n.Torrent]; t != nil {
			c.taken.remove(t)
		}
		delete(c.torrents, n.Torrent)
		delete(c.stores, n.Torrent)
		c.gates.forget(n.Torrent)
		c.mu.Unlock()
	}
	if c.cfg.OnNotice != nil {
		c.cfg.OnNotice(n)
	}
}
