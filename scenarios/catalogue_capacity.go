package scenarios

// capacities measure how well a swarm uses its links, against what they allow.
func capacities() []Scenario {
	return []Scenario{
		{
			Name:    "kumar-ross-10",
			About:   "Ten leeches as fast as their seed: the last completes within 1.25 of the least time there is.",
			Until:   15 * Minute,
			Torrent: Torrent{Piece: 64 * KiB, Size: 32 * MiB},
			Link:    &Link{Up: 128 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
			Actors:  crowd(10),
			Expect:  []Expectation{{Check: "bound", Who: theLeech, Percent: 125}},
		},
		{
			Name:    "kumar-ross-50",
			About:   "Fifty leeches and a seed twice as fast as each: what counts is what all can send together.",
			Until:   15 * Minute,
			Torrent: Torrent{Piece: 32 * KiB, Size: 16 * MiB},
			Link:    &Link{Up: 64 * KiBps, Down: 512 * KiBps, Latency: 20 * Millisecond},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: &Link{Up: 128 * KiBps, Down: 512 * KiBps, Latency: 20 * Millisecond}},
				{Name: "leech", Kind: Leech, Count: 50},
			},
			Expect: []Expectation{{Check: "bound", Who: theLeech, Percent: 125}},
		},
		{
			Name:    "slow-seed",
			About:   "A seed with a quarter of its leeches' uplink is the bottleneck: what it sends must be new.",
			Until:   15 * Minute,
			Torrent: Torrent{Piece: 32 * KiB, Size: 8 * MiB},
			Link:    &Link{Up: 128 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: &Link{Up: 32 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}},
				{Name: "leech", Kind: Leech, Count: 10},
			},
			Expect: []Expectation{{Check: "bound", Who: theLeech, Percent: 125}},
		},
		{
			Name:    "long-fat-pipe",
			About:   "8 MiB/s over 400 ms there and back: the pipeline of requests must hold more than 3 MiB.",
			Torrent: Torrent{Piece: 1 * MiB, Size: 128 * MiB},
			Link:    &Link{Up: 8 * MiBps, Down: 8 * MiBps, Latency: 100 * Millisecond},
			Actors:  pair(),
			Expect:  []Expectation{{Check: "bound", Who: theLeech, Percent: 150}},
		},
	}
}
