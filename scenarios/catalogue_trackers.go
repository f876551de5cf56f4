package scenarios

// trackers are downloads whose trackers fail.
func trackers() []Scenario {
	small := Torrent{Piece: 64 * KiB, Size: 2 * MiB}
	return []Scenario{
		{
			Name:     "tracker-down",
			About:    "G03: the tracker is down for the first minute: it is asked again, and everything goes its way.",
			Torrent:  small,
			Trackers: []Tracker{{Down: true}},
			Actors:   pair(),
			Actions:  []Action{{At: Minute, Do: DoTrackerUp, Who: theTracker}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, After: Minute, Within: 150 * Second},
				{Check: "announces", Who: theLeech, Of: theTracker},
			},
		},
		{
			Name:    "tracker-failover",
			About:   "G03: the tracker of the first tier is gone for good: that of the second is asked, at once.",
			Torrent: small,
			Trackers: []Tracker{
				{Name: "dead", Down: true},
				{Name: "alive", Tier: 1},
			},
			Actors: pair(),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 15 * Second},
				{Check: "announces", Who: theLeech, Of: []string{"alive"}},
			},
		},
		{
			Name:     "tracker-dies",
			About:    "A tracker that goes down in mid-download is not missed.",
			Torrent:  Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Trackers: []Tracker{{Interval: 5 * Second}},
			Actors:   crowd(3),
			Actions:  []Action{{At: 3 * Second, Do: DoTrackerDown, Who: theTracker}},
			Expect:   []Expectation{{Check: "complete", Who: theLeech, Within: 60 * Second}},
		},
	}
}
