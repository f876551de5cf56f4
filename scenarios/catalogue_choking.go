package scenarios

import "fmt"

// choking shows whom a client serves.
func choking() []Scenario {
	return append([]Scenario{chokingBySpeed(), optimisticFairness()}, slots()...)
}

// chokingBySpeed is a star: each giver has pieces that the others lack, and the
// taker in the middle is all they know.
func chokingBySpeed() Scenario {
	const (
		share  = 28 // pieces for each step of speed
		givers = 8
	)
	s := Scenario{
		Name:    "choking-by-speed",
		About:   "A02: Eight peers give at speeds of 1 to 8: the four fastest are served, nine tenths of the time and more.",
		Until:   5 * Minute,
		Torrent: Torrent{Piece: 64 * KiB, Size: 64 * MiB},
		Link:    &Link{Up: 256 * KiBps, Down: 4 * MiBps, Latency: 20 * Millisecond},

		Trackerless: true,
	}
	taker := Actor{Name: "taker", Kind: Leech, Slots: new(4), Has: "1008-1023"}
	first := 0
	for speed := 1; speed <= givers; speed++ {
		name := fmt.Sprintf("giver-%d", speed)
		last := first + share*speed - 1
		taker.Knows = append(taker.Knows, name)
		s.Actors = append(s.Actors, Actor{
			Name: name, Kind: Leech, Has: fmt.Sprintf("%d-%d", first, last),
			Link: &Link{Up: Rate(speed) * 4 * KiBps, Down: 4 * MiBps, Latency: 20 * Millisecond},
		})
		first = last + 1
	}
	s.Actors = append(s.Actors, taker)
	s.Expect = []Expectation{
		{
			Check: "favours", Who: []string{"taker"}, Of: []string{"giver-5", "giver-6", "giver-7", "giver-8"},
			After: 60 * Second, Percent: 90,
		},
		{Check: "ranked", Who: []string{"taker"}, Of: taker.Knows, After: 60 * Second, Count: 4, Percent: 90},
	}
	return s
}

func optimisticFairness() Scenario {
	return Scenario{
		Name:    "optimistic-fairness",
		About:   "A01: Twenty idle peers and one optimistic slot for half an hour: each is unchoked for a minute and a half.",
		Until:   31 * Minute, // the first turn begins within a round, and does not count
		Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},

		Trackerless: true,
		Actors: []Actor{
			{Name: "idle", Kind: Hostile, Count: 20, Personality: "idle"},
			{Name: "leech", Kind: Leech, Slots: new(0), Optimistic: new(1), Knows: []string{"idle"}},
		},
		Expect: []Expectation{{
			Check: "unchoked-time", Who: theLeech, Of: []string{"idle"}, After: Minute, Time: 90 * Second, Slack: 2 * Second,
		}},
	}
}
