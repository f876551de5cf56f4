package torrent

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/tracker"
)

// maybeScrape asks how large the swarm is where the answers to announces do not
// tell (BEP 48). Nothing waits for it, and nobody is told: a tracker need not
// have it.
func (t *Torrent) maybeScrape(now time.Time, out *boundary.Effects) {
	for {
		announce, ok := t.announcer.NextScrape()
		if !ok {
			return
		}
		t.inquire(now, &inquiry{url: announce, scrape: true}, out)
	}
}

// sendScrape sends a scrape, to addrs or, without any, to the tracker's host.
func (t *Torrent) sendScrape(now time.Time, q *inquiry, addrs []netip.Addr, out *boundary.Effects) {
	l := &leg{inquiry: q, id: t.registry.NewFetch(t)}
	if q.target.UDP {
		t.legs[l.id] = l
		body := tracker.UDPRequest{Action: tracker.UDPScrape, Hashes: [][20]byte{t.cfg.Meta.InfoHash}}
		t.registry.AskUDP(now, l.id, t.udpRequest(q, addrs, body))
		return
	}
	u, err := tracker.ScrapeURL(q.url, t.cfg.Meta.InfoHash)
	if err != nil {
		t.announcer.ScrapeFailed(q.url)
		return
	}
	t.legs[l.id] = l
	out.Fetch = append(out.Fetch, boundary.Fetch{ID: l.id, URL: u, Addrs: pinned(q, addrs)})
}

// scrapeAnswer is what a tracker says of our torrent.
type scrapeAnswer struct {
	swarm tracker.ScrapeTorrent
	err   error
}

// endScrape takes a tracker's answer to a scrape.
func (t *Torrent) endScrape(q *inquiry, a scrapeAnswer) {
	if a.err != nil {
		t.announcer.ScrapeFailed(q.url)
		return
	}
	t.announcer.Scraped(q.url, a.swarm)
}

// scraped reads what the answer to a scrape says of one torrent.
func scraped(e boundary.Fetched, hash metainfo.Hash) scrapeAnswer {
	if e.Err != nil {
		return scrapeAnswer{err: e.Err}
	}
	s, err := tracker.ParseScrape(e.Body)
	switch {
	case err != nil:
		return scrapeAnswer{err: err}
	case s.Failure != "":
		return scrapeAnswer{err: refusal(s.Failure)}
	}
	// The answer may be about more than was asked for: some tell of all they have.
	i := slices.IndexFunc(s.Torrents, func(s tracker.ScrapeTorrent) bool { return s.InfoHash == hash })
	if i < 0 {
		return scrapeAnswer{err: fmt.Errorf("scrape: %w", errNotAsked)}
	}
	return scrapeAnswer{swarm: s.Torrents[i]}
}
