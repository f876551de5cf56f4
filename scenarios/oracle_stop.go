package scenarios

import (
	"time"

	"bt/client"
)

const (
	// stopMax is how long a client may go on telling trackers that it has
	// stopped: a user who waits for a program to end does not wait longer for
	// their sake, and they forget who is silent by themselves.
	stopMax = 3 * time.Second
	// stopSlack is for a disk that is busy at that very moment.
	stopSlack = time.Second
)

// stopWatch is T7: what a client has to tell when it stops is told in time, or
// not at all; and closing takes no longer, but for the disk.
type stopWatch struct {
	at       instant
	left     instant // when it was about to close
	clockSet int     // how often the clock was then
}

func (s *stopWatch) handleState(w *watched, state client.State) {
	if s.at = 0; state == client.Stopped {
		s.at = w.o.now()
	}
}

func (s *stopWatch) handleAsked(w *watched, n client.TrackerAsked) {
	if after, ok := w.measured(s.at, w.o.now()); !s.at.IsZero() && ok && after > stopMax && !w.frozen() {
		w.violation("T7", "tells %s %q %v after it was stopped", n.URL, n.Event, after)
	}
}

// leaving tells the oracles that a client is about to be closed.
func (o *oracles) leaving(s *subject) {
	o.catchUp()
	o.ended = o.now()
	if w := o.at[s.host]; w != nil && w.subject == s {
		w.stop.left, w.stop.clockSet = o.now(), w.pace.clockSet
		o.later(stopMax+stopSlack, w.checkLeft)
	}
}

// checkLeft looks whether a client has closed by now. The disk has the time that
// it needs, and a program that does not run cannot close.
func (w *watched) checkLeft() {
	if w.isClosed || !w.alive() {
		return
	}
	from := w.stop.left
	if thawed := w.frozenUntil(); thawed.After(from) {
		from = thawed // it may have heard of it when it thawed
	}
	// Set back, and its time stands still until it wakes: it may wait once more.
	again := time.Duration(w.pace.clockSet - w.stop.clockSet)
	left := from.Add(stopMax + stopSlack + again*stopMax).Sub(w.o.now())
	switch {
	case left > 0:
		w.o.later(left, w.checkLeft)
	case w.jobs > 0:
		w.o.later(stopSlack, w.checkLeft)
	default:
		w.violation("T7", "has not closed for %v, and the disk is idle", stopMax+stopSlack)
	}
}
