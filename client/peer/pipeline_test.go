package peer

import (
	"testing"
	"time"

	"bt/client/rate"
	"bt/client/wire"

	"pgregory.net/rapid"
)

var t0 = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func block(i int) wire.Block {
	return wire.Block{Index: uint32(i), Length: wire.BlockSize}
}

// run keeps the pipeline full against a peer of the given rate and round trip,
// and returns the depth it comes to.
func run(rateBps int64, rtt, d time.Duration) int {
	q := newPipeline()
	q.setLimit(depthMax)
	var down rate.Meter
	now, next := t0, 0
	var due []time.Time // arrival of each outstanding block
	gap := time.Duration(wire.BlockSize * int64(time.Second) / rateBps)
	for now.Sub(t0) < d {
		for room := q.Room(); room > 0; room-- {
			at := now.Add(rtt)
			if n := len(due); n > 0 && due[n-1].Add(gap).After(at) {
				at = due[n-1].Add(gap)
			}
			due = append(due, at)
			q.add(now, block(next))
			next++
		}
		now = due[0]
		due = due[1:]
		down.Add(now, wire.BlockSize)
		q.HandleBlock(now, q.reqs[0].block, &down)
	}
	return q.depth
}

func TestPipelineFollowsBandwidthTimesDelay(t *testing.T) {
	for _, test := range []struct {
		rate     int64
		rtt      time.Duration
		min, max int
	}{
		{10 << 10, 50 * time.Millisecond, depthMin, 6},
		{100 << 10, 50 * time.Millisecond, 6, 20},
		{1 << 20, 50 * time.Millisecond, 64, 160},
		{1 << 20, 800 * time.Millisecond, 64, 160},
		{100 << 20, 20 * time.Millisecond, depthMax, depthMax},
	} {
		got := run(test.rate, test.rtt, 30*time.Second)
		if got < test.min || got > test.max {
			t.Errorf("%d bytes/s at %v: depth %d, want %d to %d", test.rate, test.rtt, got, test.min, test.max)
		}
	}
}

func TestPipelineStalls(t *testing.T) {
	q := newPipeline()
	var down rate.Meter
	for i := range 4 {
		q.add(t0, block(i))
	}
	if q.TimedOut(t0.Add(stallMin-1), &down) || !q.TimedOut(t0.Add(stallMin), &down) {
		t.Error("a peer of no known rate has stallMin to answer")
	}
	q.Stall(t0.Add(stallMin))
	for _, b := range q.clear(t0.Add(stallMin)) {
		if requested, late := q.HandleBlock(t0, b, &down); requested || !late {
			t.Errorf("%v: requested %v, late %v", b, requested, late)
		}
	}
	if q.Room() != 1 {
		t.Errorf("room for %d, want one request at a time", q.Room())
	}
	q.add(t0.Add(stallMin), block(9))
	if !q.Snubbed(t0.Add(SnubAfter)) || q.Snubbed(t0.Add(SnubAfter-1)) {
		t.Error("snubbed a minute after the first request, time-outs or not")
	}
	if requested, _ := q.HandleBlock(t0.Add(SnubAfter), block(9), &down); !requested || q.Stalled() || q.Snubbed(t0.Add(SnubAfter)) {
		t.Error("one block makes up for it")
	}
}

// What a peer owes us is expected at its pace, and late by as much again as it is.
func TestWaitFollowsPace(t *testing.T) {
	q := newPipeline()
	var down rate.Meter
	if q.Wait(t0) != 0 || q.Trip() != tripFirst || q.Pace() != 0 {
		t.Errorf("nothing is asked for: wait %v, trip %v, pace %v", q.Wait(t0), q.Trip(), q.Pace())
	}
	const trip, pace = 500 * time.Millisecond, 2 * time.Second
	for i := range 44 {
		q.add(t0, block(i))
	}
	now := t0.Add(trip)
	for i := range 41 {
		q.HandleBlock(now, block(i), &down)
		now = now.Add(pace)
	}
	now = now.Add(-pace) // of the last block; three are still to come
	if q.Trip() != trip || q.Pace() != pace {
		t.Errorf("trip %v and pace %v, want %v and %v", q.Trip(), q.Pace(), trip, pace)
	}
	for _, test := range []struct {
		after, first, last time.Duration
	}{
		{0, pace, 3 * pace},
		{time.Second, pace - time.Second, 3*pace - time.Second},
		{3 * time.Second, 0, 2 * pace},
		{5 * time.Second, 5 * time.Second, 5*time.Second + 2*pace},
	} {
		at := now.Add(test.after)
		if first, last := q.WaitFor(at, block(41)), q.Wait(at); first != test.first || last != test.last {
			t.Errorf("after %v: wait %v and %v, want %v and %v", test.after, first, last, test.first, test.last)
		}
	}
	if q.WaitFor(now, block(99)) != 0 {
		t.Error("waits for what it has not asked for")
	}
	q.deaf = true
	if q.Wait(now.Add(time.Minute)) != 0 {
		t.Error("a peer that we do not listen to is not late")
	}
}

// Who has given nothing yet is late when it has had time for a first block, and
// after a time-out whatever it is asked for.
func TestNobodyIsLateAtFirst(t *testing.T) {
	q := newPipeline()
	for i := range 4 {
		q.add(t0, block(i))
	}
	if d := q.Wait(t0.Add(tripFirst)); d != 0 {
		t.Errorf("thought to take %v, and nothing is known of it", d)
	}
	if d, want := q.Wait(t0.Add(tripFirst+1)), tripFirst+1; d != want {
		t.Errorf("late, and thought to take %v, want %v", d, want)
	}
	now := t0.Add(stallMin)
	q.Stall(now)
	q.clear(now)
	q.add(now, block(9))
	if d := q.Wait(now); d != stallMin {
		t.Errorf("silent for %v, and thought to take %v", stallMin, d)
	}
}

// A peer that answers as it always has, at whatever rate and round trip, however we
// ask it, is never thought to take longer than it will by more than one block.
func TestWaitIsNoOverestimate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		millis := func(least, most int, what string) time.Duration {
			return time.Duration(rapid.IntRange(least, most).Draw(t, what)) * time.Millisecond
		}
		trip, pace := millis(1, int(tripFirst/time.Millisecond), "trip"), millis(0, 3000, "pace")
		q := newPipeline()
		var down rate.Meter
		due := make(map[wire.Block]time.Time) // of what is outstanding
		now, last, next := t0, t0, 0
		for range 40 {
			for range rapid.IntRange(0, 5).Draw(t, "asked") {
				if at := now.Add(trip); at.After(last.Add(pace)) {
					last = at
				} else {
					last = last.Add(pace)
				}
				due[block(next)] = last
				q.add(now, block(next))
				next++
			}
			for range 8 {
				now = now.Add(millis(0, 250, "passes"))
				for len(q.reqs) > 0 && !due[q.reqs[0].block].After(now) {
					b := q.reqs[0].block
					q.HandleBlock(due[b], b, &down)
				}
				for _, r := range q.reqs {
					if got, want := q.WaitFor(now, r.block), due[r.block].Sub(now); got > want+max(trip, pace) {
						t.Fatalf("%v is thought to take %v, and takes %v", r.block, got, want)
					}
				}
			}
		}
	})
}

// A slow peer is given the time that its own rate asks for.
func TestTimeOutFollowsRate(t *testing.T) {
	q := newPipeline()
	var down rate.Meter
	now := t0
	for range 20 { // 1 KiB/s
		now = now.Add(time.Second)
		down.Add(now, 1<<10)
	}
	q.add(now, block(1))
	if q.TimedOut(now.Add(30*time.Second), &down) {
		t.Error("16 s of work timed out after 30 s")
	}
	if !q.TimedOut(now.Add(stallMax), &down) {
		t.Error("nobody gets more than stallMax")
	}
}

func TestOutboxCountsPayloadWhenItHasLeft(t *testing.T) {
	var o outbox
	o.push(5, 0, false)
	o.push(113, 100, true)
	o.push(5, 0, false)
	o.push(113, 100, true)
	for _, step := range []struct{ n, want, left int }{
		{5, 0, 231}, {112, 0, 119}, {1, 100, 118}, {118, 100, 0}, {68, 0, 0},
	} {
		if got := o.pop(step.n); got != step.want || o.bytes() != step.left {
			t.Errorf("pop %d: payload %d with %d left, want %d with %d", step.n, got, o.bytes(), step.want, step.left)
		}
	}
}
