package announce

import (
	"testing"
	"time"

	"bt/client/tracker"
)

const noScrape = "http://one.example/a" // has no "announce" to be replaced

// scrapes expects one scrape now, and no other beside it.
func (c *talk) scrapes(url string) {
	c.t.Helper()
	if got, ok := c.NextScrape(); !ok || got != url {
		c.t.Fatalf("scrapes %q, %t; want %q", got, ok, url)
	}
	c.wantNoScrape()
}

func (c *talk) wantNoScrape() {
	c.t.Helper()
	if got, ok := c.NextScrape(); ok {
		c.t.Fatalf("scrapes %q, want none", got)
	}
}

// announces makes the next announce, which url answers with r.
func (c *talk) announces(url string, r tracker.Response) {
	c.t.Helper()
	c.waits()
	c.asks(url, none)
	c.Succeeded(c.now, url, r)
}

func (c *talk) wantSwarm(complete, incomplete int) {
	c.t.Helper()
	if s := c.Trackers()[0]; s.Complete != complete || s.Incomplete != incomplete {
		c.t.Fatalf("shows %d seeds and %d leeches, want %d and %d", s.Complete, s.Incomplete, complete, incomplete)
	}
}

func TestScrapeOfATrackerThatDoesNotTell(t *testing.T) {
	c := newTalk(t, tiers(one)...)
	c.Start(c.now)
	c.asks(one, started)
	c.wantNoScrape()
	c.accepts(one)
	if !c.Idle() {
		t.Fatal("a scrape keeps it busy")
	}
	c.scrapes(one)
	c.Scraped(one, tracker.ScrapeTorrent{Complete: 7, Incomplete: 9})
	c.wantSwarm(7, 9)
	c.announces(one, every30m)
	c.wantSwarm(7, 9) // until it is known better
	c.scrapes(one)
	c.Scraped(one, tracker.ScrapeTorrent{})
	c.wantSwarm(0, 0)
	c.announces(one, tracker.Response{Interval: 30 * time.Minute, Incomplete: 3})
	c.wantSwarm(0, 3)
	c.wantNoScrape()
}

func TestNoMoreScrapesThanOneAnInterval(t *testing.T) {
	c := begun(t, one)
	c.scrapes(one)
	c.Scraped(one, tracker.ScrapeTorrent{Complete: 1})
	c.Want(c.now, true)
	for range 5 { // every 5 minutes
		c.announces(one, every30m)
		c.wantNoScrape()
	}
	c.announces(one, every30m)
	c.scrapes(one)
}

func TestNoScrape(t *testing.T) {
	t.Run("of a tracker without an address for it", func(t *testing.T) {
		c := begun(t, noScrape)
		c.wantNoScrape()
	})
	t.Run("after a failure", func(t *testing.T) {
		c := refused(t, one)
		c.wantNoScrape()
	})
	t.Run("while one is in flight", func(t *testing.T) {
		c := begun(t, one)
		c.scrapes(one)
		c.announces(one, every30m)
		c.wantNoScrape()
	})
	t.Run("that the next announce has made needless", func(t *testing.T) {
		c := begun(t, one)
		c.announces(one, tracker.Response{Complete: 1})
		c.wantNoScrape()
	})
	t.Run("after three that failed", func(t *testing.T) {
		c := begun(t, one)
		c.scrapes(one)
		c.ScrapeFailed(one)
		c.announces(one, every30m)
		c.scrapes(one)
		c.Scraped(one, tracker.ScrapeTorrent{}) // begins to count again
		for range 3 {
			c.announces(one, every30m)
			c.scrapes(one)
			c.ScrapeFailed(one)
		}
		c.announces(one, every30m)
		c.wantNoScrape()
		if s := c.Trackers()[0]; s.State != Working || s.Failures != 0 || s.Err != nil {
			t.Fatalf("status = %+v", s)
		}
	})
	t.Run("when stopped", func(t *testing.T) {
		c := begun(t, one)
		c.Stop(c.now)
		c.wantNoScrape()
		c.asks(one, stopped)
		c.accepts(one)
		c.wantDone()
		c.wantNoScrape()
	})
	t.Run("of the one that tells", func(t *testing.T) {
		c := refused(t, one, two)
		c.asks(two, started)
		c.accepts(two)
		c.scrapes(two)
	})
}

func TestScrapeAnswersThatNobodyWaitsFor(t *testing.T) {
	c := begun(t, one)
	c.Scraped(one, tracker.ScrapeTorrent{Complete: 5})
	c.Scraped("http://unknown.example/announce", tracker.ScrapeTorrent{Complete: 5})
	c.ScrapeFailed("http://unknown.example/announce")
	c.wantSwarm(0, 0)
	c.scrapes(one)
	c.Stop(c.now)
	c.asks(one, stopped)
	c.accepts(one)
	c.wantDone() // what was in flight is given up
	c.Scraped(one, tracker.ScrapeTorrent{Complete: 5})
	c.wantSwarm(0, 0)

	c.now = c.now.Add(time.Hour)
	c.Start(c.now)
	c.asks(one, started)
	c.accepts(one)
	c.scrapes(one)
}
