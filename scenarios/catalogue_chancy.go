package scenarios

// chancy are scenarios of which it is chance what comes about: over several seeds it
// must, now and then.
func chancy() []Scenario {
	return []Scenario{
		{
			Name:    "now-and-then",
			About:   "Three leeches with jittery links: now and then one asks a second peer for the last blocks.",
			Torrent: Torrent{Piece: 32 * KiB, Size: 256 * KiB},
			Link:    &Link{Up: 64 * KiBps, Down: 256 * KiBps, Latency: 50 * Millisecond, Jitter: 200 * Millisecond, Tail: true},
			Actors:  []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Count: 3}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 5 * Minute},
				{Check: "reached", Who: theLeech, Reason: "endgame", Sometimes: true},
			},
		},
	}
}
