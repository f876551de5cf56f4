package scenarios

import (
	"time"

	"bt/client/wire"
)

// interestGrace is how long interest may be out of date.
const interestGrace = time.Second

// interestRule: W9, a client is interested if and only if the remote side has a
// piece that it wants and lacks, and does not say so twice.
type interestRule struct {
	due   bool // a check is on the agenda
	stale bool // the last check found it out of date, and nothing was said since
}

// changed notes that interest may have to change.
func (r *interestRule) changed(v *view) {
	if r.due {
		return
	}
	r.due = true
	v.who.o.later(interestGrace, func() { r.check(v) })
}

func (r *interestRule) check(v *view) {
	r.due = false
	want := v.who.lacked.meets(v.facts.has)
	switch {
	case v.over():
	case want == v.facts.amInterested:
		r.stale = false
	case !r.stale:
		r.stale = true // and if it still is after another grace, it was so all the time
		r.changed(v)
	default:
		v.violationAt(v.who.o.now(), "W9", "interested is %v, should be %v", v.facts.amInterested, want)
	}
}

func (r *interestRule) frameSent(v *view, f *frame) {
	switch f.kind {
	case wire.Interested, wire.NotInterested:
		if v.facts.amInterested == (f.kind == wire.Interested) {
			v.violation("W9", "%v was said before", f)
		}
		r.stale = false
		r.changed(v)
	}
}

func (r *interestRule) frameHeard(v *view, f *frame) {
	switch f.kind {
	case wire.Have, wire.Bitfield, wire.HaveAll, wire.HaveNone:
		r.changed(v)
	}
}
