package simtracker

import (
	"bytes"
	"maps"
	"net/http"
	"slices"

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

// scrape leaves out torrents that are not known, as BEP 48 has no way to say
// that one is not.
func (t *Tracker) scrape(hashes [][20]byte) (answer tracker.Scrape) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// BEP 48: "If no info_hash is given, a full scrape is requested".
	if len(hashes) == 0 {
		hashes = slices.SortedFunc(maps.Keys(t.swarms), func(a, b [20]byte) int {
			return bytes.Compare(a[:], b[:])
		})
	}
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
