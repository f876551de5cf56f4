package scenarios

// trusting are torrents in seed mode: taken up without a look, and checked piece
// by piece as they are asked for.
func trusting() []Scenario {
	seed := Actor{Name: "seed", Kind: Seed, SeedMode: true}
	damaged := seed
	damaged.Damaged = "20,41"
	leeches := Actor{Name: "leech", Kind: Leech, Count: 2}
	torrent := Torrent{Piece: 64 * KiB, Size: 4 * MiB}
	return []Scenario{
		{
			Name:    "seed-mode",
			About:   "D08: a seed that is taken at its word looks at each piece once, when it is first asked for.",
			Torrent: torrent,
			Actors:  []Actor{seed, {Name: "leech", Kind: Leech, Count: 2, Start: 10 * Second}},
			Expect: []Expectation{
				{Check: "trusted", Who: theSeed, Within: 9 * Second, Count: 64},
				{Check: "complete", Who: theLeech, Within: 40 * Second},
				{Check: "checked", Who: theSeed, Count: 64},
				{Check: "rechecked", Who: theSeed, Count: 64},
			},
		},
		{
			Name:    "seed-mode-damaged",
			About:   "D08: two pieces of a seed in seed mode are wrong. No wrong byte leaves it, the rest is checked, and others have the two.",
			Until:   2 * Minute,
			Torrent: torrent,
			Actors:  []Actor{damaged, leeches, {Name: "other", Kind: Seed, Start: 40 * Second}},
			Expect: []Expectation{
				{Check: "news", Who: theSeed, Within: 30 * Second, Reason: "seed-mode-ended"},
				{Check: "complete", Who: theLeech, After: 40 * Second, Within: 80 * Second},
				{Check: "checked", Who: theSeed, Count: 62},
				{Check: "downloaded", Who: theSeed, Bytes: 128 * KiB},
				{Check: "had", Who: theSeed, Count: 64},
			},
		},
		{
			Name:    "seed-mode-old-peer",
			About:   "D08: whom nobody can tell that a piece is gone, for lack of BEP 6, is disconnected, and told the truth when it is back.",
			Torrent: torrent,
			Actors: []Actor{
				damaged,
				{Name: "rider", Kind: Hostile, Personality: "freerider", Knows: theSeed},
				{Name: "leech", Kind: Leech, Start: 5 * Second},
			},
			Until: 2 * Minute,
			Expect: []Expectation{
				{Check: "news", Who: theSeed, Within: 40 * Second, Reason: "seed-mode-ended"},
				{Check: "drops", Who: theSeed, Of: []string{"rider"}, Reason: "hash check under way"},
			},
		},
		{
			Name:    "seed-mode-restart",
			About:   "D08: a seed in seed mode is started anew in the middle. What was verified before is not looked at again, but for a sample.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, SeedMode: true, Resume: true, Link: slowSeed},
				{Name: "leech", Kind: Leech},
			},
			// It has noted down what it had verified at 30 and at 60 s.
			Actions: []Action{{At: 70 * Second, Do: DoRestart, Who: theSeed}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 3 * Minute},
				{Check: "checked", Who: theSeed, Count: 128},
				{Check: "rechecked", Who: theSeed, Count: 128 + 24},
			},
		},
		{
			Name:  "seed-mode-files",
			About: "D08: seed mode without one file. Begun as a download, there is nothing to trust; in its second life what is wanted is there, and only what the part file has a share in is checked.",
			Torrent: Torrent{Piece: 64 * KiB, Files: []File{
				{Path: "a", Size: 1_000_000}, {Path: "b", Size: 1_000_000}, {Path: "c", Size: 1_000_000},
			}},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "half", Kind: Leech, SeedMode: true, Priorities: []int{1, 0, 1}, Knows: theSeed},
				{Name: "leech", Kind: Leech, Start: 50 * Second, Knows: []string{"half"}},
			},
			Actions: []Action{
				{At: 28 * Second, Do: DoLeave, Who: []string{"half"}},
				{At: 30 * Second, Do: DoRestart, Who: []string{"half"}},
				{At: 40 * Second, Do: DoPriorities, Who: []string{"half"}, Priorities: []int{1, 1, 1}},
			},
			Expect: []Expectation{
				{Check: "news", Who: []string{"half"}, Within: 1 * Second, Reason: "seed-mode-ended"},
				{Check: "trusted", Who: []string{"half"}, Within: 39 * Second, Count: 15 + 15},
				{Check: "complete", Who: []string{"half", "leech"}, Within: 90 * Second},
				{Check: "file", Who: []string{"half"}, File: "b", Within: 60 * Second},
			},
		},
	}
}
