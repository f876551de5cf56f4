package scenarios

// networks are downloads over links that are odd, and connections that break.
func networks() []Scenario {
	return []Scenario{
		{
			Name:    "one-byte",
			About:   "Every read and every write moves a single byte.",
			Torrent: Torrent{Piece: 16 * KiB, Size: 40_000},
			Link:    &Link{Up: 512 * KiBps, Down: 4 * MiBps, Latency: 20 * Millisecond, MaxRead: 1, MaxWrite: 1},
			Actors:  pair(),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 30 * Second},
				{Check: "wasted", Bytes: 0},
			},
		},
		{
			Name:    "jitter",
			About:   "Latency that varies tenfold costs time, and nothing else.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Link:    &Link{Up: 512 * KiBps, Down: 4 * MiBps, Latency: 20 * Millisecond, Jitter: 200 * Millisecond},
			Actors:  crowd(6),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "wasted", Who: theLeech, Bytes: 512 * KiB},
			},
		},
		{
			Name:    "partition-heal",
			About:   "Half of the leeches are cut off from the seed and the others for a minute.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "near", Kind: Leech, Count: 3},
				{Name: "far", Kind: Leech, Count: 3},
			},
			Actions: []Action{
				{At: 5 * Second, Do: DoPartition, Who: []string{"seed", "near"}, With: []string{"far"}},
				{At: 65 * Second, Do: DoHeal},
			},
			Expect: []Expectation{
				{Check: "complete", Who: []string{"near"}, Within: 40 * Second},
				{Check: "complete", Who: []string{"far"}, After: 65 * Second, Within: 110 * Second},
			},
		},
		{
			Name:    "partition-long",
			About:   "Cut off for so long that every connection is given up; they are made anew.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  crowd(3),
			Actions: []Action{
				{At: 5 * Second, Do: DoPartition, Who: theSeed, With: theLeech},
				{At: 250 * Second, Do: DoHeal},
			},
			Expect: []Expectation{{Check: "complete", Who: theLeech, After: 250 * Second, Within: 400 * Second}},
		},
		{
			Name:    "host-lost",
			About:   "The only host with half of the pieces loses its power in the middle, and comes back.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors: []Actor{
				{Name: "stays", Kind: Leech, Has: "0-63"},
				{Name: "goes", Kind: Leech, Has: "64-127"},
				{Name: "leech", Kind: Leech, Count: 2},
			},
			Actions: []Action{
				{At: 6 * Second, Do: DoKill, Who: []string{"goes"}},
				{At: 60 * Second, Do: DoRestart, Who: []string{"goes"}},
			},
			Expect: []Expectation{
				{Check: "complete", After: 60 * Second, Within: 150 * Second},
			},
		},
		{
			Name:    "resets",
			About:   "Every connection breaks in mid-download, again and again.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  crowd(3),
			Actions: []Action{
				{At: 3 * Second, Do: DoReset, Who: theSeed, With: theLeech},
				{At: 6 * Second, Do: DoReset, Who: theLeech, With: theLeech},
				{At: 9 * Second, Do: DoReset, Who: theSeed, With: theLeech},
			},
			Expect: []Expectation{{Check: "complete", Who: theLeech, Within: 120 * Second}},
		},
		{
			Name:    "firewalled",
			About:   "A leech that nobody can connect to connects by itself.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Start: 5 * Second},
			},
			Actions: []Action{{Do: DoRefuse, Who: theLeech}},
			Expect:  []Expectation{{Check: "complete", Who: theLeech, Within: 15 * Second}},
		},
		{
			Name:    "modem",
			About:   "A link that becomes slow in mid-download becomes no slower than that.",
			Torrent: Torrent{Piece: 16 * KiB, Size: 1 * MiB},
			Actors:  pair(),
			Actions: []Action{{At: 1 * Second, Do: DoLink, Who: theLeech, Link: &Link{Up: 4 * KiBps, Down: 8 * KiBps, Latency: 150 * Millisecond}}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 130 * Second},
				{Check: "wasted", Who: theLeech, Bytes: 0},
			},
		},
	}
}
