package scenarios

// requesting shows which blocks are asked for, and of whom.
func requesting() []Scenario {
	slow := &Link{Up: 8 * KiBps, Down: 4 * MiBps, Latency: 500 * Millisecond}
	return []Scenario{
		{
			Name:    "endgame-cancels",
			About:   "The last blocks are with a slow peer: others are asked too, and whoever loses is sent a cancel.",
			Torrent: Torrent{Piece: 256 * KiB, Size: 8 * MiB},
			Actors: []Actor{
				{Name: "fast", Kind: Seed, Count: 2},
				{Name: "slow", Kind: Seed, Link: slow},
				{Name: "leech", Kind: Leech},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 10 * Second},
				{Check: "cancels", Who: theLeech, Count: 1},
				{Check: "wasted", Who: theLeech, Bytes: 256 * KiB},
			},
		},
		{
			Name:    "partial-seeds",
			About:   "Every piece is with one of three peers only: each is asked for what it has.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 3 * MiB},
			Actors: []Actor{
				{Name: "a", Kind: Leech, Has: "0-15", Priorities: []int{0}},
				{Name: "b", Kind: Leech, Has: "16-31", Priorities: []int{0}},
				{Name: "c", Kind: Leech, Has: "32-47", Priorities: []int{0}},
				{Name: "leech", Kind: Leech},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 15 * Second},
				{Check: "downloaded", Who: []string{"a", "b", "c"}, Bytes: 0},
				{Check: "wasted", Who: theLeech, Bytes: 0},
			},
		},
	}
}
