// Package announce decides when to ask which tracker, and what to tell it:
// the tiers of BEP 12, the events and intervals of BEP 3. It sends nothing
// itself. The owner takes requests from Next, answers each with Succeeded or
// Failed, and comes back at Deadline:
//
//	for {
//		r, ok := a.Next(now)
//		if !ok {
//			break
//		}
//		fetch(r) // ends in a.Succeeded or a.Failed
//	}
//	wakeAt(a.Deadline())
//
// Trackers that do not say how large the swarm is are scraped for it (BEP 48),
// after an announce and never on their own account:
//
//	for {
//		url, ok := a.NextScrape()
//		if !ok {
//			break
//		}
//		fetch(tracker.ScrapeURL(url, infoHash)) // ends in a.Scraped or a.ScrapeFailed
//	}
//
// Nothing here is safe for concurrent use.
package announce

import (
	"math/rand/v2"
	"time"

	"bt/client/tracker"
)

const (
	// numWant is how many peers to ask for: what trackers give by default, and
	// enough to fill the connections of one torrent.
	numWant = 50

	// stopTimeout bounds what Stop may take, all trackers together: a user who
	// waits for the program to end will not wait longer for their sake, and
	// they forget a silent peer by themselves.
	stopTimeout = 3 * time.Second
)

// Config is what an Announcer is made of.
type Config struct {
	Tiers [][]string  // announce URLs, as in the metainfo
	Rand  rand.Source // shuffles the tiers, and jitters what is tried again; required
}

// Request is one announce to be made now. The rest of the query (info-hash,
// counters, port, …) is up to the owner.
type Request struct {
	URL       string // as in Config; names the tracker in Succeeded and Failed
	Event     tracker.Event
	TrackerID string // what this tracker wants to be given back, or ""
	NumWant   int    // how many peers to ask for
	Last      bool   // there is no other tracker to turn to when this one fails
}

// phase is where an Announcer stands between Start and Stop.
type phase uint8

const (
	silent   phase = iota // not started, or stopped and all said
	running               // from Start to Stop
	stopping              // from Stop until all is said
)

// completion is how far the news of a finished download has come.
type completion uint8

const (
	incomplete completion = iota // nothing to say
	untold                       // some tracker is to hear of it
	told                         // one has: never again
)

// Announcer talks to the trackers of one torrent. At most one request is in
// flight, except for `stopped` ones: those go to different trackers at once.
type Announcer struct {
	rng     *rand.Rand
	tiers   []*tier
	list    []*endpoint          // those that can be asked, in tier order
	byURL   map[string]*endpoint // an index of list
	phase   phase
	pos     int       // in list: whom this announce tries next
	current *endpoint // has the regular request in flight, or nil

	due       time.Time // of the regular announce
	early     time.Time // of the same if we need peers; never after due
	needPeers bool
	rounds    int // announces in a row that no tracker has accepted

	completion completion
	lastCall   bool      // while stopping: `completed` was tried, do not insist
	stopBy     time.Time // give up what was said since the last Stop
}

// New makes an Announcer that is silent until Start. A URL that is named again
// counts only where it came first.
func New(cfg Config) *Announcer {
	a := &Announcer{rng: rand.New(cfg.Rand)}
	a.tiers, a.byURL = newTiers(cfg.Tiers, a.rng)
	a.relist()
	return a
}

// Start makes the first announce due at once: `started`, to each tracker that
// has not accepted one since the last `stopped`.
func (a *Announcer) Start(now time.Time) {
	if a.phase == running {
		return
	}
	a.phase = running
	a.rounds = 0
	if a.current == nil { // else Stop came and went while it was in flight
		a.pos = 0
	}
	a.hurry(now)
}

// Complete says that a download has finished, which one tracker is to hear
// exactly once in the life of an Announcer. BEP 3: "No completed is sent if the
// file was complete when started": do not call it then.
func (a *Announcer) Complete(now time.Time) {
	if a.completion != incomplete {
		return
	}
	a.completion = untold
	// Trackers that are failing right now are not failing any less because of
	// the news, so a back-off stands.
	if a.phase == running && a.rounds == 0 {
		a.hurry(now)
	}
}

// Stop asks for `stopped`, to be told to every tracker that has accepted a
// `started`, within 3 seconds. Done says when that is over.
func (a *Announcer) Stop(now time.Time) {
	if a.phase != running {
		return
	}
	a.phase = stopping
	a.stopBy = now.Add(stopTimeout)
	a.lastCall = a.current != nil && a.current.event == tracker.Completed
	a.maybeFinish()
}

// Want says whether there are too few peers. BEP 3: "downloaders may rerequest
// on nonscheduled times if an event happens or they need more peers", which we
// do no sooner than the tracker's minimum interval allows.
func (a *Announcer) Want(_ time.Time, needPeers bool) { a.needPeers = needPeers }

// Next returns the request that is due, if there is one, and counts it as in
// flight. It wants to be called until it returns false, after every other call
// and at Deadline. If it is none of `stopped`, the owner gives up what may be under
// way of a `stopped` to the same tracker, whose answer has taken too long.
func (a *Announcer) Next(now time.Time) (Request, bool) {
	switch a.phase {
	case running:
		return a.nextRegular(now)
	case stopping:
		return a.nextLast(now)
	}
	return Request{}, false
}

// Deadline returns when Next wants to be called again, or false when it waits
// for nothing but the answer to a request, or for Start.
func (a *Announcer) Deadline() (time.Time, bool) {
	switch {
	case a.phase == stopping:
		return a.stopBy, true
	case a.phase == running && a.current == nil && len(a.list) > 0:
		switch t := a.list[a.pos]; {
		case !t.inFlight:
			return a.dueAt(), true
		case t.event == tracker.Stopped && a.stopBy.After(a.dueAt()):
			return a.stopBy, true
		case t.event == tracker.Stopped:
			return a.dueAt(), true
		}
	}
	return time.Time{}, false
}

// Done reports that there is nothing to say until Start: all was said after
// Stop, or given up. Answers that come later are to be dropped.
func (a *Announcer) Done() bool { return a.phase == silent }

// Idle reports that nothing is in flight and no event waits to be told: either
// only the periodic announce is ahead, or nothing at all.
func (a *Announcer) Idle() bool {
	switch {
	case a.phase == silent || len(a.list) == 0:
		return true
	case a.phase == stopping || a.current != nil:
		return false
	}
	for _, t := range a.list {
		if t.inFlight {
			return false
		}
	}
	return a.said() && a.completion != untold
}

// said reports whether any tracker knows that we are here.
func (a *Announcer) said() bool {
	for _, t := range a.list {
		if t.started {
			return true
		}
	}
	return false
}

// nextRegular returns the announce of a running torrent.
func (a *Announcer) nextRegular(now time.Time) (Request, bool) {
	if a.current != nil || len(a.list) == 0 || now.Before(a.dueAt()) {
		return Request{}, false
	}
	t := a.list[a.pos]
	// What it was told before the last Start: to overtake its `stopped` would make
	// the tracker forget us. But one that is lost may be repeated for hours, and
	// counts for no more than it would have if we had ended.
	if t.inFlight && (t.event != tracker.Stopped || now.Before(a.stopBy)) {
		return Request{}, false
	}
	a.current = t
	switch {
	case !t.started:
		return a.request(t, tracker.Started), true
	case a.completion == untold:
		return a.request(t, tracker.Completed), true
	}
	return a.request(t, tracker.None), true
}

// nextLast returns the next of the requests that end a conversation: `stopped`
// to all who think we are here, and to one of them `completed` before it, if
// that has not been said yet. Trackers count downloads by it, and a program
// that ends when it is done says both in one breath.
func (a *Announcer) nextLast(now time.Time) (Request, bool) {
	if !now.Before(a.stopBy) {
		a.finish()
		return Request{}, false
	}
	for _, t := range a.list {
		// One at a time to each tracker: an announce that arrives after
		// `stopped` would bring us back to life there.
		if !t.started || t.inFlight {
			continue
		}
		if a.completion == untold && !a.lastCall {
			a.lastCall = true
			return a.request(t, tracker.Completed), true
		}
		t.started = false // said, whether it listens or not: never again
		return a.request(t, tracker.Stopped), true
	}
	return Request{}, false
}

// maybeFinish ends the stopping phase when all has been said and answered.
func (a *Announcer) maybeFinish() {
	if a.phase != stopping {
		return
	}
	for _, t := range a.list {
		if t.started || t.inFlight {
			return
		}
	}
	a.finish()
}

// finish ends the stopping phase. What is still in flight is given up.
func (a *Announcer) finish() {
	a.phase = silent
	a.current = nil
	for _, t := range a.list {
		t.started, t.inFlight = false, false
		t.scrape.stop()
	}
}

// hurry makes the regular announce due now.
func (a *Announcer) hurry(now time.Time) { a.due, a.early = now, now }

// dueAt returns when the regular announce is due.
func (a *Announcer) dueAt() time.Time {
	if a.needPeers {
		return a.early
	}
	return a.due
}
