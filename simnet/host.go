package simnet

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"bt/transport"

	"github.com/benbjohnson/clock"
)

// Host is a computer of the Internet: it has a name, addresses, a link and a
// program, which is whoever uses the Host.
type Host struct {
	// What every event looks at comes first, what most look at second: see stream.
	net    *Internet
	id     uint64 // derived from the name, not from how many hosts there are
	life   uint32 // counts kills and restarts: what was scheduled in an earlier life is void
	dead   bool
	frozen uint8 // why; 0: it is not
	timers int
	spin   spinMeter
	name   string
	addrs  []netip.Addr

	skew skew
	link LinkConfig
	up   uplink
	down downlink

	randoms map[string]*rand.PCG

	incoming    Incoming
	beyond      Incoming // for streams above incomingMax
	incomingMax int      // 0: no limit
	ghosts      int      // how many of streams no program knows of

	parked        []uint32 // events of the program that wait for the end of its frost
	backlog       int      // streams that wait for it to accept them
	parkedPackets int64    // bytes of datagrams that wait for it
	sleep         *Cut     // while it is suspended
	thawed        time.Time

	nat *NAT // that it is behind; nil: none

	step      int     // of link.Schedule
	stepDone  eventID // when the next one begins
	paths     map[*Host]*path
	streams   []*stream   // ends on this host, until told Closed
	mourned   []*stream   // remote ends which sent to this host while it was dead
	listeners []*listener // few; walked in order
	packets   []*packetConn
	packetsUp packetQueue
	lastPort  uint16

	// In cut i, bit i tells the sides this host is on.
	sideA, sideB uint64
}

// NewHost adds a host. Its name and its address must be new; addr may be the
// zero Addr, for a host that gets its addresses by AddAddr.
func (n *Internet) NewHost(name string, addr netip.Addr, link LinkConfig) *Host {
	if name == "" || n.byName[name] != nil {
		panic(fmt.Sprintf("simnet: host name %q is empty or taken", name))
	}
	var id digest
	id.string(name)
	h := &Host{
		net: n, name: name, id: id.sum(), link: link,
		randoms:  make(map[string]*rand.PCG),
		paths:    make(map[*Host]*path),
		lastPort: firstEphemeral - 1,
	}
	h.packetsUp.host = h
	n.damages = n.damages || link.Corrupt > 0
	h.runSchedule()
	n.hosts = append(n.hosts, h)
	n.byName[name] = h
	if addr.IsValid() {
		h.AddAddr(addr)
	}
	return h
}

// Name is the host's name.
func (h *Host) Name() string { return h.name }

// Internet is where the host is.
func (h *Host) Internet() *Internet { return h.net }

// Net is the host's network. No call into it calls a Handler: that is always
// an event of its own.
func (h *Host) Net() transport.Network { return hostNetwork{h} }

// HTTP fetches over streams of this host.
func (h *Host) HTTP() transport.Fetcher { return fetcher{h} }

// Clock tells the host's wall clock, which is the virtual time unless SetClock
// has put it wrong. Its timers panic: use At.
func (h *Host) Clock() clock.Clock { return virtualClock{h} }

// Rand is the host's stream of random numbers for a purpose. It depends on the
// seed, the host's name and the purpose, and on nothing else that is drawn. The
// same purpose gives the same stream, which goes on after a Restart.
func (h *Host) Rand(purpose string) rand.Source {
	s := h.randoms[purpose]
	if s == nil {
		s = newStream(h.net.seed, "host", h.name, purpose)
		h.randoms[purpose] = s
	}
	return s
}

// At calls fn after d, in an event of its own, unless the host is killed
// meanwhile. Calling cancel after fn has run, or twice, does nothing.
func (h *Host) At(d time.Duration, fn func()) (cancel func()) {
	if h.dead {
		return func() {}
	}
	h.timers++
	id := h.net.schedule(int64(d), event{kind: KindCallback, host: h, fn: fn})
	return func() { h.cancelTimer(id) }
}

// Soon is At(0, fn) for who does not want to cancel it, and takes no memory.
func (h *Host) Soon(fn func()) {
	if !h.dead {
		h.timers++
		h.net.schedule(0, event{kind: KindCallback, host: h, fn: fn})
	}
}

func (h *Host) cancelTimer(id eventID) {
	if was, ok := h.net.queue.cancel(id); ok && was.life == h.life {
		h.timers--
	}
}

// PendingTimers counts the callbacks of At that are still to come.
func (h *Host) PendingTimers() int { return h.timers }

// OpenStreams counts the streams of the host's program that have not been told
// Closed, dials included.
func (h *Host) OpenStreams() int { return len(h.streams) - h.ghosts }

// Alive reports whether the host is not killed.
func (h *Host) Alive() bool { return !h.dead }

// Kill lets the host disappear, as when the power fails: no callback, Handler
// or job of it is called any more, nothing leaves it and nothing arrives.
// Remote ends are told nothing. They run into StallTimeout when they send, and
// notice after KeepaliveTimeout when they do not.
func (h *Host) Kill() {
	if h.dead {
		return
	}
	if h.isAsleep() {
		h.sleep.Heal()
	}
	h.thaw(bySignal | bySleep) // what is parked is void, as of an earlier life
	h.dead = true
	h.life++
	h.timers, h.backlog, h.parkedPackets = 0, 0, 0
	h.listeners, h.packets = nil, nil
	streams := h.streams
	h.streams, h.ghosts = nil, 0
	for _, s := range streams {
		s.vanish()
	}
	h.resetLinks()
}

// Restart brings a killed host back, without any socket. Remote ends of its
// former streams are reset when they send, or when they have sent already.
func (h *Host) Restart() {
	if !h.dead {
		return
	}
	h.dead = false
	h.life++ // for what was scheduled while it was dead
	mourned := h.mourned
	h.mourned = nil
	for _, s := range mourned {
		s.peer().transmit(segReset)
	}
}

// mourn remembers a stream which sends to this dead host.
func (h *Host) mourn(s *stream) {
	if s.state == open && s.stall == (eventID{}) {
		s.awaitStall()
		h.mourned = append(h.mourned, s)
	}
}

func (h *Host) adopt(s *stream) {
	s.index = int32(len(h.streams))
	h.streams = append(h.streams, s)
}

func (h *Host) forget(s *stream) {
	last := len(h.streams) - 1
	moved := h.streams[last]
	h.streams[s.index], moved.index = moved, s.index
	h.streams[last] = nil
	h.streams = h.streams[:last]
	if s.ghost {
		h.ghosts--
	}
}
