package scenarios

import "fmt"

// awkwardNames are such as some systems cannot store, or take for one.
var awkwardNames = []File{
	{Path: "readme.txt", Size: 500_000}, {Path: "README.TXT", Size: 500_000}, {Path: "Readme.txt", Size: 500_000},
	{Path: "caf\u00e9", Size: 500_000}, {Path: "cafe\u0301", Size: 500_000},
	{Path: "CON", Size: 500_000}, {Path: "sub/lpt1.txt", Size: 500_000}, {Path: "SUB/what?", Size: 500_000}, {Path: "end.", Size: 194_304},
}

// foreigner is a pair whose leech has the filesystem of another system.
func foreigner(filesystem string) []Actor {
	return []Actor{
		{Name: "seed", Kind: Seed},
		{Name: "leech", Kind: Leech, Resume: true, Filesystem: filesystem, Knows: theSeed},
	}
}

// troubles are disks that fail, stall and fill up, and files that others change.
func troubles() []Scenario {
	manyFiles := Torrent{Piece: 16 * KiB}
	for i := range 200 {
		manyFiles.Files = append(manyFiles.Files, File{Path: fmt.Sprintf("f%03d", i), Size: 5_000})
	}
	acquainted := []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Knows: theSeed}}
	return []Scenario{
		{
			Name:    "sync-fails",
			About:   "I03: a sync fails once, and what it should have written is gone: it is written again, and nothing claimed before.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: slowSeed},
				{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed},
			},
			Actions: []Action{
				{At: 20 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "forget", Ops: []string{"sync"}, Count: 1}},
				{At: 75 * Second, Do: DoKill, Who: theLeech},
				{At: 80 * Second, Do: DoRestart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "news", Who: theLeech, Reason: "sync-failed", After: 20 * Second, Within: 40 * Second},
				{Check: "news", Who: theLeech, Reason: "checkpointed", After: 50 * Second, Within: 75 * Second},
				{Check: "no-news", Who: theLeech, Reason: "file-failed"},
				{Check: "complete", Who: theLeech, After: 80 * Second, Within: 4 * Minute},
			},
		},
		{
			Name:    "sync-fails-twice",
			About:   "I03: a disk that fails two syncs in a row is given up; what was verified is there after Start.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: slowSeed},
				{Name: "leech", Kind: Leech, Knows: theSeed},
			},
			Actions: []Action{
				{At: 20 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "fail", Ops: []string{"sync"}}},
				{At: 100 * Second, Do: DoDiskHeal, Who: theLeech},
				{At: 101 * Second, Do: DoStart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "news", Who: theLeech, Reason: "sync-failed", Within: 40 * Second},
				{Check: "stopped", Who: theLeech, After: 50 * Second, Within: 80 * Second},
				{Check: "complete", Who: theLeech, After: 101 * Second, Within: 4 * Minute},
				{Check: "downloaded", Who: theLeech, Bytes: 8*MiB + 512*KiB},
			},
		},
		{
			Name: "last-sync-fails",
			About: "I03: the last sync of a process fails, and what it should have written is gone, though it still reads right. " +
				"The next process has word of it and writes it again, so that it survives the power failing later.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: slowSeed},
				{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed},
			},
			Actions: failLastSync(
				Action{At: 30 * Second, Do: DoRestart, Who: theLeech},
				Action{At: 75 * Second, Do: DoKill, Who: theLeech},
				Action{At: 80 * Second, Do: DoRestart, Who: theLeech},
			),
			Expect: []Expectation{
				{Check: "news", Who: theLeech, Reason: "file-failed", After: 26 * Second, Within: 27 * Second},
				{Check: "news", Who: theLeech, Reason: "checkpointed", After: 26 * Second, Within: 27 * Second},
				{Check: "news", Who: theLeech, Reason: "checkpointed", After: 31 * Second, Within: 75 * Second},
				{Check: "complete", Who: theLeech, After: 80 * Second, Within: 4 * Minute},
				// What came in the half minute before the power failed, and no more, comes twice.
				{Check: "downloaded", Who: theLeech, Bytes: 8*MiB + 2*MiB},
			},
		},
		{
			Name: "last-sync-fails-read-only",
			About: "I03: the last sync of a process fails, and the system mounts the disk again to read only. " +
				"The next process cannot write again what it was told to, says so, and serves it.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed},
				{Name: "late", Kind: Leech, Start: 40 * Second},
			},
			Actions: failLastSync(
				Action{At: 28 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "fail", Errno: "EROFS", Ops: []string{"modify"}}},
				Action{At: 30 * Second, Do: DoRestart, Who: theLeech},
				Action{At: 35 * Second, Do: DoLeave, Who: theSeed},
			),
			Expect: []Expectation{
				{Check: "news", Who: theLeech, Reason: "sync-failed", After: 30 * Second, Within: 31 * Second},
				{Check: "no-news", Who: theLeech, Reason: "file-failed", After: 30 * Second},
				{Check: "complete", Who: []string{"late"}, Within: 2 * Minute},
			},
		},
		{
			Name:    "disk-stalls",
			About:   "I04: the disks of both ends stand still for 45 seconds. Nobody is blamed, and both go on.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 40 * MiB},
			Actors:  acquainted, Trackerless: true, // so that each finds the other once
			Actions: []Action{
				{At: 5 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "slow", Ops: []string{"write"}, Count: 1, Delay: 45 * Second}},
				{At: 55 * Second, Do: DoDiskFault, Who: theSeed, Disk: &Disk{Kind: "slow", Ops: []string{"read"}, Count: 1, Delay: 45 * Second}},
			},
			Expect: []Expectation{
				{Check: "no-news", Reason: "peer-disconnected", After: 5 * Second, Within: 100 * Second},
				{Check: "no-news", Reason: "file-failed"},
				{Check: "complete", Who: theLeech, After: 110 * Second, Within: 150 * Second},
				{Check: "wasted", Who: theLeech, Bytes: 256 * KiB}, // asked again of who did not answer
			},
		},
		{
			Name:    "slow-disk-fast-net",
			About:   "D06: a disk of 1 MB/s behind a network of 10 MB/s holds it back within the budget of memory, and nobody is disconnected.",
			Torrent: Torrent{Piece: 256 * KiB, Size: 96 * MiB}, Trackerless: true, // as above
			Link: &Link{Up: 10 * MiBps, Down: 10 * MiBps, Latency: 5 * Millisecond},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Count: 2},
				{Name: "leech", Kind: Leech, Disk: 1 * MiBps, Knows: theSeed},
			},
			Expect: []Expectation{
				// 48 MiB, and what was read in the same moment.
				{Check: "backpressure", Who: theLeech, Bytes: 49 * MiB, Time: 1 * Second},
				{Check: "no-news", Who: theLeech, Reason: "peer-disconnected", After: 5 * Second, Within: 90 * Second},
				{Check: "complete", Who: theLeech, After: 90 * Second, Within: 210 * Second},
				{Check: "wasted", Who: theLeech, Bytes: 0},
			},
		},
		{
			Name:    "disk-broken",
			About:   "A write that fails stops the download with an error; Start goes on, and nothing verified is lost.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors:  pair(),
			Actions: []Action{
				{At: 8 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "fail", Errno: "EIO", Ops: []string{"write"}}},
				{At: 30 * Second, Do: DoDiskHeal, Who: theLeech},
				{At: 31 * Second, Do: DoStart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "stopped", Who: theLeech, After: 8 * Second, Within: 12 * Second},
				{Check: "complete", Who: theLeech, After: 31 * Second, Within: 45 * Second},
				{Check: "downloaded", Who: theLeech, Bytes: 9*MiB + 512*KiB},
			},
		},
		{
			Name:    "no-handles",
			About:   "I01: for half a minute no file can be opened: that is waited for.",
			Torrent: manyFiles,
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: slowSeed},
				{Name: "leech", Kind: Leech, Knows: theSeed},
			},
			Actions: []Action{
				{At: 5 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "fail", Errno: "EMFILE", Ops: []string{"open", "open-write"}}},
				{At: 35 * Second, Do: DoDiskHeal, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "news", Who: theLeech, Reason: "disk-waits", Within: 30 * Second},
				{Check: "news", Who: theLeech, Reason: "disk-works", After: 35 * Second, Within: 75 * Second},
				{Check: "no-news", Who: theLeech, Reason: "file-failed"},
				{Check: "complete", Who: theLeech, After: 35 * Second, Within: 4 * Minute},
			},
		},
		{
			Name:    "unreadable",
			About:   "I01: a part of a seed's disk cannot be read: requests for it are rejected, all else is served.",
			Until:   2 * Minute,
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Start: 3 * Second}},
			Actions: []Action{
				{At: 1 * Second, Do: DoDiskFault, Who: theSeed, Disk: &Disk{Kind: "fail", Errno: "EIO", Ops: []string{"read"}, From: 1 * MiB, To: 1*MiB + 4*KiB}},
			},
			Expect: []Expectation{
				{Check: "news", Who: theSeed, Reason: "read-failed"},
				{Check: "no-news", Who: theSeed, Reason: "file-failed"},
				{Check: "had", Who: theSeed, Count: 63},
				{Check: "had", Who: theLeech, Count: 63},
			},
		},
		{
			Name:    "file-deleted",
			About:   "I06: somebody deletes a file in mid-download: that is found out, told, and it is fetched again.",
			Torrent: Torrent{Piece: 64 * KiB, Files: []File{{Path: "a", Size: 2 * MiB}, {Path: "b", Size: 6 * MiB}}},
			Actors:  acquainted,
			Actions: []Action{{At: 8 * Second, Do: DoDiskMeddle, Who: theLeech, Disk: &Disk{Kind: "delete", Path: "b"}}},
			Expect: []Expectation{
				{Check: "news", Who: theLeech, Reason: "file-changed", After: 8 * Second, Within: 45 * Second},
				{Check: "no-news", Who: theLeech, Reason: "peer-banned"},
				{Check: "file", Who: theLeech, File: "b", Within: Minute},
			},
		},
		{
			Name:    "file-shortened",
			About:   "I06: somebody truncates a seed's file: no zeros are served, what is left of it is.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors:  pair(),
			Actions: []Action{{At: 3 * Second, Do: DoDiskMeddle, Who: theSeed, Disk: &Disk{Kind: "truncate", Path: "file-shortened", Size: 6 * MiB}}},
			Expect: []Expectation{
				{Check: "news", Who: theSeed, Reason: "file-changed", After: 3 * Second, Within: 40 * Second},
				// The leech has got some of what is cut off, and gives it back.
				{Check: "news", Who: theSeed, Reason: "piece-failed", Count: 16},
				{Check: "incomplete", Who: theLeech},
			},
			Until: 2 * Minute,
		},
		{
			Name:    "file-replaced",
			About:   "I06: somebody puts another file of the same size in the place of a seed's: none of it is served.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Start: 2 * Minute},
				{Name: "first", Kind: Leech, Knows: theSeed},
			},
			Actions: []Action{
				{At: 60 * Second, Do: DoLeave, Who: []string{"first"}},
				{At: 70 * Second, Do: DoDiskMeddle, Who: theSeed, Disk: &Disk{Kind: "replace", Path: "file-replaced"}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: []string{"first"}, Within: 60 * Second},
				{Check: "had", Who: theSeed, Count: 0},
				{Check: "had", Who: theLeech, Count: 0},
			},
			Until: 5 * Minute,
		},
		{
			Name:    "few-handles",
			About:   "I07: 16 handles, 200 files and 20 peers: handles are shared, and nobody notices.",
			Torrent: manyFiles,
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Handles: 16},
				{Name: "leech", Kind: Leech, Count: 20, Handles: 16},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 2 * Minute},
				{Check: "no-news", Reason: "disk-waits"},
				{Check: "no-news", Reason: "file-failed"},
			},
		},
		{
			Name:    "names-on-windows",
			About:   "I08: names that Windows takes for one, for devices, or not at all are stored by others, the same after a restart.",
			Torrent: Torrent{Piece: 64 * KiB, Files: awkwardNames},
			Actors:  foreigner("windows"),
			Actions: []Action{{At: 5 * Second, Do: DoRestart, Who: theLeech}},
			Expect: []Expectation{
				{Check: "no-news", Who: theLeech, Reason: "file-failed"},
				{Check: "complete", Who: theLeech, After: 5 * Second, Within: 30 * Second},
				{Check: "downloaded", Who: theLeech, Bytes: 4*MiB + 512*KiB},
			},
		},
		{
			Name:    "names-on-macos",
			About:   "I08: the same on a Mac, which besides takes composed and decomposed letters for one.",
			Torrent: Torrent{Piece: 64 * KiB, Files: awkwardNames},
			Actors:  foreigner("macos"),
			Actions: []Action{{At: 5 * Second, Do: DoRestart, Who: theLeech}},
			Expect: []Expectation{
				{Check: "no-news", Who: theLeech, Reason: "file-failed"},
				{Check: "complete", Who: theLeech, After: 5 * Second, Within: 30 * Second},
				{Check: "downloaded", Who: theLeech, Bytes: 4*MiB + 512*KiB},
			},
		},
		{
			Name:    "file-too-long",
			About:   "I09: a filesystem that takes no file beyond a length, as FAT does, refuses the write: an error that says so, and nothing is lost.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  pair(),
			Actions: []Action{
				{At: 1 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "fail", Errno: "EFBIG", Ops: []string{"write"}, From: 2 * MiB}},
			},
			Expect: []Expectation{
				{Check: "stopped", Who: theLeech, Within: 20 * Second},
				{Check: "incomplete", Who: theLeech},
			},
			Until: 40 * Second,
		},
		{
			Name:    "read-only-seed",
			About:   "I09: nothing can be written where the files of a seed are: it checks, notes down and serves them all the same.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Resume: true},
				{Name: "late", Kind: Leech, Start: 100 * Second},
			},
			Actions: []Action{{At: 0, Do: DoDiskFault, Who: theSeed, Disk: &Disk{Kind: "fail", Errno: "EROFS", Ops: []string{"modify"}}}},
			Expect: []Expectation{
				{Check: "news", Who: theSeed, Reason: "checkpointed", Within: Minute},
				{Check: "no-news", Who: theSeed, Reason: "file-failed"},
				{Check: "no-news", Who: theSeed, Reason: "sync-failed"},
				{Check: "complete", Who: []string{"late"}, Within: 2 * Minute},
			},
		},
		{
			Name:    "read-only-disk",
			About:   "I09: nothing can be written to the download directory: that is told before anything is downloaded.",
			Torrent: Torrent{Piece: 64 * KiB, Files: []File{{Path: "a/b", Size: 2 * MiB}, {Path: "c", Size: 1 * MiB}}},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Start: 5 * Second},
			},
			Actions: []Action{{At: 1 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "fail", Errno: "EROFS", Ops: []string{"modify"}}}},
			Expect: []Expectation{
				{Check: "stopped", Who: theLeech, Within: 6 * Second},
				{Check: "downloaded", Who: theLeech, Bytes: 0},
				{Check: "incomplete", Who: theLeech},
			},
			Until: 30 * Second,
		},
	}
}

// failLastSync has the disk of the leech forget what it should have made durable when
// the torrent is stopped.
func failLastSync(then ...Action) []Action {
	return append([]Action{
		{At: 25 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "forget", Ops: []string{"sync"}, Count: 1}},
		{At: 26 * Second, Do: DoStop, Who: theLeech},
	}, then...)
}
