package choker_test

import (
	"fmt"
	"slices"
	"testing"

	"bt/client/boundary"
	"bt/client/choker"
)

type candidate = choker.Candidate

// swarm keeps what a torrent keeps: candidates with their state.
type swarm struct {
	cs []candidate
	choker.Params
}

// next runs the next round.
func (s *swarm) next() {
	choker.Choose(s.cs, s.Params)
	s.Round++
}

func (s *swarm) unchoked() (ids []boundary.ConnID) {
	for _, c := range s.cs {
		if c.State.Unchoked {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func (s *swarm) optimistic() (ids []boundary.ConnID) {
	for _, c := range s.cs {
		if c.State.Optimistic {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func (s *swarm) want(t *testing.T, unchoked ...boundary.ConnID) {
	t.Helper()
	if got := s.unchoked(); !slices.Equal(got, unchoked) {
		t.Errorf("round %d: unchoked %v, want %v", s.Round, got, unchoked)
	}
}

// peers makes n interested peers with ids from 1 that give what rate says.
func peers(n int, rate func(i int) int64) []candidate {
	cs := make([]candidate, n)
	for i := range cs {
		cs[i] = candidate{ID: boundary.ConnID(i + 1), Interested: true, RateDown: rate(i + 1)}
	}
	return cs
}

func nothing(int) int64 { return 0 }

func TestOneRound(t *testing.T) {
	tests := []struct {
		name   string
		params choker.Params
		cs     []candidate
		want   []boundary.ConnID
	}{
		{"nobody", choker.Params{Slots: 4, Optimistic: 1}, nil, nil},
		{
			"best rates", choker.Params{Slots: 2},
			[]candidate{
				{ID: 1, Interested: true, RateDown: 10}, {ID: 2, Interested: true, RateDown: 30},
				{ID: 3, Interested: true, RateDown: 20},
			},
			[]boundary.ConnID{2, 3},
		},
		{
			"ties by id, not by place", choker.Params{Slots: 1},
			[]candidate{{ID: 7, Interested: true, RateDown: 5}, {ID: 4, Interested: true, RateDown: 5}},
			[]boundary.ConnID{4},
		},
		{
			"unearned slots go in turn", choker.Params{Slots: 2, Optimistic: 1},
			peers(4, nothing),
			[]boundary.ConnID{1, 2, 3},
		},
		{
			"snubbed: no regular slot", choker.Params{Slots: 1},
			[]candidate{
				{ID: 1, Interested: true, RateDown: 90, Snubbed: true}, {ID: 2, Interested: true, RateDown: 1},
			},
			[]boundary.ConnID{2},
		},
		{
			"uninterested and better: unchoked, takes no slot", choker.Params{Slots: 1},
			[]candidate{
				{ID: 1, RateDown: 90}, {ID: 2, Interested: true, RateDown: 50},
				{ID: 3, RateDown: 40}, {ID: 4, Interested: true, RateDown: 30},
			},
			[]boundary.ConnID{1, 2},
		},
		{
			"uninterested and idle: choked", choker.Params{Slots: 2, Optimistic: 1},
			[]candidate{{ID: 1}, {ID: 2, Interested: true}},
			[]boundary.ConnID{2},
		},
		{
			"seeds want nothing", choker.Params{Slots: 2},
			[]candidate{{ID: 1, RateDown: 90, Seed: true}, {ID: 2, Interested: true}},
			[]boundary.ConnID{2},
		},
		{
			"while seeding rates mean nothing", choker.Params{Slots: 1, Optimistic: 1, Seeding: true},
			[]candidate{
				{ID: 1, Interested: true}, {ID: 2, Interested: true},
				{ID: 3, Interested: true, RateDown: 90}, {ID: 4, RateDown: 90},
			},
			[]boundary.ConnID{1, 2},
		},
		{
			"negative slots are none", choker.Params{Slots: -1, Optimistic: -1},
			peers(2, nothing), nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := swarm{cs: tt.cs, Params: tt.params}
			s.next()
			s.want(t, tt.want...)
		})
	}
}

// An optimistic unchoke lasts three rounds, then the next has its turn.
func TestOptimisticRotation(t *testing.T) {
	s := swarm{cs: peers(3, nothing), Params: choker.Params{Optimistic: 1}}
	for _, id := range []boundary.ConnID{1, 1, 1, 2, 2, 2, 3, 3, 3, 1, 1, 1} {
		s.next()
		s.want(t, id)
	}
}

// An optimistic unchoke that pays off becomes a regular one, and its slot is
// another's.
func TestOptimisticEarnsItsSlot(t *testing.T) {
	s := swarm{cs: peers(3, nothing), Params: choker.Params{Slots: 1, Optimistic: 1}}
	s.cs[2].RateDown = 10
	s.next()
	s.want(t, 1, 3)
	s.cs[0].RateDown = 50
	s.next()
	s.want(t, 1, 2)
	if got := s.optimistic(); !slices.Equal(got, []boundary.ConnID{2}) {
		t.Errorf("optimistic %v, want 2 alone", got)
	}
}

// A newcomer's wait counts three times: it goes before those that have waited
// less than that, but not before all.
func TestNewcomer(t *testing.T) {
	s := swarm{cs: peers(10, nothing), Params: choker.Params{Optimistic: 1}}
	for range 30 { // everybody had a turn; 1 has waited for 27 rounds now
		s.next()
	}
	s.cs = append(s.cs, candidate{ID: 99, Interested: true})
	var turns []boundary.ConnID
	for len(turns) < 5 {
		s.next()
		turns = append(turns, s.unchoked()...)
		s.next()
		s.next()
	}
	// After n turns its wait counts 3·(3n+1), that of the next in line is 27. The
	// rotation alone would bring it tenth.
	if want := []boundary.ConnID{1, 2, 3, 99, 4}; !slices.Equal(turns, want) {
		t.Errorf("turns %v, want %v", turns, want)
	}
}

// A stream of newcomers must not keep an old peer from its turn for ever.
func TestNewcomersDoNotStarve(t *testing.T) {
	s := swarm{cs: peers(2, nothing), Params: choker.Params{Optimistic: 1}}
	last := 0
	for i := range 400 {
		s.cs = append(s.cs, candidate{ID: boundary.ConnID(1000 + i), Interested: true})
		if len(s.cs) > 12 {
			s.cs = slices.Delete(s.cs, 2, 3) // the newcomer that came first has left
		}
		s.next()
		if s.cs[0].State.Unchoked {
			last = i
		} else if i-last > 60 {
			t.Fatalf("an old peer has waited from round %d to %d", last, i)
		}
	}
}

// Twenty idle interested peers and one optimistic slot for 1800 s: 90 s each.
func TestFairness(t *testing.T) {
	for _, seeding := range []bool{false, true} {
		t.Run(fmt.Sprintf("seeding=%v", seeding), func(t *testing.T) {
			s := swarm{cs: peers(20, nothing), Params: choker.Params{Optimistic: 1, Seeding: seeding}}
			rounds := make(map[boundary.ConnID]int)
			total := 180
			if seeding {
				total *= 2 // turns are twice as long
			}
			for range total {
				s.next()
				for _, id := range s.unchoked() {
					rounds[id]++
				}
			}
			for _, c := range s.cs {
				if rounds[c.ID] != total/20 {
					t.Errorf("peer %d: unchoked for %d rounds of %d", c.ID, rounds[c.ID], total)
				}
			}
		})
	}
}

// While seeding, a turn is over after a minute, 80 s if it is made use of, or a
// quota; and who had it goes to the end of the line.
func TestSeedingTurns(t *testing.T) {
	s := swarm{cs: peers(5, nothing), Params: choker.Params{Slots: 2, Seeding: true, Quota: 100}}
	s.next()
	s.want(t, 1, 2)
	s.cs[0].Sent += 100
	s.cs[1].Sent += 99
	s.next()
	s.want(t, 2, 3)
	for range 5 {
		s.next()
		s.want(t, 2, 3)
	}
	s.next() // a minute after 3 began, who took nothing; 2 is being served
	s.want(t, 2, 4)
	s.next() // 80 s after 2 began
	s.want(t, 4, 5)
	s.cs[3].Sent += 100
	s.next()
	s.want(t, 1, 5)
}

// Fast and slow leechers get the same from a seed, a quota at a time.
func TestSeedingServesAllAlike(t *testing.T) {
	s := swarm{cs: peers(12, nothing), Params: choker.Params{Slots: 3, Seeding: true, Quota: 1000}}
	served := make(map[boundary.ConnID]int)
	for range 1200 {
		before := s.unchoked()
		s.next()
		for i := range s.cs {
			c := &s.cs[i]
			if !c.State.Unchoked {
				continue
			}
			if !slices.Contains(before, c.ID) {
				served[c.ID]++
			}
			c.Sent += 1000 / int64(1+i%6) // a quota in one to six rounds
		}
	}
	for id, n := range served {
		// Turns that end together are filled by id, which shifts a few.
		if diff := max(n-served[1], served[1]-n); diff*20 > served[1] {
			t.Errorf("peer %d had %d turns, peer 1 had %d", id, n, served[1])
		}
	}
	if len(served) != len(s.cs) {
		t.Errorf("%d peers of %d were served", len(served), len(s.cs))
	}
}

// A free rider gets its share of the optimistic slot and no more.
func TestFreeRider(t *testing.T) {
	s := swarm{
		cs:     peers(20, func(i int) int64 { return int64(i-1) * 1000 }),
		Params: choker.Params{Slots: 4, Optimistic: 1},
	}
	const rounds = 16 * 3 * 10
	var free, best int
	for range rounds {
		s.next()
		if s.cs[0].State.Unchoked {
			free++
		}
		if s.cs[19].State.Unchoked {
			best++
		}
	}
	// 16 peers share the optimistic slot.
	if free != rounds/16 {
		t.Errorf("free rider was unchoked in %d rounds of %d, want one in 16", free, rounds)
	}
	if best != rounds {
		t.Errorf("the best giver was unchoked in %d rounds of %d", best, rounds)
	}
}

// A regular slot changes hands for a rate more than a tenth better.
func TestIncumbency(t *testing.T) {
	s := swarm{cs: peers(2, func(i int) int64 { return 200 - 100*int64(i-1) }), Params: choker.Params{Slots: 1}}
	s.next()
	s.want(t, 1)
	s.cs[1].RateDown = 220
	s.next()
	s.want(t, 1)
	s.cs[1].RateDown = 221
	s.next()
	s.want(t, 2)
}

// A further call in a round fills what has come free, and displaces nobody.
func TestWithinARound(t *testing.T) {
	s := swarm{cs: peers(3, func(i int) int64 { return int64(10 * i) }), Params: choker.Params{Slots: 2}}
	choker.Choose(s.cs, s.Params)
	s.want(t, 2, 3)
	s.cs[0].RateDown = 1000
	choker.Choose(s.cs, s.Params)
	if !s.cs[1].State.Unchoked || !s.cs[2].State.Unchoked {
		t.Error("a peer unchoked in this round was choked in it")
	}
	s.cs = s.cs[:2] // 3 has left
	choker.Choose(s.cs, s.Params)
	s.want(t, 1, 2)
}
