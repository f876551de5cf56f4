package scenarios

// poisoning is about peers that send bad blocks, and those beside them.
func poisoning() []Scenario {
	torrent := Torrent{Piece: 64 * KiB, Size: 4 * MiB}
	slow := &Link{Up: 64 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}
	return []Scenario{
		{
			Name:    "colluding-poisoners",
			About:   "F02: Two peers tell the same lies: both are found out within four pieces, and nobody else is.",
			Torrent: torrent,
			Actors: []Actor{
				{Name: "colluder", Kind: Hostile, Personality: "colluder", Count: 2},
				{Name: "honest", Kind: Seed, Count: 4, Link: slow},
				{Name: "leech", Kind: Leech, Knows: []string{"colluder", "honest"}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "banned", Who: theLeech, Of: []string{"colluder"}},
				{Check: "failed", Who: theLeech, Count: 4},
				{Check: "wasted", Who: theLeech, Bytes: 4 * 64 * KiB},
			},
		},
		{
			Name:    "lone-poisoner",
			About:   "F03: All blocks of a bad piece came from one peer: it is banned for the first one.",
			Torrent: torrent,
			Actors: []Actor{
				{Name: "poisoner", Kind: Hostile, Personality: "poisoner"},
				{Name: "seed", Kind: Seed, Start: 20 * Second},
				{Name: "leech", Kind: Leech, Knows: []string{"poisoner"}},
			},
			Expect: []Expectation{
				{Check: "banned", Who: theLeech, Of: []string{"poisoner"}},
				{Check: "failed", Who: theLeech, Count: 1},
				{Check: "complete", Who: theLeech, After: 20 * Second, Within: 120 * Second},
			},
		},
	}
}
