package announce

import (
	"time"

	"bt/client/tracker"
)

// scrapeTries is how many scrapes in a row may fail before a tracker is taken
// for one that has none. Many answer every path, so that the address tells
// little.
const scrapeTries = 3

// scrape is what is going on with the scrapes of one tracker.
type scrape struct {
	wanted   bool
	inFlight bool
	failures int       // in a row
	next     time.Time // none before
}

// maybeScrape wants a scrape after an announce that was accepted, if that has
// not told how large the swarm is, and the last scrape is an interval ago.
func (e *endpoint) maybeScrape(now time.Time, r tracker.Response) {
	s := &e.scrape
	if counted(r) {
		s.wanted = false
		return
	}
	if s.inFlight || s.failures >= scrapeTries || now.Before(s.next) {
		return
	}
	if !tracker.CanScrape(e.url) {
		return
	}
	interval, _ := intervals(r)
	s.wanted, s.next = true, now.Add(interval)
}

// counted reports whether a response tells how large the swarm is. We are in it
// ourselves, so none that tells says that nobody is.
func counted(r tracker.Response) bool { return r.Complete > 0 || r.Incomplete > 0 }

// stop forgets what is wanted or in flight. When the next one is due stays.
func (s *scrape) stop() { s.wanted, s.inFlight = false, false }

// NextScrape returns the announce URL of a tracker to be scraped now, if there
// is one, and counts the scrape as in flight. It wants to be called until it
// returns false, after Succeeded; there is no Deadline for it. Scrapes wait for
// nothing, and nothing waits for them: Done and Idle do not count them.
func (a *Announcer) NextScrape() (url string, ok bool) {
	if a.phase != running {
		return "", false
	}
	for _, e := range a.list {
		if e.scrape.wanted {
			e.scrape.wanted, e.scrape.inFlight = false, true
			return e.url, true
		}
	}
	return "", false
}

// Scraped tells what the scrape of the tracker with the announce URL url has
// said of our torrent.
func (a *Announcer) Scraped(url string, t tracker.ScrapeTorrent) {
	if e := a.settleScrape(url); e != nil {
		e.scrape.failures = 0
		e.tier.status.Complete, e.tier.status.Incomplete = t.Complete, t.Incomplete
	}
}

// ScrapeFailed tells that the scrape of the tracker with the announce URL url
// has brought no answer, or one without our torrent. That is no failure of the
// tracker: after three in a row we do not scrape it again.
func (a *Announcer) ScrapeFailed(url string) {
	if e := a.settleScrape(url); e != nil {
		e.scrape.failures++
	}
}

// settleScrape takes the scrape of url out of flight, and returns nil when none
// is, because it was given up.
func (a *Announcer) settleScrape(url string) *endpoint {
	e := a.byURL[url]
	if e == nil || !e.scrape.inFlight {
		return nil
	}
	e.scrape.inFlight = false
	return e
}
