package scenarios

import "fmt"

// named are trackers that are known by their names, and hosts with addresses of
// both families.
func namedTrackers() []Scenario {
	var list []Scenario
	for _, udp := range []bool{false, true} {
		list = append(list, nameAbsent(udp), nameSilent(udp), nameLate(udp), nameChanges(udp), dualStack(udp), dualHalf(udp), dualMoves(udp))
	}
	return append(list, privateSwitch(), partialSeed())
}

// by names a scenario after the protocol of its tracker.
func by(udp bool, name string) string {
	if udp {
		return name + "-udp"
	}
	return name + "-http"
}

func over(udp bool, about string, row string) string {
	if udp {
		return fmt.Sprintf("%s: over UDP, %s.", row, about)
	}
	return fmt.Sprintf("%s: by HTTP, %s.", row, about)
}

func nameAbsent(udp bool) Scenario {
	return Scenario{
		Name:     by(udp, "name-absent"),
		About:    over(udp, "the name of the only tracker does not exist at first: that is told, and tried again", "J08"),
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{Host: "tracker.example", UDP: udp}},
		Actors:   pair(),
		Actions: []Action{
			{Do: DoName, Who: theTracker, Name: &Name{}, For: Minute},
		},
		Expect: []Expectation{
			{Check: "told", Of: theTracker, Reason: "no such host", Within: Second},
			{Check: "retries", Time: 15 * Second, Slack: Second, Count: 2},
			{Check: "complete", Who: theLeech, After: Minute, Within: 3 * Minute},
			{Check: "announces", Who: theLeech, Of: theTracker},
		},
	}
}

func nameSilent(udp bool) Scenario {
	within := 22 * Second
	if !udp {
		within = 45 * Second // who fetches tries again, for as long as a fetch may take
	}
	return Scenario{
		Name:    by(udp, "name-silent"),
		About:   over(udp, "name servers say nothing of the first tracker's name: the next tracker is asked, and leaving takes no longer", "J08"),
		Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{
			{Name: "silent", Host: "silent.example", UDP: udp},
			{Name: "good", Tier: 1},
		},
		Actors: pair(),
		Actions: []Action{
			{Do: DoName, Who: []string{"silent"}, Name: &Name{Silent: true}},
			{At: 65 * Second, Do: DoLeave, Who: theLeech}, // in the middle of a look-up
		},
		Expect: []Expectation{
			{Check: "told", Of: []string{"silent"}, Reason: "no", Within: within},
			{Check: "complete", Who: theLeech, Within: within + 10*Second},
			{Check: "announces", Who: theLeech, Of: []string{"good"}},
			{Check: "closes", Time: 4 * Second},
		},
	}
}

func nameLate(udp bool) Scenario {
	return Scenario{
		Name:     by(udp, "name-late"),
		About:    over(udp, "name servers take six seconds for an answer, and so does the announce", "J08"),
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{Host: "tracker.example", UDP: udp}},
		Actors:   pair(),
		Actions: []Action{
			{Do: DoName, Who: theTracker, Name: &Name{For: theTracker, Late: 6 * Second}},
		},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, After: 6 * Second, Within: 90 * Second},
			{Check: "announces", Who: theLeech, Of: theTracker},
		},
	}
}

func nameChanges(udp bool) Scenario {
	return Scenario{
		Name:    by(udp, "name-changes"),
		About:   over(udp, "the tracker moves: its name stands for another host, after a time in which it stands for nobody's address", "J08"),
		Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{
			{Name: "old", Host: "tracker.example", UDP: udp},
			{Name: "new", Tier: 1, UDP: udp, Host: "new.example"},
		},
		Actors: append(pair(), Actor{Name: "late", Kind: Leech, Start: 6 * Minute}),
		Actions: []Action{
			{Do: DoName, Who: []string{"new"}, Name: &Name{}}, // it is found by the other name only
			{At: 70 * Second, Do: DoName, Who: []string{"old"}, Name: &Name{Addrs: []string{"203.0.113.1"}}},
			{At: 3 * Minute, Do: DoName, Who: []string{"old"}, Name: &Name{For: []string{"new"}}},
		},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 15 * Second},
			{Check: "complete", Who: []string{"late"}, After: 6 * Minute, Within: 6*Minute + 20*Second},
			{Check: "announces", Who: []string{"late"}, Of: []string{"new"}},
		},
	}
}

func dualStack(udp bool) Scenario {
	return Scenario{
		Name:     by(udp, "dual-stack"),
		About:    over(udp, "who has addresses of both families announces itself over each, as one and the same", "G07"),
		Dual:     true,
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{Host: "tracker.example", UDP: udp}},
		Actors:   crowd(2),
		Actions:  []Action{{At: 2*Minute + 30*Second, Do: DoLeave, Who: theLeech}},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 15 * Second},
			{Check: "families", Who: theLeech, Of: theTracker, Count: 5}, // started, completed, two in between, stopped
			{Check: "keyed", Of: theTracker, Count: 50},
			{Check: "closes", Time: Second},
		},
	}
}

func dualHalf(udp bool) Scenario {
	return Scenario{
		Name:     by(udp, "dual-half"),
		About:    over(udp, "one of the tracker's two addresses is nobody's: the other is enough, and nobody waits", "G07"),
		Dual:     true,
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{Host: "tracker.example", UDP: udp}},
		Actors:   pair(),
		Actions: []Action{
			{Do: DoName, Who: theTracker, Name: &Name{Addrs: []string{"fd00::bad", "10.0.0.1"}}},
			{At: 3 * Minute, Do: DoLeave, Who: theLeech},
		},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 15 * Second},
			{Check: "announces", Who: theLeech, Of: theTracker},
			{Check: "tier", Of: theTracker, After: 2 * Minute, Reason: "working"},
			{Check: "closes", Time: 4 * Second},
		},
	}
}

func dualMoves(udp bool) Scenario {
	return Scenario{
		Name:     by(udp, "dual-moves"),
		About:    over(udp, "a client gets other addresses of both families: its next announces come from there, with the same key", "G07"),
		Dual:     true,
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{Host: "tracker.example", UDP: udp}},
		Actors:   append(pair(), Actor{Name: "late", Kind: Leech, Start: 3 * Minute}),
		Actions:  []Action{{At: 90 * Second, Do: DoMove, Who: theSeed}},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 15 * Second},
			{Check: "complete", Who: []string{"late"}, After: 3 * Minute, Within: 3*Minute + 30*Second},
			{Check: "keyed", Of: theTracker, Count: 50},
		},
	}
}

// privateSwitch has three peers in the swarm of one private tracker, and one in
// that of another, where the rest go when the first fails.
func privateSwitch() Scenario {
	return Scenario{
		Name:    "private-switch",
		About:   "G09: when the tracker of a private torrent fails, who turns to the next one drops all peers of the first.",
		Torrent: Torrent{Piece: 64 * KiB, Size: 64 * MiB, Private: true},
		Trackers: []Tracker{
			{Name: "first"},
			{Name: "second", Tier: 1},
		},
		Actors:  crowd(2),
		Actions: []Action{{At: 30 * Second, Do: DoTrackerDown, Who: []string{"first"}}},
		Expect: []Expectation{
			{Check: "drops", Who: theLeech, Of: theSeed, Reason: "another tracker is in charge", Within: 2 * Minute},
			{Check: "complete", Who: theLeech, After: Minute, Within: 8 * Minute},
			{Check: "introduced"},
		},
	}
}

func partialSeed() Scenario {
	return Scenario{
		Name:    "partial-seed-announces",
		About:   "BEP 21: who has all it wants, and that is not everything, says so in each announce that says nothing else.",
		Torrent: Torrent{Piece: 64 * KiB, Files: []File{{Path: "a", Size: 1 * MiB}, {Path: "b", Size: 1 * MiB}}},
		Actors:  []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Priorities: []int{1, 0}}},
		Actions: []Action{{At: 150 * Second, Do: DoLeave, Who: theLeech}},
		Expect: []Expectation{
			{Check: "file", Who: theLeech, File: "a", Within: 15 * Second},
			{Check: "announces", Who: theLeech, Of: theTracker, Reason: "started completed paused paused stopped"},
		},
	}
}
