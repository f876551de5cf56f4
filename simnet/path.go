package simnet

import (
	"math/bits"
	"math/rand/v2"
	"time"
)

const (
	perMillion = 1_000_000
	perBillion = 1_000_000_000

	// maxTail is how often the range of a jitter is doubled at most: a thousand
	// times a few milliseconds is as late as anything comes that still comes.
	maxTail = 10

	// reorderDelay is how much longer a datagram takes that others overtake:
	// enough for those that are sent within one tick of a slow clock.
	reorderDelay = int64(20 * time.Millisecond)
)

// path is what a pair of hosts has of its own, in one direction. Each kind of
// chance has its own stream, so that none shifts another; those of troubles are
// made when there is one.
type path struct {
	from, to     *Host
	jitter, loss *rand.PCG

	tail, duplicate, reorder, corrupt *rand.PCG
	intact                            int64 // bytes until the next one that is damaged
	corruptRate                       int   // that intact was drawn for
}

func (h *Host) pathTo(to *Host) *path {
	p := h.paths[to]
	if p == nil {
		p = &path{
			from: h, to: to,
			jitter: newStream(h.net.seed, "jitter", h.name, to.name),
			loss:   newStream(h.net.seed, "loss", h.name, to.name),
		}
		h.paths[to] = p
	}
	return p
}

func (p *path) latency() int64 {
	if p.from == p.to {
		return minDelay
	}
	return max(int64(p.from.link.Latency+p.to.link.Latency), minDelay)
}

// delay draws how long the next message takes.
func (p *path) delay() int64 {
	d := p.latency()
	if j := p.from.link.Jitter + p.to.link.Jitter; p.jitters() {
		if p.from.link.HeavyTail || p.to.link.HeavyTail {
			j <<= p.doublings()
		}
		d += int64(below(p.jitter, uint64(j)))
	}
	return d
}

// jitters says that not all messages take equally long.
func (p *path) jitters() bool {
	return p.from.link.Jitter+p.to.link.Jitter > 0 && p.from != p.to
}

// doublings draws how often a jitter is doubled: k times or more with a
// probability of 4^-k, which gives the sum of many a mean, and no variance to
// rely on.
func (p *path) doublings() int {
	zeros := bits.TrailingZeros64(p.stream(&p.tail, "tail").Uint64())
	return min(zeros/2, maxTail)
}

// stream makes the stream of a purpose when it is first needed.
func (p *path) stream(s **rand.PCG, purpose string) *rand.PCG {
	if *s == nil {
		*s = newStream(p.from.net.seed, purpose, p.from.name, p.to.name)
	}
	return *s
}

// loses draws whether the next datagram is lost.
func (p *path) loses() bool {
	l := p.from.link.Loss + p.to.link.Loss
	return l > 0 && p.from != p.to && below(p.loss, perMillion) < uint64(l)
}

// duplicates draws whether the next datagram arrives twice.
func (p *path) duplicates() bool {
	d := p.from.link.Duplicate + p.to.link.Duplicate
	return d > 0 && p.from != p.to && below(p.stream(&p.duplicate, "duplicate"), perMillion) < uint64(d)
}

// packetDelay draws how long the next datagram takes.
func (p *path) packetDelay() int64 {
	d := p.delay()
	r := p.from.link.Reorder + p.to.link.Reorder
	if r > 0 && p.from != p.to && below(p.stream(&p.reorder, "reorder"), perMillion) < uint64(r) {
		d += reorderDelay
	}
	return d
}

// carries says whether a datagram of so many bytes is not too large for the way.
func (p *path) carries(size int64) bool {
	fits := func(mtu int) bool { return mtu <= 0 || size <= int64(mtu) }
	return p.from == p.to || fits(p.from.link.MTU) && fits(p.to.link.MTU)
}

// damage flips the bits that the way damages in data.
func (p *path) damage(data []byte) {
	rate := p.from.link.Corrupt + p.to.link.Corrupt
	if rate <= 0 || p.from == p.to {
		return
	}
	s := p.stream(&p.corrupt, "corrupt")
	if rate != p.corruptRate {
		p.corruptRate = rate
		p.intact = p.drawIntact(s)
	}
	for p.intact < int64(len(data)) {
		data[p.intact] ^= 1 << below(s, 8)
		p.intact += 1 + p.drawIntact(s)
	}
	p.intact -= int64(len(data))
}

// drawIntact draws how many bytes pass before the next one that is damaged. The
// distances are evenly distributed, and right on average: to draw them as a coin
// for each byte would give them takes a logarithm, and no float is the same
// everywhere.
func (p *path) drawIntact(s *rand.PCG) int64 {
	return int64(below(s, uint64(max(2*perBillion/p.corruptRate-1, 1))))
}
