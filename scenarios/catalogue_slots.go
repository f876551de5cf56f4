package scenarios

// slots are about how many are served at a time, and how much they get.
func slots() []Scenario {
	return []Scenario{antiSnub(), freeRiding(), seedFairness(), noSlots(), endlessSlots(), changingSlots(), uploadLimit()}
}

// antiSnub gives a leech one peer that is worth a regular slot, until it stops
// giving.
func antiSnub() Scenario {
	return Scenario{
		Name:    "anti-snub",
		About:   "A04: A peer that stops giving at 30 s loses its slot a minute later, and that goes in turn to all who wait.",
		Until:   255 * Second,
		Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},

		Trackerless: true,
		Actors: []Actor{
			{Name: "backer", Kind: Hostile, Personality: "backer"},
			{Name: "idle", Kind: Hostile, Personality: "idle", Count: 4},
			// So slow that there is something to download all the time.
			{Name: "seed", Kind: Seed, Link: &Link{Up: 8 * KiBps, Latency: 20 * Millisecond}},
			{Name: "leech", Kind: Leech, Has: "0-63", Slots: new(1), Optimistic: new(1), Knows: []string{"backer", "idle", "seed"}},
		},
		Expect: []Expectation{
			{Check: "snubbed", Who: theLeech, Of: []string{"backer"}, Within: 93 * Second},
			// From then on two slots are shared by five: 60 s each in 150 s. Had the
			// backer kept its slot, one would be shared by four: 37 s.
			{Check: "unchoked-time", Who: theLeech, Of: []string{"idle"}, After: 105 * Second, Time: 60 * Second, Slack: 20 * Second},
			{Check: "unchoked-time", Who: theLeech, Of: []string{"backer"}, After: 105 * Second, Time: 60 * Second, Slack: 30 * Second},
			{Check: "wasted", Who: theLeech, Bytes: 0},
		},
	}
}

// freeRiding has a rider that is a client like the others, but has no slots.
func freeRiding() Scenario {
	return Scenario{
		Name:  "free-riding",
		About: "A03: Of what ten leeches give, one that gives nothing gets no more than its part of the optimistic slots.",
		// Of their five slots one is optimistic, and goes round among the six that
		// hold none of the other four: a thirtieth, where an equal share would be a
		// tenth. But regular slots that nobody has earned go round too, and whoever
		// lags behind, as a rider does, can use a turn better than others.
		Until:   20 * Minute,
		Torrent: Torrent{Piece: 64 * KiB, Size: 48 * MiB},
		Link:    &Link{Up: 64 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Link: &Link{Up: 256 * KiBps, Latency: 20 * Millisecond}},
			{Name: "leech", Kind: Leech, Count: 10},
			{Name: "rider", Kind: Leech, Slots: new(0), Optimistic: new(0)},
		},
		Expect: []Expectation{
			{Check: "complete", Within: 15 * Minute},
			{Check: "share", Who: theLeech, Of: []string{"rider"}, Percent: 6},
		},
	}
}

// seedFairness has leeches that have nothing of each other.
func seedFairness() Scenario {
	taker := func(name string, down Rate) Actor {
		return Actor{
			Name: name, Kind: Leech, Count: 10, Slots: new(0), Optimistic: new(0), Knows: theSeed,
			Link: &Link{Up: 64 * KiBps, Down: down, Latency: 20 * Millisecond},
		}
	}
	all := []string{"slow", "medium", "fast"}
	return Scenario{
		Name:    "seed-fairness",
		About:   "A05: Thirty leeches of three speeds take turns at a seed: what they get is nearly the same.",
		Until:   20 * Minute,
		Torrent: Torrent{Piece: 32 * KiB, Size: 32 * MiB},

		Trackerless: true,
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Link: &Link{Up: 96 * KiBps, Latency: 20 * Millisecond}},
			taker("slow", 16*KiBps), taker("medium", 64*KiBps), taker("fast", 256*KiBps),
		},
		Expect: []Expectation{
			{Check: "even", Who: theSeed, Of: all, Percent: 80},
			// Turns last from 10 s to two minutes, and thirty peers share five slots.
			{Check: "waits", Who: theSeed, Of: all, Time: 12 * Minute},
		},
	}
}

func noSlots() Scenario {
	return Scenario{
		Name:    "slots-none",
		About:   "A07: Without slots nobody is ever unchoked; one slot is enough for everybody, in turn.",
		Until:   4 * Minute,
		Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
		Actors: []Actor{
			{Name: "none", Kind: Seed, Slots: new(0), Optimistic: new(0)},
			{Name: "one", Kind: Seed, Slots: new(1), Optimistic: new(0)},
			{Name: "leech", Kind: Leech, Count: 5, Slots: new(0), Optimistic: new(0)},
		},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 150 * Second},
			{Check: "unchoked-time", Who: []string{"none"}, Of: theLeech, Time: 0, Slack: 0},
		},
	}
}

func endlessSlots() Scenario {
	return Scenario{
		Name:    "slots-endless",
		About:   "A07: With more slots than peers, everybody is unchoked from the start, and for good.",
		Until:   1 * Minute,
		Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Slots: new(1000)},
			{Name: "idle", Kind: Hostile, Personality: "idle", Count: 40, Knows: theSeed},
		},
		Expect: []Expectation{{Check: "favours", Who: theSeed, Of: []string{"idle"}, After: 2 * Second, Percent: 100}},
	}
}

func changingSlots() Scenario {
	return Scenario{
		Name:    "slots-change",
		About:   "A07: One slot, none, five, while it serves: what is gone is taken away, what is new is given at once (R4).",
		IPv6:    true, // which has no pieces that are served while choked
		Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Slots: new(1), Optimistic: new(0), Link: &Link{Up: 64 * KiBps, Latency: 20 * Millisecond}},
			{Name: "leech", Kind: Leech, Count: 3, Slots: new(0), Optimistic: new(0)},
		},
		Actions: []Action{
			{At: 30 * Second, Do: DoSlots, Who: theSeed, Slots: new(0)},
			{At: 60 * Second, Do: DoSlots, Who: theSeed, Slots: new(5)},
		},
		Expect: []Expectation{
			{Check: "quiet", Who: theSeed, After: 45 * Second, Within: 60 * Second},
			{Check: "waits", Who: theSeed, Of: theLeech, Time: 61 * Second},
			{Check: "complete", Who: theLeech, Within: 250 * Second},
		},
	}
}

func uploadLimit() Scenario {
	return Scenario{
		Name:    "upload-limit",
		About:   "A09: A seed that may send 50 KiB/s to ten peers: it does, and never more (R6).",
		Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, UpLimit: 50 * KiBps},
			{Name: "leech", Kind: Leech, Count: 10},
		},
		Expect: []Expectation{{Check: "complete", Who: theLeech, After: 80 * Second, Within: 150 * Second}},
	}
}
