// Package simtracker is a BitTorrent tracker: one table of swarms behind an
// http.Handler and a handler of datagrams (BEP 15). It serves simulated clients
// in virtual time and, behind net/http or a UDP socket, real ones. It behaves well; scenarios that want a tracker which
// does not, wrap the handler.
package simtracker

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"bt/client/tracker"
)

// Config says how a Tracker behaves. Only Now is required.
type Config struct {
	Now func() time.Time

	// Interval is how long clients are told to wait between announces; 0:
	// DefaultInterval. MinInterval is how long at least; 0: not told. Neither
	// is enforced.
	Interval, MinInterval time.Duration

	// Expiry is how long a peer is remembered after its last announce; 0:
	// twice the Interval, or the MinInterval if that is longer, so that one lost
	// announce does no harm.
	Expiry time.Duration

	// NumWant is how many peers a client gets when it does not say how many
	// it wants, and the most it can get; 0: DefaultNumWant.
	NumWant int

	// Rand decides which peers are returned when there are more than wanted.
	// nil: those that announced first. It is used under the Tracker's lock.
	Rand rand.Source

	// TrustIP lets clients announce another address than their own with the
	// parameter ip. Trackers that are open to all should not. BEP 7: "they
	// allow an attacker to announce a victim's IP address to launch a DDoS
	// attack."
	TrustIP bool

	// Secret makes connection ids of the UDP protocol hard to guess. Where
	// everybody can be trusted, as in a simulation, it may be left at zero.
	Secret [32]byte

	// TellIP lets clients know the address that they are seen at (BEP 24).
	TellIP bool

	// Known restricts the tracker to these torrents; nil: any torrent.
	Known [][20]byte

	// LogMax is how many announces Log remembers; 0: DefaultLogMax.
	LogMax int
}

// What zero values in a Config stand for.
const (
	DefaultInterval = 30 * time.Minute // what public trackers use
	DefaultNumWant  = 50               // BEP 3 names no number; this is the common one
	DefaultLogMax   = 10_000           // 2 to 4 MB
)

// Limits of the table, so that no client can fill the memory of a tracker which
// is reachable for all.
const (
	maxSwarms = 10_000
	maxPeers  = 50_000 // of one swarm
)

// Tracker is an http.Handler that serves /announce and /scrape. Its methods are
// safe for concurrent use.
type Tracker struct {
	cfg Config
	rng *rand.Rand // nil: no draws

	mu     sync.Mutex
	swarms map[[20]byte]*swarm
	log    announceLog
}

// New returns a tracker that knows no peers.
func New(cfg Config) *Tracker {
	if cfg.Now == nil {
		panic("simtracker: Config.Now is nil")
	}
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	if cfg.Expiry == 0 {
		cfg.Expiry = 2 * max(cfg.Interval, cfg.MinInterval)
	}
	if cfg.NumWant == 0 {
		cfg.NumWant = DefaultNumWant
	}
	if cfg.LogMax == 0 {
		cfg.LogMax = DefaultLogMax
	}
	t := &Tracker{cfg: cfg, swarms: make(map[[20]byte]*swarm), log: announceLog{max: cfg.LogMax}}
	if cfg.Rand != nil {
		t.rng = rand.New(cfg.Rand)
	}
	return t
}

// Swarm returns how many peers of a torrent have announced themselves, and not
// stopped or expired: seeds have nothing left to download, leeches have.
func (t *Tracker) Swarm(infoHash [20]byte) (seeds, leeches int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.swarms[infoHash]
	if s == nil {
		return 0, 0
	}
	s.expire(t.cfg.Now().Add(-t.cfg.Expiry))
	return s.count()
}

// Log returns the latest announces that were well-formed, oldest first.
func (t *Tracker) Log() []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.log.entries()
}

// ServeHTTP answers one request. As trackers do, it reports what is wrong with
// an announce in the body, under status 200.
func (t *Tracker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "trackers are asked with GET", http.StatusMethodNotAllowed)
		return
	}
	var body []byte
	switch r.URL.Path {
	case "/announce":
		body = t.serveAnnounce(r)
	case "/scrape":
		body = t.serveScrape(r)
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	w.Write(body) // the client is gone when this fails: nobody to tell
}

func (t *Tracker) serveAnnounce(r *http.Request) []byte {
	a, err := tracker.ParseAnnounce(r.URL.RawQuery)
	var addr netip.AddrPort
	if err == nil {
		addr, err = t.peerAddr(r, &a)
	}
	var response tracker.Response
	if err == nil {
		response, err = t.announce(&a, addr, anyFamily)
	}
	if err != nil {
		response = tracker.Response{Failure: err.Error()}
	}
	return response.Append(nil, a.Compact)
}

// peerAddr returns where other peers can reach the one that announces.
func (t *Tracker) peerAddr(r *http.Request, a *tracker.Announce) (netip.AddrPort, error) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("no address of the client: %w", err)
	}
	// A zone means something to this host only.
	from = netip.AddrPortFrom(from.Addr().Unmap().WithZone(""), from.Port())
	return t.addrOf(from, a), nil
}

// addrOf returns the same for a client whose announce has come from an address.
func (t *Tracker) addrOf(from netip.AddrPort, a *tracker.Announce) netip.AddrPort {
	ip := from.Addr()
	if t.cfg.TrustIP && a.IP.IsValid() {
		ip = a.IP
	}
	return netip.AddrPortFrom(ip, uint16(a.Port))
}

// anyFamily is for answers that have room for peers of both families.
func anyFamily(netip.Addr) bool { return true }

// announce takes in what a peer at addr says, and returns others of the families
// that are wanted.
func (t *Tracker) announce(a *tracker.Announce, addr netip.AddrPort, wanted func(netip.Addr) bool) (r tracker.Response, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.cfg.Now()
	defer func() { t.log.add(newEntry(now, a, addr, err)) }()

	s, err := t.swarm(a.InfoHash, now)
	if err != nil {
		return tracker.Response{}, err
	}
	s.expire(now.Add(-t.cfg.Expiry))
	if err := s.update(a, addr, now); err != nil {
		return tracker.Response{}, err
	}
	r = tracker.Response{Interval: t.cfg.Interval, MinInterval: t.cfg.MinInterval}
	r.Complete, r.Incomplete = s.count()
	if t.cfg.TellIP {
		r.ExternalIP = addr.Addr()
	}
	if a.Event != tracker.Stopped {
		candidates := slices.DeleteFunc(s.candidates(a, addr), func(p netip.AddrPort) bool { return !wanted(p.Addr()) })
		r.Peers = t.choose(candidates, a.NumWant)
	}
	return r, nil
}

// swarm returns the swarm of a torrent, a new one if need be.
func (t *Tracker) swarm(infoHash [20]byte, now time.Time) (*swarm, error) {
	if s := t.swarms[infoHash]; s != nil {
		return s, nil
	}
	if t.cfg.Known != nil && !slices.Contains(t.cfg.Known, infoHash) {
		return nil, fmt.Errorf("torrent %x is not served here", infoHash)
	}
	if len(t.swarms) >= maxSwarms {
		t.forgetEmpty(now)
	}
	if len(t.swarms) >= maxSwarms {
		return nil, fmt.Errorf("tracker is full: it serves %d torrents", maxSwarms)
	}
	s := new(swarm)
	t.swarms[infoHash] = s
	return s, nil
}

func (t *Tracker) forgetEmpty(now time.Time) {
	for hash, s := range t.swarms { // each on its own: the order has no effect
		if s.expire(now.Add(-t.cfg.Expiry)); len(s.peers) == 0 {
			delete(t.swarms, hash)
		}
	}
}

// choose returns as many of the candidates as are wanted and allowed. The slice
// is its own to change.
func (t *Tracker) choose(candidates []netip.AddrPort, numWant int) []netip.AddrPort {
	n := t.cfg.NumWant
	switch {
	case numWant == tracker.NumWantNone:
		n = 0
	case numWant > 0:
		n = min(n, numWant)
	}
	if n >= len(candidates) {
		return candidates
	}
	if t.rng != nil {
		for i := range n { // the first n steps of a shuffle
			j := i + t.rng.IntN(len(candidates)-i)
			candidates[i], candidates[j] = candidates[j], candidates[i]
		}
	}
	return candidates[:n]
}
