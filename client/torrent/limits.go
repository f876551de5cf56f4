package torrent

import (
	"time"

	"bt/client/boundary"
	"bt/client/rate"
	"bt/client/wire"
)

// Limits bounds payload in both directions. Up paces what is read from disk for
// others, and Sent what is given to the network: reads that a slow disk has held
// up come back all at once, and must not leave so. Down paces what is asked for,
// and reads what is taken from the network, for the same reason.
type Limits struct {
	Up, Sent, Down rate.Bucket
	reads          reads
}

// NewLimits returns limits in bytes per second; 0 is none.
func NewLimits(up, down int64) Limits {
	return Limits{Up: rate.NewBucket(up), Sent: rate.NewBucket(up), Down: rate.NewBucket(down), reads: newReads(down)}
}

// Set changes both limits from now on; 0 is none.
func (l *Limits) Set(now time.Time, up, down int64) {
	l.Up.SetRate(now, up)
	l.Sent.SetRate(now, up)
	l.Down.SetRate(now, down)
	l.reads.set(now, down)
}

// limits is what a torrent may send and ask for: its own limits, and the
// client's, which all torrents share.
type limits struct {
	own    Limits
	client *Limits
	// held says that a peer waits for the limit. Peers are let go on in turn,
	// from another one each time, or the first to join would have it all.
	heldUp, heldDown bool
	turn             int
	// ready are blocks that were read and wait to be sent, oldest first. There are
	// no more than peers may have read for them.
	ready []boundary.BlockRead
}

func (l *limits) allowUp(now time.Time) int64 {
	return min(l.own.Up.Allow(now), l.client.Up.Allow(now))
}

func (l *limits) allowDown(now time.Time) int64 {
	return min(l.own.Down.Allow(now), l.client.Down.Allow(now))
}

func (l *limits) maySend(now time.Time) bool {
	return l.own.Sent.Allow(now) > 0 && l.client.Sent.Allow(now) > 0
}

func (l *limits) spendSent(now time.Time, n int) {
	l.own.Sent.Spend(now, n)
	l.client.Sent.Spend(now, n)
}

func (l *limits) spendUp(now time.Time, n int) {
	l.own.Up.Spend(now, n)
	l.client.Up.Spend(now, n)
}

func (l *limits) spendDown(now time.Time, n int) {
	l.own.Down.Spend(now, n)
	l.client.Down.Spend(now, n)
}

// deadline is when the limits allow something again that was held up.
func (l *limits) deadline(now time.Time) (at time.Time) {
	wait := func(held bool, buckets ...*rate.Bucket) {
		if !held {
			return
		}
		var until time.Time // when all of them allow it
		for _, b := range buckets {
			if d, ok := b.Deadline(now); ok && d.After(until) {
				until = d
			}
		}
		if until.IsZero() {
			until = now
		}
		if at.IsZero() || until.Before(at) {
			at = until
		}
	}
	wait(l.heldUp, &l.own.Up, &l.client.Up)
	wait(len(l.ready) > 0, &l.own.Sent, &l.client.Sent)
	wait(l.heldDown, &l.own.Down, &l.client.Down)
	if d := l.own.ReadsAt(); !d.IsZero() && (at.IsZero() || d.Before(at)) {
		at = d
	}
	return at
}

// roomUnderLimit is how many blocks may be asked for now.
func (t *Torrent) roomUnderLimit(now time.Time, room int) int {
	allowed := t.limits.allowDown(now)
	if allowed == rate.Unlimited {
		return room
	}
	// As long as anything is allowed, a whole block may go.
	return int(min((allowed+wire.BlockSize-1)/wire.BlockSize, int64(room)))
}

// letGo goes on with what the limits have held up, if they allow it now.
func (t *Torrent) letGo(now time.Time, out *boundary.Effects) {
	l := &t.limits
	t.sendReady(now, out)
	up, down := l.heldUp && l.allowUp(now) > 0, l.heldDown && l.allowDown(now) > 0
	if !up && !down {
		return
	}
	l.heldUp, l.heldDown = l.heldUp && !up, l.heldDown && !down
	l.turn++
	for i := range t.peers {
		p := t.peers[(i+l.turn)%len(t.peers)]
		if up {
			t.serve(now, p, out)
		}
		if down {
			t.fill(now, p, out)
		}
	}
}

// HandleSetLimits takes new limits for this torrent alone.
func (t *Torrent) HandleSetLimits(now time.Time, up, down int64, out *boundary.Effects) {
	t.limits.own.Set(now, up, down)
	t.allowReads(now, out)
	t.HandleLimits(now, out)
}

// HandleLimits notes that the client's limits have changed.
func (t *Torrent) HandleLimits(now time.Time, out *boundary.Effects) {
	t.letGo(now, out)
	t.settle(now, out)
}
