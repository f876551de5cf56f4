package scenarios

// controls are what a user does to a download.
func controls() []Scenario {
	files := []File{{Path: "a", Size: 300_000}, {Path: "b", Size: 500_000}, {Path: "c", Size: 400_000}}
	return []Scenario{
		{
			Name:    "pause-resume",
			About:   "A download that is paused in the middle moves not a byte, and goes on from there.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors:  pair(),
			Actions: []Action{
				{At: 8 * Second, Do: DoPause, Who: theLeech},
				{At: 40 * Second, Do: DoStart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "quiet", Who: theLeech, After: 10 * Second, Within: 40 * Second},
				{Check: "complete", Who: theLeech, After: 41 * Second, Within: 52 * Second},
				{Check: "wasted", Who: theLeech, Bytes: 1 * MiB},
			},
		},
		{
			Name:    "stop-start",
			About:   "A download that is stopped in the middle leaves the swarm, comes back, and keeps what it had.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors:  pair(),
			Actions: []Action{
				{At: 8 * Second, Do: DoStop, Who: theLeech},
				{At: 40 * Second, Do: DoStart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "quiet", Who: theLeech, After: 9 * Second, Within: 40 * Second},
				{Check: "complete", Who: theLeech, After: 41 * Second, Within: 52 * Second},
				{Check: "downloaded", Who: theLeech, Bytes: 9 * MiB},
			},
		},
		{
			Name:    "seed-pauses",
			About:   "A seed that pauses serves nothing, and goes on to serve when it is started again.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors:  pair(),
			Actions: []Action{
				{At: 8 * Second, Do: DoPause, Who: theSeed},
				{At: 100 * Second, Do: DoStart, Who: theSeed},
			},
			Expect: []Expectation{
				{Check: "quiet", Who: theSeed, After: 10 * Second, Within: 100 * Second},
				{Check: "complete", Who: theLeech, After: 101 * Second, Within: 125 * Second},
			},
		},
		{
			Name:    "restart",
			About:   "D02: a process that is killed in mid-download finds on disk what it had, and fetches only the rest.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors:  pair(),
			Actions: []Action{{At: 10 * Second, Do: DoRestart, Who: theLeech}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 30 * Second},
				{Check: "checked", Who: theLeech, Count: 60},
				{Check: "downloaded", Who: theLeech, Bytes: 9*MiB + 512*KiB},
			},
		},
		{
			Name:    "rate-limits",
			About:   "A seed that may send 128 KiB/s, and a leech that may take 96: the lower one holds, and is used.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 6 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, UpLimit: 128 * KiBps},
				{Name: "slow", Kind: Leech, DownLimit: 96 * KiBps, MaxPeers: 1},
			},
			Expect: []Expectation{{Check: "complete", Who: []string{"slow"}, After: 60 * Second, Within: 72 * Second}},
		},
		{
			Name: "limit-after-stall",
			About: "O04: What six seeds could not deliver for eight seconds comes at once when the network moves again; " +
				"a leech that may take 48 KiB/s takes no more of it in any second, and times out nobody for what it has not read.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 3 * MiB},
			Link:    &Link{Up: 1 * MiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Count: 6},
				{Name: "slow", Kind: Leech, DownLimit: 48 * KiBps},
			},
			Actions: []Action{
				{At: 10 * Second, Do: DoStall, Who: []string{"slow"}, For: 8 * Second},
				{At: 30 * Second, Do: DoStall, Who: []string{"slow"}, For: 8 * Second},
			},
			Expect: []Expectation{
				{Check: "complete", Who: []string{"slow"}, After: 60 * Second, Within: 90 * Second},
				{Check: "wasted", Who: []string{"slow"}, Bytes: 64 * KiB},
			},
		},
		{
			Name:    "priority-zero",
			About:   "E01: the file in the middle is not wanted: it is never made, its neighbours are complete to the byte.",
			Torrent: Torrent{Piece: 64 * KiB, Files: files},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Priorities: []int{1, 0, 1}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 15 * Second},
				{Check: "absent", Who: theLeech, File: "b"},
				{Check: "finished", Who: theLeech},
				{Check: "part", Who: theLeech, Count: 2}, // of b, in pieces 4 and 12
				// Pieces 0-4 and 12-18 are wanted.
				{Check: "downloaded", Who: theLeech, Bytes: 12 * 64 * KiB},
			},
		},
		{
			Name:    "priority-order",
			About:   "A file of higher priority is there long before the rest.",
			Torrent: Torrent{Piece: 64 * KiB, Files: []File{{Path: "rest", Size: 6 * MiB}, {Path: "first", Size: 1 * MiB}}},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Priorities: []int{1, 9}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 20 * Second},
				{Check: "file", Who: theLeech, File: "first", Within: 4 * Second},
			},
		},
	}
}
