package addrbook

import (
	"net/netip"
	"time"

	"bt/client/boundary"
)

const (
	// retryMin is how long an address is left alone after a first failure, or
	// after a useful connection: long enough for a peer to restart.
	retryMin = 15 * time.Second

	// retryMax is how long it is left alone at most. The wait doubles with
	// each failure in a row; most of what a tracker lists is gone for good.
	retryMax = 30 * time.Minute
)

// Closed says that the dial to a, or the connection, has ended, and why. A
// connection is useful if anything of worth has passed in it, in either
// direction; it makes good for all failures before. Addresses that Next has not
// given out are left as they are.
func (b *Book) Closed(now time.Time, a netip.AddrPort, r boundary.Reason, useful bool) {
	a = plain(a)
	if r == boundary.Banned {
		b.Ban(a.Addr())
	}
	e := b.index[a]
	if e == nil || !e.inUse() {
		return
	}
	if useful {
		e.failures = 0
	}
	switch {
	case b.bans.has(a.Addr()) || r == boundary.Filtered:
		b.drop(e)
	case r == boundary.Loopback:
		b.own.add(a)
		b.drop(e)
	case r == boundary.SeedToSeed:
		b.move(e, resting)
	case r == boundary.LocalStop || r == boundary.Hashchecking:
		// We had enough for now, for no fault of the peer's: whoever starts
		// again wants to be connected as before.
		b.wait(e, now)
	case useful || r == boundary.TooMany:
		b.wait(e, now.Add(b.backoff(1)))
	default:
		e.failures++
		b.wait(e, now.Add(b.backoff(e.failures)))
	}
}

// SeedsWanted says that we are no seed (any more), so that the seeds left alone
// because of SeedToSeed may be dialled from now on.
func (b *Book) SeedsWanted(now time.Time) {
	if b.count[resting] == 0 {
		return
	}
	for _, e := range b.all {
		if e.state == resting {
			b.wait(e, now)
		}
	}
}

// wait makes an entry due at a time.
func (b *Book) wait(e *entry, due time.Time) {
	e.due = due
	b.move(e, waiting)
}

// backoff returns how long to wait after n failures in a row: three quarters to
// all of a time that doubles. The jitter keeps peers that lost each other in
// one instant from meeting in one instant again.
func (b *Book) backoff(n int) time.Duration {
	d := retryMin
	for i := 1; i < n && d < retryMax; i++ {
		d *= 2
	}
	d = min(d, retryMax)
	return d - time.Duration(b.rng.Int64N(int64(d/4)+1))
}
