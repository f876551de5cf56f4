package simtracker

import (
	"net/http"

	"bt/client/tracker"
)

func (t *Tracker) serveScrape(r *http.Request) []byte {
	var answer tracker.Scrape
	if hashes, err := tracker.ParseScrapeQuery(r.URL.RawQuery); err != nil {
		answer.Failure = err.Error()
	} else {
		answer = t.scrape(hashes)
	}
	return answer.Append(nil)
}

// scrape leaves out torrents that are not known: BEP 48 has no way to say that
// one is not.
func (t *Tracker) scrape(hashes [][20]byte) (answer tracker.Scrape) {
	t.mu.Lock()
	defer t.mu.Unlock()
	since := t.cfg.Now().Add(-t.cfg.Expiry)
	for _, hash := range hashes {
		s := t.swarms[hash]
		if s == nil {
			continue
		}
		s.expire(since)
		seeds, leeches := s.count()
		answer.Torrents = append(answer.Torrents, tracker.ScrapeTorrent{
			InfoHash: hash, Complete: seeds, Downloaded: s.downloaded, Incomplete: leeches,
		})
	}
	return answer
}
