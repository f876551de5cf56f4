package scenarios

// found are what sweeps and generated swarms have led to, as small as it gets.
func found() []Scenario {
	none, loss := 0, &Disk{Kind: "nothing"}
	return []Scenario{
		{
			Name:    "nobody-has-fast",
			About:   "Clients without the Fast extension do with chokes what others do with rejects, and lose nothing.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, NoFast: true},
				{Name: "leech", Kind: Leech, Count: 3, NoFast: true},
			},
			Actions: []Action{{At: 2 * Second, Do: DoPause, For: 3 * Second, Who: []string{"leech-1"}}},
			Expect:  []Expectation{{Check: "complete", Who: theLeech, Within: 30 * Second}},
		},
		{
			Name:    "limit-without-need",
			About:   "O04: a client that has asked for all it lacks does not wait for its download limit, and rests.",
			Torrent: Torrent{Piece: 16 * KiB, Size: 64 * KiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: &Link{Up: 8 * KiBps, Down: 8 * KiBps, Latency: 200 * Millisecond}},
				{Name: "half", Kind: Leech, Has: "0-1", Slots: &none, Optimistic: &none},
				{Name: "leech", Kind: Leech, DownLimit: 128 * KiBps},
			},
			Expect: []Expectation{{Check: "complete", Who: theLeech, Within: Minute}},
		},
		{
			Name:    "disk-fails-priorities",
			About:   "I01: the move to new priorities fails with the disk; after a start the files follow all the same.",
			Torrent: Torrent{Piece: 32 * KiB, Files: sweepTorrent.Files},
			Link:    &slowLink,
			Actors:  []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Priorities: allButMiddle}},
			Actions: []Action{
				{At: 20 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "fail", Errno: "EACCES", Ops: []string{"stat"}}},
				{At: 21 * Second, Do: DoPriorities, Who: theLeech, Priorities: allOfIt},
				{At: 30 * Second, Do: DoDiskHeal, Who: theLeech},
				{At: 31 * Second, Do: DoStart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 15 * Second},
				{Check: "file", Who: theLeech, File: "b", Within: Minute},
			},
		},
		{
			Name:    "disk-fails-check",
			About:   "I01: the disk fails while a seed checks what it has; after a start it is a seed again, and fetches nothing.",
			Torrent: Torrent{Piece: 32 * KiB, Size: 1 * MiB},
			Actors:  pair(),
			Actions: []Action{
				{At: 30 * Second, Do: DoDiskFault, Who: theSeed, Disk: &Disk{Kind: "fail", After: 12, Count: 1}},
				{At: 31 * Second, Do: DoRestart, Who: theSeed},
				{At: 40 * Second, Do: DoStart, Who: theSeed},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 20 * Second},
				{Check: "kept", Within: Minute},
				{Check: "downloaded", Who: theSeed, Bytes: 0},
			},
		},
		{
			Name:    "unheard-unchoke",
			About:   "J03: an unchoke is lost; who may have something and does not ask is told once more.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
			Actors:  pair(),
			Actions: []Action{{Do: DoMeddle, Who: theSeed, With: theLeech, Message: &Message{Kind: "unchoke", Nth: 1, Fate: "drop"}}},
			Expect:  []Expectation{{Check: "complete", Who: theLeech, After: 60 * Second, Within: 100 * Second}},
		},
		{
			Name:  "killed-then-power-loss",
			About: "D05: directories that a killed process has made are durable before the next one says so of what is in them.",
			Torrent: Torrent{Piece: 64 * KiB, Files: []File{
				{Path: "d/e/a", Size: 1 * MiB}, {Path: "d/f/b", Size: 1 * MiB},
			}},
			Actors: []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Resume: true}},
			Actions: []Action{
				{At: Second, Do: DoRestart, Who: theLeech},
				{At: 55 * Second, Do: DoKill, Who: theLeech, Disk: loss},
				{At: Minute, Do: DoRestart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "kept", Who: theLeech, Within: 2 * Minute},
				{Check: "downloaded", Who: theLeech, Bytes: 5 * MiB / 2},
			},
		},
		{
			Name:    "little-memory",
			About:   "O05: a client with memory for a block or two reads no more than its disk takes, and loses nothing.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
			Actors:  []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Disk: 256 * KiBps}},
			Actions: []Action{{Do: DoLimits, Who: theLeech, Limits: &Limits{Memory: 16 * KiB}}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: Minute},
				{Check: "wasted", Who: theLeech},
			},
		},
		settings(),
	}
}

// settings changes the mind of two users every second; for whatever is set, the
// oracles hold clients to it two seconds later.
func settings() Scenario {
	slots := []int{0, 1, 4}
	s := Scenario{
		Name:    "settings",
		About:   "O04: settings change each second for a minute; limits hold two seconds later, and everybody completes.",
		Torrent: Torrent{Piece: 32 * KiB, Files: []File{{Path: "a", Size: 1 * MiB}, {Path: "b", Size: 2 * MiB}}},
		Link:    &Link{Up: 64 * KiBps, Down: 256 * KiBps, Latency: 20 * Millisecond},
		Actors:  crowd(3),
		Expect:  []Expectation{{Check: "complete", Within: 4 * Minute}},
	}
	who := [][]string{theSeed, {"leech-1"}, {"leech-2"}, theLeech}
	for i := range 60 {
		a := Action{At: Duration(i+1) * Second, Who: who[i%len(who)]}
		switch i % 7 {
		case 0, 5:
			a.Do, a.Limits = DoLimits, &Limits{Up: Rate(16+i) * KiBps, Memory: Size(i%5) * 16 * KiB}
		case 1:
			a.Do, a.Slots = DoSlots, &slots[i%len(slots)]
		case 2:
			a.Do, a.Who, a.Priorities = DoPriorities, theLeech, []int{i % 3, (i + 1) % 3}
		case 3:
			a.Do, a.For = DoPause, 1500*Millisecond
		case 4:
			a.Do, a.With, a.For = DoFilter, []string{"leech-3"}, 3*Second
		case 6:
			a.Do, a.For = DoStop, 2500*Millisecond
		}
		s.Actions = append(s.Actions, a)
	}
	s.Actions = append(s.Actions,
		Action{At: 65 * Second, Do: DoPriorities, Who: theLeech, Priorities: []int{1, 1}},
		Action{At: 65 * Second, Do: DoSlots, Who: []string{"seed", "leech"}, Slots: &slots[2]},
		Action{At: 65 * Second, Do: DoLimits, Who: []string{"seed", "leech"}, Limits: &Limits{}},
		Action{At: 66 * Second, Do: DoStart, Who: []string{"seed", "leech"}})
	return s
}
