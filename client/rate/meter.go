// Package rate measures bytes per second over a sliding window, in integers, so that every machine agrees to the bit.
package rate

import "time"

// Window is the number of seconds Rate looks back. Cohen (Incentives Build Robustness in BitTorrent, 2003) lets the
// choker use a rolling average of 20 seconds: long enough to smooth bursts, short enough to notice a dead peer between
// two optimistic unchokes.
const Window = 20

// Meter counts bytes in a ring of one-second buckets. The zero value is ready. A Meter that was added to must not be
// copied.
//
// The seconds of a meter are counted from its first Add, not from the clock's own, so that meters of peers who arrived
// at different moments do not all turn at the same instant and shift of the clock changes no rate. Times must not go
// backwards; one that does is taken as the newest seen, so that a stepped clock costs precision but never a count.
// Not safe for concurrent use.
type Meter struct {
	total int64
	ring  *ring // nil before the first Add: of many connections, most never carry a block
}

// ring is the bytes of the last seconds.
type ring struct {
	start   time.Time     // of the first Add
	second  int64         // the newest second seen, from start
	buckets [Window]int64 // bytes of second s at s % Window, for the Window newest seconds
}

// Add counts n bytes at the time now. A negative n is ignored.
func (m *Meter) Add(now time.Time, n int) {
	if n < 0 {
		return
	}
	if m.ring == nil {
		m.ring = &ring{start: now}
	}
	m.ring.advance(now)
	m.ring.buckets[m.ring.second%Window] += int64(n)
	m.total += int64(n)
}

// Rate returns the bytes per second over the last Window seconds, of which the running one has only begun. A meter
// younger than that is divided by its age, and at least by one second.
func (m *Meter) Rate(now time.Time) int64 { return m.RateOver(now, Window) }

// RateOver is Rate over a shorter window; seconds is brought into 1 … Window.
//
// Reading changes nothing: an observer more or less must not change what a run does.
func (m *Meter) RateOver(now time.Time, seconds int) int64 {
	if m.ring == nil {
		return 0
	}
	return m.ring.rateOver(now, int64(max(seconds, 1)))
}

// Total returns all bytes ever counted.
func (m *Meter) Total() int64 { return m.total }

func (r *ring) rateOver(now time.Time, seconds int64) int64 {
	second := r.secondOf(now)
	span := min(seconds, Window, second+1)
	sum := int64(0)
	for s := second - span + 1; s <= r.second; s++ { // seconds after r.second have seen nothing yet
		sum += r.buckets[s%Window]
	}
	// The running second counts as far as it has gone: taken for a whole one, it would make a short window's rate up
	// to half too low. In milliseconds, 20 s of 100 GB/s still fit.
	passed := max(now.Sub(r.start)-time.Duration(second)*time.Second, 0)
	return sum * 1000 / max((span-1)*1000+passed.Milliseconds(), 1000)
}

// advance moves to the second of now and empties the buckets which are reused on the way, each at most once however
// long the meter slept.
func (r *ring) advance(now time.Time) {
	second := r.secondOf(now)
	for s := max(r.second+1, second-Window+1); s <= second; s++ {
		r.buckets[s%Window] = 0
	}
	r.second = second
}

// secondOf returns the second of now, and never one before the newest seen.
func (r *ring) secondOf(now time.Time) int64 {
	return max(r.second, int64(now.Sub(r.start)/time.Second))
}
