// Package addrbook keeps the addresses known to one torrent: where each came
// from, which of them to dial next, how long to leave a failing one alone, and
// whom not to speak to again.
//
// It knows of connections that we dial. Incoming ones come from a port that
// nobody listens on, so there is nothing to remember but their bans.
//
// Nothing here is safe for concurrent use.
package addrbook

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"bt/client/boundary"
)

const (
	// maxDefault is enough for many times the connections of a torrent, and a
	// few hundred KiB at most.
	maxDefault = 2000

	// bansMax bounds the banned IPs. Each has cost its owner a connection and
	// us a piece that failed its hash, so this many is an attack already.
	bansMax = 1000

	// ownMax bounds the addresses that turned out to be our own: one for each
	// interface and each router in between would be plenty.
	ownMax = 64
)

// Config is what a Book is made of.
type Config struct {
	Max  int         // addresses kept; 0: 2000
	Rand rand.Source // jitters the back-off; required
}

// state is what is going on with an address.
type state uint8

const (
	waiting   state = iota // to be dialled when due
	dialling               // handed out by Next
	connected              // in a connection
	resting                // a seed, of no use to a seed
	aside                  // was named, and is not any more
	numStates
)

// entry is one address.
type entry struct {
	addr     netip.AddrPort
	source   boundary.Source
	state    state
	failures int       // in a row
	due      time.Time // not to be dialled before
	unnamed  bool      // since Unname, nobody has named it again
	priority uint32    // BEP 40; 0 as long as we do not know our own address
	seq      uint64    // order of insertion
	all      int       // its index in Book.all
	queue    *queue    // which one it waits in, or nil
	pos      int       // its index there
}

// Book is the addresses of one torrent.
type Book struct {
	max   int
	rng   *rand.Rand
	seq   uint64
	index map[netip.AddrPort]*entry
	all   []*entry // in no order that matters
	later queue    // waiting: the first one due on top
	ready queue    // waiting and found due by Next: the best one on top
	count [numStates]int
	bans  recent[netip.Addr]
	own   recent[netip.AddrPort]
	self4 netip.AddrPort // our own address as others see it, or zero
	self6 netip.AddrPort
}

// New returns an empty Book.
func New(cfg Config) *Book {
	if cfg.Max <= 0 {
		cfg.Max = maxDefault
	}
	return &Book{
		max:   cfg.Max,
		rng:   rand.New(cfg.Rand),
		index: make(map[netip.AddrPort]*entry),
		later: queue{less: dueFirst},
		ready: queue{less: bestFirst},
		bans:  recent[netip.Addr]{max: bansMax},
		own:   recent[netip.AddrPort]{max: ownMax},
	}
}

// Add takes up an address that may be dialled at once. It returns false if the
// address is known already, banned, our own, or nothing that one can dial, and
// if the book is full of better ones. Loopback and private addresses are as
// good as any: there are swarms inside one machine or network.
func (b *Book) Add(now time.Time, a netip.AddrPort, src boundary.Source) bool {
	a = plain(a)
	if !dialable(a) || b.bans.has(a.Addr()) || b.own.has(a) {
		return false
	}
	if e := b.index[a]; e != nil {
		b.credit(e, src)
		if e.unnamed = false; e.state == aside {
			b.move(e, waiting)
		}
		return false
	}
	if len(b.all) >= b.max && !b.evict(src) {
		return false
	}
	b.seq++
	e := &entry{addr: a, source: src, due: now, priority: b.priorityOf(a), seq: b.seq, all: len(b.all)}
	b.index[a] = e
	b.all = append(b.all, e)
	b.count[waiting]++
	b.later.add(e)
	return true
}

// credit notes that a known address was heard of from src as well.
func (b *Book) credit(e *entry, src boundary.Source) {
	if src >= e.source {
		return
	}
	e.source = src
	if e.queue != nil {
		e.queue.fix(e)
	}
}

// Next returns the best address that may be dialled now and counts it as in
// use until Closed: the one with the fewest failures in a row, of those the
// one that has been due for longest, then user-given before tracker-given,
// then the one with the highest Priority as far as SetSelf allows to tell, and
// last the one known first.
func (b *Book) Next(now time.Time) (netip.AddrPort, boundary.Source, bool) {
	for e := b.later.top(); e != nil && !e.due.After(now); e = b.later.top() {
		b.later.remove(e)
		b.ready.add(e)
	}
	e := b.ready.top()
	if e == nil {
		return netip.AddrPort{}, 0, false
	}
	b.move(e, dialling)
	return e.addr, e.source, true
}

// Deadline returns when the next address becomes due, which has passed when one
// is due already, or false when none waits. A caller who can have no more
// connections has no use for it.
func (b *Book) Deadline() (time.Time, bool) {
	if e := b.ready.top(); e != nil {
		return e.due, true
	}
	if e := b.later.top(); e != nil {
		return e.due, true
	}
	return time.Time{}, false
}

// Connected says that the handshake with a dialled address is through.
func (b *Book) Connected(a netip.AddrPort) {
	if e := b.index[plain(a)]; e != nil && e.state == dialling {
		b.move(e, connected)
	}
}

// Ban refuses an IP address, whatever the port, from now on. Connections to it
// are for the caller to close.
func (b *Book) Ban(ip netip.Addr) {
	ip = ip.Unmap()
	b.bans.add(ip)
	// Backwards, because drop fills the gap with the last one.
	for i := len(b.all) - 1; i >= 0; i-- {
		if e := b.all[i]; e.addr.Addr() == ip && !e.inUse() {
			b.drop(e)
		}
	}
}

// Banned reports whether an IP address is banned.
func (b *Book) Banned(ip netip.Addr) bool { return b.bans.has(ip.Unmap()) }

// Unname sets all addresses aside that the user has not given, until Add names
// them again. Meanwhile they are not dialled. What is known of them, such as how
// long to leave one alone, stays. Those in use are the caller's to close.
func (b *Book) Unname() {
	for _, e := range slices.Clone(b.all) {
		if e.source == boundary.FromUser {
			continue
		}
		if e.unnamed = true; e.state == waiting || e.state == resting {
			b.move(e, aside)
		}
	}
}

// Named reports whether an address is known and not set aside.
func (b *Book) Named(a netip.AddrPort) bool {
	e := b.index[plain(a)]
	return e != nil && !e.unnamed
}

// Len returns how many addresses are known, those in use included.
func (b *Book) Len() int { return len(b.all) }

// Counts says what the known addresses are doing.
type Counts struct {
	Waiting   int // to be dialled, now or later
	Dialling  int
	Connected int
	Resting   int // seeds, left alone until SeedsWanted
	Aside     int // left alone until they are named again
}

// Counts returns how many addresses are doing what; the sum is Len.
func (b *Book) Counts() Counts {
	return Counts{b.count[waiting], b.count[dialling], b.count[connected], b.count[resting], b.count[aside]}
}

// evict makes room for a new address from src, if there is an unused one that
// is worse: the one with the most failures, of those the one with the worst
// source, of those the oldest. It looks at every address, which happens only
// when a full book meets an unknown address.
func (b *Book) evict(src boundary.Source) bool {
	var worst *entry
	for _, e := range b.all {
		if !e.inUse() && (worst == nil || worse(e, worst)) {
			worst = e
		}
	}
	if worst == nil || worst.failures == 0 && worst.source <= src {
		return false
	}
	b.drop(worst)
	return true
}

func worse(a, b *entry) bool {
	switch {
	case a.failures != b.failures:
		return a.failures > b.failures
	case a.source != b.source:
		return a.source > b.source
	}
	return a.seq < b.seq
}

// inUse reports whether there is a connection, or may be one soon.
func (e *entry) inUse() bool { return e.state == dialling || e.state == connected }

// move changes the state of an entry.
func (b *Book) move(e *entry, to state) {
	if e.queue != nil {
		e.queue.remove(e)
	}
	if e.unnamed && to != dialling && to != connected {
		to = aside
	}
	b.count[e.state]--
	b.count[to]++
	e.state = to
	if to == waiting {
		b.later.add(e)
	}
}

// drop forgets an entry.
func (b *Book) drop(e *entry) {
	if e.queue != nil {
		e.queue.remove(e)
	}
	b.count[e.state]--
	last := len(b.all) - 1
	b.all[e.all] = b.all[last]
	b.all[e.all].all = e.all
	b.all[last] = nil
	b.all = b.all[:last]
	delete(b.index, e.addr)
}

// plain writes an IPv4 address inside IPv6 as the IPv4 address it is, so that
// one peer has one name.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// broadcast is the one IPv4 address that netip has no question for.
var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// dialable reports whether a peer could be at a.
func dialable(a netip.AddrPort) bool {
	ip := a.Addr()
	return ip.IsValid() && a.Port() != 0 && !ip.IsUnspecified() && !ip.IsMulticast() && ip != broadcast
}
