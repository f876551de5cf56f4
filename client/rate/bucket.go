package rate

import (
	"math"
	"time"
)

// Unlimited is what Allow returns when there is no limit.
const Unlimited = math.MaxInt64

const (
	// depthPart is the part of a second's bytes that may be saved up, 1/64 or 15.6 ms: enough for a timer that fires late
	// to lose nothing.
	depthPart = 64

	// limitMax is the highest rate that is a limit, 64 GiB/s. It lies far above any link, and keeps the arithmetic within
	// 63 bits: the depth of the bucket stays below 2^60 of its units, and debtMax below 2^62.
	limitMax = 1 << 36

	// debtMax is the most bytes a bucket can owe. Nobody spends 4 GiB at once.
	debtMax = 1 << 32
)

// nano is the unit of a bucket's content in bytes: a byte per second is a nanobyte per nanosecond, so that nothing is
// ever rounded, and the order and number of calls make no difference.
const nano = int64(time.Second)

// Bucket is a token bucket: it says how much may be sent, or read, so that a rate is kept. The zero value has no limit,
// and copying a Bucket copies its state.
//
// A block is not split: as long as anything is allowed, a whole block may go, and what it is too large by is a debt that
// is waited for afterwards. For a rate r that stays the same, in every window of at least one second, wherever it begins,
//
//	bytes passed ≤ r × window + the largest block
//
// holds to the byte. What a bucket lets through is what it contains when the window begins, what flows in meanwhile, and
// the debt in the end, of one block less a byte. It follows that whatever can be saved up has to be missing in the
// flow: the bucket holds r/64 bytes and one, and fills with 63/64 of r. So it takes a 64th off the rate to forgive timers
// which are up to 15 ms late. Where the rate changes within a window, the highest one counts.
//
// Times must not go backwards; one that does counts as the newest seen. Not safe for concurrent use.
type Bucket struct {
	flow  int64     // bytes per second, or nanobytes per nanosecond; 0: no limit
	depth int64     // the most it may hold, in nanobytes
	level int64     // what it held at the time last, in nanobytes; negative: a debt
	last  time.Time // of the newest change
}

// NewBucket returns a full Bucket for a rate in bytes per second. There is no limit when it is 0, negative, or above
// 64 GiB/s.
func NewBucket(rateBps int64) Bucket {
	var b Bucket
	b.limit(rateBps)
	b.level = b.depth
	return b
}

// SetRate changes the rate from now on. What was saved up or owed stays so, as far as the new rate allows; what goes
// while there is no limit is not counted.
func (b *Bucket) SetRate(now time.Time, rateBps int64) {
	wasLimited := b.flow > 0
	b.advance(now)
	b.limit(rateBps)
	if !wasLimited {
		b.level = b.depth
	}
	b.level = min(b.level, b.depth)
}

// Allow returns how many bytes may go now, Unlimited if there is no limit. When it is positive, a block may go which is
// larger.
func (b *Bucket) Allow(now time.Time) int64 {
	if b.flow == 0 {
		return Unlimited
	}
	return max(b.levelAt(now)/nano, 0)
}

// Spend counts n bytes that go now. A negative n is ignored.
func (b *Bucket) Spend(now time.Time, n int) {
	if b.flow == 0 || n <= 0 {
		return
	}
	b.advance(now)
	b.level = max(b.level-min(int64(n), debtMax)*nano, -debtMax*nano)
}

// Deadline returns the first time at which something will be allowed again; false when something is allowed already.
func (b *Bucket) Deadline(now time.Time) (time.Time, bool) {
	if b.flow == 0 {
		return time.Time{}, false
	}
	missing := nano - b.levelAt(now) // to one byte
	if missing <= 0 {
		return time.Time{}, false
	}
	// A clock that was set back waits for where it has been already.
	if now.Before(b.last) {
		now = b.last
	}
	return now.Add(time.Duration((missing-1)/b.flow + 1)), true
}

// limit sets flow and depth for a rate.
func (b *Bucket) limit(rateBps int64) {
	if rateBps <= 0 || rateBps > limitMax {
		b.flow, b.depth = 0, 0
		return
	}
	saved := rateBps / depthPart
	b.flow = rateBps - saved
	// One byte more, or a slow bucket would never hold what Allow could speak of.
	b.depth = (saved + 1) * nano
}

// advance takes note of what has flowed in until now.
func (b *Bucket) advance(now time.Time) {
	b.level = b.levelAt(now)
	if now.After(b.last) {
		b.last = now
	}
}

// levelAt returns what the bucket holds at a time. Reading changes nothing, as in Meter.
func (b *Bucket) levelAt(now time.Time) int64 {
	passed := now.Sub(b.last) // a time never set is so long ago that the bucket is full
	if b.flow == 0 || passed <= 0 {
		return b.level
	}
	if missing := b.depth - b.level; int64(passed) > missing/b.flow {
		return b.depth
	}
	return b.level + int64(passed)*b.flow
}
