package scenarios

// pretenders are downloads beside peers that are not who they say they are, or
// say now this and now that.
func pretenders() []Scenario {
	return []Scenario{
		besides("contradictor", "C03: A peer contradicts itself in the six ways there are: its last word counts, for as long as it does."),
		besides("mirror", "C07: A peer answers by our own peer id: it counts as ourselves, and the seed does not.",
			dropped("mirror", "connected to ourselves", 10*Second)),
		besides("opener", "C07: A peer dials back whoever dials it: one of the two connections is kept, and is of use.",
			dropped("opener", "already connected", 2*Second)),
		besides("resetter", "A good seed whose connections break within three seconds, each time: it is good for what it gives."),
		cloning(),
		{
			Name:    "chaos",
			About:   "Three peers that are somebody else every few seconds: honest peers find to each other all the same.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors: []Actor{
				{Name: "chaos", Kind: Hostile, Personality: "chaos", Count: 3, Knows: []string{"seed", "leech"}},
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, Count: 3, Knows: []string{"chaos", "seed"}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 5 * Minute},
				{Check: "spared", Of: []string{"seed", "leech"}},
				{Check: "bounded", Count: 502, Bytes: 1 * MiB},
			},
		},
	}
}

// cloning has a peer that takes the peer id of one honest peer to the next.
func cloning() Scenario {
	return Scenario{
		Name:    "cloner",
		About:   "C07: A peer takes the ids of those it has met: nobody is sent away because somebody else has his id.",
		Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},

		Trackerless: true, // all connections with the seed are the leeches' own
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Link: slowSeed},
			{Name: "leech", Kind: Leech, Count: 4, Knows: theSeed},
			{Name: "cloner", Kind: Hostile, Personality: "cloner", Start: 2 * Second, Knows: []string{"leech", "seed"}},
		},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 75 * Second},
			{Check: "drops", Who: theLeech, Of: []string{"cloner"}, Reason: "already connected"},
			{Check: "endings", Who: theLeech, Of: theSeed, Reason: "already connected"},
			{Check: "links", Who: theLeech, Of: theSeed, After: 20 * Second, Count: 1},
		},
	}
}
