package choker

import (
	"cmp"
	"slices"
	"testing"

	"bt/client/boundary"
	"pgregory.net/rapid"
)

// chooseSlowly is Choose without any haste: everybody is put in order, whether it
// matters or not, before the first slot is given.
func chooseSlowly(cs []Candidate, p Params) {
	r := round{Params: p, cs: cs}
	r.begin()
	room := max(p.Slots, 0) + max(p.Optimistic, 0)
	if !p.Seeding {
		room -= r.reciprocate(max(p.Slots, 0))
	}
	// Nothing passes twice: who is in turn is unchoked, who waits is not, and whose
	// turn is over is unchoked and not in turn.
	queues := [3][]*Candidate{}
	for i := range cs {
		switch c := &cs[i]; {
		case !c.Interested:
		case r.inTurn(c):
			queues[0] = append(queues[0], c)
		case !c.State.Unchoked && !r.justChoked(c):
			queues[1] = append(queues[1], c)
		case c.State.Unchoked && !r.unheard(c):
			queues[2] = append(queues[2], c)
		}
	}
	for i, queue := range queues {
		slices.SortFunc(queue, func(a, b *Candidate) int {
			by := cmp.Compare(b.State.since, a.State.since)
			if i == 1 {
				by = cmp.Compare(r.wait(b), r.wait(a))
			}
			return cmp.Or(by, cmp.Compare(a.ID, b.ID))
		})
		for _, c := range queue {
			if c.verdict == choked && (room > 0 || r.justUnchoked(c)) {
				c.verdict = optimistic
				room--
			}
		}
	}
	r.settle()
}

// TestReference: whatever is not put in order or not looked at does not matter, from
// any state, reachable or not.
func TestReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.Int64Range(0, 4)
		near := rapid.Int32Range(0, 12)
		p := Params{
			Round: near.Draw(t, "round"), Between: rapid.Bool().Draw(t, "between"),
			Slots: rapid.IntRange(-1, 5).Draw(t, "slots"), Optimistic: rapid.IntRange(-1, 3).Draw(t, "optimistic"),
			Seeding: rapid.Bool().Draw(t, "seeding"), Quota: small.Draw(t, "quota"),
		}
		cs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Candidate {
			var s State
			if s.seen = rapid.Bool().Draw(t, "seen"); s.seen {
				s.Unchoked, s.served = rapid.Bool().Draw(t, "unchoked"), rapid.Bool().Draw(t, "served")
				s.Optimistic = s.Unchoked && rapid.Bool().Draw(t, "optimistic")
				s.since, s.began, s.asked = near.Draw(t, "since"), near.Draw(t, "began"), near.Draw(t, "asked")
				s.sent, s.given = small.Draw(t, "sent then"), small.Draw(t, "given")
			}
			return Candidate{
				Interested: rapid.Bool().Draw(t, "interested"), Seed: rapid.Bool().Draw(t, "seed"),
				Snubbed: rapid.Bool().Draw(t, "snubbed"), RateDown: small.Draw(t, "rate"), Sent: small.Draw(t, "sent"),
				State: s,
			}
		}), 0, 12).Draw(t, "candidates")
		for i := range cs {
			cs[i].ID = boundary.ConnID(i + 1)
		}
		want := slices.Clone(cs)
		for range rapid.IntRange(1, 3).Draw(t, "calls") {
			Choose(cs, p)
			chooseSlowly(want, p)
			if !slices.Equal(cs, want) {
				t.Fatalf("%+v: is\n%+v, not\n%+v", p, cs, want)
			}
			if !rapid.Bool().Draw(t, "between again") {
				p.Round++
			}
		}
	})
}
