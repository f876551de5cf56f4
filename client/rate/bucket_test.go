package rate_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"bt/client/rate"

	"pgregory.net/rapid"
)

const block = 16 << 10

func ExampleBucket() {
	b := rate.NewBucket(64 << 10)
	now, sent := epoch, 0
	for now.Before(epoch.Add(time.Minute)) {
		if at, wait := b.Deadline(now); wait {
			now = at
			continue
		}
		b.Spend(now, block) // send a block
		sent += block
	}
	fmt.Println(sent/60, "bytes per second")
	// Output: 64716 bytes per second
}

// passed is a block that went through a bucket.
type passed struct {
	at time.Time
	n  int64
}

// wantWithin fails when any window of w holds more than limit bytes. Windows which begin with a block are the worst ones.
func wantWithin(t *rapid.T, log []passed, w time.Duration, limit int64) {
	t.Helper()
	end, sum := 0, int64(0)
	for i, first := range log {
		for ; end < len(log) && log[end].at.Sub(first.at) <= w; end++ {
			sum += log[end].n
		}
		if sum > limit {
			t.Fatalf("%d bytes in the %v from block %d on, limit %d", sum, w, i, limit)
		}
		sum -= first.n
	}
}

// pause draws how long a spender sleeps: not at all, for moments, until allowed, or so long that the bucket fills.
func pause(t *rapid.T, b *rate.Bucket, now time.Time) time.Time {
	switch rapid.IntRange(0, 3).Draw(t, "pause") {
	case 0:
		return now
	case 1:
		return now.Add(time.Duration(rapid.Int64Range(1, int64(20*time.Millisecond)).Draw(t, "moment")))
	case 2:
		if at, ok := b.Deadline(now); ok {
			return at
		}
		return now
	}
	return now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "long")))
}

func TestEveryWindowIsWithinTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bps := rapid.OneOf(
			rapid.Int64Range(1, 1000),
			rapid.Int64Range(1, 300<<10),
			rapid.Int64Range(300<<10, 20<<20),
		).Draw(t, "rate")
		// Of a fast bucket, fewer seconds are enough of a log.
		blocks := rapid.IntRange(1, 600).Draw(t, "blocks")
		b, now := rate.NewBucket(bps), epoch
		var log []passed
		for len(log) < blocks {
			now = pause(t, &b, now)
			for b.Allow(now) > 0 && len(log) < blocks && rapid.IntRange(0, 9).Draw(t, "greed") > 0 {
				b.Spend(now, block)
				log = append(log, passed{now, block})
			}
		}
		wantWithin(t, log, time.Second, bps+block)
		wantWithin(t, log, 10*time.Second, 10*bps+block)
	})
}

func TestWindowsAcrossChangesOfTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rates := rapid.SliceOfN(rapid.Int64Range(1, 4<<20), 2, 6).Draw(t, "rates")
		b, now, highest := rate.NewBucket(rates[0]), epoch, rates[0]
		var log []passed
		for _, bps := range rates {
			b.SetRate(now, bps)
			highest = max(highest, bps)
			for range rapid.IntRange(0, 30).Draw(t, "turns") {
				for now = pause(t, &b, now); b.Allow(now) > 0; b.Spend(now, block) {
					log = append(log, passed{now, block})
				}
			}
		}
		wantWithin(t, log, time.Second, highest+block)
		wantWithin(t, log, 10*time.Second, 10*highest+block)
	})
}

// TestLateTimersLoseNothing: whoever has enough to send gets what the limit takes off for it, and no less.
func TestLateTimersLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bps := rapid.Int64Range(64, 50<<20).Draw(t, "rate")
		b, now, sent := rate.NewBucket(bps), epoch, int64(0)
		for range 300 {
			for b.Allow(now) > 0 {
				b.Spend(now, block)
				sent += block
			}
			at, ok := b.Deadline(now)
			if !ok {
				t.Fatalf("nothing allowed, and nothing to wait for")
			}
			now = at.Add(time.Duration(rapid.IntRange(0, 15_000).Draw(t, "late")) * time.Microsecond)
		}
		least := bps / 64 * 63 * now.Sub(epoch).Milliseconds() / 1000
		if sent < least-block {
			t.Fatalf("%d bytes in %v, want %d at least", sent, now.Sub(epoch), least-block)
		}
	})
}

func TestDeadlineIsTheFirstMomentAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rate.NewBucket(rapid.Int64Range(1, 1<<36).Draw(t, "rate"))
		now := epoch
		for range 20 {
			b.Spend(now, rapid.OneOf(rapid.IntRange(0, 4*block), rapid.IntRange(0, math.MaxInt32)).Draw(t, "spent"))
			at, wait := b.Deadline(now)
			if wait == (b.Allow(now) > 0) {
				t.Fatalf("allows %d, Deadline is %v, %t", b.Allow(now), at, wait)
			}
			if wait {
				if b.Allow(at) == 0 {
					t.Fatalf("nothing is allowed at the Deadline, %v away", at.Sub(now))
				}
				if before := at.Add(-1); b.Allow(before) > 0 {
					t.Fatalf("allows %d before the Deadline", b.Allow(before))
				}
				now = at
			}
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "sleep")))
		}
	})
}

func TestNoLimit(t *testing.T) {
	var zero rate.Bucket
	for name, b := range map[string]rate.Bucket{
		"zero value": zero, "0": rate.NewBucket(0), "negative": rate.NewBucket(-5), "absurd": rate.NewBucket(math.MaxInt64),
	} {
		b.Spend(epoch, math.MaxInt)
		if n := b.Allow(epoch); n != rate.Unlimited {
			t.Errorf("%s: allows %d", name, n)
		}
		if at, wait := b.Deadline(epoch); wait {
			t.Errorf("%s: waits for %v", name, at)
		}
	}
}

func TestSetRate(t *testing.T) {
	b := rate.NewBucket(0)
	b.Spend(epoch, 100*block)
	b.SetRate(epoch, 64_000)
	if got := b.Allow(epoch); got != 1001 {
		t.Fatalf("fresh from no limit: allows %d, want the depth, 1001", got)
	}
	b.SetRate(epoch, 6_400)
	if got := b.Allow(epoch); got != 101 {
		t.Fatalf("after a lower rate: allows %d, want its depth, 101", got)
	}
	b.SetRate(epoch, 64_000)
	if got := b.Allow(epoch); got != 101 {
		t.Fatalf("after a higher rate: allows %d, want no more than before, 101", got)
	}
	b.Spend(epoch, 101+63_000)
	if at, _ := b.Deadline(epoch); at.Sub(epoch).Round(time.Millisecond) != time.Second {
		t.Fatalf("owes 63000 bytes at 63000 a second, waits %v", at.Sub(epoch))
	}
	b.SetRate(epoch, 0)
	if got := b.Allow(epoch); got != rate.Unlimited {
		t.Fatalf("without a limit: allows %d", got)
	}
}

func TestBucketWithATimeThatGoesBackwards(t *testing.T) {
	b := rate.NewBucket(64_000)
	b.Spend(epoch, 1001+630)
	past := epoch.Add(-time.Hour)
	b.Spend(past, 0)
	b.Spend(past, -1)
	if got := b.Allow(past); got != 0 {
		t.Fatalf("allows %d in the past", got)
	}
	at, _ := b.Deadline(past)
	if b.Allow(at) == 0 || b.Allow(at.Add(-1)) > 0 || at.Before(epoch) {
		t.Fatalf("Deadline %v from the newest time seen", at.Sub(epoch))
	}
}

func BenchmarkBucket(b *testing.B) {
	bucket, now := rate.NewBucket(100<<20), epoch
	b.ReportAllocs()
	for b.Loop() {
		if at, wait := bucket.Deadline(now); wait {
			now = at
		}
		bucket.Spend(now, block)
	}
}
