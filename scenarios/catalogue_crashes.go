package scenarios

// crashes are losses of power that leave a part of what was not synced, and disks
// that say they have done what they have not.
func crashes() []Scenario {
	two := Torrent{Piece: 64 * KiB, Files: []File{{Path: "a", Size: 3*MiB + 1000}, {Path: "b", Size: 1*MiB - 777}}}
	actors := []Actor{
		{Name: "seed", Kind: Seed, Link: slowSeed},
		{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed},
	}
	crash := func(name, about, kind string) Scenario {
		return Scenario{
			Name: name, About: about, Torrent: two, Actors: actors,
			Actions: []Action{
				{At: 25 * Second, Do: DoKill, Who: theLeech, Disk: &Disk{Kind: kind}},
				{At: 30 * Second, Do: DoRestart, Who: theLeech},
			},
			Expect: []Expectation{{Check: "complete", Who: theLeech, After: 30 * Second, Within: 2 * Minute}},
		}
	}
	return []Scenario{
		crash("power-loss-random", "D01: the power fails, and of what was not synced some has been written and some has not.", "random"),
		crash("power-loss-torn", "D01: the power fails in the middle of writes, which are torn at any sector.", "torn"),
		crash("power-loss-all", "D01: the power fails just when all has been written: what is there is found by a check.", "all"),
		{
			Name:    "disk-lies",
			About:   "D5: a disk says that it has synced, and has not; then the power fails. The client sees that its files have changed, and looks.",
			Torrent: two, Actors: actors,
			Actions: []Action{
				{At: 1 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "lie"}},
				{At: 40 * Second, Do: DoKill, Who: theLeech},
				{At: 45 * Second, Do: DoDiskHeal, Who: theLeech},
				{At: 50 * Second, Do: DoRestart, Who: theLeech},
			},
			Expect: []Expectation{{Check: "complete", Who: theLeech, After: 50 * Second, Within: 3 * Minute}},
		},
		{
			Name:    "disk-loses-writes",
			About:   "D2: a disk loses a write in twenty without a word. A check finds out which pieces are wrong, and they are fetched again.",
			Torrent: two, Actors: actors,
			Actions: []Action{
				{At: 1 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "lose", Percent: 5}, For: 39 * Second},
				{At: 100 * Second, Do: DoCheck, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 90 * Second},
				{Check: "news", Who: theLeech, Reason: "piece-failed", After: 100 * Second, Within: 3 * Minute},
				{Check: "quiet", Who: theLeech, After: 3 * Minute, Within: 4 * Minute},
			},
		},
		{
			Name:    "disk-misdirects-writes",
			About:   "D2: a write goes to where another piece is. Its own piece is wrong, and perhaps the other; a check finds out, and they are fetched again.",
			Torrent: two,
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: slowSeed},
				// The last pieces of both files, which are therefore as long as they get: one that
				// is shorter than what was written to it is looked at, and fetched again, at once.
				{Name: "leech", Kind: Leech, Has: "48,64", Resume: true, Knows: theSeed},
			},
			Actions: []Action{
				{At: 20 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "misdirect", Size: 512 * KiB, Count: 1}},
				{At: 100 * Second, Do: DoCheck, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 90 * Second},
				{Check: "news", Who: theLeech, Reason: "piece-failed", After: 20 * Second, Within: 3 * Minute},
				{Check: "quiet", Who: theLeech, After: 3 * Minute, Within: 4 * Minute},
			},
		},
	}
}
