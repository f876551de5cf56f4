package simnet

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"time"
)

// Epoch is when every simulation starts.
var Epoch = time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)

// Internet is a simulated internet: its hosts, what is on its way between them,
// and the time. It belongs to one goroutine.
type Internet struct {
	seed   uint64
	now    int64 // nanoseconds since Epoch
	queue  eventQueue
	events uint64
	hash   digest
	err    error

	hosts  []*Host
	byName map[string]*Host
	byAddr map[netip.Addr]*Host
	named  map[string]Name // set by SetName
	self   *Host           // owner of the callbacks of Internet.At; not one of hosts

	trace   func(TraceEvent)
	taps    []TapFunc
	tapped  TapEvent // what they are told
	tapping bool     // they are told it now

	packetTaps []PacketTapFunc
	wireTaps   []WireTapFunc

	interceptor Interceptor
	segments    segmentPool
	sendRings   ringPool[[]byte]
	totals      Totals
	nats        map[netip.Addr]*NAT
	cuts        uint64 // the bits of Host.sideA and sideB that are in use
	oneWay      uint64 // of them, those that stop only what A sends to B
	stalls      uint64 // of them, those that nobody gives up for
	cutOf       [MaxPartitions]*Cut
	stalled     []*stream // ends at which a cut holds something back
	unheard     []*stream // ends whose bytes arrive without an acknowledgement
	damages     bool      // some link has, or had, LinkConfig.Corrupt
	linkEpoch   uint32    // counts changes of links, so that streams can cache what follows from them
	lastStream  uint64
}

// New makes an empty internet. All that is random in it follows from seed.
func New(seed uint64) *Internet {
	n := &Internet{
		seed:   seed,
		byName: make(map[string]*Host),
		byAddr: make(map[netip.Addr]*Host),
		nats:   make(map[netip.Addr]*NAT),
	}
	n.hash.word(seed)
	n.self = &Host{net: n}
	return n
}

// Now is the virtual time.
func (n *Internet) Now() time.Time { return Epoch.Add(time.Duration(n.now)) }

// Events counts what has happened so far.
func (n *Internet) Events() uint64 { return n.events }

// Hash is a fingerprint of all that has happened so far: of each event its
// time, host and kind, and of each delivery its length and bytes. The same seed
// and the same program give the same Hash on every machine.
func (n *Internet) Hash() uint64 { return n.hash.sum() }

// Err says why the run has stopped before its end; it is a *SpinError or nil.
func (n *Internet) Err() error { return n.err }

// Rand is a stream of random numbers for the script of a scenario. It depends on
// the seed and the purpose alone, and shares nothing with those of hosts. Each
// call begins it anew.
func (n *Internet) Rand(purpose string) rand.Source { return newStream(n.seed, "script", purpose) }

// At calls fn after d, on behalf of nobody: for the script of a scenario.
// Calling cancel after fn has run, or twice, does nothing.
func (n *Internet) At(d time.Duration, fn func()) (cancel func()) { return n.self.At(d, fn) }

// Step does what comes next, and moves the time to when it happens. It reports
// false when nothing is left to happen, or Err is not nil.
func (n *Internet) Step() bool { return n.step(math.MaxInt64) }

// RunUntil does all that happens until t, t included, and then it is t, unless
// Err stopped the run.
func (n *Internet) RunUntil(t time.Time) {
	limit := int64(t.Sub(Epoch))
	for n.step(limit) {
	}
	if n.err == nil {
		n.now = max(n.now, limit)
	}
}

// RunWhile steps as long as cond holds, and reports whether it ended because
// cond did not: false means that nothing is left to happen, or Err.
func (n *Internet) RunWhile(cond func() bool) bool {
	for cond() {
		if !n.Step() {
			return false
		}
	}
	return true
}

// Hosts lists all hosts, also the killed ones, in the order they were made.
func (n *Internet) Hosts() []*Host { return append([]*Host(nil), n.hosts...) }

// Host finds a host by its name; nil when there is none.
func (n *Internet) Host(name string) *Host { return n.byName[name] }

func (n *Internet) step(limit int64) bool {
	for n.err == nil {
		ev, at, ok := n.queue.pop(limit)
		if !ok {
			return false
		}
		if ev.kind.ofProgram() {
			switch h := ev.host; {
			case ev.life != h.life || h.dead:
				continue // the program died meanwhile
			case h.frozen != 0:
				h.parked = append(h.parked, n.queue.park(ev))
				continue
			}
		}
		n.now = at
		if ev.kind.ofProgram() && ev.host.spin.count(at, ev.kind) {
			n.err = &SpinError{Host: ev.host.name, At: n.Now(), Kinds: ev.host.spin.kinds}
			return false
		}
		n.events++
		n.record(&ev)
		n.perform(&ev)
		return true
	}
	return false
}

// record adds an event to the hash and tells the observer.
func (n *Internet) record(ev *event) {
	n.hash.word(uint64(n.now))
	n.hash.word(ev.host.id ^ uint64(ev.kind))
	if n.trace == nil {
		return
	}
	t := TraceEvent{At: n.Now(), Host: ev.host.name, Kind: ev.kind}
	s := ev.stream
	if ev.seg != nil {
		t.Len = len(ev.seg.data)
		s = ev.seg.to
	}
	if s != nil {
		t.Stream = s.id
	}
	n.trace(t)
}

// recordBytes adds a delivery to the hash and tells the observer.
func (n *Internet) recordBytes(k Kind, h *Host, stream uint64, p []byte) {
	n.hash.word(uint64(n.now))
	n.hash.word(h.id ^ uint64(k))
	n.hash.bytes(p)
	if n.trace != nil {
		n.trace(TraceEvent{At: n.Now(), Host: h.name, Kind: k, Stream: stream, Len: len(p)})
	}
}

func (n *Internet) perform(ev *event) {
	switch ev.kind {
	case KindCallback:
		ev.host.timers--
		ev.fn()
	case KindWork, KindFetch:
		ev.fn()
	case KindReadable:
		ev.stream.drain()
	case KindClosed:
		ev.stream.tellClosed()
	case KindUplink:
		ev.host.uplinkDone()
	case KindArrive:
		n.arrive(ev.seg)
	case KindDownlink:
		ev.host.downlinkDone()
	case KindDialTimeout:
		ev.stream.dialTimeout()
	case KindStall:
		ev.stream.stallTimeout()
	case KindResume:
		ev.stream.resume()
	case KindKeepalive:
		ev.stream.keepalive()
	case KindRate:
		ev.host.nextStep()
	case KindSent:
		ev.stream.tellSent()
	case KindOpened:
		ev.stream.tellOpened()
	case KindAccept:
		ev.stream.acceptLate()
	case KindDatagram:
		ev.host.parkedPackets -= ev.seg.size()
		n.deliverPacket(ev.seg)
	default:
		panic(fmt.Sprintf("simnet: event of %s in the queue", ev.kind))
	}
}

// schedule lets ev happen after d nanoseconds; there is no way into the past.
func (n *Internet) schedule(d int64, ev event) eventID {
	d = max(d, 0)
	at := n.after(d)
	if ev.host != nil {
		ev.life = ev.host.life
	}
	return n.queue.push(at, d == 0, ev)
}

// after is the time d nanoseconds from now, if there is one.
func (n *Internet) after(d int64) int64 {
	if at := n.now + d; at >= n.now {
		return at
	}
	return math.MaxInt64
}

func (n *Internet) cancel(id *eventID) {
	n.queue.cancel(*id)
	*id = eventID{}
}
