package announce

import (
	"errors"
	"time"

	"bt/client/tracker"
)

const (
	// intervalDefault is for trackers that name no interval, or none that
	// makes sense: what most trackers use.
	intervalDefault = 30 * time.Minute

	// intervalMin keeps a tracker from making us flood it, or someone else.
	// Trackers of small test swarms use 30 s, so it is well below that.
	intervalMin = 10 * time.Second

	// intervalMax keeps a tracker from silencing us: after a restart of its
	// own, we would be lost to everyone for as long.
	intervalMax = 2 * time.Hour

	// minIntervalDefault is how soon we ask again when we need peers and the
	// tracker has not said how soon we may.
	minIntervalDefault = 5 * time.Minute

	// retryMin and retryMax bound the wait after an announce that no tracker
	// has accepted. It doubles from one such announce to the next.
	retryMin = 15 * time.Second
	retryMax = 30 * time.Minute
)

// Succeeded tells of the response to the request that was made to url. One
// that carries a failure reason counts as failed.
func (a *Announcer) Succeeded(now time.Time, url string, r tracker.Response) {
	if r.Failure != "" {
		a.Failed(now, url, errors.New(r.Failure))
		return
	}
	t, event, ok := a.settle(url)
	if !ok {
		return
	}
	defer a.maybeFinish()
	if r.TrackerID != "" {
		// An old one stays valid until the tracker gives another: BEP 3 leaves
		// the tracker id out, and custom has it so.
		t.id = r.TrackerID
	}
	if event == tracker.Stopped {
		return
	}
	t.tier.succeeded(r)
	switch event {
	case tracker.Started:
		t.started = true
	case tracker.Completed:
		a.completion = told
	}
	t.maybeScrape(now, r)
	t.tier.promote(t)
	a.relist()
	a.schedule(now, r)
}

// schedule sets the time of the next announce, which begins with the first
// tier again.
func (a *Announcer) schedule(now time.Time, r tracker.Response) {
	a.pos, a.rounds = 0, 0
	if a.completion == untold {
		a.hurry(now)
		return
	}
	interval, least := intervals(r)
	a.due, a.early = now.Add(interval), now.Add(least)
}

// intervals returns how long to wait for the next announce, and how long at
// least if we need peers.
func intervals(r tracker.Response) (interval, least time.Duration) {
	interval, least = r.Interval, r.MinInterval
	if interval <= 0 {
		interval = intervalDefault
	}
	interval = min(max(interval, intervalMin), intervalMax)
	if least <= 0 {
		return interval, min(interval, minIntervalDefault)
	}
	// A minimum above the interval wins: it is the stricter of the two.
	least = min(max(least, intervalMin), intervalMax)
	return max(interval, least), least
}

// Failed tells that the request made to url has brought no response, or one
// that says no. It returns how long the next attempt is away: zero when
// another tracker is to be asked at once.
func (a *Announcer) Failed(now time.Time, url string, err error) (retry time.Duration) {
	t, event, ok := a.settle(url)
	if !ok {
		return 0
	}
	defer a.maybeFinish()
	t.tier.failed(err)
	if event == tracker.Stopped || a.phase != running {
		return 0
	}
	// BEP 12: "On each announce, first try tracker1, then if that cannot be
	// reached, try backup1 and backup2 respectively. On the next announce,
	// repeat in the same order."
	if a.pos++; a.pos < len(a.list) {
		a.hurry(now)
		return 0
	}
	a.pos = 0
	retry = a.backoff()
	a.rounds++
	a.due = now.Add(retry)
	a.early = a.due
	return retry
}

// backoff returns how long to wait after an announce that all have refused:
// three quarters to all of a time that doubles. The jitter keeps a swarm from
// coming back to a recovered tracker in one instant.
func (a *Announcer) backoff() time.Duration {
	d := retryMin
	for i := 0; i < a.rounds && d < retryMax; i++ {
		d *= 2
	}
	d = min(d, retryMax)
	return d - time.Duration(a.rng.Int64N(int64(d/4)+1))
}

// settle takes the request to url out of flight.
func (a *Announcer) settle(url string) (t *endpoint, event tracker.Event, ok bool) {
	t = a.byURL[url]
	if t == nil || !t.inFlight {
		return nil, tracker.None, false // given up
	}
	t.inFlight = false
	if a.current == t {
		a.current = nil
	}
	return t, t.event, true
}

// Delayed tells that the request made to url has no answer yet, and was sent
// once more.
func (a *Announcer) Delayed(url string, err error) {
	if e := a.byURL[url]; e != nil && e.inFlight {
		e.tier.status.Err = err
	}
}

// Joined tells of one more answer to the announce that url has accepted last, of
// the same tracker, over another family of addresses.
func (a *Announcer) Joined(url string, r tracker.Response) {
	if e := a.byURL[url]; e != nil && e.started {
		e.tier.status.show(r.Peers)
	}
}
