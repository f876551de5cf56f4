package scenarios

import (
	"time"

	"bt/client/wire"
)

// F5 is about what those get who give nothing. It counts slots and not bytes: how
// much goes through a slot is up to who holds it, and somebody on a fast line may
// well take most of an uplink in its fair turn. It speaks only while a client
// downloads, and somebody who gives to it waits for a slot. A choker that
// reciprocates has then filled all its regular slots with those who give, so that
// no more than the optimistic ones are left, which are for the others by design.
const (
	// shareLook is how often it is looked at who has the slots.
	shareLook = 5 * time.Second

	// shareMost is how much time of slots may go to too many who give nothing, at
	// a stretch: less than one of them has in one round.
	shareMost = chokeInterval

	// shareGrace is for how long somebody must have waited, and given: by then a
	// round has found it so, and a second one has ended the turns that the first
	// could not; see slotsGrace. A clock may be slow, hence shareSlack.
	shareGrace = slotsGrace + shareSlack
	shareSlack = 2 * time.Second

	// A client goes by the rate of the last rateWindow. Whoever has given within
	// givingGap has some at any moment; whoever has not within takerAfter has had
	// none in a whole round.
	rateWindow = 20 * time.Second
	givingGap  = rateWindow - shareSlack
	takerAfter = rateWindow + chokeInterval + shareSlack
)

// shareWatch adds up the time of slots that whoever gives nothing has instead of
// those who give.
type shareWatch struct {
	patrolled bool    // a look is on the agenda
	since     instant // since when the client was seen to download, undisturbed; zero: it was not
	beyond    time.Duration
	told      bool // F5 has spoken
}

// shareRule notes whether the remote side gives, and whether it waits.
type shareRule struct {
	gave   instant // when its last block came; zero: none has
	giving instant // since when they come without a gap
	waits  instant // since when it is interested and choked; zero: it is not
}

func (r *shareRule) frameHeard(v *view, f *frame) {
	if f.kind != wire.Piece {
		return
	}
	if v.now.Sub(r.gave) > givingGap {
		r.giving = v.now
	}
	r.gave = v.now
}

// update looks at what has changed.
func (r *shareRule) update(v *view) {
	switch waits := v.facts.amChoking && v.facts.peerInterested; {
	case !waits:
		r.waits = 0
	case r.waits.IsZero():
		r.waits = v.now
		v.who.patrolShare()
	}
}

// deserves says that the remote side waits for a slot, and has a better right to
// a regular one than whoever gives nothing.
func (r *shareRule) deserves(v *view, now instant) bool {
	return !r.waits.IsZero() && now.Sub(r.waits) >= shareGrace &&
		now.Sub(r.gave) <= givingGap && now.Sub(r.giving) >= shareGrace &&
		!v.extended.remoteDone && !v.over()
}

// takes says that the remote side has a slot, and gives nothing.
func (r *shareRule) takes(v *view, now instant) bool {
	return !v.facts.amChoking && v.facts.peerInterested && now.Sub(r.gave) > takerAfter && !v.over()
}

// patrolShare plans a look, unless there is one.
func (w *watched) patrolShare() {
	if !w.share.patrolled {
		w.share.patrolled = true
		w.o.later(shareLook, w.lookAtShare)
	}
}

// lookAtShare is F5.
func (w *watched) lookAtShare() {
	s, now := &w.share, w.o.now()
	s.patrolled = false
	if s.told || !w.takesPart() || w.lacked.empty() || w.waiting() == 0 {
		s.since = 0
		return // whoever begins to wait has it looked at anew
	}
	defer w.patrolShare()
	switch {
	case w.frozen() || w.clockSetSince(now.Add(-takerAfter)) || now.Sub(w.stateAt) < shareLook:
		s.since = 0
		return
	case s.since.IsZero():
		s.since = now
	}
	if now.Sub(s.since) < shareGrace {
		return
	}
	var giver *view
	takers := 0
	for _, v := range w.views {
		if v.share.deserves(v, now) {
			giver = v
		}
		if v.share.takes(v, now) {
			takers++
		}
	}
	if giver == nil || takers <= w.optimistic() {
		s.beyond = 0
		return
	}
	if s.beyond += time.Duration(takers-w.optimistic()) * shareLook; s.beyond >= shareMost {
		s.told = true // once is enough
		w.violation("F5", "%d peers that give nothing have slots, more than the %d optimistic ones, while %s gives and waits since %v",
			takers, w.optimistic(), giver.remote, now.Sub(giver.share.waits))
	}
}
