package scenarios

// relocating are torrents whose files move to another directory, while they
// download and seed.
func relocating() []Scenario {
	files := Torrent{Piece: 64 * KiB, Files: []File{
		{Path: "a", Size: 3_000_000}, {Path: "b", Size: 1_000_000}, {Path: "deep/c", Size: 4_000_000},
	}}
	leech := Actor{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed}
	slow := Actor{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed, Disk: 512 * KiBps, DiskStep: 64 * KiB}
	late := Actor{Name: "late", Kind: Leech, Knows: theLeech, Start: 5 * Second}
	move := func(at Duration, to string) Action {
		return Action{At: at, Do: DoMoveStorage, Who: theLeech, To: to}
	}
	return []Scenario{
		{
			Name:    "move-storage",
			About:   "D09: in mid-download the files are renamed into another directory of the same filesystem, and later back.",
			Torrent: files,
			Actors:  []Actor{{Name: "seed", Kind: Seed}, leech},
			Actions: []Action{move(5*Second, "/elsewhere/deep"), move(10*Second, "/downloads")},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 25 * Second},
				{Check: "stored", Who: theLeech, Dir: "/downloads", Within: 30 * Second},
				{Check: "downloaded", Who: theLeech, Bytes: 8 * MiB},
			},
		},
		{
			Name:    "move-storage-across",
			About:   "D09: in mid-download the files are copied to another filesystem by a slow disk. Whoever asks is served meanwhile.",
			Torrent: files,
			Actors:  []Actor{{Name: "seed", Kind: Seed}, slow, late},
			Actions: []Action{move(12*Second, "/mnt/disk")},
			Expect: []Expectation{
				{Check: "complete", Who: []string{"leech", "late"}, Within: 2 * Minute},
				{Check: "stored", Who: theLeech, Dir: "/mnt/disk", Within: 2 * Minute},
				{Check: "downloaded", Who: theLeech, Bytes: 8 * MiB},
			},
		},
		{
			Name:    "move-storage-full",
			About:   "D09: the other filesystem is full in mid-copy. The old set stays in use, and when there is room, the move is made.",
			Torrent: files,
			Actors:  []Actor{{Name: "seed", Kind: Seed}, leech},
			Actions: []Action{
				{At: 30 * Second, Do: DoDiskFull, Who: theLeech},
				move(31*Second, "/mnt/disk"),
				{At: 40 * Second, Do: DoDiskFree, Who: theLeech},
				move(41*Second, "/mnt/disk"),
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 25 * Second},
				{Check: "news", Who: theLeech, After: 31 * Second, Within: 35 * Second, Reason: "move-failed"},
				{Check: "stored", Who: theLeech, Dir: "/mnt/disk", Within: 2 * Minute},
			},
		},
		{
			Name:    "move-storage-left",
			About:   "D09: all is copied to another filesystem, and the old one lets nothing be deleted. The user is told, and the next start does it.",
			Torrent: files,
			Actors:  []Actor{{Name: "seed", Kind: Seed}, leech},
			Actions: []Action{
				{At: 30 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "fail", Ops: []string{"remove"}, Path: "deep/c"}, For: 20 * Second},
				move(31*Second, "/mnt/disk"),
				{At: 60 * Second, Do: DoRestart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 25 * Second},
				{Check: "news", Who: theLeech, After: 31 * Second, Within: 50 * Second, Reason: "storage-moved"},
				{Check: "news", Who: theLeech, After: 31 * Second, Within: 50 * Second, Reason: "left-behind"},
				{Check: "stored", Who: theLeech, Dir: "/mnt/disk", Within: 2 * Minute},
				{Check: "downloaded", Who: theLeech, Bytes: 8 * MiB},
			},
		},
		{
			Name:    "move-storage-crash",
			About:   "D09: the power fails in mid-copy. The next life has the old set, and moves it.",
			Torrent: files,
			Actors:  []Actor{{Name: "seed", Kind: Seed}, slow},
			Actions: []Action{
				move(40*Second, "/mnt/disk"),
				{At: 48 * Second, Do: DoKill, Who: theLeech},
				{At: 50 * Second, Do: DoRestart, Who: theLeech},
				move(60*Second, "/mnt/disk"),
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 2 * Minute},
				{Check: "stored", Who: theLeech, Dir: "/mnt/disk", Within: 2 * Minute},
				{Check: "downloaded", Who: theLeech, Bytes: 8 * MiB},
			},
		},
		{
			Name:    "move-storage-unsaved",
			About:   "D09: the process ends when the files have moved, and before it has noted that down. The next life finds them.",
			Torrent: files,
			Actors:  []Actor{{Name: "seed", Kind: Seed}, leech},
			Actions: []Action{
				move(40*Second, "/elsewhere"),
				{At: 40*Second + 500*Millisecond, Do: DoRestart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 30 * Second},
				{Check: "rechecked", Who: theLeech, After: 40 * Second, Count: 3},
				{Check: "stored", Who: theLeech, Dir: "/elsewhere", Within: Minute},
				{Check: "downloaded", Who: theLeech, Bytes: 8 * MiB},
			},
		},
	}
}
