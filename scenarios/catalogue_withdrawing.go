package scenarios

// withdrawing is about requests that are not answered as they should be, or not
// at all.
func withdrawing() []Scenario {
	torrent := Torrent{Piece: 256 * KiB, Size: 4 * MiB}
	slow := &Link{Up: 128 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}
	return []Scenario{
		{
			Name:    "endgame-last-piece",
			About:   "B02: The last piece is with three peers, one slow: duplicates come last, and cancels at once (W7).",
			Torrent: Torrent{Piece: 256 * KiB, Size: 2 * MiB},
			Actors: []Actor{
				{Name: "slow", Kind: Hostile, Personality: "slow"},
				{Name: "seed", Kind: Seed, Count: 2, Link: slow},
				{Name: "leech", Kind: Leech, Has: "0-6", Knows: []string{"slow", "seed"}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 10 * Second},
				{Check: "endgame", Who: theLeech, Count: 1},
				{Check: "cancels", Who: theLeech, Of: []string{"slow"}, Count: 1},
				{Check: "wasted", Who: theLeech, Bytes: 2 * 16 * KiB},
			},
		},
		{
			Name:    "choked-requests",
			About:   "B04: A peer chokes with 16 requests outstanding: others are asked; what comes late is taken.",
			Torrent: Torrent{Piece: 256 * KiB, Size: 64 * MiB},
			Actors:  besideQuick("choker"),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "moved", Who: theLeech, Of: []string{"choker"}, Time: 1 * Second, Count: 16},
				{Check: "wasted", Who: theLeech, Bytes: 16 * KiB},
			},
		},
		{
			Name:    "choked-requests-fast",
			About:   "B05: With BEP 6 each request outstanding at a choke is answered, or lost with the connection; none leaks.",
			Torrent: Torrent{Piece: 256 * KiB, Size: 64 * MiB},
			Actors:  besideQuick("withdrawer"),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "moved", Who: theLeech, Of: []string{"withdrawer"}, Time: 1 * Second, Count: 16},
				{Check: "wasted", Who: theLeech, Bytes: 0},
			},
		},
		{
			Name:    "black-hole",
			About:   "B06: A peer that never answers is asked for one block at a time, less and less, and stays connected.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  beside("silent", &Link{Up: 16 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 290 * Second},
				{Check: "snubbed", Who: theLeech, Of: []string{"silent"}, Within: 65 * Second},
				{Check: "asked", Of: []string{"silent"}, Count: 32},
				// By the seed, by the leech, and by it again: what says nothing for three
				// minutes counts as gone.
				{Check: "met", Of: []string{"silent"}, Count: 3},
				{Check: "wasted", Who: theLeech, Bytes: 0},
			},
		},
		{
			Name:    "wrong-answers",
			About:   "B07: A peer that answers by blocks other than those asked for is sent away; nothing of it is kept.",
			Torrent: torrent,
			Actors:  beside("mistaken", slow),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "drops", Who: theLeech, Of: []string{"mistaken"}, Reason: "unrequested blocks"},
				{Check: "failed", Who: theLeech, Count: 0},
				{Check: "written", Who: theLeech, Bytes: 4 * MiB},
			},
		},
		{
			Name:    "double-answers",
			About:   "B12: Two peers send the same blocks, deaf to cancels: each is written once.",
			Torrent: Torrent{Piece: 256 * KiB, Size: 1 * MiB},
			Actors: []Actor{
				{Name: "deaf", Kind: Hostile, Personality: "deaf"},
				{Name: "slow", Kind: Hostile, Personality: "deaf-slow"},
				{Name: "leech", Kind: Leech, Knows: []string{"deaf", "slow"}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "endgame", Who: theLeech, Count: 1},
				{Check: "cancels", Who: theLeech, Of: []string{"deaf", "slow"}, Count: 1},
				{Check: "failed", Who: theLeech, Count: 0},
				{Check: "written", Who: theLeech, Bytes: 1 * MiB},
			},
		},
		rarestFirst(),
	}
}

// besideQuick has a seed that takes more requests at any time, and a leech on
// whose link nothing waits.
func besideQuick(personality string) []Actor {
	actors := beside(personality, &Link{Up: 4 * MiBps, Latency: 20 * Millisecond})
	actors[0].Link = &Link{Latency: 20 * Millisecond}
	actors[2].Link = &Link{Up: 512 * KiBps, Latency: 20 * Millisecond}
	return actors
}

// rarestFirst has ten partial seeds: the k-th tenth of the torrent is with k of
// them.
func rarestFirst() Scenario {
	return Scenario{
		Name:    "rarest-first",
		About:   "B09: Pieces that one to ten peers have: whoever is asked, it is for the rarest that it has.",
		Torrent: Torrent{Piece: 32 * KiB, Size: 50 * 32 * KiB},
		Link:    &Link{Up: 64 * KiBps, Down: 4 * MiBps, Latency: 20 * Millisecond},
		Actors: []Actor{
			// All are connected and heard of before the leech begins to download.
			{Name: "one", Kind: Leech, Has: "0-49", Priorities: []int{0}},
			{Name: "two", Kind: Leech, Has: "5-49", Priorities: []int{0}},
			{Name: "three", Kind: Leech, Has: "10-49", Priorities: []int{0}},
			{Name: "four", Kind: Leech, Has: "15-49", Priorities: []int{0}},
			{Name: "five", Kind: Leech, Has: "20-49", Priorities: []int{0}},
			{Name: "six", Kind: Leech, Has: "25-49", Priorities: []int{0}},
			{Name: "seven", Kind: Leech, Has: "30-49", Priorities: []int{0}},
			{Name: "eight", Kind: Leech, Has: "35-49", Priorities: []int{0}},
			{Name: "nine", Kind: Leech, Has: "40-49", Priorities: []int{0}},
			{Name: "ten", Kind: Leech, Has: "45-49", Priorities: []int{0}},
			{Name: "leech", Kind: Leech, Start: 2 * Second},
		},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 60 * Second},
			{Check: "rarest", Who: theLeech, Count: 0},
		},
	}
}
