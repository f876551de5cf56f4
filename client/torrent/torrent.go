// Package torrent is one torrent of a client: it joins the concerns (pieces,
// picker, choker, addresses, trackers, checks, blame) and implements none of
// them. Events come in through the Handle methods, one at a time; what is to be
// done goes out as effects.
package torrent

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"bt/client/addrbook"
	"bt/client/announce"
	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/peer"
	"bt/client/picker"
	"bt/client/resume"
	"bt/client/tracker"
	"bt/client/udptracker"
	"bt/client/wire"
)

// tickEvery is how often time-outs of peers are looked at. They are all given
// in whole seconds, and a torrent without peers does not tick.
const tickEvery = time.Second

// Config is what a torrent is made of.
type Config struct {
	ID         boundary.TorrentID
	Meta       *metainfo.MetaInfo
	Priorities []int // one a file; nil: all 1
	PeerID     [20]byte
	Port       int    // for announces and peers
	Version    string // the client's name and version, for peers
	NoFast     bool   // the Fast extension (BEP 6) is not offered
	MaxPeers   int
	Slots      int // regular upload slots
	Optimistic int // optimistic upload slots
	Rand       *rand.Rand
	Resume     *resume.State         // what an earlier instance has left, or nil
	SeedMode   bool                  // take files of the right size at their word
	Limits     *Limits               // the client's, shared by all torrents
	Allows     func(netip.Addr) bool // the user's address filter
}

// Registry is what a torrent needs of the client that holds it.
type Registry interface {
	// MayDial says whether the client's limits allow t one more dial. If not,
	// HandleFree is called as soon as they might.
	MayDial(t *Torrent) bool
	// Dial asks for a connection to addr.
	Dial(now time.Time, t *Torrent, addr netip.AddrPort, src boundary.Source, out *boundary.Effects)
	// Joined says that a connection has become a peer of t.
	Joined(t *Torrent, p *peer.Peer)
	// Forget says that a connection of a peer is not the torrent's any more.
	Forget(boundary.ConnID)
	// NewFetch names a request whose answer is for t, by HTTP or UDP.
	NewFetch(t *Torrent) boundary.FetchID
	// NewResolve names a look-up whose answer is for t.
	NewResolve(t *Torrent) boundary.ResolveID
	// AskUDP sends a request to a tracker; HandleTold brings what comes of it,
	// never within AskUDP.
	AskUDP(now time.Time, id boundary.FetchID, r udptracker.Request)
	// ReviseUDP changes what a request says when it has to be repeated.
	ReviseUDP(id boundary.FetchID, body tracker.UDPRequest)
	// Forsake gives up a request, of either kind.
	Forsake(id boundary.FetchID)
}

// Torrent is one torrent.
type Torrent struct {
	cfg      Config
	info     *metainfo.Info
	registry Registry

	state      boundary.State
	removing   bool
	moving     bool // the files are on their way to another directory
	gone       bool
	files      files
	disk       diskWait
	doubts     doubts
	watchdog   watchdog
	checker    checker
	checkpoint checkpoint
	seeding    seedMode

	pieces pieces
	picker *picker.Picker
	blame  blame

	swarm
	choking   choking
	suggester suggester
	trackers

	transfer   transfer
	limits     limits
	tickAt     time.Time
	uploadOnly bool // we want nothing more, and have told the peers so
	refill     bool // requests may be open to peers other than the one at hand
	scratch    []wire.Block
	cancels    []boundary.ConnID
}

// swarm is who the torrent is connected to, and whom it knows.
type swarm struct {
	peers    []*peer.Peer // in the order they joined
	byID     map[boundary.ConnID]*peer.Peer
	dialling int  // dials and handshakes under way
	starved  bool // has addresses to dial, and waits for the client's limits
	book     *addrbook.Book
	self     self
	guest    boundary.ConnID // the choked peer that is served what it is allowed fast
}

// trackers is the conversation with the trackers.
type trackers struct {
	announcer  *announce.Announcer
	lookups    map[boundary.ResolveID]*inquiry // whose tracker's address is being looked up
	legs       map[boundary.FetchID]*leg       // requests in flight
	here       map[string]presence             // by announce URL
	found      map[string][]netip.Addr         // by announce URL, what its host's name stood for last
	answeredBy string                          // the announce URL of the tracker that was the last to answer
}

// New makes a torrent in the given state. Start it with HandleStart.
func New(cfg Config, registry Registry) *Torrent {
	info := &cfg.Meta.Info
	pieces := newPieces(info, cfg.Priorities)
	return &Torrent{
		cfg: cfg, info: info, registry: registry,
		state:  boundary.Stopped,
		pieces: pieces,
		swarm: swarm{
			byID: make(map[boundary.ConnID]*peer.Peer),
			book: addrbook.New(addrbook.Config{Rand: stream(cfg.Rand)}),
		},
		trackers: trackers{
			announcer: announce.New(announce.Config{Tiers: cfg.Meta.Trackers, Rand: stream(cfg.Rand)}),
			lookups:   make(map[boundary.ResolveID]*inquiry),
			legs:      make(map[boundary.FetchID]*leg),
			here:      make(map[string]presence),
			found:     make(map[string][]netip.Addr),
		},
		picker:     newPicker(info, pieces.prio, stream(cfg.Rand)),
		limits:     limits{client: cfg.Limits},
		suggester:  suggester{rng: rand.New(stream(cfg.Rand))},
		transfer:   transfer{key: cfg.Rand.Uint32()},
		checkpoint: checkpoint{start: cfg.Resume, durable: bitfield.New(info.NumPieces())},
		seeding:    seedMode{asked: cfg.SeedMode},
		checker:    newChecker(info.NumPieces()),
		doubts:     newDoubts(info.NumPieces()),
		watchdog:   newWatchdog(),
	}
}

// newPicker makes a picker that knows the priorities, and nothing else.
func newPicker(info *metainfo.Info, prios []int, rng rand.Source) *picker.Picker {
	p := picker.New(picker.Config{
		Pieces: info.NumPieces(), PieceLength: info.PieceLength, Length: info.Length, Rand: rng,
	})
	for i, prio := range prios {
		p.SetPriority(i, prio)
	}
	return p
}

// stream derives a source of randomness of its own from rng, so that how much
// one concern draws does not change what another one gets.
func stream(rng *rand.Rand) rand.Source { return rand.NewPCG(rng.Uint64(), rng.Uint64()) }

// ID returns the torrent's id within its client.
func (t *Torrent) ID() boundary.TorrentID { return t.cfg.ID }

// InfoHash returns the torrent's info-hash.
func (t *Torrent) InfoHash() metainfo.Hash { return t.cfg.Meta.InfoHash }

// HandleTick does whatever has become due.
func (t *Torrent) HandleTick(now time.Time, out *boundary.Effects) {
	if !t.tickAt.IsZero() && !now.Before(t.tickAt) {
		t.tickAt = time.Time{}
		t.tickPeers(now, out)
	}
	t.maybeCheckpoint(now, out)
	t.maybeProbe(now, out)
	t.allowReads(now, out)
	t.letGo(now, out)
	t.settle(now, out)
}

// settle ends every event: it does what the event has made possible.
func (t *Torrent) settle(now time.Time, out *boundary.Effects) {
	t.settleFiles(out)
	t.settleSeedMode(out)
	t.maybeLook(now, out)
	if t.nextChecks(out) {
		t.handleChecked(now, out)
	}
	t.settleFiles(out)
	t.settleUploadOnly(now, out)
	if t.refill {
		t.refill = false
		t.fillAll(now, out)
	}
	if t.choking.vacant {
		t.maybeRechoke(now, out)
	}
	t.maybeDial(now, out)
	t.maybeAnnounce(now, out)
	t.maybeScrape(now, out)
	t.maybeRemoved(out)
	if len(t.peers) > 0 && t.tickAt.IsZero() {
		t.tickAt = now.Add(tickEvery)
	}
}

// tickPeers looks at the clocks of every peer.
func (t *Torrent) tickPeers(now time.Time, out *boundary.Effects) {
	t.maybeRechoke(now, out)
	patience := t.patience()
	for _, p := range t.Peers() {
		p.SetPatience(patience)
		if reason, gone := p.Expired(now); gone {
			t.drop(now, p, reason, nil, out)
			continue
		}
		p.TellOwed(now, out)
		p.MaybeKeepAlive(now, out)
		t.maybeTimeOut(now, p, out)
		t.serve(now, p, out)
	}
	t.fillAll(now, out)
	t.watch(now, out)
}

// Deadline says when HandleTick has something to do, and what. The zero time
// means: not until something else happens.
func (t *Torrent) Deadline(now time.Time) (at time.Time, why string) {
	at, why = t.tickAt, "peers"
	earlier := func(d time.Time, ok bool, what string) {
		if ok && (at.IsZero() || d.Before(at)) {
			at, why = d, what
		}
	}
	d := t.limits.deadline(now)
	earlier(d, !d.IsZero(), "rate limit")
	d, ok := t.announcer.Deadline()
	earlier(d, ok && t.mayAnnounce(), "announce")
	d, ok = t.checkpointAt()
	earlier(d, ok, "checkpoint")
	d, ok = t.probeAt()
	earlier(d, ok, "disk")
	d, ok = t.lookAt()
	earlier(d, ok, "files")
	d, ok = t.book.Deadline()
	earlier(d, ok && t.mayDial(), "dial")
	return at, why
}

// Peers returns the connected peers in the order they joined, as a copy: peers
// may be dropped while it is walked.
func (t *Torrent) Peers() []*peer.Peer { return append([]*peer.Peer(nil), t.peers...) }
