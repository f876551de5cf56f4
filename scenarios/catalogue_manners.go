package scenarios

// badManners are trackers that answer, and oddly.
func badManners() []Scenario {
	torrent := Torrent{Piece: 64 * KiB, Size: 1 * MiB}
	// with is a seed and a leech that find each other through a tracker of that
	// manner, if through anything.
	with := func(manner, about string, until Duration, actors []Actor, expect ...Expectation) Scenario {
		return Scenario{
			Name: "tracker-" + manner, About: about, Until: until, Torrent: torrent,
			Trackers: []Tracker{{Manner: manner}}, Actors: actors, Expect: expect,
		}
	}
	complete := Expectation{Check: "complete", Who: theLeech, Within: 45 * Second}
	working := Expectation{Check: "tier", Of: theTracker, After: 50 * Second, Reason: "working"}
	retried := Expectation{Check: "retries", Time: 15 * Second, Slack: 2 * Second, Count: 4}
	lonely := []Actor{{Name: "leech", Kind: Leech}}
	return []Scenario{
		with("late", "G04: a tracker answers after 15 s, each time: that is an answer.", 0, lateComers(), complete,
			Expectation{Check: "tier", Of: theTracker, After: 36 * Second, Reason: "working"}),
		with("empty", "G04: a tracker answers nothing at all: that is a failure.", 5*Minute, lonely, retried,
			Expectation{Check: "told", Of: theTracker, Reason: "nothing there", Within: 2 * Second}),
		with("cut", "G04: a tracker's answer ends in the middle: none of it is used.", 5*Minute, lonely, retried,
			Expectation{Check: "told", Of: theTracker, Reason: "tracker response", Within: 2 * Second}),
		with("escapes", "G04: a warning would clear the screen and set the title of the window: it is told without that.", Minute, lonely,
			Expectation{Check: "told", Of: theTracker, Reason: "closing?[2J", Within: 2 * Second},
			Expectation{Check: "plain-text"}, working),
		with("rude", "G04: a failure would do the same.", 5*Minute, lonely, retried,
			Expectation{Check: "told", Of: theTracker, Reason: "closing?[2J", Within: 2 * Second},
			Expectation{Check: "plain-text"}),
		with("restless", "T2: a tracker wants to be asked every 0 s: it is asked as one that names no interval.", 2*hour, nothingToDo,
			Expectation{Check: "paced", Of: theTracker, Time: 5 * Minute, Slack: Second, Count: 20}),
		with("backwards", "T2: the interval is below zero: the same.", 2*hour, nothingToDo,
			Expectation{Check: "paced", Of: theTracker, Time: 5 * Minute, Slack: Second, Count: 20}),
		with("sleepy", "T2: the interval is longer than the age of the world: two hours are enough.", 9*hour, nothingToDo,
			Expectation{Check: "paced", Of: theTracker, Time: 2 * hour, Slack: Second, Count: 5}),
		with("boastful", "G06: a tracker knows of 2^63 seeds: those that are there are found.", 0, lateComers(), complete, working),
		with("long-id", "G04: a tracker id of a hundred kilobytes is not sent back.", 5*Minute, pair(), complete,
			Expectation{Check: "tier", Of: theTracker, After: 4 * Minute, Reason: "working"},
			Expectation{Check: "paced", Of: theTracker, Who: theSeed, Time: Minute, Slack: Second, Count: 4}),
		with("fickle", "BEP 23: a tracker changes from compact lists to dictionaries and back: both are read.", 0, lateComers(), complete, working,
			Expectation{Check: "plain-text"}),
		with("narcissist", "G08: a tracker names itself as a peer: it is tried, less and less, and in nobody's way.", 10*Minute, lateComers(), complete,
			Expectation{Check: "connected", Who: theSeed, After: 9 * Minute},
			Expectation{Check: "tried", Who: theSeed, Of: theTracker, Count: 7},
			Expectation{Check: "half-open", Count: 2}),
		with("looking-glass", "G08: a tracker gives everybody his own address alone: he finds out, and does not try again.", 10*Minute, lonely,
			Expectation{Check: "connected", Who: theLeech, After: 9 * Minute},
			Expectation{Check: "endings", Who: theLeech, Of: theLeech, Reason: "connected to ourselves", Count: 2}, // either end of it
			Expectation{Check: "half-open", Count: 1}),
	}
}

// lateComers are a seed, and a leech that comes when the tracker knows the seed.
func lateComers() []Actor {
	return []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Start: 20 * Second}}
}
