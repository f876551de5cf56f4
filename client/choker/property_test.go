package choker_test

import (
	"slices"
	"testing"

	"bt/client/boundary"
	"bt/client/choker"
	"pgregory.net/rapid"
)

// TestProperties lets peers come, go and change at random, with calls between
// the rounds, and checks what has to hold whatever they do.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := swarm{Params: choker.Params{
			Slots:      rapid.IntRange(0, 4).Draw(t, "slots"),
			Optimistic: rapid.IntRange(0, 2).Draw(t, "optimistic"),
			Quota:      int64(rapid.IntRange(0, 500).Draw(t, "quota")),
		}}
		changes := make(map[boundary.ConnID]int) // in this round
		asked := make(map[boundary.ConnID]int32) // the round in which a peer has last got something, or a slot
		nextID := boundary.ConnID(1)
		first := true // call of this round
		for range rapid.IntRange(1, 25).Draw(t, "calls") {
			for range rapid.IntRange(0, 3).Draw(t, "joins") {
				s.cs = append(s.cs, candidate{ID: nextID})
				nextID++
			}
			if len(s.cs) > 0 && rapid.IntRange(0, 4).Draw(t, "leaves") == 0 {
				i := rapid.IntRange(0, len(s.cs)-1).Draw(t, "who")
				s.cs = slices.Delete(s.cs, i, i+1)
			}
			for i := range s.cs {
				sent := s.cs[i].Sent
				mutate(t, &s.cs[i])
				if s.cs[i].Sent != sent {
					asked[s.cs[i].ID] = s.Round
				}
			}
			s.Seeding = rapid.IntRange(0, 3).Draw(t, "seeding") == 0

			before := slices.Clone(s.cs)
			shuffled := slices.Clone(s.cs)
			slices.Reverse(shuffled)
			choker.Choose(s.cs, s.Params)
			choker.Choose(shuffled, s.Params)
			slices.Reverse(shuffled)
			if !slices.Equal(s.cs, shuffled) {
				t.Fatal("the outcome depends on the order of the candidates")
			}

			checkSlots(t, &s, first, func(i int) bool {
				return before[i].State.Unchoked && s.Round-asked[s.cs[i].ID] >= unheardAfter
			})
			checkIncumbents(t, &s, before, first)
			for i, c := range s.cs {
				if c.State.Unchoked && !before[i].State.Unchoked {
					asked[c.ID] = s.Round
				}
				if c.State.Unchoked == before[i].State.Unchoked {
					continue
				}
				if changes[c.ID]++; changes[c.ID] > 1 && c.Interested {
					t.Fatalf("peer %d changed twice in round %d", c.ID, s.Round)
				}
			}
			first = rapid.Bool().Draw(t, "next round")
			if first {
				s.Round++
				clear(changes)
			}
		}
	})
}

func mutate(t *rapid.T, c *candidate) {
	switch rapid.IntRange(0, 6).Draw(t, "change") {
	case 0:
		c.Interested = !c.Interested && !c.Seed
	case 1:
		c.Snubbed = !c.Snubbed
	case 2, 3:
		c.RateDown = rapid.Int64Range(0, 40).Draw(t, "rate")
	case 4:
		c.Sent += rapid.Int64Range(0, 300).Draw(t, "sent")
	case 5:
		c.Seed = rapid.IntRange(0, 9).Draw(t, "seed") == 0
		c.Interested = c.Interested && !c.Seed
	}
}

// unheardAfter is after how many rounds without a request a slot is taken back for
// a round, so that the peer hears of it anew.
const unheardAfter = 6

// checkSlots: no slot too many is given, and none is left empty, but by who is
// unheard.
func checkSlots(t *rapid.T, s *swarm, first bool, unheard func(i int) bool) {
	var given, waiting int
	for i, c := range s.cs {
		switch {
		case c.Interested && c.State.Unchoked:
			given++
		case c.Interested && !unheard(i):
			waiting++
		}
		if c.State.Optimistic && (!c.State.Unchoked || s.Seeding) {
			t.Fatalf("peer %d is optimistic out of place", c.ID)
		}
		if c.Seed && c.State.Unchoked {
			t.Fatalf("peer %d is a seed and unchoked", c.ID)
		}
	}
	room := s.Slots + s.Optimistic
	if first && given > room {
		t.Fatalf("%d interested peers unchoked, %d slots", given, room)
	}
	if first && given < room && waiting > 0 {
		t.Fatalf("%d of %d slots given while %d wait", given, room, waiting)
	}
}

// checkIncumbents: who loses a regular slot while giving something has lost it
// to clearly better ones.
func checkIncumbents(t *rapid.T, s *swarm, before []candidate, first bool) {
	if s.Seeding || !first {
		return
	}
	regular := func(c candidate) bool { return c.State.Unchoked && !c.State.Optimistic }
	for i, loser := range before {
		if !regular(loser) || regular(s.cs[i]) || loser.Snubbed || loser.Seed || loser.RateDown == 0 {
			continue
		}
		var taken int
		for j, c := range s.cs {
			if !regular(c) || !c.Interested {
				continue
			}
			taken++
			if !regular(before[j]) && c.RateDown*10 <= loser.RateDown*11 {
				t.Fatalf("peer %d at %d was displaced by %d at %d", loser.ID, loser.RateDown, c.ID, c.RateDown)
			}
			if regular(before[j]) && c.RateDown < loser.RateDown {
				t.Fatalf("peer %d at %d lost to incumbent %d at %d", loser.ID, loser.RateDown, c.ID, c.RateDown)
			}
		}
		if taken != s.Slots {
			t.Fatalf("peer %d lost its slot with %d of %d taken", loser.ID, taken, s.Slots)
		}
	}
}
