package scenarios

// fast is about the Fast extension (BEP 6) and the opening of connections.
func fast() []Scenario {
	return []Scenario{
		{
			Name:    "many-pieces",
			About:   "C02: Fifty thousand pieces: what is done for each peer does not grow with them beyond a bitfield.",
			Torrent: Torrent{Piece: 256, Size: 50_000 * 256},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Count: 2, Has: "0-49499"},
			},
			Expect: []Expectation{{Check: "complete", Who: theLeech, Within: 30 * Second}},
		},
		{
			Name:    "suggestions",
			About:   "C04: A flood of suggestions is a hint at most: the rarest pieces are asked for first.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Link:    &Link{Up: 64 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
			Actors: []Actor{
				{Name: "suggester", Kind: Hostile, Personality: "suggester"},
				{Name: "half", Kind: Leech, Has: "0-31", Priorities: []int{0}},
				{Name: "leech", Kind: Leech, Knows: []string{"suggester", "half"}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 100 * Second},
				{Check: "rarest", Who: theLeech, Of: []string{"suggester"}, Count: 0},
			},
		},
		{
			Name:    "without-fast",
			About:   "C06: A peer without the Fast extension is sent no message of it (W14), and served all the same.",
			Until:   Minute,
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
			Actors: []Actor{
				{Name: "rider", Kind: Hostile, Personality: "freerider"},
				{Name: "slow", Kind: Hostile, Personality: "slow"},
				{Name: "seed", Kind: Seed, Knows: []string{"rider"}},
				{Name: "leech", Kind: Leech, Slots: new(0), Optimistic: new(0), Knows: []string{"seed", "rider", "slow"}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 30 * Second},
				{Check: "favours", Who: theSeed, Of: []string{"rider"}, After: 5 * Second, Percent: 90},
			},
		},
		{
			Name:    "simultaneous-open",
			About:   "C07: Two clients dial each other at the same moment: both ends keep the same connection, and only it.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},

			Trackerless: true,
			Actors: []Actor{
				{Name: "a", Kind: Leech, Has: "0-15", Knows: []string{"b"}},
				{Name: "b", Kind: Leech, Has: "16-31", Knows: []string{"a"}},
			},
			Expect: []Expectation{
				{Check: "links", Who: []string{"a"}, Of: []string{"b"}, After: 1 * Second, Count: 1},
				{Check: "links", Who: []string{"b"}, Of: []string{"a"}, After: 1 * Second, Count: 1},
				{Check: "complete", Within: 20 * Second},
			},
		},
		{
			Name:    "self-connection",
			About:   "C07: A client that is told its own address finds out, and does not try again.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Knows: []string{"leech", "seed"}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 20 * Second},
				{Check: "drops", Who: theLeech, Of: theLeech, Reason: "connected to ourselves"},
			},
		},
	}
}
