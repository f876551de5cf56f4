package scenarios

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"bt/client"
	"bt/simnet"
)

const (
	// paceSlack is how late an announce may be, and how early.
	paceSlack = time.Second

	// A client protects itself, and others, from what makes no sense: intervals
	// are taken as at least the first and at most the second of these; the third
	// stands for one that is not given, the fourth for a minimum that is not.
	intervalLeast    = 10 * time.Second
	intervalMost     = 2 * time.Hour
	intervalSupposed = 30 * time.Minute
	minimumSupposed  = 5 * time.Minute

	// Of announces that no tracker takes, the first is followed by a wait of at
	// most retryFirst, which doubles up to retryMost, less a quarter for jitter.
	retryFirst = 15 * time.Second
	retryMost  = 30 * time.Minute
)

// paceWatch is about when trackers are asked. T2: after an answer, not before
// the tracker's minimum interval has passed, and once its interval has, to the
// second; news (started, completed, stopped) may be told at any time. T5: when
// none of the trackers has taken an announce, the wait doubles.
type paceWatch struct {
	answers  map[string]trackerAnswer // the last of each tracker, from the wire
	inFlight map[string]bool          // announces, by URL; true: from before the last stop
	stopped  bool
	serial   int // of what was heard: checks of something older are void
	clockSet int // how often the client's clock was

	due        bool // an answer was the last that was heard
	answeredAt instant
	least      time.Duration // how long to wait after that

	failing  bool            // a failure was
	failedAt instant         //
	asked    map[string]bool // the trackers of this round, by URL
	whole    bool            // the failure was the last of its round
	begun    bool            // the round may have been, before the torrent was stopped and started
	rounds   int             // that have failed in a row
}

func (p *paceWatch) begin() {
	*p = paceWatch{
		answers: make(map[string]trackerAnswer), inFlight: make(map[string]bool), asked: make(map[string]bool),
	}
}

// newRound: all trackers may be asked again.
func (p *paceWatch) newRound() {
	clear(p.asked)
	p.begun = false
}

// heard makes checks that were planned before void.
func (p *paceWatch) heard() {
	p.serial++
	p.due, p.failing = false, false
}

func (p *paceWatch) handleState(s client.State) {
	if stopped := s == client.Stopped; stopped != p.stopped {
		p.stopped, p.rounds = stopped, 0
		p.heard()
		p.newRound()
		for url := range p.inFlight { // each on its own: the order has no effect
			p.inFlight[url] = true
		}
	}
}

func (p *paceWatch) handleAsked(w *watched, n client.TrackerAsked) {
	switch {
	case n.Event == "stopped":
		return
	case p.stopped: // what is still to be told, before that it has stopped
		p.inFlight[n.URL] = true
		return
	}
	// Who has just woken asks when it can, and is not judged by the time; but it
	// asks, and a round that has failed is one, or the next wait seems too long.
	now, judged := w.o.now(), !w.frozen()
	switch {
	case p.due && judged && !isEvent(n.Event) && w.early(p.answeredAt, now, p.least-paceSlack):
		w.violation("T2", "announces itself to %s %v before the trackers' minimum interval is over", n.URL, p.answeredAt.Add(p.least).Sub(now))
	case p.failing && p.whole:
		p.rounds++
		most := retryWait(p.rounds)
		// It wakes when it means to, however fast its clock goes meanwhile.
		wait, ok := w.measured(p.failedAt, now)
		tooLong := ok && min(wait, now.Sub(p.failedAt)) > most+paceSlack
		if judged && (tooLong || w.early(p.failedAt, now, most*3/4)) {
			w.violation("T5", "waits for %v after failure %d in a row, not for %v", wait, p.rounds, most)
		}
		p.newRound()
	}
	p.heard()
	p.asked[n.URL] = true
	p.inFlight[n.URL] = false
}

// isEvent says that an announce tells of something that has just happened. BEP 21
// has partial seeds say "paused" where others say nothing.
func isEvent(event string) bool { return event != "" && event != "paused" }

// retryWait is the longest wait after n failures in a row.
func retryWait(n int) time.Duration { return min(retryFirst<<min(n-1, 20), retryMost) }

// settled takes an announce out of flight. It is false for one that the client
// has given up when it was stopped.
func (p *paceWatch) settled(url string) bool {
	stale, ok := p.inFlight[url]
	delete(p.inFlight, url)
	return ok && !stale && !p.stopped
}

func (p *paceWatch) handleAnswered(w *watched, n client.TrackerAnswered) {
	if n.Event == "stopped" || !p.settled(n.URL) {
		return
	}
	a, ok := p.answers[strings.TrimPrefix(n.URL, "http://")]
	if !ok { // it came by another way than HTTP
		a.Interval = int64(n.Interval / time.Second)
	}
	interval, least := a.intervals()
	p.heard()
	p.newRound()
	p.rounds, p.due = 0, true
	p.answeredAt, p.least = w.o.now(), least
	p.expect(w, "T2", interval+paceSlack, "the interval of "+n.URL+" is over")
}

// intervals is how long a client has to wait, and how long at least.
func (a *trackerAnswer) intervals() (interval, least time.Duration) {
	clamp := func(seconds int64) time.Duration {
		return time.Duration(min(max(seconds, int64(intervalLeast/time.Second)), int64(intervalMost/time.Second))) * time.Second
	}
	interval = clamp(cmp.Or(max(a.Interval, 0), int64(intervalSupposed/time.Second)))
	if a.MinInterval <= 0 {
		return interval, min(interval, minimumSupposed)
	}
	least = clamp(a.MinInterval)
	return max(interval, least), least
}

func (p *paceWatch) handleFailed(w *watched, n client.TrackerFailed) {
	stale := p.inFlight[n.URL]
	if n.Event == "stopped" || !p.settled(n.URL) {
		// It was under way through a stop and a start: its failure is one of the round
		// that they have begun, or, if a wait follows, ends a round. Who has failed before
		// them need not be asked again in it.
		switch {
		case !stale || p.stopped:
		case n.Retry > 0:
			p.rounds++
			p.newRound()
		default:
			p.asked[n.URL], p.begun = true, true
		}
		return
	}
	p.heard()
	p.failing, p.failedAt = true, w.o.now()
	wait := time.Duration(0) // the next tracker is asked at once
	if p.whole = len(p.asked) >= w.askable() || p.begun && n.Retry > 0; p.whole {
		wait = retryWait(p.rounds + 1)
	}
	p.expect(w, "T5", wait+paceSlack, n.URL+" has failed")
}

// expect holds the client to ask a tracker within d, by its own clock. Each time
// that is set meanwhile, it may be set back, and the client's time stand still until
// it wakes, which is when it means to at the latest: it may wait as long once more.
// What the clock has lost because it is slow may be waited for, too.
func (p *paceWatch) expect(w *watched, rule string, d time.Duration, why string) {
	p.expectSince(w, rule, d, why, p.clockSet)
}

// expectSince is expect for a wait that knows of so many settings of the clock.
func (p *paceWatch) expectSince(w *watched, rule string, d time.Duration, why string, set int) {
	serial, offset := p.serial, w.host.ClockOffset()
	w.o.later(d, func() {
		if p.serial != serial || !w.alive() || w.isClosed || w.frozen() {
			return
		}
		lost := offset - w.host.ClockOffset()
		switch {
		case p.clockSet > set:
			p.expectSince(w, rule, d, why, set+1)
		case lost > 0:
			p.expectSince(w, rule, lost, why, set)
		default:
			w.violation(rule, "%s, and no tracker is asked", why)
		}
	})
}

// clockSet notes that the clock of a host was set, and what it gains from now on,
// per million.
func (o *oracles) clockSet(h *simnet.Host, drift int) {
	if o.drift == nil {
		o.drift = make(map[*simnet.Host]int)
	}
	o.drift[h] = drift // the next client there lives by the same clock
	if w := o.at[h]; w != nil {
		w.pace.clockSet++
		w.driftsBy(drift)
	}
}

func (w *watched) driftsBy(drift int) {
	w.rates.clockSet(max(drift, 0))
	w.idle.slow = drift < 0
}

// spoken are the kinds of trackers that a client is to speak to, as the
// beginnings of their URLs.
var spoken = []string{"http://", "udp://"}

// isSpoken says whether a tracker is of such a kind.
func isSpoken(url string) bool {
	return slices.ContainsFunc(spoken, func(s string) bool { return strings.HasPrefix(url, s) })
}

// askable counts the trackers that the client speaks to.
func (w *watched) askable() (n int) {
	for i := range w.tiers.order.tiers {
		n += len(w.tiers.order.tiers[i].urls)
	}
	return n
}
