package simnet

import (
	"math"
	"math/bits"
	"time"
)

// LinkConfig is how a host is connected. The way between two hosts has the
// latency, jitter and troubles of both their links; a host's way to itself has
// none of them.
type LinkConfig struct {
	Up, Down int64         // bytes per second; 0 is unlimited and takes no time
	Latency  time.Duration // one way, between the host and the middle of the Internet
	Jitter   time.Duration // at most this much is added to Latency, evenly distributed
	// HeavyTail lets one jitter in four be drawn from twice the range, one in
	// sixteen from four times, and so on, up to maxTail doublings: most are as
	// before, and now and then one is very late.
	HeavyTail bool
	// Corrupt is how many of a thousand million bytes of streams arrive with a bit
	// flipped: damage that the checksum of TCP, which has 16 bits, has missed.
	Corrupt int
	// Queue bounds in bytes what waits at the slow end of the link: more
	// datagrams are dropped, senders of streams hold back. 0 is a quarter of a
	// second's worth. A long one in front of a slow line is what is called
	// bufferbloat.
	Queue int64
	// MaxRead and MaxWrite cut what a Handler gets in one Received, and what
	// leaves the host at a time, into pieces of at most so many bytes; 0 does not.
	MaxRead, MaxWrite int

	// Troubles of datagrams, per million.
	Loss      int // they do not arrive
	Duplicate int // they arrive twice
	Reorder   int // they take so long that later ones overtake them: see reorderDelay
	// MTU is the size in bytes, headers included, above which datagrams vanish on
	// the way, and nobody is told; 0: there is none.
	MTU int

	// Schedule, unless empty, changes Up and Down over time. It begins when the
	// link is set, and begins again after its end.
	Schedule []RateStep
}

const (
	// maxQuantum is what one stream may put on the uplink before it is the next
	// one's turn: a block, the usual unit of the peers this was built for, and small
	// enough that a slow link is shared several times a second.
	maxQuantum = 16 << 10

	// quantaPerSecond keeps a slow link responsive: a quantum takes at most an
	// eighth of a second.
	quantaPerSecond = 8

	// minWindow is how much of a stream may be on its way or unread by the
	// receiver. It is larger when bandwidth times delay is.
	minWindow = 1 << 20
	maxWindow = 64 << 20

	// minQueue is the least default of LinkConfig.Queue.
	minQueue = 4 * maxQuantum

	// minDelay is the time a byte takes in any case, also from a host to itself:
	// without it two programs could answer each other forever at one instant.
	minDelay = int64(time.Microsecond)
)

// serialise is how long n bytes take at rate bytes per second, in nanoseconds,
// rounded up.
func serialise(n, rate int64) int64 {
	if rate <= 0 || n <= 0 {
		return 0
	}
	return mulDiv(n, int64(time.Second), rate)
}

// mulDiv is a*b/c rounded up, of positive numbers, without overflow on the way.
func mulDiv(a, b, c int64) int64 {
	high, low := bits.Mul64(uint64(a), uint64(b))
	low, carry := bits.Add64(low, uint64(c-1), 0)
	high += carry
	if high >= uint64(c) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(high, low, uint64(c))
	return int64(min(q, math.MaxInt64))
}

func (c *LinkConfig) queueFor(rate int64) int64 {
	if c.Queue > 0 {
		return c.Queue
	}
	return max(minQueue, rate/4)
}

// quantumFor is how many bytes may pass a server of this rate at a time.
func quantumFor(rate int64) int64 {
	if rate <= 0 {
		return maxQuantum
	}
	return min(max(rate/quantaPerSecond, 1), maxQuantum)
}

// flow is who takes turns at an uplink: a stream, or the host's datagrams.
type flow interface {
	take(most int64) int64 // how many bytes it wants to send now; 0 gives the turn away
	leave(n int64)         // the bytes taken have passed the uplink
	told(n int64)          // and this is the time to tell the program
}

// uplink serves one quantum at a time, and its flows in turn.
type uplink struct {
	ring fifo[flow]
	busy bool
	flow flow // whose quantum is on the line
	n    int64
	ends int64 // when it will have left
	done eventID
}

// downlink serves what arrives in the order it came.
type downlink struct {
	queue       fifo[*segment]
	busy        bool // with the front of queue
	ends        int64
	done        eventID
	packetBytes int64 // of datagrams in queue

	// load is what streams have on the way to this link or waiting in front of it.
	// A real bottleneck would drop what exceeds its queue and so slow the
	// senders down; here they wait for their turn, in the order they came.
	load    int64
	waiting fifo[*stream]
}

// Link is the present configuration.
func (h *Host) Link() LinkConfig { return h.link }

// SetLink changes the link at once: also what is half way through goes on at
// the new rate.
func (h *Host) SetLink(link LinkConfig) {
	h.setLink(link)
	h.runSchedule()
}

func (h *Host) setLink(link LinkConfig) {
	old := h.link
	h.link = link
	h.net.damages = h.net.damages || link.Corrupt > 0
	h.net.linkEpoch++
	n := h.net
	if h.up.busy && link.Up != old.Up {
		n.cancel(&h.up.done)
		h.startUplink(restAt(h.up.ends-n.now, old.Up, link.Up))
	}
	if h.down.busy && link.Down != old.Down {
		n.cancel(&h.down.done)
		h.startDownlink(restAt(h.down.ends-n.now, old.Down, link.Down))
	}
	if link.Up == old.Up && link.Down == old.Down && link.Latency == old.Latency && link.Queue == old.Queue {
		return // no window has grown
	}
	h.wakeWaiting()
	for _, s := range h.streams { // windows may have grown
		s.wantUplink()
		if p := s.peer(); p.host != nil {
			p.wantUplink()
		}
	}
}

// restAt is how long the rest of a transmission takes when its rate changes.
func restAt(left, oldRate, newRate int64) int64 {
	if left <= 0 || oldRate <= 0 {
		return 0
	}
	return serialise(mulDiv(left, oldRate, int64(time.Second)), newRate)
}

func (h *Host) joinUplink(f flow) {
	h.up.ring.push(f)
	h.serveUplink()
}

// serveUplink starts the next quantum when the line is free.
func (h *Host) serveUplink() {
	for !h.up.busy && !h.isAsleep() {
		f, ok := h.up.ring.pop()
		if !ok {
			return
		}
		most := quantumFor(h.link.Up)
		if w := int64(h.link.MaxWrite); w > 0 {
			most = min(most, w)
		}
		n := f.take(most)
		if n == 0 {
			continue
		}
		h.up.flow, h.up.n, h.up.busy = f, n, true
		h.startUplink(serialise(n, h.link.Up))
	}
}

func (h *Host) startUplink(d int64) {
	h.up.ends = h.net.now + d
	h.up.done = h.net.schedule(d, event{kind: KindUplink, host: h})
}

func (h *Host) uplinkDone() {
	f, n := h.up.flow, h.up.n
	h.up.flow, h.up.busy = nil, false
	f.leave(n)
	h.serveUplink()
	f.told(n) // last: the program may do anything
}

// receive lets a segment pass the downlink.
func (h *Host) receive(seg *segment) {
	if h.link.Down <= 0 && !h.down.busy {
		h.net.deliver(seg)
		return
	}
	if seg.kind == segPacket {
		size := seg.size()
		if h.down.packetBytes+size > h.link.queueFor(h.link.Down) {
			h.net.wireMissing(seg, "dropped: the queue of the downlink is full")
			h.net.segments.put(seg) // drop-tail
			return
		}
		h.down.packetBytes += size
	}
	h.down.queue.push(seg)
	h.serveDownlink()
}

func (h *Host) serveDownlink() {
	if !h.down.busy && h.down.queue.len() > 0 {
		h.down.busy = true
		h.startDownlink(serialise((*h.down.queue.front()).size(), h.link.Down))
	}
}

func (h *Host) startDownlink(d int64) {
	h.down.ends = h.net.now + d
	h.down.done = h.net.schedule(d, event{kind: KindDownlink, host: h, seg: *h.down.queue.front()})
}

func (h *Host) downlinkDone() {
	seg, _ := h.down.queue.pop()
	h.down.busy = false
	if seg.kind == segPacket {
		h.down.packetBytes -= seg.size()
	}
	h.serveDownlink()
	h.net.deliver(seg) // last: the program may do anything
}

// unload ends a segment's part in the load of the receiver's downlink.
func (n *Internet) unload(seg *segment) {
	if seg.loaded {
		seg.loaded = false
		seg.to.host.release(seg.size())
	}
}

// release gives room in front of the downlink back, to who waits for it.
func (h *Host) release(bytes int64) {
	h.down.load -= bytes
	if h.down.load == 0 {
		h.wakeWaiting()
		return
	}
	for h.down.waiting.len() > 0 {
		s, _ := h.down.waiting.pop()
		s.waiting = false
		if s.wantUplink() {
			return
		}
	}
}

// wakeWaiting wakes all. It must be done when nothing is on the way any more:
// nothing would come to wake them.
func (h *Host) wakeWaiting() {
	for range h.down.waiting.len() {
		s, _ := h.down.waiting.pop()
		s.waiting = false
		s.wantUplink()
	}
}

// resetLinks forgets all that a killed host had in its links.
func (h *Host) resetLinks() {
	n := h.net
	n.cancel(&h.up.done)
	n.cancel(&h.down.done)
	if h.up.busy {
		h.up.flow.leave(h.up.n) // of a vanished stream: only gives its room back
	}
	h.up = uplink{}
	h.packetsUp = packetQueue{host: h}
	h.down.busy, h.down.packetBytes = false, 0
	for h.down.queue.len() > 0 {
		seg, _ := h.down.queue.pop()
		n.lose(seg)
	}
}
