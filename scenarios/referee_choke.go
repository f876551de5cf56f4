package scenarios

import (
	"time"

	"bt/client/wire"
)

const (
	// chokeInterval is the least time between two changes of mind. BEP 3 has ten
	// seconds, to avoid "rapidly choking and unchoking".
	chokeInterval = 10 * time.Second
	// slotsGrace is how long a peer may be unchoked beyond the slots: whoever was
	// unchoked within a round of the choker keeps its slot to the end of the next
	// one, which may have been given to others before. A tick more is for rounds
	// that are late.
	slotsGrace = 2*chokeInterval + time.Second
)

// chokeRule: W10, a choke is not taken back, nor an unchoke, before ten seconds
// have passed, unless the remote side has not been interested meanwhile, or has
// come to have everything, or the torrent was paused, stopped or started. A clock
// that was set in between may have jumped ahead, which nobody can tell from ten
// seconds.
type chokeRule struct {
	changed instant // zero: never
}

func (r *chokeRule) frameSent(v *view, f *frame) {
	if f.kind != wire.Choke && f.kind != wire.Unchoke {
		return
	}
	if v.facts.amChoking == (f.kind == wire.Choke) {
		v.violation("W10", "%v was said before", f)
	}
	before := r.changed
	r.changed = v.now
	if before.IsZero() || !v.who.early(before, v.now, chokeInterval) ||
		!v.facts.interestedSince(before) {
		return
	}
	// That the state has changed is told after what follows from it was sent.
	at, what := v.now, f.String()
	v.who.o.later(0, func() {
		if v.who.stateAt.Before(before) {
			v.violationAt(at, "W10", "%s %v after the last change", what, at.Sub(before))
		}
	})
}

// slots is the number of peers that may be unchoked and interested at a time.
func (w *watched) slots() int {
	// The defaults are those that client.Config documents.
	return orElse(w.config.UploadSlots, 4) + orElse(w.config.Optimistic, 1)
}

// slots notes that a client has been given another number of regular slots, and
// no optimistic ones. Those above it have to be choked in time.
func (o *oracles) slots(s *subject, regular int) {
	o.catchUp()
	w := o.at[s.host]
	if w == nil || w.subject != s {
		return
	}
	none := -1 // as in client.Config
	s.config.UploadSlots, s.config.Optimistic = regular, none
	if regular == 0 {
		s.config.UploadSlots = none
	}
	w.share.since = 0
	since := o.now()
	o.later(slotsGrace, func() {
		if w.alive() {
			w.checkSlots(since)
		}
	})
}

// slotRule: R4, no more peers are unchoked and interested for long than there
// are slots.
type slotRule struct {
	since instant // when the remote side took a slot; zero: it has none
}

// update looks at what has changed.
func (r *slotRule) update(v *view) {
	switch has := !v.facts.amChoking && v.facts.peerInterested; {
	case !has:
		r.since = 0
	case r.since.IsZero():
		since := v.now
		r.since = since
		v.who.o.later(slotsGrace, func() {
			if r.since.Equal(since) && !v.over() {
				v.who.checkSlots(since)
			}
		})
	}
}

// checkSlots counts who took a slot at a time or before, and has it still.
func (w *watched) checkSlots(by instant) {
	if thawed := w.frozenUntil(); !thawed.IsZero() && w.o.now().Sub(thawed) <= slotsGrace {
		w.o.later(slotsGrace, func() { w.checkSlots(by) }) // it does not choke while it does not run
		return
	}
	n := 0
	for _, v := range w.views {
		if s := v.slot.since; !s.IsZero() && !s.After(by) {
			n++
		}
	}
	if n > w.slots() {
		w.violation("R4", "%d peers are unchoked and interested for %v, more than the %d slots", n, slotsGrace, w.slots())
	}
}
