package scenarios

const day = 24 * hour

// awayFaults are hosts that sleep, stand still, move, or lose track of time.
func awayFaults() []Scenario {
	clock := func(name, about string, c Clock, extra ...Expectation) Scenario {
		return Scenario{
			Name: name, About: about, Until: 30 * Minute,
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Link:    &Link{Up: 128 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
			Actors:  crowd(2),
			Actions: []Action{{At: 20 * Second, Do: DoClock, Who: []string{"leech-1", "seed"}, Clock: &c}},
			Expect:  append([]Expectation{{Check: "complete", Who: theLeech, Within: 150 * Second}}, extra...),
		}
	}
	return []Scenario{
		{
			Name:    "address-change",
			About:   "A leech and the seed get other addresses in mid-download; their old connections are dead and nobody says so.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  crowd(3),
			Actions: []Action{
				{At: 3 * Second, Do: DoMove, Who: []string{"leech-2"}},
				{At: 5 * Second, Do: DoMove, Who: theSeed},
			},
			Expect: []Expectation{{Check: "complete", Who: theLeech, Within: 240 * Second}},
		},
		{
			Name: "suspend", Until: 3 * hour,
			About:   "A laptop sleeps for two hours in mid-download, and goes on where it was.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  crowd(2),
			Actions: []Action{{At: 4 * Second, Do: DoSuspend, Who: []string{"leech-1"}, For: 2 * hour}},
			Expect: []Expectation{
				{Check: "complete", Who: []string{"leech-2"}, Within: 60 * Second},
				{Check: "complete", Who: []string{"leech-1"}, After: 2 * hour, Within: 2*hour + 90*Second},
			},
		},
		{
			Name: "suspend-seed", Until: 3 * hour,
			About:   "The seed sleeps for two hours; the leeches find it again when it wakes.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  crowd(2),
			Actions: []Action{{At: 4 * Second, Do: DoSuspend, Who: theSeed, For: 2 * hour}},
			Expect:  []Expectation{{Check: "complete", Who: theLeech, After: 2 * hour, Within: 2*hour + 120*Second}},
		},
		{
			Name:    "freeze",
			About:   "The program on the seed's host stands still for a minute, while the system acknowledges what comes.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
			Actors:  crowd(2),
			Actions: []Action{{At: 4 * Second, Do: DoFreeze, Who: theSeed, For: Minute}},
			Expect:  []Expectation{{Check: "complete", Who: theLeech, After: Minute, Within: 130 * Second}},
		},
		clock("clock-ahead", "Clocks jump ahead by a day.", Clock{Ahead: day}),
		clock("clock-back", "Clocks jump back by a day.", Clock{Back: day}),
		clock("clock-drift", "Clocks gain three seconds a minute.", Clock{Drift: 50_000}),
	}
}

// natted are swarms of which a part is behind routers that translate addresses.
func natted() []Scenario {
	nats := []NAT{
		{Name: "cone", Kind: "full cone"}, {Name: "address", Kind: "address-restricted"},
		{Name: "port", Kind: "port-restricted"}, {Name: "symmetric", Kind: "symmetric"},
	}
	actors := []Actor{{Name: "seed", Kind: Seed}, {Name: "open", Kind: Leech}}
	for _, n := range nats {
		actors = append(actors, Actor{Name: "at-" + n.Name, Kind: Leech, NAT: n.Name})
	}
	return []Scenario{
		{
			Name:    "nat-matrix",
			About:   "A leech behind each kind of NAT, and two in the open. Without holes punched, those behind reach those in the open, and nobody reaches them.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 3 * MiB},
			NATs:    nats, Actors: actors,
			Expect: []Expectation{{Check: "complete", Within: 60 * Second}},
		},
		{
			Name:    "nat-seed",
			About:   "The seed is behind a NAT, with one of the leeches: it has to connect by itself.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 3 * MiB},
			NATs:    nats[3:],
			Actors: []Actor{
				{Name: "seed", Kind: Seed, NAT: "symmetric", Start: 2 * Second}, {Name: "inside", Kind: Leech, NAT: "symmetric"},
				{Name: "leech", Kind: Leech, Count: 2},
			},
			Expect: []Expectation{{Check: "complete", Within: 150 * Second}},
		},
		{
			Name:    "nat-forgets",
			About:   "A NAT forgets connections that were silent for half a minute, less than keep-alives take.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 3 * MiB},
			NATs:    []NAT{{Name: "router", Kind: "port-restricted", Timeout: 30 * Second}},
			Actors: []Actor{
				{Name: "seed", Kind: Seed},
				{Name: "leech", Kind: Leech, NAT: "router", Has: "0-30"},
			},
			Actions: []Action{
				{At: 1 * Second, Do: DoPause, Who: theLeech, For: 80 * Second},
			},
			Expect: []Expectation{{Check: "complete", Within: 260 * Second}},
		},
	}
}
