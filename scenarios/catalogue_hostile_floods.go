package scenarios

// flooders are downloads beside peers that say too much.
func flooders() []Scenario {
	return []Scenario{
		besides("repeater", "B07: A peer sends every block twice: the second one was not asked for, and it is sent away.",
			dropped("repeater", "unrequested blocks", 10*Second),
			Expectation{Check: "wasted", Who: theLeech, Bytes: 1 * MiB}),
		besides("have-spammer", "A peer says a thousand times a second what it has, and gives nothing.",
			Expectation{Check: "wasted", Who: theLeech}),
		besides("pinger", "A thousand keep-alives a second keep nobody alive who is of no use for three minutes."),
		besides("giant", "B08: A message of two gigabytes is refused for its length, before any of it is kept.",
			dropped("giant", "malformed message", 2*Second)),
		besides("extender", "A peer introduces itself by nonsense, in ten ways, and is otherwise a good seed: only the nonsense is ignored.",
			Expectation{Check: "wasted", Who: theLeech}),
		besides("granter", "A peer allows all pieces fast, again and again, and refuses each: it is not believed for long.",
			Expectation{Check: "asked", Of: []string{"granter"}, Count: 1000}),
		{
			Name:    "guest",
			About:   "A peer that was allowed a few pieces fast asks for them again and again: it is served each of them once.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors: []Actor{
				{Name: "guest", Kind: Hostile, Personality: "guest"},
				{Name: "seed", Kind: Seed, Link: slowSeed, Knows: []string{"guest"}},
				{Name: "leech", Kind: Leech, Slots: new(0), Optimistic: new(0), Knows: theSeed},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 85 * Second},
				{Check: "given", Of: []string{"guest"}, Count: 10 * 4}, // ten pieces of four blocks
				{Check: "bounded", Count: 10, Bytes: 256 * KiB},
			},
		},
		{
			Name:    "glutton",
			About:   "R3: A peer asks for a thousand blocks a second and reads no answer: little of it piles up, and it is sent away.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors: []Actor{
				{Name: "glutton", Kind: Hostile, Personality: "glutton"},
				{Name: "seed", Kind: Seed, Link: slowSeed, Knows: []string{"glutton"}},
				{Name: "leech", Kind: Leech, Slots: new(0), Optimistic: new(0), Knows: theSeed},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 85 * Second},
				dropped("glutton", "idle", 0),
				{Check: "drops", Who: theSeed, Of: []string{"glutton"}, Reason: "idle"},
				{Check: "bounded", Count: 10, Bytes: 2 * MiB},
			},
		},
		{
			Name:    "babblers",
			About:   "Four peers say whatever the grammar allows, and come back whenever they were sent away.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors: []Actor{
				{Name: "babbler", Kind: Hostile, Personality: "babbler", Count: 4, Knows: []string{"seed", "leech"}},
				{Name: "seed", Kind: Seed, Link: slowSeed},
				{Name: "leech", Kind: Leech, Knows: theSeed},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 100 * Second},
				{Check: "spared", Of: []string{"seed", "leech"}},
				{Check: "bounded", Count: 20, Bytes: 1 * MiB},
			},
		},
	}
}
