package torrent

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"bt/client/announce"
	"bt/client/boundary"
	"bt/client/tracker"
	"bt/client/udptracker"
)

// inquiry is an announce to one tracker under way, or a scrape. Where the
// tracker has addresses of both families, and so have we, the announce is made
// over each: a tracker knows a peer by the address it announces from, and
// others could not reach it over the other family. BEP 7: "An announce to the
// tracker should be made for each local IP address". To the tier both are one.
type inquiry struct {
	url     string
	scrape  bool
	request announce.Request // of an announce
	target  tracker.Target

	lookup boundary.ResolveID // under way, while it is in Torrent.lookups
	legs   int                // under way
	held   *tracker.Response  // what is told when all legs have ended
	done   bool               // the announcer knows what came of it
	err    error              // of the first leg that has failed
}

// leg is the part of an inquiry that goes over one family of addresses.
type leg struct {
	*inquiry
	family int
	event  tracker.Event
	id     boundary.FetchID
}

// The families. Where the addresses are not known it counts as IPv4.
const (
	familyIPv4 = iota
	familyIPv6
	families
)

func familyOf(a netip.Addr) int {
	if a.Is4() {
		return familyIPv4
	}
	return familyIPv6
}

// presence is over which families a tracker thinks that we are here.
type presence [families]bool

// inquire begins an inquiry: it finds out where the tracker is.
func (t *Torrent) inquire(now time.Time, q *inquiry, out *boundary.Effects) {
	var err error
	if q.target, err = tracker.ParseTarget(q.url); err != nil {
		t.failInquiry(now, q, err, out)
		return
	}
	if q.target.Addr.IsValid() {
		t.ask(now, q, []netip.Addr{q.target.Addr}, out)
		return
	}
	if addrs := t.found[q.url]; len(addrs) > 0 && q.isNews() {
		t.ask(now, q, addrs, out)
		return
	}
	q.lookup = t.registry.NewResolve(t)
	t.lookups[q.lookup] = q
	out.Resolve = append(out.Resolve, boundary.Resolve{ID: q.lookup, Name: q.target.Host})
}

// isNews says that an inquiry is to bring news to who knows us already. It is
// told where the tracker was found last: there may be no time for a name server
// that is slow. If the tracker has moved, another one hears of it.
func (q *inquiry) isNews() bool {
	return q.request.Event == tracker.Completed || q.request.Event == tracker.Stopped
}

// HandleResolved takes the addresses of a tracker.
func (t *Torrent) HandleResolved(now time.Time, e boundary.Resolved, out *boundary.Effects) {
	if q := t.lookups[e.ID]; q != nil {
		delete(t.lookups, e.ID)
		switch {
		case e.Err == nil:
			t.found[q.url] = e.Addrs
			t.ask(now, q, e.Addrs, out)
		case q.target.UDP:
			t.failInquiry(now, q, e.Err, out)
		default:
			// Whoever fetches may know a way around names, such as a proxy. If
			// not, its own error says what this one does.
			t.ask(now, q, nil, out)
		}
	}
	t.settle(now, out)
}

// ask sends an inquiry, over each family of addrs; a scrape over the first.
func (t *Torrent) ask(now time.Time, q *inquiry, addrs []netip.Addr, out *boundary.Effects) {
	var byFamily [families][]netip.Addr
	var order []int
	for _, a := range addrs {
		f := familyOf(a)
		if len(byFamily[f]) == 0 {
			order = append(order, f)
		}
		byFamily[f] = append(byFamily[f], a)
	}
	if len(addrs) == 0 {
		order = []int{familyIPv4}
	}
	if q.scrape {
		f := order[0]
		q.legs++
		t.sendScrape(now, q, byFamily[f], out)
		return
	}
	for _, f := range t.worthAsking(q, order, out) {
		q.legs++
		t.sendAnnounce(now, &leg{inquiry: q, family: f, event: t.eventFor(q, f)}, byFamily[f], out)
	}
}

// worthAsking leaves out the families over which there is nothing to say: no
// `stopped` where nobody can think that we are here, and nothing else where the last
// word is still on its way, as long as there is another family.
func (t *Torrent) worthAsking(q *inquiry, order []int, out *boundary.Effects) (list []int) {
	for _, f := range order {
		here, last := t.here[q.url][f], t.legOf(q.url, f)
		switch stopped := q.request.Event == tracker.Stopped; {
		case stopped && !here && last == nil:
		case !stopped && last != nil:
			t.revise(last)
		default:
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		list = order
	}
	for _, f := range list {
		if l := t.legOf(q.url, f); l != nil {
			t.forget(l, out) // an answer to it would be out of date, and so would it be if it came late
		}
	}
	return list
}

// revise lets a datagram that may have to be repeated for hours say how things are
// when it is.
func (t *Torrent) revise(l *leg) {
	if l.target.UDP {
		t.registry.ReviseUDP(l.id, t.udpAnnounce(l))
	}
}

func (t *Torrent) udpAnnounce(l *leg) tracker.UDPRequest {
	return tracker.UDPRequest{Action: tracker.UDPAnnounce, Announce: t.announcement(l.request, l.event), URLData: l.target.URLData}
}

// eventFor is what is said over one family: over each, `started` comes first.
func (t *Torrent) eventFor(q *inquiry, family int) tracker.Event {
	if event := q.request.Event; event == tracker.Stopped || t.here[q.url][family] {
		return event
	}
	return tracker.Started
}

// sendAnnounce sends one leg. Without addrs the request goes to the host.
func (t *Torrent) sendAnnounce(now time.Time, l *leg, addrs []netip.Addr, out *boundary.Effects) {
	l.id = t.registry.NewFetch(t)
	t.legs[l.id] = l
	if l.target.UDP {
		t.registry.AskUDP(now, l.id, t.udpRequest(l.inquiry, addrs, t.udpAnnounce(l)))
		return
	}
	a := t.announcement(l.request, l.event)
	u, err := a.URL(l.url)
	if err != nil {
		delete(t.legs, l.id)
		t.endLeg(now, l, tracker.Response{}, err, out)
		return
	}
	out.Fetch = append(out.Fetch, boundary.Fetch{ID: l.id, URL: u, Addrs: pinned(l.inquiry, addrs)})
}

// pinned leaves out the address that the URL says itself.
func pinned(q *inquiry, addrs []netip.Addr) []netip.Addr {
	if q.target.Addr.IsValid() {
		return nil
	}
	return addrs
}

func (t *Torrent) udpRequest(q *inquiry, addrs []netip.Addr, body tracker.UDPRequest) udptracker.Request {
	r := udptracker.Request{Body: body}
	for _, a := range addrs {
		r.To = append(r.To, netip.AddrPortFrom(a, q.target.Port))
	}
	if !q.request.Last {
		r.Retries = udptracker.RetriesElsewhere
	}
	return r
}

// HandleTold takes what has come of a request over UDP.
func (t *Torrent) HandleTold(now time.Time, r udptracker.Result, out *boundary.Effects) {
	id := boundary.FetchID(r.ID)
	l := t.legs[id]
	switch {
	case l == nil:
	case r.Retry > 0:
		t.announcer.Delayed(l.url, r.Err)
	case l.scrape:
		delete(t.legs, id)
		t.endScrape(l.inquiry, scrapedUDP(r))
	default:
		delete(t.legs, id)
		err := r.Err
		if err == nil && r.Response.Action == tracker.UDPError {
			err = refusal(r.Response.Announce.Failure)
		}
		t.endLeg(now, l, r.Response.Announce, err, out)
	}
	t.settle(now, out)
}

// endLeg takes what came of one leg: the first success is that of the announce,
// and its failure that of all of them. Only `stopped` waits for every leg: what
// has not been sent when the announcer is done never is.
func (t *Torrent) endLeg(now time.Time, l *leg, r tracker.Response, err error, out *boundary.Effects) {
	q := l.inquiry
	q.legs--
	if err == nil {
		here := t.here[q.url]
		here[l.family] = l.event != tracker.Stopped
		t.here[q.url] = here
		t.takeAnswer(now, q, r, out)
		if q.done {
			t.announcer.Joined(q.url, r)
		} else if q.held == nil {
			q.held = &r
		}
	} else if q.err == nil {
		q.err = err
	}
	switch waits := q.legs > 0; {
	case q.done || waits && q.request.Event == tracker.Stopped:
	case q.held != nil:
		q.done = true
		t.announceSucceeded(now, q, *q.held, out)
	case !waits:
		q.done = true
		t.announceFailed(now, q, q.err, out)
	}
}

// failInquiry ends an inquiry that nobody could be asked about.
func (t *Torrent) failInquiry(now time.Time, q *inquiry, err error, out *boundary.Effects) {
	if q.scrape {
		t.announcer.ScrapeFailed(q.url)
		return
	}
	t.announceFailed(now, q, err, out)
}

// legOf finds the announce to a tracker that is under way over a family.
func (t *Torrent) legOf(url string, family int) *leg {
	for _, l := range t.legs { // order: there is one at most
		if l.url == url && l.family == family && !l.scrape {
			return l
		}
	}
	return nil
}

// forget gives up a leg.
func (t *Torrent) forget(l *leg, out *boundary.Effects) {
	delete(t.legs, l.id)
	t.registry.Forsake(l.id)
	if !l.target.UDP {
		out.HangUp = append(out.HangUp, l.id)
	}
}

// giveUpStopped ends what is under way of telling a tracker that we stop: the
// announcer waits for it no more, and if it came later than the news that we are
// back, the tracker would forget us.
func (t *Torrent) giveUpStopped(url string, out *boundary.Effects) {
	for _, id := range slices.Sorted(maps.Keys(t.legs)) {
		if l := t.legs[id]; l.url == url && l.request.Event == tracker.Stopped {
			t.forget(l, out)
		}
	}
	for id, q := range t.lookups { // order: one at most
		if q.url == url && q.request.Event == tracker.Stopped {
			delete(t.lookups, id)
		}
	}
}

// giveUpInquiries ends all conversations with trackers: nothing more is said, or
// waited for.
func (t *Torrent) giveUpInquiries(out *boundary.Effects) {
	for _, id := range slices.Sorted(maps.Keys(t.legs)) {
		t.forget(t.legs[id], out)
	}
	clear(t.lookups)
	clear(t.here)
}

var errNotAsked = errors.New("nothing about this torrent in the answer")

// scrapedUDP reads what the answer to a scrape over UDP says of our torrent.
func scrapedUDP(r udptracker.Result) scrapeAnswer {
	switch {
	case r.Err != nil:
		return scrapeAnswer{err: r.Err}
	case r.Response.Action == tracker.UDPError:
		return scrapeAnswer{err: refusal(r.Response.Announce.Failure)}
	case len(r.Response.Scrape) == 0:
		return scrapeAnswer{err: fmt.Errorf("scrape: %w", errNotAsked)}
	}
	return scrapeAnswer{swarm: r.Response.Scrape[0]}
}
