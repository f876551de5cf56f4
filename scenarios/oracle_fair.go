package scenarios

import (
	"cmp"
	"slices"
	"time"

	"bt/client/wire"
	"bt/simnet"
)

// The fairness of a swarm shows over many peers and some time, and only where
// nothing else explains who gets what. Each rule says first when it speaks at
// all; where that is not so, it is silent.
const (
	// fairTime is how long a swarm must have been at it: a dozen rounds of the
	// choker, four turns of an optimistic slot.
	fairTime = 2 * time.Minute

	// equalsLeast is how many leeches make a comparison of equals worth while,
	// and evenLeast Jain's index of their rates, in percent. It is 1 where all get
	// the same; a choker that has favourites for good falls to half of that.
	equalsLeast = 5
	evenLeast   = 80

	// unequalLeast is how many leeches make a ranking, and rankSlack how much less
	// than the slower half the faster one may get, in percent: with one optimistic
	// slot of five, who gives nothing still gets a fifth.
	unequalLeast = 6
	rankSlack    = 90

	// newcomerWait is how long somebody who has nothing may get nothing from
	// newcomerKnows clients that have something: a turn is half a minute, and
	// newcomers wait a third of what others wait.
	newcomerWait  = 2 * time.Minute
	newcomerKnows = 4
)

// fairWatch is what a client has moved while it lacked something itself.
type fairWatch struct {
	began instant                 // when it knew what it had
	done  instant                 // when it had all that it wants; zero: it lacks something
	size  int64                   // of what it lacked at the start
	had   bool                    // something, at the start
	told  bool                    // F3 has spoken
	got   map[*simnet.Host]*int64 // bytes, by whom they came from
}

func (f *fairWatch) begin(w *watched) {
	*f = fairWatch{got: make(map[*simnet.Host]*int64)}
}

// from counts what has come from a host.
func (f *fairWatch) from(h *simnet.Host) *int64 {
	if f.got[h] == nil {
		f.got[h] = new(int64)
	}
	return f.got[h]
}

// loaded notes what the client has at the start.
func (f *fairWatch) loaded(w *watched) {
	if !f.began.IsZero() {
		return // a hash check that the user has asked for
	}
	f.began, f.size, f.had = w.o.now(), w.left, !w.had.empty()
	f.changed(w)
}

// changed notes whether something is still lacked.
func (f *fairWatch) changed(w *watched) {
	if f.done.IsZero() && w.lacked.empty() {
		f.done = w.o.now()
	}
}

// time is how long it has lacked something.
func (f *fairWatch) time(w *watched) time.Duration {
	end := f.done
	if end.IsZero() {
		end = w.o.ended
	}
	return end.Sub(f.began)
}

// fairRule counts for F1, F2 and F4, and is F3: whoever is interested in what a client
// has gets a turn, within fairTurns rotations of its optimistic slots.
type fairRule struct {
	since instant // when the remote side began to wait; zero: it does not
	got   *int64  // of fairWatch: what has come from it; nil: nothing
}

// fairTurns is how many rotations a peer may wait. A turn lasts half a minute
// while there is something to download, and 80 s at most on a seed.
const (
	fairTurns    = 2
	leechingTurn = 30 * time.Second
	seedingTurn  = 80 * time.Second
)

func (r *fairRule) frameSent(v *view, f *frame) {
	switch f.kind {
	case wire.Choke:
		if v.facts.peerInterested {
			r.wait(v)
		}
	case wire.Unchoke:
		r.since = 0
	}
}

func (r *fairRule) frameHeard(v *view, f *frame) {
	switch f.kind {
	case wire.Piece:
		if w := v.who; !w.lacked.empty() {
			if r.got == nil {
				r.got = w.fair.from(v.host)
			}
			*r.got += int64(f.block.Length)
		}
	case wire.Interested:
		if v.facts.amChoking {
			r.wait(v)
		}
	case wire.NotInterested:
		r.since = 0
	}
}

// wait holds the client to give the remote side its turn.
func (r *fairRule) wait(v *view) {
	since := v.now
	r.since = since
	v.who.o.later(v.who.longestWait(), func() { r.check(v, since) })
}

func (r *fairRule) check(v *view, since instant) {
	w, now := v.who, v.who.o.now()
	if !r.since.Equal(since) || v.over() || !w.takesPart() || !w.stateAt.Before(since) || w.optimistic() == 0 {
		return
	}
	if longest := w.longestWait(); now.Sub(since) < longest { // there are more of them now
		w.o.later(longest-now.Sub(since), func() { r.check(v, since) })
		return
	}
	if w.fair.told || v.extended.remoteDone { // whoever says to want nothing waits for nothing
		return
	}
	w.fair.told = true // once is enough
	w.violation("F3", "%s is interested and choked for %v", v.remote, now.Sub(since))
}

// longestWait is how long a peer may wait for its turn, as many as there are now.
func (w *watched) longestWait() time.Duration {
	turn, slots := leechingTurn, w.optimistic()
	if w.lacked.empty() {
		turn, slots = seedingTurn, w.slots()
	}
	n := 0
	for _, v := range w.views {
		if v.facts.peerInterested {
			n++
		}
	}
	slots = max(slots, 1)
	return fairTurns * turn * time.Duration(max(n+slots-1, slots)/slots)
}

// optimistic is the number of slots that go in turn.
func (w *watched) optimistic() int { return orElse(w.config.Optimistic, 1) }

// checkBootstrap is F4: whoever has nothing, and is connected to several clients
// that serve and have something, gets something before long.
func (w *watched) checkBootstrap() {
	helpers := 0
	for _, v := range w.views {
		u := w.o.at[v.host]
		if u != nil && u.serves() && u.optimistic() > 0 && v.facts.amInterested && w.o.now().Sub(v.since) >= newcomerWait &&
			u.stateAt.Before(v.since) && 3*newcomerKnows*u.optimistic() >= u.waiting() {
			helpers++
		}
	}
	if helpers >= newcomerKnows && w.takesPart() && w.stall.heard.IsZero() && !w.isClosed {
		w.violation("F4", "%d clients that have what it lacks have given it nothing in %v", helpers, newcomerWait)
	}
}

// waiting counts the peers that are interested and choked.
func (w *watched) waiting() (n int) {
	for _, v := range w.views {
		if v.facts.peerInterested && v.facts.amChoking {
			n++
		}
	}
	return n
}

// checkFairness is what can be said when a run is over.
func (o *oracles) checkFairness() {
	var leeches []*watched
	for _, w := range o.all {
		if w.fair.size > 0 && !w.fair.had {
			leeches = append(leeches, w)
		}
	}
	o.checkEquals(leeches)
	o.checkReciprocity(leeches)
}

// undisturbed says that nothing was done to the swarm, and that there are no
// other peers in it than clients.
func (o *oracles) undisturbed() bool { return !o.calm.acted && !o.alien }

// checkEquals is F1: leeches with equal links, which have begun at the same time
// with nothing, in a swarm that nobody disturbs, are served equally well.
func (o *oracles) checkEquals(leeches []*watched) {
	if !o.undisturbed() {
		return
	}
	for i, first := range leeches {
		var rates []int64
		longest := time.Duration(0)
		for j, w := range leeches {
			equal := alike(w, first) && w.fair.began.Sub(first.fair.began).Abs() < time.Second &&
				w.fair.size == first.fair.size && w.rates.up.limit == first.rates.up.limit && w.rates.down.limit == first.rates.down.limit
			if equal && j < i {
				return // it was looked at with that one
			}
			if equal {
				longest = max(longest, w.fair.time(w))
				got := w.fair.size - w.left
				rates = append(rates, got/max(int64(w.fair.time(w)/time.Second), 1))
			}
		}
		if got := jain(rates); len(rates) >= equalsLeast && longest >= fairTime && slices.Max(rates) > 0 && got < evenLeast {
			o.violation(o.now(), "F1", "", "%s and %d others alike get %v bytes a second: Jain's index is %d %%", first.name, len(rates)-1, rates, got)
		}
	}
}

// alike says that two clients have the same line.
func alike(a, b *watched) bool {
	x, y := a.host.Link(), b.host.Link()
	return x.Up == y.Up && x.Down == y.Down && x.Latency == y.Latency && x.Jitter == y.Jitter &&
		x.Queue == y.Queue && len(x.Schedule)+len(y.Schedule) == 0
}

// checkReciprocity is F2: of leeches that are there from the start, with uplinks
// of which some are at least twice as fast as others, the faster half gets no
// less from other leeches than the slower one, as long as they all are leeches.
func (o *oracles) checkReciprocity(leeches []*watched) {
	if !o.undisturbed() || len(leeches) < unequalLeast {
		return
	}
	type member struct {
		w   *watched
		up  int64
		got int64
	}
	var all []member
	for _, w := range leeches {
		link := w.host.Link()
		if link.Up == 0 || w.fair.began.Sub(leeches[0].fair.began).Abs() >= time.Second || w.fair.time(w) < fairTime {
			return
		}
		m := member{w: w, up: link.Up}
		for _, u := range leeches {
			m.got += *w.fair.from(u.host)
		}
		// By the second, since who is faster is done sooner.
		m.got /= int64(w.fair.time(w) / time.Second)
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b member) int { return cmp.Compare(a.up, b.up) })
	if all[len(all)-1].up < 2*all[0].up {
		return
	}
	half := len(all) / 2
	var slow, fast int64
	for i, m := range all {
		switch {
		case i < half:
			slow += m.got / int64(half)
		default:
			fast += m.got / int64(len(all)-half)
		}
	}
	if fast*100 < slow*rankSlack {
		o.violation(o.now(), "F2", "", "the faster half of the leeches gets %d bytes a second of each other, the slower half %d", fast, slow)
	}
}
