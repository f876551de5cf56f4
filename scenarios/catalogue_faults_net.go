package scenarios

// flipless is a fast line without faults, which flipping has.
var flipless = &Link{Up: 1 * MiBps, Down: 4 * MiBps, Latency: 20 * Millisecond}

// flipping is a line on which as many of a billion bytes are damaged.
func flipping(corrupt int) *Link {
	l := *flipless
	l.Corrupt = corrupt
	return &l
}

// netFaults are downloads over a network that fails in every way a network can.
func netFaults() []Scenario {
	return []Scenario{
		{
			Name:    "swizzle",
			About:   "A random half of all hosts is cut off one by one, and comes back one by one in another order.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors:  crowd(7),
			Actions: []Action{{At: 4 * Second, Do: DoSwizzle, Who: []string{"seed", "leech", defaultTracker}, For: 40 * Second}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 110 * Second},
				{Check: "written", Who: theLeech, Bytes: 8*MiB + 512*KiB},
			},
		},
		{
			Name:    "flap",
			About:   "The line between the seed and the leech goes down for four seconds of every ten.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  pair(),
			Actions: []Action{{At: 2 * Second, Do: DoPartition, Who: theSeed, With: theLeech, For: 4 * Second, Every: 10 * Second, Times: 6}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "wasted", Who: theLeech, Bytes: 0},
			},
		},
		{
			Name:    "black-hole-one-way",
			About:   "What the seed sends to one leech vanishes, while it hears that leech; the others help.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  []Actor{{Name: "seed", Kind: Seed}, {Name: "deaf", Kind: Leech}, {Name: "leech", Kind: Leech, Count: 2}},
			Actions: []Action{{At: 3 * Second, Do: DoPartition, Who: theSeed, With: []string{"deaf"}, OneWay: true, For: 5 * Minute}},
			Expect:  []Expectation{{Check: "complete", Within: 180 * Second}},
		},
		{
			Name:    "stall",
			About:   "All connections stand still for a minute and a half, and nobody says that anything is wrong.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  crowd(2),
			Actions: []Action{{At: 5 * Second, Do: DoStall, Who: []string{"seed", "leech"}, For: 90 * Second}},
			Expect:  []Expectation{{Check: "complete", Who: theLeech, After: 95 * Second, Within: 140 * Second}},
		},
		{
			Name:    "half-open",
			About:   "Three hosts take connections and never say a word, before they come to life; they hold up nobody.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Start: 10 * Second},
				{Name: "shell", Kind: Leech, Count: 3, Start: 50 * Second},
				{Name: "leech", Kind: Leech, Knows: []string{"shell"}},
			},
			Actions: []Action{{Do: DoRefuse, Who: []string{"shell"}, Incoming: &Incoming{How: "half-open"}, For: 50 * Second}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "complete", Who: []string{"shell"}, Within: 90 * Second},
				{Check: "drops", Who: theLeech, Of: []string{"shell"}, Reason: "handshake timed out", Within: 40 * Second},
			},
		},
		{
			Name:    "connection-limit",
			About:   "The seed's router carries two incoming connections and refuses all others; it is enough.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
			Actors:  []Actor{{Name: "seed", Kind: Seed, MaxPeers: 2}, {Name: "leech", Kind: Leech, Count: 6, Start: Second}},
			Actions: []Action{{Do: DoRefuse, Who: theSeed, Incoming: &Incoming{How: "refuse", Limit: 2}}},
			Expect:  []Expectation{{Check: "complete", Who: theLeech, Within: 90 * Second}},
		},
		{
			Name:    "connection-limit-silent",
			About:   "The same, and what is beyond the limit gets no answer at all.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
			Actors:  []Actor{{Name: "seed", Kind: Seed, MaxPeers: 2}, {Name: "leech", Kind: Leech, Count: 6, Start: Second}},
			Actions: []Action{{Do: DoRefuse, Who: theSeed, Incoming: &Incoming{How: "ignore", Limit: 2}}},
			Expect:  []Expectation{{Check: "complete", Who: theLeech, Within: 90 * Second}},
		},
		{
			Name:    "bit-flips",
			About:   "Bits are flipped in transit that no checksum has caught, about one in two megabytes. The hash catches them; nobody is banned, as all are innocent.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 16 * MiB},
			Link:    flipless,
			Actors:  crowd(3),
			Actions: []Action{{At: 6 * Second, Do: DoLink, Who: []string{"seed", "leech"}, Link: flipping(250)}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 90 * Second},
				{Check: "spared"},
			},
		},
		{
			Name:    "heavy-tail",
			About:   "Most packets take no longer than they should, some take a hundred times as long.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Link:    &Link{Up: 512 * KiBps, Down: 4 * MiBps, Latency: 20 * Millisecond, Jitter: 20 * Millisecond, Tail: true},
			Actors:  crowd(4),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 90 * Second},
				{Check: "wasted", Who: theLeech, Bytes: 512 * KiB},
			},
		},
		{
			Name:    "moving-train",
			About:   "The leech's line is fast, slow and dead in turns.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: &Link{Up: 4 * MiBps, Down: 4 * MiBps, Latency: 20 * Millisecond}},
				{Name: "leech", Kind: Leech, Link: &Link{Latency: 40 * Millisecond, Rates: []RateStep{
					{For: 5 * Second, Up: 256 * KiBps, Down: 512 * KiBps},
					{For: 8 * Second, Up: 4 * KiBps, Down: 8 * KiBps},
					{For: 4 * Second, Up: 1, Down: 1},
				}}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "wasted", Who: theLeech, Bytes: 0},
			},
		},
	}
}

// lostWords are downloads in which messages get lost, or connections break at a
// message.
func lostWords() []Scenario {
	lost := func(name, about string, who, with []string, m Message, within Duration) Scenario {
		return Scenario{
			Name: name, About: about,
			Torrent: Torrent{Piece: 64 * KiB, Size: 3 * MiB},
			Actors:  crowd(2),
			Actions: []Action{{Do: DoMeddle, Who: who, With: with, Message: &m}},
			Expect:  []Expectation{{Check: "complete", Who: theLeech, Within: within}},
		}
	}
	return []Scenario{
		{
			Name:    "lost-unchoke",
			About:   "A leech does not hear that the seed unchokes it for the first time; it gets another turn.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 3 * MiB},
			Actors:  []Actor{{Name: "seed", Kind: Seed, Slots: new(1), Link: &Link{Up: 64 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}}, {Name: "leech", Kind: Leech, Count: 4}},
			Actions: []Action{{Do: DoMeddle, Who: theSeed, With: theLeech, Message: &Message{Kind: "unchoke", Nth: 1, Fate: fateDrop}}},
			Expect:  []Expectation{{Check: "complete", Who: theLeech, Within: 240 * Second}},
		},
		lost("lost-choke", "A leech does not hear that it is choked, and goes on asking.",
			theSeed, theLeech, Message{Kind: "choke", Fate: fateDrop}, 120*Second),
		lost("lost-interest", "The seed does not hear that a leech is interested.",
			[]string{"leech-1"}, theSeed, Message{Kind: "interested", Nth: 1, Fate: fateDrop}, 180*Second),
		lost("lost-haves", "No leech hears what another one has got meanwhile.",
			theLeech, theLeech, Message{Kind: "have", Fate: fateDrop}, 60*Second),
		lost("lost-requests", "Every tenth request is one that is lost.",
			theLeech, theSeed, Message{Kind: "request", Nth: 10, Fate: fateDrop}, 180*Second),
		lost("lost-piece", "A block is lost on its way, and all that follows arrives.",
			theSeed, theLeech, Message{Kind: "piece", Nth: 20, Fate: fateDrop}, 180*Second),
		lost("late-piece", "A block takes half a minute, and holds up all that is behind it.",
			theSeed, theLeech, Message{Kind: "piece", Nth: 20, Fate: fateDelay, Late: 30 * Second}, 120*Second),
		lost("reset-in-handshake", "The first connection with the seed breaks in the middle of its handshake.",
			theSeed, theLeech, Message{Kind: handshakeName, Nth: 1, Fate: fateWithin}, 60*Second),
		lost("reset-in-block", "A connection breaks in the middle of a block.",
			theSeed, theLeech, Message{Kind: "piece", Nth: 17, Fate: fateWithin}, 60*Second),
		lost("reset-at-byte", "The first two connections with the seed break in front of the hundred thousandth byte, whatever it is part of.",
			theSeed, theLeech, Message{Fate: fateAtByte, Byte: 99_999, Nth: 1}, 60*Second),
		lost("reset-before-block", "A connection breaks at the boundary in front of a block.",
			theSeed, theLeech, Message{Kind: "piece", Nth: 17, Fate: fateBefore}, 60*Second),
		lost("reset-behind-unchoke", "A connection breaks right behind an unchoke.",
			theSeed, theLeech, Message{Kind: "unchoke", Nth: 1, Fate: fateBehind}, 60*Second),
	}
}
