package scenarios

// disks are downloads to disks that are slow, full or lost.
func disks() []Scenario {
	return []Scenario{
		{
			Name:    "disk-full",
			About:   "I02: a full disk holds up the download, which says so, keeps what it has and goes on by itself when there is room again.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors:  pair(),
			Actions: []Action{
				{At: 8 * Second, Do: DoDiskFull, Who: theLeech},
				{At: 38 * Second, Do: DoDiskFree, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "news", Who: theLeech, Reason: "disk-waits", After: 8 * Second, Within: 12 * Second},
				{Check: "explains", Who: theLeech, After: 20 * Second, Reason: "the disk is full"},
				{Check: "quiet", Who: theLeech, After: 12 * Second, Within: 38 * Second},
				{Check: "news", Who: theLeech, Reason: "disk-works", After: 38 * Second, Within: 45 * Second},
				{Check: "no-news", Who: theLeech, Reason: "file-failed"},
				{Check: "rechecked", Who: theLeech, After: 8 * Second, Count: 0},
				{Check: "complete", Who: theLeech, After: 38 * Second, Within: 52 * Second},
				{Check: "downloaded", Who: theLeech, Bytes: 9*MiB + 512*KiB},
			},
		},
		{
			Name:    "disk-full-restart",
			About:   "A disk that is too small holds up the download; started anew with room, it fetches only the rest.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Capacity: 4 * MiB},
			},
			Actions: []Action{
				{At: 30 * Second, Do: DoDiskFree, Who: theLeech},
				{At: 31 * Second, Do: DoRestart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "news", Who: theLeech, Reason: "disk-waits", After: 8 * Second, Within: 12 * Second},
				{Check: "complete", Who: theLeech, After: 31 * Second, Within: 45 * Second},
				{Check: "checked", Who: theLeech, Count: 40},
				{Check: "downloaded", Who: theLeech, Bytes: 9*MiB + 512*KiB},
			},
		},
		{
			Name:    "slow-disk",
			About:   "A disk slower than the network holds the network back, and loses nothing.",
			Torrent: Torrent{Piece: 256 * KiB, Size: 64 * MiB},
			Link:    &Link{Up: 16 * MiBps, Down: 16 * MiBps, Latency: 5 * Millisecond},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Disk: 2 * MiBps},
			},
			Expect: []Expectation{
				// Every byte is written once and read once, for its hash.
				{Check: "complete", Who: theLeech, After: 32 * Second, Within: 90 * Second},
				{Check: "wasted", Bytes: 0},
			},
		},
		{
			Name:    "power-loss",
			About:   "D02: the power fails on a downloading host: what its disk has kept is found, and the rest fetched again.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  pair(),
			Actions: []Action{
				{At: 5 * Second, Do: DoKill, Who: theLeech},
				{At: 20 * Second, Do: DoRestart, Who: theLeech},
			},
			Expect: []Expectation{{Check: "complete", Who: theLeech, After: 20 * Second, Within: 40 * Second}},
		},
	}
}
