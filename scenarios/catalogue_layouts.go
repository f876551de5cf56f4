package scenarios

import "fmt"

// fileLayouts are torrents whose files are many, small, empty, or no files.
func fileLayouts() []Scenario {
	const few = 16 // files open at a time
	return []Scenario{
		{
			Name:  "padding",
			About: "E06: padding aligns the files, and is on no disk; an empty file and one of a byte are.",
			Torrent: Torrent{Piece: 64 * KiB, Files: []File{
				{Path: "a", Size: 100_000}, {Path: ".pad/31072", Size: 31072, Pad: true},
				{Path: "empty"},
				{Path: "one", Size: 1}, {Path: ".pad/65535", Size: 65535, Pad: true},
				{Path: "b", Size: 200_000}, {Path: ".pad/127680", Size: 127680, Pad: true}, // a piece of padding alone
			}},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech},
				{Name: "picky", Kind: Leech, Priorities: []int{0, 1, 1, 1, 1, 1, 1}},
			},
			Expect: []Expectation{
				{Check: "complete", Within: 20 * Second},
				{Check: "file", Who: theLeech, File: "a", Within: 20 * Second},
				{Check: "file", File: "empty", Within: 20 * Second},
				{Check: "file", File: "one", Within: 20 * Second},
				{Check: "file", File: "b", Within: 20 * Second},
				{Check: "absent", File: ".pad/31072"},
				{Check: "absent", File: ".pad/65535"},
				{Check: "absent", File: ".pad/127680"},
				{Check: "absent", Who: []string{"picky"}, File: "a"},
				{Check: "no-part"}, // padding needs none
			},
		},
		{
			Name:    "tiny-files",
			About:   "E06: ten thousand files in a hundred directories, of which few may be open at a time.",
			Torrent: Torrent{Piece: 64 * KiB, Files: tinyFiles(10_000)},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Handles: few},
				{Name: "leech", Kind: Leech, Handles: few},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "wasted", Bytes: 0},
			},
		},
		{
			Name:    "tiny-files-few-wanted",
			About:   "E06: of a thousand files one in ten is wanted: the others lie in the part file, every byte of them.",
			Torrent: Torrent{Piece: 16 * KiB, Files: tinyFiles(1000)},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Handles: few},
				{Name: "leech", Kind: Leech, Handles: few, Priorities: oneInTen(1000)},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 30 * Second},
				{Check: "part", Who: theLeech, Count: tinyShares(1000, 16*KiB)},
			},
		},
		{
			Name:    "empty-directories",
			About:   "E06: directories with nothing in them but empty files, beside a single byte.",
			Torrent: Torrent{Piece: 16 * KiB, Files: []File{{Path: "d/e/f/none"}, {Path: "g/none"}, {Path: "byte", Size: 1}, {Path: "unwanted/none"}}},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Priorities: []int{1, 1, 1, 0}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 10 * Second},
				{Check: "file", Who: theLeech, File: "d/e/f/none", Within: 10 * Second},
				{Check: "file", Who: theLeech, File: "g/none", Within: 10 * Second},
				{Check: "absent", Who: theLeech, File: "unwanted/none"},
			},
		},
	}
}

// tinySize is the size of the i-th tiny file: 1 to 199 bytes.
func tinySize(i int) Size { return Size(1 + i*37%199) }

func tinyFiles(n int) []File {
	files := make([]File, n)
	for i := range files {
		files[i] = File{Path: fmt.Sprintf("d%02d/f%05d", i%100, i), Size: tinySize(i)}
	}
	return files
}

// oneInTen wants the files 0, 10, 20, …
func oneInTen(n int) []int {
	list := make([]int, n)
	for i := 0; i < n; i += 10 {
		list[i] = 1
	}
	return list
}

// tinyShares counts in how many pieces the files that oneInTen does not want have
// a part, one by one. Every piece is wanted for the sake of some other file.
func tinyShares(n int, piece Size) (shares int) {
	at := Size(0)
	for i := range n {
		end := at + tinySize(i)
		if i%10 != 0 {
			shares += int((end-1)/piece - at/piece + 1)
		}
		at = end
	}
	return shares
}

// removals are torrents that are removed, and then their files.
func removals() []Scenario {
	torrent := Torrent{Piece: 64 * KiB, Files: []File{{Path: "a", Size: 3_000_000}, {Path: "b", Size: 1_000_000}, {Path: "d/c", Size: 4_000_000}}}
	slowDisk := []Actor{
		{Name: "seed", Kind: Seed},
		{Name: "leech", Kind: Leech, Disk: 256 * KiBps, Priorities: []int{1, 0, 1}},
	}
	return []Scenario{
		{
			Name:    "remove-in-flight",
			About:   "E07: a torrent is removed while its disk has work for seconds: nothing writes to it afterwards.",
			Until:   2 * Minute,
			Torrent: torrent,
			Actors:  slowDisk,
			Actions: []Action{{At: 8 * Second, Do: DoRemove, Who: theLeech}},
			Expect:  []Expectation{{Check: "removed", Who: theLeech, Within: 60 * Second}},
		},
		{
			Name:    "remove-in-check",
			About:   "E07: a torrent is removed in the middle of its first hash check.",
			Until:   2 * Minute,
			Torrent: torrent,
			Actors:  []Actor{{Name: "seed", Kind: Seed, Disk: 256 * KiBps}},
			Actions: []Action{{At: 3 * Second, Do: DoRemove, Who: theSeed}},
			Expect:  []Expectation{{Check: "removed", Who: theSeed, Within: 20 * Second}},
		},
		{
			Name:    "remove-in-move",
			About:   "E07: a torrent is removed as bytes move out of its part file.",
			Until:   2 * Minute,
			Torrent: torrent,
			Actors:  slowDisk,
			Actions: []Action{
				{At: 8 * Second, Do: DoPriorities, Who: theLeech, Priorities: []int{1, 1, 1}},
				{At: 8 * Second, Do: DoRemove, Who: theLeech},
			},
			Expect: []Expectation{{Check: "removed", Who: theLeech, Within: 60 * Second}},
		},
		{
			Name:    "remove-seed",
			About:   "E07: a seed is removed while it serves; who was downloading is left with what it has.",
			Until:   2 * Minute,
			Torrent: torrent,
			Actors:  pair(),
			Actions: []Action{{At: 5 * Second, Do: DoRemove, Who: theSeed}},
			Expect: []Expectation{
				{Check: "removed", Who: theSeed, Within: 10 * Second},
				{Check: "incomplete", Who: theLeech},
			},
		},
	}
}
