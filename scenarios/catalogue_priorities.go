package scenarios

// priorities are downloads of some files, and of others later.
func priorities() []Scenario {
	// Pieces 0-4 have a part of a, 4-12 of b, 12-18 of c.
	files := []File{{Path: "a", Size: 300_000}, {Path: "b", Size: 500_000}, {Path: "c", Size: 400_000}}
	const size = 1_200_000
	unaligned := Torrent{Piece: 64 * KiB, Files: files}
	some, all := []int{1, 0, 1}, []int{1, 1, 1}
	wish := func(at Duration, files []int) Action {
		return Action{At: at, Do: DoPriorities, Who: theLeech, Priorities: files}
	}
	slow := func(files []int) []Actor {
		return []Actor{{Name: "seed", Kind: Seed, Link: slowSeed}, {Name: "leech", Kind: Leech, Priorities: files, Knows: theSeed}}
	}
	return []Scenario{
		{
			Name:    "priority-zero-aligned",
			About:   "E02: the file in the middle is not wanted, and shares no piece: there is no part file.",
			Torrent: Torrent{Piece: 64 * KiB, Files: []File{{Path: "a", Size: 256 * KiB}, {Path: "b", Size: 256 * KiB}, {Path: "c", Size: 256 * KiB}}},
			Actors:  slow(some),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 15 * Second},
				{Check: "absent", Who: theLeech, File: "b"},
				{Check: "finished", Who: theLeech},
				{Check: "no-part", Who: theLeech},
				{Check: "downloaded", Who: theLeech, Bytes: 512 * KiB},
			},
		},
		{
			Name:    "priority-raised",
			About:   "E03: the file in the middle is wanted after all, in mid-download.",
			Torrent: unaligned,
			Actors:  slow(some),
			Actions: []Action{wish(8*Second, all)},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, After: 15 * Second, Within: 30 * Second},
				{Check: "had", Who: theLeech, Count: 19},
				{Check: "part", Who: theLeech, Count: 0},
				{Check: "downloaded", Who: theLeech, Bytes: size},
			},
		},
		{
			Name:    "priority-raised-late",
			About:   "E03: the file in the middle is wanted when all else is there: only what is missing is fetched.",
			Torrent: unaligned,
			Actors:  slow(some),
			Actions: []Action{wish(40*Second, all)},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 20 * Second},
				{Check: "file", Who: theLeech, File: "b", Within: 50 * Second},
				{Check: "had", Who: theLeech, Count: 19},
				{Check: "part", Who: theLeech, Count: 0},
				{Check: "downloaded", Who: theLeech, Bytes: size},
				{Check: "announces", Who: theLeech, Of: theTracker},
			},
		},
		{
			Name:    "priority-lowered",
			About:   "E03: a file that is half there is not wanted any more, then again: nothing of it is lost.",
			Torrent: unaligned,
			Actors:  slow(all),
			Actions: []Action{wish(10*Second, some), wish(40*Second, all)},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 30 * Second},
				{Check: "quiet", Who: theLeech, After: 30 * Second, Within: 40 * Second},
				{Check: "file", Who: theLeech, File: "b", Within: 65 * Second},
				{Check: "had", Who: theLeech, Count: 19},
				{Check: "part", Who: theLeech, Count: 0},
				// What was on its way when its piece ceased to be wanted comes twice.
				{Check: "downloaded", Who: theLeech, Bytes: size + 64*KiB},
			},
		},
		{
			Name:    "part-file-kept",
			About:   "E03: a process that is killed finds its part file again, and so does a raised priority.",
			Torrent: unaligned,
			Actors:  slow(some),
			Actions: []Action{{At: 45 * Second, Do: DoRestart, Who: theLeech}, wish(60*Second, all)},
			Expect: []Expectation{
				{Check: "checked", Who: theLeech, Count: 12},
				{Check: "file", Who: theLeech, File: "b", Within: 75 * Second},
				{Check: "part", Who: theLeech, Count: 0},
				{Check: "downloaded", Who: theLeech, Bytes: size},
			},
		},
		{
			Name:    "part-file-serves",
			About:   "E03: blocks that lie in the part file are served like any other.",
			Until:   Minute,
			Torrent: unaligned,
			Actors:  append(slow(some), Actor{Name: "other", Kind: Leech, Start: 30 * Second}),
			Actions: []Action{{At: 25 * Second, Do: DoLeave, Who: theSeed}},
			Expect: []Expectation{
				{Check: "incomplete", Who: []string{"other"}},
				{Check: "had", Who: []string{"other"}, Count: 12},
				{Check: "part", Who: theLeech, Count: 2},
			},
		},
		{
			Name:    "priority-raised-again",
			About:   "E03: one who wants nothing more is connected to another who does, and then wants something of it.",
			Torrent: unaligned,
			Actors:  append(slow(some), Actor{Name: "other", Kind: Leech, Has: "5-8", Start: 20 * Second}),
			Actions: []Action{{At: 18 * Second, Do: DoLeave, Who: theSeed}, wish(50*Second, all), {At: 80 * Second, Do: DoRestart, Who: theSeed}},
			Expect: []Expectation{
				{Check: "complete", Who: []string{"other"}, After: 80 * Second, Within: 160 * Second},
				{Check: "file", Who: theLeech, File: "b", Within: 160 * Second},
				{Check: "part", Who: theLeech, Count: 0},
			},
		},
		{
			Name:    "priorities-at-whim",
			About:   "E05: nothing is wanted at first, then something else every second, and all in the end.",
			Torrent: unaligned,
			Actors:  slow([]int{0, 0, 0}),
			Actions: []Action{
				wish(5*Second, []int{0, 1, 0}), wish(6*Second, []int{1, 0, 2}), wish(7*Second, []int{0, 0, 0}),
				wish(8*Second, []int{0, 0, 1}), wish(9*Second, []int{3, 2, 1}), wish(10*Second, []int{0, 7, 0}),
				wish(11*Second, []int{1, 0, 1}), wish(12*Second, []int{1, 0, 0}), wish(20*Second, all),
			},
			Expect: []Expectation{
				{Check: "quiet", Who: theLeech, Within: 5 * Second},
				{Check: "file", Who: theLeech, File: "b", Within: 50 * Second},
				{Check: "had", Who: theLeech, Count: 19},
				{Check: "part", Who: theLeech, Count: 0},
			},
		},
	}
}
