package announce

import (
	"errors"
	"math/rand/v2"

	"bt/client/tracker"
)

// trackersMax bounds the trackers of one torrent. Public lists that people
// paste into torrents have some 100; nobody gains by more.
const trackersMax = 256

// endpoint is one tracker.
type endpoint struct {
	url      string
	tier     *tier
	err      error // why it is never asked; nil: it is
	started  bool  // has accepted `started`, and was not told `stopped` since
	inFlight bool
	event    tracker.Event // of the request in flight
	id       string        // the tracker id it gave last, or ""
	scrape   scrape
}

// tier is a group of trackers that stand in for each other.
type tier struct {
	endpoints []*endpoint // in the order they are tried
	status    Status      // all but URLs, State and Next
	answered  bool        // some announce has ended, well or not
}

// newTiers turns the announce-list into tiers, without empty ones.
//
// BEP 12: "URLs within each tier will be processed in a randomly chosen order;
// in other words, the list will be shuffled when first read, and then parsed in
// order."
func newTiers(urls [][]string, rng *rand.Rand) ([]*tier, map[string]*endpoint) {
	var tiers []*tier
	byURL := make(map[string]*endpoint)
	for _, group := range urls {
		t := &tier{}
		for _, url := range group {
			if byURL[url] != nil || len(byURL) == trackersMax {
				continue
			}
			e := &endpoint{url: url, tier: t, err: unsupported(url)}
			if e.err != nil {
				t.status.Err = e.err
			}
			byURL[url] = e
			t.endpoints = append(t.endpoints, e)
		}
		if len(t.endpoints) == 0 {
			continue
		}
		rng.Shuffle(len(t.endpoints), func(i, j int) {
			t.endpoints[i], t.endpoints[j] = t.endpoints[j], t.endpoints[i]
		})
		tiers = append(tiers, t)
	}
	return tiers, byURL
}

// unsupported says what is against asking a tracker, nil if nothing is.
func unsupported(url string) error {
	if _, err := tracker.ParseTarget(url); errors.Is(err, tracker.ErrScheme) {
		return err
	}
	return nil // or it will be told when it is asked
}

// promote moves e to the front of its tier.
//
// BEP 12: "In addition, if a connection with a tracker is successful, it will
// be moved to the front of the tier."
func (t *tier) promote(e *endpoint) {
	i := 0
	for t.endpoints[i] != e {
		i++
	}
	copy(t.endpoints[1:i+1], t.endpoints[:i])
	t.endpoints[0] = e
}

// relist writes down the order in which trackers are tried.
//
// BEP 12: "The tiers of announces will be processed sequentially; all URLs in
// each tier must be checked before the client goes on to the next tier."
func (a *Announcer) relist() {
	a.list = a.list[:0]
	for _, t := range a.tiers {
		for _, e := range t.endpoints {
			if e.err == nil {
				a.list = append(a.list, e)
			}
		}
	}
}

// request makes the request that tells e of an event.
func (a *Announcer) request(e *endpoint, event tracker.Event) Request {
	e.inFlight, e.event = true, event
	r := Request{URL: e.url, Event: event, TrackerID: e.id, NumWant: numWant, Last: len(a.list) == 1}
	if event == tracker.Stopped {
		r.NumWant = 0
	}
	return r
}
