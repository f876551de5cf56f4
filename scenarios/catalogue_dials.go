package scenarios

// dialling is who is connected to, when again, and for how long.
func dialling() []Scenario {
	torrent := Torrent{Piece: 64 * KiB, Size: 1 * MiB}
	alone := func(knows ...string) Actor { return Actor{Name: "leech", Kind: Leech, Knows: knows} }
	return []Scenario{
		{
			Name: "redial-refused", Trackerless: true, Torrent: torrent, Until: 3 * hour,
			About:   "H03: a peer that refuses connections is tried less and less, and found again when it does not.",
			Actors:  []Actor{{Name: "seed", Kind: Seed}, alone("seed")},
			Actions: []Action{{Do: DoRefuse, Who: theSeed}, {At: 2 * hour, Do: DoAccept, Who: theSeed}},
			Expect: []Expectation{
				{Check: "redials", Who: theLeech, Of: theSeed, Time: 15 * Second, Slack: Second, Count: 9},
				{Check: "complete", Who: theLeech, After: 2 * hour, Within: 2*hour + 31*Minute},
			},
		},
		{
			Name: "redial-dead", Trackerless: true, Torrent: torrent, Until: 3 * hour,
			About:   "H03: a host that has lost its power answers nothing: each attempt takes the twenty seconds it may.",
			Actors:  []Actor{{Name: "seed", Kind: Seed}, alone("seed")},
			Actions: []Action{{Do: DoKill, Who: theSeed}},
			Expect:  []Expectation{{Check: "redials", Who: theLeech, Of: theSeed, Time: 15 * Second, Slack: 21 * Second, Count: 9}},
		},
		{
			Name: "redial-mute", Trackerless: true, Torrent: torrent, Until: 3 * hour,
			About:  "H03: a peer that never answers the handshake has failed as well.",
			Actors: []Actor{{Name: "mute", Kind: Hostile, Personality: "mute"}, alone("mute")},
			Expect: []Expectation{{Check: "redials", Who: theLeech, Of: []string{"mute"}, Time: 15 * Second, Slack: 31 * Second, Count: 9}},
		},
		{
			Name: "redial-useless", Trackerless: true, Torrent: torrent, Until: 3 * hour,
			About:  "H03: a peer that was of no use is left alone for longer each time.",
			Actors: []Actor{{Name: "lurker", Kind: Hostile, Personality: "lurker"}, alone("lurker")},
			Expect: []Expectation{{Check: "redials", Who: theLeech, Of: []string{"lurker"}, Time: 15 * Second, Slack: Second, Count: 8}},
		},
		{
			Name: "redial-reset", Trackerless: true, Torrent: torrent, Until: 4 * Minute,
			About: "H03: a peer that has given us something is soon called again, each time the connection breaks.",
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: &Link{Up: 4 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}},
				alone("seed"),
			},
			Actions: []Action{
				{At: 40 * Second, Do: DoReset, Who: theSeed, With: theLeech},
				{At: 90 * Second, Do: DoReset, Who: theSeed, With: theLeech},
				{At: 140 * Second, Do: DoReset, Who: theSeed, With: theLeech},
				{At: 190 * Second, Do: DoReset, Who: theSeed, With: theLeech},
			},
			Expect: []Expectation{{Check: "redials", Who: theLeech, Of: theSeed, Time: 15 * Second, Slack: Second, Count: 4}},
		},
		{
			Name: "redial-banned", Trackerless: true, Torrent: torrent, Until: hour,
			About:  "H03: a peer that was banned is never called again.",
			Actors: []Actor{{Name: "poisoner", Kind: Hostile, Personality: "poisoner"}, alone("poisoner")},
			Expect: []Expectation{
				{Check: "banned", Who: theLeech, Of: []string{"poisoner"}},
				{Check: "drops", Who: theLeech, Of: []string{"poisoner"}, Reason: "banned", Within: Minute},
				{Check: "endings", Who: theLeech, Of: []string{"poisoner"}, Reason: "banned", Count: 1},
				{Check: "connected", Who: theLeech, After: 50 * Minute},
			},
		},
		{
			Name: "dead-addresses", Trackerless: true, Torrent: torrent, Until: 20 * Minute,
			About: "H04: a thousand addresses where nobody answers, and at the end of the list one where somebody does.",
			Actors: []Actor{
				{Name: "dead", Kind: Hostile, Personality: "mute", Count: 1000},
				{Name: "seed", Kind: Seed},
				alone("dead", "seed"),
			},
			Actions: []Action{{Do: DoKill, Who: []string{"dead"}}},
			Expect: []Expectation{
				{Check: "half-open", Who: theLeech, Count: 32},
				// 32 at a time, for 20 s each, come to 625 s.
				{Check: "complete", Who: theLeech, Within: 11 * Minute},
			},
		},
		{
			Name: "idle-and-useless", Trackerless: true, Torrent: torrent, Until: 4 * Minute,
			About: "H05: three minutes without a byte, or of no use to each other, and not a second more than it takes to see.",
			Actors: []Actor{
				{Name: "corpse", Kind: Hostile, Personality: "corpse"},
				{Name: "lurker", Kind: Hostile, Personality: "lurker"},
				{Name: "idle", Kind: Hostile, Personality: "idle"},
				alone("corpse", "lurker", "idle"),
			},
			Expect: []Expectation{
				{Check: "lasts", Who: theLeech, Of: []string{"corpse"}, Reason: "idle", Time: 3 * Minute, Slack: Second},
				{Check: "lasts", Who: theLeech, Of: []string{"lurker"}, Reason: "no use to each other", Time: 3 * Minute, Slack: Second},
				{Check: "connected", Who: theLeech, After: 3*Minute + 5*Second, Count: 1}, // idle is interested
			},
		},
		{
			Name: "seed-meets-seed", Torrent: torrent, Until: hour,
			About: "H06: seeds part, whether they met as such or have become so, and do not call each other again.",
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Count: 2, Knows: []string{"seed", "leech"}},
				{Name: "leech", Kind: Leech, Knows: []string{"seed"}},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 15 * Second},
				{Check: "drops", Who: []string{"seed-1"}, Of: []string{"seed-2"}, Reason: "both are seeds", Within: 5 * Second},
				{Check: "endings", Of: []string{"seed", "leech"}, Reason: "both are seeds", Count: 3}, // the first, and one by each that finds out
				{Check: "endings", Of: []string{"seed", "leech"}, Reason: "already connected", Count: 1},
				{Check: "quiet", After: Minute, Within: 55 * Minute},
				{Check: "connected", After: 58 * Minute},
			},
		},
	}
}
