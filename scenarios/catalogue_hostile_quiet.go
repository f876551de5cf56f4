package scenarios

// besides is a scenario with a hostile peer, a slow seed, and a leech that knows
// both. The seed alone takes 64 s: the leech may take a sixth more. Whatever the
// hostile peer does, nobody is banned but for bad blocks, and nothing piles up.
func besides(personality, about string, expect ...Expectation) Scenario {
	return Scenario{
		Name: personality, About: about,
		Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
		Actors:  beside(personality, slowSeed),
		Expect: append([]Expectation{
			{Check: "complete", Who: theLeech, Within: 75 * Second},
			{Check: "banned"},
			{Check: "bounded", Count: 10, Bytes: 256 * KiB},
		}, expect...),
	}
}

// dropped expects that the leech sends somebody away for a reason.
func dropped(who, reason string, within Duration) Expectation {
	return Expectation{Check: "drops", Who: theLeech, Of: []string{who}, Reason: reason, Within: within}
}

// quietPeers are downloads beside peers that say little, slowly, or half of it.
func quietPeers() []Scenario {
	return []Scenario{
		besides("trickler", "C05: A handshake that comes a byte a second is given up after 30 s.",
			dropped("trickler", "handshake timed out", 32*Second)),
		besides("half-hello", "C05: A peer sends half a handshake, and stops or hangs up: either costs one connection for 30 s at most.",
			dropped("half-hello", "handshake timed out", 35*Second),
			Expectation{Check: "met", Of: []string{"half-hello"}, Count: 0}),
		{
			Name:    "dribbler",
			About:   "A peer sends its blocks a byte a second: that is no reason to wait for it.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  beside("dribbler", &Link{Up: 32 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 150 * Second}, // 128 s from the seed alone
				{Check: "snubbed", Who: theLeech, Of: []string{"dribbler"}, Within: 75 * Second},
				{Check: "asked", Of: []string{"dribbler"}, Count: 20},
				{Check: "bounded", Count: 10, Bytes: 256 * KiB},
			},
		},
		hoarding(),
	}
}

// hoarding has leeches that come when all places of the seed are taken, and taken
// again.
func hoarding() Scenario {
	return Scenario{
		Name:    "hoarder",
		About:   "C05: A peer opens 600 connections, again and again, and says nothing on them: whoever else comes finds a place.",
		Until:   2 * Minute,
		Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed},
			{Name: "hoarder", Kind: Hostile, Personality: "hoarder", Knows: theSeed, Start: Second},
			{Name: "leech", Kind: Leech, Start: 10 * Second, Knows: theSeed},
			{Name: "late", Kind: Leech, Start: 50 * Second, Knows: theSeed},
		},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 30 * Second},
			{Check: "complete", Who: []string{"late"}, Within: 70 * Second},
			{Check: "drops", Who: theSeed, Of: []string{"hoarder"}, Reason: "too many connections"},
			{Check: "drops", Who: theSeed, Of: []string{"hoarder"}, Reason: "handshake timed out", Within: Minute},
			{Check: "bounded", Count: 502, Bytes: 512 * KiB}, // 500 peers, and the tracker
		},
	}
}
