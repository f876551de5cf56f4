package scenarios

import "fmt"

const hour = 60 * Minute

// announcing is how trackers are spoken to, over long times and when they fail.
func announcing() []Scenario {
	list := []Scenario{needsPeers()}
	for _, seconds := range []Duration{440, 1800, 3600} {
		list = append(list, pacing(seconds))
	}
	list = append(list, trackerLives()...)
	list = append(list, trackerTiers(), trackersAllDead(), trackerFaults(), trackerSilence(), trackerWarning())
	return append(list, trackerLists()...)
}

// nothingToDo is a seed, and a leech that wants nothing.
var nothingToDo = []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Priorities: []int{0}}}

func pacing(seconds Duration) Scenario {
	interval := seconds * Second
	return Scenario{
		Name:     fmt.Sprintf("interval-%d", seconds),
		About:    "G01: a tracker's interval is kept for a day, to the second, and started said once.",
		Until:    24 * hour,
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{Interval: interval, MinInterval: interval}},
		Actors:   nothingToDo,
		Expect: []Expectation{
			{Check: "paced", Of: theTracker, Time: interval, Slack: Second, Count: int(24 * hour / interval)},
			{Check: "keyed", Of: theTracker, Count: 50},
		},
	}
}

func needsPeers() Scenario {
	return Scenario{
		Name:     "interval-needs-peers",
		About:    "G01: who has too few peers asks again after five minutes, where the tracker has named no minimum.",
		Until:    24 * hour,
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{Interval: hour}},
		Actors:   []Actor{{Name: "leech", Kind: Leech}},
		Expect:   []Expectation{{Check: "paced", Of: theTracker, Time: 5 * Minute, Slack: Second, Count: 287}},
	}
}

// trackerLives are lives of a client, as its tracker sees them.
func trackerLives() []Scenario {
	small := Torrent{Piece: 64 * KiB, Size: 256 * KiB}
	slow := []Tracker{{Latency: 500 * Millisecond}}
	acquainted := []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Knows: theSeed}}
	return []Scenario{
		{
			Name:     "completed-in-flight",
			About:    "G02: a download is complete while its first announce is on its way: completed is said after it.",
			Torrent:  small,
			Trackers: slow,
			Actors:   acquainted,
			Actions:  []Action{{At: 10 * Second, Do: DoLeave, Who: theLeech}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 1500 * Millisecond},
				{Check: "announces", Who: theLeech, Of: theTracker},
				{Check: "closes", Time: 4 * Second},
			},
		},
		{
			Name:     "stopped-in-flight",
			About:    "G02: a torrent is stopped while its first announce is on its way, and started again.",
			Torrent:  small,
			Trackers: slow,
			Actors:   acquainted,
			Actions: []Action{
				{At: 600 * Millisecond, Do: DoStop, Who: theLeech},
				{At: 10 * Second, Do: DoStart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, After: 10 * Second, Within: 15 * Second},
				{Check: "closes", Time: 4 * Second},
			},
		},
		{
			Name:    "pause-is-private",
			About:   "G02: a pause is no event for a tracker; a process that is killed and comes back has started once more.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
			Actors:  pair(),
			Actions: []Action{
				{At: 3 * Second, Do: DoPause, Who: theLeech},
				{At: 5 * Second, Do: DoStart, Who: theLeech},
				{At: 8 * Second, Do: DoRestart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "announces", Who: theLeech, Of: theTracker, Reason: "started started completed stopped"},
				{Check: "closes", Time: Second},
			},
		},
		{
			Name:     "close-without-tracker",
			About:    "G02: a tracker that takes connections and says nothing holds nobody up who wants to leave.",
			Torrent:  small,
			Trackers: []Tracker{{Name: "first"}, {Name: "second", Tier: 1, Manner: "mute"}},
			Actors:   acquainted,
			Actions:  []Action{{At: 20 * Second, Do: DoTrackerDown, Who: []string{"first"}}, {At: 65 * Second, Do: DoLeave, Who: theLeech}},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 30 * Second},
				{Check: "closes", Time: 4 * Second},
			},
		},
	}
}

func trackerTiers() Scenario {
	first, second := []string{"a1", "a2", "a3"}, []string{"b1", "b2", "b3"}
	s := Scenario{
		Name:    "tiers-2x3",
		About:   "G03: two tiers of three trackers, which fail and recover: they are asked in the order of BEP 12.",
		Until:   2 * hour,
		Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Actors:  nothingToDo,
		Actions: []Action{
			{At: 5 * Minute, Do: DoTrackerUp, Who: []string{"a3"}},
			{At: 15 * Minute, Do: DoTrackerDown, Who: first},
			{At: 25 * Minute, Do: DoTrackerDown, Who: second},
			{At: 60 * Minute, Do: DoTrackerUp, Who: []string{"b2"}},
			{At: 100 * Minute, Do: DoTrackerUp, Who: []string{"a1"}},
		},
		Expect: []Expectation{
			{Check: "tiers", Count: 40},
			{Check: "retries", Time: 15 * Second, Slack: Second, Count: 7},
			{Check: "tier", Of: []string{"a1", "a2"}, After: 2*Minute + 30*Second, Reason: "failing", Count: 9},
			{Check: "tier", Of: []string{"b1"}, After: 2*Minute + 30*Second, Reason: "working"},
			{Check: "tier", Of: []string{"a1"}, After: 2 * hour, Reason: "working"},
		},
	}
	for _, name := range first {
		s.Trackers = append(s.Trackers, Tracker{Name: name, Down: true})
	}
	for _, name := range second {
		s.Trackers = append(s.Trackers, Tracker{Name: name, Tier: 1})
	}
	return s
}

func trackersAllDead() Scenario {
	return Scenario{
		Name:     "trackers-all-dead",
		About:    "G03: for six hours no tracker answers: they are tried less and less, and again as soon as agreed.",
		Until:    6 * hour,
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{Name: "a", Down: true}, {Name: "b", Down: true}, {Name: "c", Tier: 1, Manner: "unavailable"}},
		Actors:   pair(),
		Actions:  []Action{{At: 5 * hour, Do: DoTrackerUp, Who: []string{"b"}}},
		Expect: []Expectation{
			{Check: "tiers", Count: 15},
			{Check: "retries", Time: 15 * Second, Slack: Second, Count: 14},
			{Check: "complete", Who: theLeech, After: 5 * hour, Within: 6 * hour},
		},
	}
}

// trackerFaults is a chain of trackers, each of which fails in its own way.
func trackerFaults() Scenario {
	s := Scenario{
		Name:    "tracker-faults",
		About:   "G04: ten trackers that fail in ten ways are each told of for what they are; the eleventh is reached.",
		Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Actors:  pair(),
	}
	faults := []struct{ manner, told string }{
		{"failure", "tracker says: you are not wanted"},
		{"unavailable", "HTTP status 503"},
		{"not-found", "HTTP status 404"},
		{"garbage", "bencod"},
		{"truncated", "closed by the remote side before the response was complete"},
		{"squeezed", "compressed response is cut short"},
		{"endless", "response body too large"},
		{"redirects", "too many redirects"},
		{"drip", "no complete response in time"},
		{"mute", "no complete response in time"},
	}
	for i, f := range faults {
		s.Trackers = append(s.Trackers, Tracker{Name: f.manner, Tier: i, Manner: f.manner})
		s.Expect = append(s.Expect,
			Expectation{Check: "told", Of: []string{f.manner}, Reason: f.told, Within: 45 * Second},
			Expectation{Check: "tier", Of: []string{f.manner}, After: 43 * Second, Reason: "failing", Count: 1})
	}
	s.Trackers = append(s.Trackers, Tracker{Name: "good", Tier: len(faults)})
	s.Expect = append(s.Expect,
		Expectation{Check: "tiers", Count: 1},
		// Two trackers take the twenty seconds that any may take; the rest, none.
		Expectation{Check: "complete", Who: theLeech, After: 40 * Second, Within: 50 * Second})
	return s
}

func trackerSilence() Scenario {
	return Scenario{
		Name:     "tracker-mute",
		About:    "G04: the only tracker takes every connection and never answers: it is tried less and less.",
		Until:    2 * hour,
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{Manner: "mute"}},
		Actors:   []Actor{{Name: "leech", Kind: Leech}},
		Expect: []Expectation{
			{Check: "retries", Time: 15 * Second, Slack: 21 * Second, Count: 9},
			{Check: "incomplete", Who: theLeech},
		},
	}
}

func trackerWarning() Scenario {
	return Scenario{
		Name:     "tracker-warning",
		About:    "G04: what a tracker warns of is told, and its answer is an answer.",
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{Manner: "warning"}},
		Actors:   []Actor{{Name: "leech", Kind: Leech}},
		Expect: []Expectation{
			{Check: "told", Of: theTracker, Reason: "closing tomorrow", Within: 5 * Second},
			{Check: "tier", Of: theTracker, After: 10 * Second, Reason: "working"},
		},
	}
}

// trackerLists are about the addresses that trackers give.
func trackerLists() []Scenario {
	return []Scenario{
		{
			Name:    "private",
			About:   "G09: in a private torrent nobody is tried but whom the tracker has named.",
			Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB, Private: true},
			Actors:  crowd(5),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 60 * Second},
				{Check: "introduced"},
			},
		},
		{
			Name:     "five-thousand-peers",
			About:    "G08: a tracker names ourselves, nobody, and 5000 others: the only real peer among them is found.",
			Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
			Trackers: []Tracker{{Manner: "crowd"}},
			Actors:   pair(),
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 5 * Minute},
				{Check: "connected", Who: theLeech, After: 5 * Minute},
				{Check: "avoids"},
				{Check: "endings", Who: theLeech, Of: theLeech, Reason: "connected to ourselves", Count: 2}, // either end of it
				{Check: "half-open", Count: 32},
			},
		},
	}
}
