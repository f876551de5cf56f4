package scenarios

// hostiles are downloads among peers that do not behave.
func hostiles() []Scenario { return append(givers(), takers()...) }

// beside is a hostile peer, a seed, and a leech that knows both.
func beside(personality string, seed *Link) []Actor {
	return []Actor{
		{Name: personality, Kind: Hostile, Personality: personality},
		{Name: "seed", Kind: Seed, Link: seed},
		{Name: "leech", Kind: Leech, Knows: []string{personality, "seed"}},
	}
}

// slowSeed leaves a leech time to try the other peer.
var slowSeed = &Link{Up: 64 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}

// givers promise more than they give.
func givers() []Scenario {
	torrent := Torrent{Piece: 64 * KiB, Size: 4 * MiB}
	return []Scenario{
		{
			Name:    "poisoner",
			About:   "F01: One peer of five sends bad blocks: it is found out and banned, and nobody else is.",
			Torrent: torrent,
			Actors: []Actor{
				{Name: "poisoner", Kind: Hostile, Personality: "poisoner"},
				{Name: "honest", Kind: Seed, Count: 4, Link: &Link{Up: 64 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}},
				{Name: "leech", Kind: Leech, Knows: []string{"poisoner", "honest"}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "banned", Who: theLeech, Of: []string{"poisoner"}},
				{Check: "failed", Who: theLeech, Count: 2},
				{Check: "wasted", Who: theLeech, Bytes: 2 * 64 * KiB},
			},
		},
		{
			Name:    "snubbing-peer",
			About:   "A04: A peer that unchokes and then sends nothing more is noticed, and does not hold the download up.",
			Torrent: torrent,
			Actors:  beside("snubber", &Link{Up: 32 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}),
			Expect: []Expectation{
				// It gives what it gives within the first second.
				{Check: "snubbed", Who: theLeech, Of: []string{"snubber"}, Within: 63 * Second},
				{Check: "complete", Who: theLeech, Within: 170 * Second},
				{Check: "wasted", Who: theLeech, Bytes: 64 * KiB},
			},
		},
		{
			Name:    "silent-peer",
			About:   "B06: A peer that accepts connections and answers nothing costs no more than its connection.",
			Torrent: torrent,
			Actors:  beside("silent", nil),
			Expect:  []Expectation{{Check: "complete", Who: theLeech, Within: 20 * Second}},
		},
		{
			Name:    "liar",
			About:   "A peer that rejects every request is not asked again and again.",
			Torrent: torrent,
			Actors:  beside("liar", nil),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 20 * Second},
				{Check: "asked", Of: []string{"liar"}, Count: 1000},
			},
		},
		{
			Name:    "flapper",
			About:   "A06: A peer that chokes and unchokes five times a second is good for what it gives.",
			Torrent: torrent,
			Actors:  beside("flapper", slowSeed),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 70 * Second},
				{Check: "wasted", Who: theLeech, Bytes: 64 * KiB},
				{Check: "batch", Who: theLeech, Of: []string{"flapper"}, Count: 16},
			},
		},
		{
			Name:    "unsolicited",
			About:   "B07: A peer that sends blocks nobody has asked for is sent away.",
			Torrent: torrent,
			Actors:  beside("unsolicited", slowSeed),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 75 * Second},
				{Check: "drops", Who: theLeech, Of: []string{"unsolicited"}, Reason: "unrequested blocks"},
				{Check: "wasted", Who: theLeech, Bytes: 1 * MiB},
			},
		},
		{
			Name:    "garbage",
			About:   "A peer that sends nonsense is sent away at once.",
			Torrent: torrent,
			Actors:  beside("garbage", nil),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 20 * Second},
				{Check: "drops", Who: theLeech, Of: []string{"garbage"}, Reason: "malformed message", Within: 2 * Second},
			},
		},
		{
			Name:    "mute",
			About:   "A peer that accepts a connection and never answers the handshake is given up after 30 s.",
			Torrent: torrent,
			Actors:  beside("mute", nil),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 20 * Second},
				{Check: "drops", Who: theLeech, Of: []string{"mute"}, Reason: "handshake timed out", Within: 35 * Second},
			},
		},
	}
}

// takers want more than they are owed.
func takers() []Scenario {
	torrent := Torrent{Piece: 64 * KiB, Size: 4 * MiB}
	return []Scenario{
		{
			Name:    "over-requester",
			About:   "B08: A peer that asks for ten thousand blocks at once, and for what does not exist, is sent away.",
			Torrent: torrent,
			Actors: []Actor{
				{Name: "greedy", Kind: Hostile, Personality: "over-requester"},
				{Name: "seed", Kind: Seed, Knows: []string{"greedy"}},
				{Name: "leech", Kind: Leech, Knows: []string{"seed"}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 30 * Second},
				{Check: "drops", Who: theSeed, Of: []string{"greedy"}, Reason: "malformed message", Within: 10 * Second},
				{Check: "bounded", Count: 10, Bytes: 1 * MiB},
			},
		},
		{
			Name:    "free-rider",
			About:   "A peer that takes and never gives, and knows BEP 3 alone, gets little of what the leeches give.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 16 * MiB},
			Link:    &Link{Up: 128 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
			Actors: []Actor{
				{Name: "rider", Kind: Hostile, Personality: "freerider"},
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Count: 9},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 200 * Second},
				{Check: "share", Who: theLeech, Of: []string{"rider"}, Percent: 6},
			},
		},
	}
}
