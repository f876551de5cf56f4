package announce

import (
	"net/netip"
	"slices"
	"time"

	"bt/client/tracker"
)

// shownMax bounds the addresses of one tier that are kept to be shown, of each
// family: four times as many as we ask for, and 6 KiB.
const shownMax = 4 * numWant

// State says in one word how a tier is doing.
type State uint8

// The states of a tier.
const (
	Waiting     State = iota // has not been asked
	Announcing               // a request is in flight
	Working                  // the last announce was accepted
	Failing                  // the last announce was not
	Unsupported              // has no http, https or udp URL, is never asked; Err says so
)

func (s State) String() string {
	switch s {
	case Waiting:
		return "waiting"
	case Announcing:
		return "announcing"
	case Working:
		return "working"
	case Failing:
		return "failing"
	case Unsupported:
		return "unsupported"
	}
	return "unknown"
}

// Status is what there is to show of one tier.
type Status struct {
	URLs       []string // in the order they are tried, unsupported ones among them
	State      State
	Complete   int              // seeds, by the last response or scrape that told
	Incomplete int              // leeches, by the same
	Peers      []netip.AddrPort // the IPv4 addresses in the last response, up to 200
	Peers6     []netip.AddrPort // the IPv6 addresses in the last response, up to 200
	Failures   int              // announces failed in a row
	Err        error            // of the last announce, or of the one that gets no answer; nil: there is none
	Warning    string           // of the last response, or ""
	Next       time.Time        // of the next announce; zero when there is none to come
}

// Trackers returns one Status for each tier, in order. It is the caller's own.
func (a *Announcer) Trackers() []Status {
	all := make([]Status, 0, len(a.tiers))
	for _, t := range a.tiers {
		s := t.status
		s.State = t.state()
		s.Peers, s.Peers6 = slices.Clone(s.Peers), slices.Clone(s.Peers6)
		for _, e := range t.endpoints {
			s.URLs = append(s.URLs, e.url)
		}
		if a.phase == running && a.current == nil && s.State != Unsupported {
			s.Next = a.dueAt()
		}
		all = append(all, s)
	}
	return all
}

func (t *tier) state() State {
	state := Unsupported
	for _, e := range t.endpoints {
		switch {
		case e.inFlight:
			return Announcing
		case e.err == nil:
			state = Waiting
		}
	}
	switch {
	case state == Unsupported || !t.answered:
		return state
	case t.status.Failures > 0:
		return Failing
	}
	return Working
}

func (t *tier) succeeded(r tracker.Response) {
	t.answered = true
	last := t.status
	t.status = Status{Complete: r.Complete, Incomplete: r.Incomplete, Warning: r.Warning}
	if !counted(r) {
		t.status.Complete, t.status.Incomplete = last.Complete, last.Incomplete
	}
	t.status.show(r.Peers)
}

// show keeps addresses to be shown.
func (s *Status) show(peers []netip.AddrPort) {
	for _, p := range peers {
		shown := &s.Peers6
		if p.Addr().Unmap().Is4() {
			shown = &s.Peers
			p = netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
		}
		if len(*shown) < shownMax {
			*shown = append(*shown, p)
		}
	}
}

func (t *tier) failed(err error) {
	t.answered = true
	t.status.Failures++
	t.status.Err = err
}
