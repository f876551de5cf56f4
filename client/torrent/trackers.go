package torrent

import (
	"fmt"
	"net/url"
	"time"

	"bt/client/boundary"
	"bt/client/tracker"
)

// enoughPeers is how many connections make further addresses uninteresting.
const enoughPeers = 30

// mayAnnounce says whether trackers may be spoken to.
func (t *Torrent) mayAnnounce() bool { return t.files.loaded }

// maybeAnnounce sends the announces that are due.
func (t *Torrent) maybeAnnounce(now time.Time, out *boundary.Effects) {
	if !t.mayAnnounce() {
		return
	}
	if t.state != boundary.Stopped {
		t.announcer.Want(now, len(t.peers)+t.dialling < enoughPeers && t.book.Len() < enoughPeers)
	}
	for {
		r, ok := t.announcer.Next(now)
		if !ok {
			return
		}
		a := tracker.Announce{
			InfoHash: t.cfg.Meta.InfoHash, PeerID: t.cfg.PeerID, Port: t.cfg.Port,
			Uploaded: t.transfer.uploaded, Downloaded: t.transfer.downloaded, Left: t.pieces.left,
			Event: r.Event, NumWant: r.NumWant, Key: t.transfer.key, TrackerID: r.TrackerID, Compact: true,
		}
		u, err := a.URL(r.URL)
		if err != nil {
			t.announceFailed(now, r.URL, r.Event, err, out)
			continue
		}
		id := t.registry.NewFetch(t)
		t.fetches[id] = announced{r.URL, r.Event}
		out.Fetch = append(out.Fetch, boundary.Fetch{ID: id, URL: u})
		out.Notify = append(out.Notify, boundary.TrackerAsked{Torrent: t.cfg.ID, URL: r.URL, Event: r.Event.String()})
	}
}

// announced is an announce in flight.
type announced struct {
	url   string
	event tracker.Event
}

// HandleFetched takes a tracker's answer.
func (t *Torrent) HandleFetched(now time.Time, e boundary.Fetched, out *boundary.Effects) {
	if announce, ok := t.scrapes[e.ID]; ok {
		t.handleScraped(announce, e)
		return
	}
	a, ok := t.fetches[e.ID]
	if !ok {
		return
	}
	delete(t.fetches, e.ID)
	r, err := answer(e)
	if err != nil {
		t.announceFailed(now, a.url, a.event, err, out)
	} else {
		t.announceSucceeded(now, a, r, out)
	}
	t.settle(now, out)
}

// answer reads what a tracker said. Its own reason for a refusal counts more
// than the status it came with.
func answer(e boundary.Fetched) (tracker.Response, error) {
	if e.Err != nil {
		return tracker.Response{}, e.Err
	}
	r, err := tracker.ParseResponse(e.Body)
	switch {
	case err == nil && r.Failure != "":
		return r, fmt.Errorf("tracker says: %s", r.Failure)
	case e.Status >= 400:
		return r, fmt.Errorf("HTTP status %d", e.Status)
	}
	return r, err
}

func (t *Torrent) announceSucceeded(now time.Time, a announced, r tracker.Response, out *boundary.Effects) {
	t.announcer.Succeeded(now, a.url, r)
	if t.state != boundary.Stopped {
		for _, addr := range r.Peers {
			t.learn(now, addr, boundary.FromTracker)
		}
	}
	out.Notify = append(out.Notify, boundary.TrackerAnswered{
		Torrent: t.cfg.ID, URL: a.url, Event: a.event.String(), Peers: len(r.Peers),
		Interval: r.Interval, Warning: r.Warning,
	})
}

func (t *Torrent) announceFailed(now time.Time, u string, ev tracker.Event, err error, out *boundary.Effects) {
	retry := t.announcer.Failed(now, u, err)
	out.Notify = append(out.Notify, boundary.TrackerFailed{
		Torrent: t.cfg.ID, URL: u, Event: ev.String(), Err: err, Retry: retry,
	})
}

// trackerHost is a tracker's name for people.
func trackerHost(u string) string {
	if p, err := url.Parse(u); err == nil && p.Host != "" {
		return p.Host
	}
	return u
}
