package scenarios

import "fmt"

// pieceFiles are n files of a piece each.
func pieceFiles(n int) Torrent {
	t := Torrent{Piece: 64 * KiB}
	for i := range n {
		t.Files = append(t.Files, File{Path: fmt.Sprintf("%03d", i), Size: 64 * KiB})
	}
	return t
}

// resuming are second lives, which begin with what the first has left.
func resuming() []Scenario {
	leech := Actor{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed}
	slow := []Actor{{Name: "seed", Kind: Seed, Link: slowSeed}, leech}
	return []Scenario{
		{
			Name:    "resume",
			About:   "D02: a program that ends in order begins again with no more than a sample of one piece.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors:  []Actor{{Name: "seed", Kind: Seed}, leech},
			Actions: []Action{{At: 40 * Second, Do: DoLeave, Who: theLeech}, {At: Minute, Do: DoRestart, Who: theLeech}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 30 * Second},
				{Check: "rechecked", Who: theLeech, After: Minute, Count: 1},
				{Check: "checked", Who: theLeech, Count: 1},
				{Check: "had", Who: theLeech, Count: 128},
				{Check: "downloaded", Who: theLeech, Bytes: 8 * MiB},
				{Check: "quiet", Who: theLeech, After: 70 * Second, Within: 80 * Second},
			},
		},
		{
			Name:    "resume-killed",
			About:   "D02: a process that is killed checks what it wrote since it last noted what it had, and a sample.",
			Torrent: pieceFiles(96),
			Actors:  slow,
			// It has noted down at 2 and at 32 s.
			Actions: []Action{{At: 42 * Second, Do: DoRestart, Who: theLeech}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 130 * Second},
				{Check: "rechecked", Who: theLeech, After: 42 * Second, Count: 64 + 16},
				{Check: "checked", Who: theLeech, Count: 20},
				{Check: "downloaded", Who: theLeech, Bytes: 7 * MiB},
			},
		},
		{
			Name:    "resume-power-loss",
			About:   "D02: after a power failure nothing is believed that the disk has lost.",
			Torrent: pieceFiles(96),
			Actors:  slow,
			Actions: []Action{{At: 42 * Second, Do: DoKill, Who: theLeech}, {At: 50 * Second, Do: DoRestart, Who: theLeech}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, After: 50 * Second, Within: 150 * Second},
				{Check: "checked", Who: theLeech, Count: 10},
				{Check: "downloaded", Who: theLeech, Bytes: 8 * MiB},
			},
		},
	}
}

// rechecking are hash checks that nobody waits for.
func rechecking() []Scenario {
	check := func(at Duration, who []string) Action { return Action{At: at, Do: DoCheck, Who: who} }
	return []Scenario{
		{
			Name:    "check-while-downloading",
			About:   "D04: all pieces are checked anew, again and again, in mid-download.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors:  []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Disk: 16 * MiBps}},
			Actions: []Action{check(3*Second, theLeech), check(5*Second, theLeech), check(10*Second, theLeech)},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 25 * Second},
				{Check: "checked", Who: theLeech, Count: 100},
				{Check: "wasted", Who: theLeech, Bytes: 0},
				{Check: "downloaded", Who: theLeech, Bytes: 8 * MiB},
				{Check: "announces", Who: theLeech, Of: theTracker},
			},
		},
		{
			Name:    "check-while-seeding",
			About:   "D04: a seed checks all that it has while five leeches want it.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Disk: 4 * MiBps},
				{Name: "leech", Kind: Leech, Count: 5},
			},
			Actions: []Action{check(3*Second, theSeed), check(6*Second, theSeed)},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "checked", Who: theSeed, Count: 3 * 64},
				{Check: "drops", Who: theLeech, Of: theSeed, Reason: "both are seeds"},
			},
		},
	}
}
