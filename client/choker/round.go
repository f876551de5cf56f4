package choker

import (
	"cmp"
	"slices"
)

const (
	// newcomerWeight is how many times the wait of a peer never served counts.
	newcomerWeight = 3

	// optimisticRounds is a turn while we download: 30 s, "enough time for the
	// upload to get to full capacity, the download to reciprocate, and the
	// download to get to full capacity" (BEP 3).
	optimisticRounds = 3

	// seedingRounds is a turn while we seed, unless the quota is used up before:
	// with no answer to wait for, fewer changes waste less of the uplink.
	seedingRounds = 6

	// busyRounds is the turn of a peer that takes what it is given. Whoever is
	// choked keeps part of a piece that it may get elsewhere by the time of its
	// next turn, so that the seed has sent it for nothing. With 60 s turns, a
	// seed of 128 KiB/s gave 50 leeches 1.3 copies before all had one.
	busyRounds = 8

	// unheardRounds is after how long somebody who wants something, and may have
	// it, is thought not to know: a minute, as for those who keep us waiting.
	unheardRounds = 6
)

// A challenger takes a regular slot only with a rate more than 11/10 of that of
// the peer in it. Two peers of equal speed would otherwise take turns with every
// fluctuation, "rapidly choking and unchoking": fibrillation.
const (
	challengerWeight = 10
	incumbentWeight  = 11
)

// verdict is what a round decides for one candidate.
type verdict uint8

const (
	choked verdict = iota
	regular
	optimistic
)

// round is one call of Choose: the candidates and the verdicts so far.
type round struct {
	Params
	cs    []Candidate
	queue []int // of collect, for reuse
}

// begin takes note of who is new, and of who has asked for something.
func (r *round) begin() {
	for i := range r.cs {
		c := &r.cs[i]
		s := &c.State
		c.verdict = choked
		if !s.seen {
			s.seen, s.since = true, r.Round
		}
		if s.given != c.Sent {
			s.given, s.asked = c.Sent, r.Round
		}
	}
}

// reciprocate unchokes those who give us the most and returns how many slots
// they take.
func (r *round) reciprocate(slots int) (taken int) {
	givers := r.collect(func(c *Candidate) bool {
		return c.RateDown > 0 && !c.Snubbed && !c.Seed && !r.justChoked(c)
	})
	r.sort(givers, func(a, b *Candidate) int {
		if by := cmp.Compare(score(b), score(a)); by != 0 {
			return by
		}
		return compareBool(holdsRegular(b), holdsRegular(a))
	})
	for _, i := range givers {
		if taken == slots {
			break
		}
		// "Peers which have a better upload rate (as compared to the downloaders)
		// but aren't interested get unchoked", so that they can begin at once when
		// we get something they lack. They take no slot.
		r.cs[i].verdict = regular
		if r.cs[i].Interested {
			taken++
		}
	}
	return taken
}

// score makes rates comparable: that of a peer in a regular slot counts more.
func score(c *Candidate) int64 {
	if holdsRegular(c) {
		return c.RateDown * incumbentWeight
	}
	return c.RateDown * challengerWeight
}

func holdsRegular(c *Candidate) bool { return c.State.Unchoked && !c.State.Optimistic }

// takeTurns gives room slots to interested peers: first to those whose turn is
// not over, then to those that wait, and back to the others only if nobody does.
func (r *round) takeTurns(room int) {
	// If slots have become fewer, who has had the most of its turn goes.
	latest := func(a, b *Candidate) int { return cmp.Compare(b.State.since, a.State.since) }
	longest := func(a, b *Candidate) int { return cmp.Compare(r.wait(b), r.wait(a)) }

	room = r.give(room, latest, r.inTurn)
	if room <= 0 {
		return // most calls end here: who waits does not count
	}
	room = r.give(room, longest, func(c *Candidate) bool { return !c.State.Unchoked && !r.justChoked(c) })
	if room <= 0 {
		return
	}
	r.give(room, latest, func(c *Candidate) bool { return c.State.Unchoked && !r.inTurn(c) && !r.unheard(c) })
}

// give gives a slot in turn to each of the interested peers that pass and have
// none, as long as there is room, and returns the room that is left. Where there is
// not enough, they go in the order of compare.
func (r *round) give(room int, compare func(a, b *Candidate) int, pass func(*Candidate) bool) int {
	queue := r.collect(func(c *Candidate) bool { return c.Interested && c.verdict == choked && pass(c) })
	if len(queue) > room {
		r.sort(queue, compare)
	}
	for _, i := range queue {
		// Nobody is unchoked and choked within one round.
		if c := &r.cs[i]; room > 0 || r.justUnchoked(c) {
			c.verdict = optimistic
			room--
		}
	}
	return room
}

// inTurn reports whether the peer holds a slot that it got in turn, and its turn
// is not over.
func (r *round) inTurn(c *Candidate) bool {
	s := &c.State
	switch {
	case !s.Unchoked:
		return false
	case r.justUnchoked(c):
		return true
	case r.Seeding:
		given := c.Sent - s.sent
		spent := r.Quota > 0 && given >= r.Quota
		rounds := r.Round - s.began
		return !spent && (rounds < seedingRounds || given > 0 && rounds < busyRounds)
	}
	return s.Optimistic && r.Round-s.began < optimisticRounds
}

// unheard reports whether the peer has a slot and has asked for nothing for long.
// It may not know: some clients lose an UNCHOKE. It is choked for a
// round, and hears it once more. Without that, two might wait for each other for
// ever.
func (r *round) unheard(c *Candidate) bool { return r.Round-c.State.asked >= unheardRounds }

// wait returns the rounds for which a choked peer has waited, as they count.
func (r *round) wait(c *Candidate) int32 {
	switch rounds := r.Round - c.State.since; {
	case !c.State.served:
		// One more, so that a newcomer goes before who was served just now.
		return (rounds + 1) * newcomerWeight
	case r.Seeding:
		// Counted from the start of the last turn. Whoever is slow to use up its
		// quota has had a longer turn, and would otherwise have fewer of them.
		return r.Round - c.State.began
	default:
		return rounds
	}
}

func (r *round) justUnchoked(c *Candidate) bool {
	return c.State.Unchoked && c.State.since >= r.Round
}

// justChoked reports whether the peer lost its slot in this round already.
func (r *round) justChoked(c *Candidate) bool {
	return !c.State.Unchoked && c.State.served && c.State.since >= r.Round
}

// settle writes the verdicts into the states.
func (r *round) settle() {
	at := r.Round
	if r.Between {
		at++ // the next round is less than ten seconds away, and must not undo it
	}
	for i := range r.cs {
		c := &r.cs[i]
		s := &c.State
		s.Optimistic = c.verdict == optimistic && !r.Seeding
		if unchoked := c.verdict != choked; unchoked != s.Unchoked {
			s.Unchoked, s.since = unchoked, at
			if unchoked {
				s.served, s.began, s.asked, s.sent = true, r.Round, r.Round, c.Sent
			}
		}
	}
}

// collect returns the indices of the candidates that pass, until the next call.
func (r *round) collect(pass func(*Candidate) bool) []int {
	r.queue = r.queue[:0]
	for i := range r.cs {
		if pass(&r.cs[i]) {
			r.queue = append(r.queue, i)
		}
	}
	return r.queue
}

// sort orders candidates, equal ones by id.
func (r *round) sort(is []int, compare func(a, b *Candidate) int) {
	slices.SortFunc(is, func(i, j int) int {
		a, b := &r.cs[i], &r.cs[j]
		if by := compare(a, b); by != 0 {
			return by
		}
		return cmp.Compare(a.ID, b.ID)
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
