package torrent

import (
	"fmt"
	"slices"

	"bt/client/boundary"
	"bt/client/tracker"
)

// maybeScrape asks how large the swarm is where the answers to announces do not
// tell (BEP 48). Nothing waits for it, and nobody is told: a tracker need not
// have it.
func (t *Torrent) maybeScrape(out *boundary.Effects) {
	for {
		announce, ok := t.announcer.NextScrape()
		if !ok {
			return
		}
		u, err := tracker.ScrapeURL(announce, t.cfg.Meta.InfoHash)
		if err != nil {
			t.announcer.ScrapeFailed(announce)
			continue
		}
		id := t.registry.NewFetch(t)
		t.scrapes[id] = announce
		out.Fetch = append(out.Fetch, boundary.Fetch{ID: id, URL: u})
	}
}

// handleScraped takes a tracker's answer to a scrape.
func (t *Torrent) handleScraped(announce string, e boundary.Fetched) {
	delete(t.scrapes, e.ID)
	swarm, err := t.scraped(e)
	if err != nil {
		t.announcer.ScrapeFailed(announce)
		return
	}
	t.announcer.Scraped(announce, swarm)
}

// scraped reads what a scrape says of our torrent.
func (t *Torrent) scraped(e boundary.Fetched) (tracker.ScrapeTorrent, error) {
	if e.Err != nil {
		return tracker.ScrapeTorrent{}, e.Err
	}
	s, err := tracker.ParseScrape(e.Body)
	switch {
	case err != nil:
		return tracker.ScrapeTorrent{}, err
	case s.Failure != "":
		return tracker.ScrapeTorrent{}, fmt.Errorf("tracker says: %s", s.Failure)
	}
	// The answer may be about more than was asked for: some tell of all they have.
	i := slices.IndexFunc(s.Torrents, func(s tracker.ScrapeTorrent) bool { return s.InfoHash == t.cfg.Meta.InfoHash })
	if i < 0 {
		return tracker.ScrapeTorrent{}, fmt.Errorf("scrape: nothing about %v", t.cfg.Meta.InfoHash)
	}
	return s.Torrents[i], nil
}
