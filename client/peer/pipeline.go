package peer

import (
	"cmp"
	"slices"
	"time"

	"bt/client/rate"
	"bt/client/wire"
)

// Limits of the request pipeline.
const (
	// depthMin keeps a slow peer busy between two of our turns (Cohen 2003
	// pipelines five).
	depthMin = 4
	// reqqDefault is what a peer takes that does not say what it takes. BEP 10
	// names one number: "The default in libtorrent is 250." Clients of its age
	// drop what is beyond, silently without BEP 6; those that take more say so
	// (Transmission 512, later 2000; libtorrent 500, later 2000). 4 MiB under way
	// make 40 MB/s over a round trip of 100 ms: nothing is lost by caution.
	reqqDefault = 250
	// depthMax bounds what we ask of a peer that takes more: 16 MiB, a gigabit
	// per second over a round trip of 130 ms. Beyond, what counts is that others
	// are asked too, and that a peer which falls silent holds up little.
	depthMax = 1000
	// queueTime is how much work the remote side should have ahead of it: a
	// round trip on any sane path, and the rate of one more second.
	queueTime = 2
	// stallMin is the least time without a block after which outstanding
	// requests count as lost; stallMax the most.
	stallMin = 10 * time.Second
	stallMax = 60 * time.Second
	// SnubAfter is when a peer that sends nothing counts as snubbing us
	// (Cohen 2003).
	SnubAfter = 60 * time.Second
	// rejectPause is how long a peer that has rejected a request is not asked
	// again, unless it gives a block. One that rejects all it is asked for would
	// else be asked as fast as the network can carry it.
	rejectPause = time.Second
	// tripFirst is what a peer that has given no block yet may take for its first
	// one, and more than a round trip takes on nearly all paths. Each block counts
	// for one part of paceWeight of its pace: they come in bunches, as reads do, so
	// that one alone says little.
	tripFirst  = time.Second
	paceWeight = 4
	// cancelledMax bounds how many cancelled requests are remembered, whose
	// blocks may still come.
	cancelledMax = 2 * depthMax
)

// Pipeline is what we have asked one peer for. Its depth follows bandwidth ×
// delay: it grows with every block that arrives while that makes the peer
// faster, and falls to one request when nothing comes. It never is deeper than
// the remote side has said that it may be.
type Pipeline struct {
	reqs      []request // in the order they were sent
	depth     int
	slowStart bool
	stalled   bool
	deaf      bool          // nothing is read from the peer at present
	forgot    bool          // some of those cancelled: cancelled is no complete list any more
	patience  time.Duration // see SetPatience
	// waitingSince is when the peer last gave a block or began to owe one, snubSince
	// the same, but not restarted by time-outs.
	snubSince, waitingSince time.Time
	rejectedAt              time.Time // when a request was last rejected; zero: a block came since
	// trip is what the answer to a request takes that has no other in front of it;
	// zero: none has come. pace is what each takes behind the one before; zero: as
	// far as is known they come together.
	trip, pace time.Duration
	limit      int // of depth
	cancelled  []wire.Block
	voided     []wire.Block // by chokes that came at voidedAt, in the instant in which they were asked for
	voidedAt   time.Time
}

type request struct {
	block wire.Block
	at    time.Time
}

func newPipeline() Pipeline {
	return Pipeline{slowStart: true, depth: depthMin, limit: reqqDefault}
}

// setLimit takes what the remote side says that it can have outstanding; 0: it
// does not say.
func (q *Pipeline) setLimit(reqq int) {
	if reqq == 0 {
		reqq = reqqDefault
	}
	q.limit = min(reqq, depthMax)
	q.setDepth(q.depth)
}

func (q *Pipeline) setDepth(depth int) { q.depth = min(max(depth, depthMin), q.limit) }

// Len is the number of outstanding requests.
func (q *Pipeline) Len() int { return len(q.reqs) }

// Room is how many more requests should be sent now. It stays at zero until a
// quarter of the pipeline is free, so that requests leave in batches.
func (q *Pipeline) Room() int {
	depth := q.depth
	if q.stalled {
		depth = 1
	}
	free := depth - len(q.reqs)
	if free*4 < depth {
		return 0
	}
	return free
}

// Stalled says that requests went unanswered for long; the peer is tried with
// one at a time until a block comes.
func (q *Pipeline) Stalled() bool { return q.stalled }

// Rejecting says that the peer has just rejected a request, and is left alone
// for a moment.
func (q *Pipeline) Rejecting(now time.Time) bool { return now.Sub(q.rejectedAt) < rejectPause }

// Snubbed says that the peer has owed us blocks for a minute and sent none.
func (q *Pipeline) Snubbed(now time.Time) bool {
	return now.Sub(q.snubSince) >= SnubAfter+q.patience && !q.deaf && (len(q.reqs) > 0 || q.stalled)
}

// resume goes on after d in which nothing was read from the peer: that time does
// not count.
func (q *Pipeline) resume(d time.Duration) {
	q.deaf = false
	q.waitingSince, q.snubSince = q.waitingSince.Add(d), q.snubSince.Add(d)
}

func (q *Pipeline) add(now time.Time, b wire.Block) {
	if len(q.reqs) == 0 {
		q.waitingSince = now
		if !q.stalled {
			q.snubSince = now
		}
	}
	q.reqs = append(q.reqs, request{b, now})
}

// restart forgets old waiting: the peer has just unchoked us.
func (q *Pipeline) restart(now time.Time) {
	q.waitingSince, q.rejectedAt = now, time.Time{}
	if !q.stalled {
		q.snubSince = now
	}
}

// HandleBlock takes the request that a block answers off the pipeline.
// requested says that it was outstanding, late that it had been cancelled.
func (q *Pipeline) HandleBlock(now time.Time, b wire.Block, down *rate.Meter) (requested, late bool) {
	i := q.find(b)
	if i < 0 {
		return false, q.forgetCancelled(b)
	}
	q.quicken(now, q.reqs[i].at)
	q.remove(i)
	q.waitingSince, q.snubSince, q.stalled = now, now, false
	q.rejectedAt = time.Time{}
	q.resize(now, down)
	return true, false
}

// quicken learns from a block that was asked for at a time how fast the peer is.
func (q *Pipeline) quicken(now, asked time.Time) {
	trip := now.Sub(asked)
	alone := !asked.Before(q.waitingSince) // no block has come since it was asked for
	switch {
	case q.trip == 0 || trip < q.trip:
		q.trip = max(trip, time.Nanosecond)
	case alone:
		q.trip += (trip - q.trip) / paceWeight
	}
	if alone {
		return // it has waited for no other
	}
	// What a round trip explains is not what a block takes.
	behind := min(now.Sub(q.waitingSince), max(trip-q.trip, 0))
	if q.pace == 0 {
		q.pace = behind
	}
	q.pace += (behind - q.pace) / paceWeight
}

// Trip is how long a block takes the peer if it is asked for one and owes us no
// other.
func (q *Pipeline) Trip() time.Duration { return cmp.Or(q.trip, tripFirst) }

// Pace is how long each block takes behind the one before; zero as long as that is
// not known.
func (q *Pipeline) Pace() time.Duration { return q.pace }

// Wait is how long the peer is known to keep us waiting for the answer to the last
// outstanding request. It is zero if nothing is outstanding, if nothing is read from
// the peer, and as long as nothing speaks for a wait: who was asked for the first
// time a moment ago is not late, whatever others would take.
func (q *Pipeline) Wait(now time.Time) time.Duration { return q.wait(now, len(q.reqs)) }

// WaitFor is Wait for one block; zero if it is not outstanding.
func (q *Pipeline) WaitFor(now time.Time, b wire.Block) time.Duration {
	return q.wait(now, q.find(b)+1)
}

// wait is Wait for the first n requests. Who has taken twice its time, or, with none
// known, tripFirst, is expected to take as long again: who is a little late comes
// soon, who is very late perhaps not at all.
func (q *Pipeline) wait(now time.Time, n int) time.Duration {
	if n == 0 || q.deaf {
		return 0
	}
	waited := now.Sub(q.snubSince) // a time-out does not make it punctual
	limit := 2 * max(q.pace, q.trip)
	if q.trip == 0 {
		limit = tripFirst
	}
	late := waited > limit
	if q.trip == 0 && !late {
		return 0
	}
	// The next block comes at its pace behind the one before, but no sooner than a
	// request can be answered.
	due := q.waitingSince.Add(q.pace)
	if answer := q.reqs[0].at.Add(q.trip); answer.After(due) {
		due = answer
	}
	next := max(due.Sub(now), 0)
	if late {
		next = waited
	}
	return next + time.Duration(n-1)*q.pace
}

// resize sets the depth for what the peer can do: doubling each round trip at
// first, then rate × queueTime.
func (q *Pipeline) resize(now time.Time, down *rate.Meter) {
	recent := down.RateOver(now, 2)
	byRate := int(min(recent*queueTime/wire.BlockSize, depthMax)) + 2
	if q.slowStart {
		q.depth++
		// The pipe is full when asking for more no longer brings more.
		if q.depth > byRate+depthMin {
			q.slowStart = false
		}
	} else {
		q.depth = byRate
	}
	q.setDepth(q.depth)
}

// handleReject takes a rejected request off the pipeline. ok is false for a
// request never made; cancelled when we had withdrawn it. BEP 6 has every request
// answered: of a block that was asked for again since, what was withdrawn is
// answered first, and as many answers are still to come as there are requests.
func (q *Pipeline) handleReject(now time.Time, b wire.Block) (ok, cancelled bool) {
	if q.forgetCancelled(b) {
		return true, true
	}
	i := q.find(b)
	if i < 0 {
		return false, false
	}
	q.remove(i)
	q.rejectedAt = now
	return true, false
}

// TimedOut says whether the peer has owed us blocks for too long. The time it
// gets is four times what a block took it before it fell silent.
func (q *Pipeline) TimedOut(now time.Time, down *rate.Meter) bool {
	if len(q.reqs) == 0 || q.deaf {
		return false
	}
	limit := stallMin
	if r := down.Rate(q.waitingSince); r > 0 {
		limit = time.Duration(4*wire.BlockSize*int64(time.Second)/r) + stallMin
	}
	return now.Sub(q.waitingSince) >= min(limit, stallMax)+q.patience
}

// Stall marks the peer as one that does not answer.
func (q *Pipeline) Stall(now time.Time) {
	q.stalled, q.slowStart = true, true
	q.setDepth(depthMin)
	q.waitingSince = now
}

// Forgot says that not all cancelled requests are remembered, so that an answer
// to nothing known may be one to a request all the same.
func (q *Pipeline) Forgot() bool { return q.forgot }

// Holds says whether b is outstanding.
func (q *Pipeline) Holds(b wire.Block) bool { return q.find(b) >= 0 }

func (q *Pipeline) outstanding() []wire.Block {
	blocks := make([]wire.Block, len(q.reqs))
	for i, r := range q.reqs {
		blocks[i] = r.block
	}
	return blocks
}

// Outstanding returns the blocks asked for, oldest first.
func (q *Pipeline) Outstanding() []wire.Block { return q.outstanding() }

// clear voids everything outstanding. Blocks already on their way may still
// come.
func (q *Pipeline) clear(now time.Time) []wire.Block {
	if !q.voidedAt.Equal(now) {
		q.voided, q.voidedAt = q.voided[:0], now
	} // else what an earlier choke of this instant has voided may be revived still
	for _, r := range q.reqs {
		if r.at.Equal(now) {
			q.voided = append(q.voided, r.block)
		}
	}
	blocks := q.outstanding()
	q.reqs = q.reqs[:0]
	for _, b := range blocks {
		q.rememberCancelled(b)
	}
	return blocks
}

func (q *Pipeline) cancel(b wire.Block) bool {
	i := q.find(b)
	if i < 0 {
		return false
	}
	q.remove(i)
	q.rememberCancelled(b)
	return true
}

// revive reports whether a request for b has just been voided by a choke that the
// remote side has taken back in the same instant. That request is only now on its
// way, and comes behind both: to make another would have the block sent twice.
func (q *Pipeline) revive(now time.Time, b wire.Block) bool {
	i := slices.Index(q.voided, b)
	if i < 0 || !q.voidedAt.Equal(now) {
		return false
	}
	q.voided = slices.Delete(q.voided, i, i+1)
	return q.forgetCancelled(b)
}

// takeVoided returns what a choke has voided in this instant and nobody has asked the
// peer for again, and forgets it.
func (q *Pipeline) takeVoided(now time.Time) []wire.Block {
	if !q.voidedAt.Equal(now) {
		return nil
	}
	blocks := q.voided
	q.voided = q.voided[:0]
	return blocks
}

// find is a scan: answers come in the order of the requests, so that the hit
// is nearly always the first.
func (q *Pipeline) find(b wire.Block) int {
	for i := range q.reqs {
		if q.reqs[i].block == b {
			return i
		}
	}
	return -1
}

// remove takes one request out. The first is what it nearly always is, and moving
// a thousand others for each block would cost as much as all else that is done for it.
func (q *Pipeline) remove(i int) {
	if i == 0 {
		q.reqs = q.reqs[1:]
		return
	}
	q.reqs = append(q.reqs[:i], q.reqs[i+1:]...)
}

func (q *Pipeline) rememberCancelled(b wire.Block) {
	if len(q.cancelled) == cancelledMax {
		q.cancelled = append(q.cancelled[:0], q.cancelled[1:]...)
		q.forgot = true
	}
	q.cancelled = append(q.cancelled, b)
}

func (q *Pipeline) forgetCancelled(b wire.Block) bool {
	for i := range q.cancelled {
		if q.cancelled[i] == b {
			q.cancelled = append(q.cancelled[:i], q.cancelled[i+1:]...)
			return true
		}
	}
	return false
}
