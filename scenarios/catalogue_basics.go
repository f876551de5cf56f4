package scenarios

// basics are downloads in which nothing goes wrong.
func basics() []Scenario {
	return []Scenario{
		{
			Name:    "one-seed-one-leech",
			About:   "B01: The least there is: each block is asked for once, and the link is used to 95 %.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8*MiB + 12345},
			Actors:  pair(),
			Expect: []Expectation{
				{Check: "bound", Who: theLeech, Percent: 105},
				{Check: "repeats", Who: theLeech, Count: 0},
				{Check: "wasted", Bytes: 0},
				{Check: "announces", Who: theLeech, Of: theTracker},
			},
		},
		{
			Name:    "flash-crowd",
			About:   "Thirty leeches come at once to one seed, and feed each other.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4*MiB + 12345},
			Actors:  crowd(30),
			Expect: []Expectation{
				{Check: "bound", Who: theLeech, Percent: 300},
				{Check: "wasted", Who: theLeech, Bytes: 3 * MiB / 2},
				{Check: "announces", Who: theLeech, Of: theTracker},
			},
		},
		{
			Name:    "late-seed",
			About:   "Leeches that have waited for a seed for a minute and a half are found by it at once.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Start: 90 * Second},
				{Name: "leech", Kind: Leech, Count: 4},
			},
			Expect: []Expectation{{Check: "complete", Who: theLeech, After: 90 * Second, Within: 110 * Second}},
		},
		{
			Name:    "seed-leaves",
			About:   "The seed leaves when it has sent little more than one copy; the leeches have it all between them.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  crowd(8),
			Actions: []Action{{At: 16 * Second, Do: DoLeave, Who: theSeed}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "uploaded", Who: theSeed, Bytes: 8 * MiB},
			},
		},
		{
			Name:    "leeches-only",
			About:   "No seed at all: four leeches have a quarter each.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors: []Actor{
				{Name: "a", Kind: Leech, Has: "0-15"},
				{Name: "b", Kind: Leech, Has: "16-31"},
				{Name: "c", Kind: Leech, Has: "32-47"},
				{Name: "d", Kind: Leech, Has: "48-63"},
			},
			Expect: []Expectation{
				{Check: "complete", Within: 30 * Second},
				{Check: "downloaded", Bytes: 3*MiB + 256*KiB},
				{Check: "checked", Count: 16},
			},
		},
		{
			Name:    "nobody-has-it",
			About:   "A piece that nobody has: the others are shared, and nobody claims to be complete.",
			Until:   2 * Minute,
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
			Actors: []Actor{
				{Name: "a", Kind: Leech, Has: "0-15"},
				{Name: "b", Kind: Leech, Has: "16-30"},
			},
			Expect: []Expectation{
				{Check: "incomplete"},
				{Check: "had", Count: 31},
			},
		},
		{
			Name:    "ipv6",
			About:   "A swarm without a single IPv4 address.",
			IPv6:    true,
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
			Actors:  crowd(4),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 30 * Second},
				{Check: "announces", Who: theLeech, Of: theTracker},
			},
		},
	}
}
