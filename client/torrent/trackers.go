package torrent

import (
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"bt/client/announce"
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
			break
		}
		out.Notify = append(out.Notify, boundary.TrackerAsked{Torrent: t.cfg.ID, URL: r.URL, Event: r.Event.String()})
		if r.Event != tracker.Stopped {
			t.giveUpStopped(r.URL, out)
		}
		t.inquire(now, &inquiry{url: r.URL, request: r}, out)
	}
	if t.announcer.Done() {
		t.giveUpInquiries(out)
	}
}

// announcement is what a tracker is told, with event in the place of what the
// announcer has asked for.
func (t *Torrent) announcement(r announce.Request, event tracker.Event) tracker.Announce {
	if event == tracker.None && t.isPartialSeed() {
		// BEP 21: "In order to tell the tracker that a peer is a partial seed, it
		// MUST send an event=paused parameter in every announce while it is a
		// partial seed."
		event = tracker.Paused
	}
	return tracker.Announce{
		InfoHash: t.cfg.Meta.InfoHash, PeerID: t.cfg.PeerID, Port: t.cfg.Port,
		Uploaded: t.transfer.uploaded, Downloaded: t.transfer.downloaded, Left: t.pieces.left,
		Event: event, NumWant: r.NumWant, Key: t.transfer.key, TrackerID: r.TrackerID, Compact: true,
	}
}

// isPartialSeed says that all that is wanted is had, and that is not everything.
func (t *Torrent) isPartialSeed() bool { return t.Complete() && !t.Seed() }

// HandleFetched takes the answer to an HTTP request.
func (t *Torrent) HandleFetched(now time.Time, e boundary.Fetched, out *boundary.Effects) {
	if l := t.legs[e.ID]; l != nil {
		delete(t.legs, e.ID)
		if l.inquiry.scrape {
			t.endScrape(l.inquiry, scraped(e, t.cfg.Meta.InfoHash))
		} else {
			r, err := answer(e)
			t.endLeg(now, l, r, err, out)
		}
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
		return r, refusal(r.Failure)
	case e.Status >= 400:
		return r, fmt.Errorf("HTTP status %d", e.Status)
	}
	return r, err
}

func refusal(reason string) error { return fmt.Errorf("tracker says: %s", reason) }

// announceSucceeded takes the first answer to an announce, of whatever family.
func (t *Torrent) announceSucceeded(now time.Time, q *inquiry, r tracker.Response, out *boundary.Effects) {
	t.announcer.Succeeded(now, q.url, r)
	out.Notify = append(out.Notify, boundary.TrackerAnswered{
		Torrent: t.cfg.ID, URL: q.url, Event: q.request.Event.String(), Peers: len(r.Peers),
		Interval: r.Interval, Warning: r.Warning,
	})
}

// takeAnswer takes what any answer says of others and of us.
func (t *Torrent) takeAnswer(now time.Time, q *inquiry, r tracker.Response, out *boundary.Effects) {
	if t.state == boundary.Stopped || q.request.Event == tracker.Stopped {
		return
	}
	t.maybeSwitchSwarm(now, q.url, out)
	for _, addr := range r.Peers {
		t.learn(now, addr, boundary.FromTracker)
	}
	t.hearTracker(r.ExternalIP)
}

// maybeSwitchSwarm leaves the peers of another tracker behind. BEP 27: "When
// switching between trackers, the peer MUST disconnect from all current peers
// and connect only to those provided from the new tracker."
func (t *Torrent) maybeSwitchSwarm(now time.Time, url string, out *boundary.Effects) {
	before := t.answeredBy
	t.answeredBy = url
	if !t.info.Private || before == "" || before == url {
		return
	}
	for _, p := range t.Peers() {
		t.drop(now, p, boundary.OtherTracker, nil, out)
	}
	t.book.Unname()
}

func (t *Torrent) announceFailed(now time.Time, q *inquiry, err error, out *boundary.Effects) {
	delete(t.found, q.url) // it is to be looked for
	retry := t.announcer.Failed(now, q.url, err)
	out.Notify = append(out.Notify, boundary.TrackerFailed{
		Torrent: t.cfg.ID, URL: q.url, Event: q.request.Event.String(), Err: err, Retry: retry,
	})
}

// hearTracker takes a tracker's word on our address (BEP 24): better than none,
// until peers agree on one.
func (t *Torrent) hearTracker(addr netip.Addr) {
	if !t.self.agreed && usableSelf(addr) {
		t.book.SetSelf(netip.AddrPortFrom(addr, uint16(t.cfg.Port)))
	}
}

// trackerHost is a tracker's name for people.
func trackerHost(u string) string {
	if p, err := url.Parse(u); err == nil && p.Host != "" {
		return p.Host
	}
	return u
}
