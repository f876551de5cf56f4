package announce

import (
	"time"

	"bt/client/tracker"
)

// State says in one word how a tier is doing.
type State uint8

// The states of a tier.
const (
	Waiting     State = iota // has not been asked
	Announcing               // a request is in flight
	Working                  // the last announce was accepted
	Failing                  // the last announce was not
	Unsupported              // has no http or https URL, is never asked
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
	Complete   int       // seeds, by the last response
	Incomplete int       // leeches, by the last response
	Peers      int       // IPv4 addresses in the last response
	Peers6     int       // IPv6 addresses in the last response
	Failures   int       // announces failed in a row
	Err        error     // of the last announce, or nil
	Warning    string    // of the last response, or ""
	Next       time.Time // of the next announce; zero when there is none to come
}

// Trackers returns one Status for each tier, in order.
func (a *Announcer) Trackers() []Status {
	all := make([]Status, 0, len(a.tiers))
	for _, t := range a.tiers {
		s := t.status
		s.State = t.state()
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
		case e.supported:
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
	t.status = Status{Complete: r.Complete, Incomplete: r.Incomplete, Warning: r.Warning}
	for _, p := range r.Peers {
		if p.Addr().Unmap().Is4() {
			t.status.Peers++
		} else {
			t.status.Peers6++
		}
	}
}

func (t *tier) failed(err error) {
	t.answered = true
	t.status.Failures++
	t.status.Err = err
}
