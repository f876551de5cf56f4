package scenarios

import "fmt"

// udpTrackers are downloads whose trackers are asked by datagrams (BEP 15).
func udpTrackers() []Scenario {
	list := []Scenario{udpPlain(), udpIPv6(), udpSilent(), udpFailover(), udpScrape(), udpSurrounded(), udpForgetful(), udpRefusing(), udpRestart()}
	list = append(list, udpLost()...)
	return append(list, udpLossy(0, 5*Second, 100), udpLossy(10, 50*Second, 90), udpLossy(20, 110*Second, 79), udpLossy(30, 470*Second, 69))
}

var oneUDP = []Tracker{{UDP: true}}

func udpPlain() Scenario {
	return Scenario{
		Name:     "tracker-udp",
		About:    "G05: a swarm finds itself by a tracker over UDP, which is told all that one by HTTP is told.",
		Torrent:  Torrent{Piece: 64 * KiB, Size: 2 * MiB},
		Trackers: oneUDP,
		Actors:   crowd(3),
		Actions:  []Action{{At: 3 * Minute, Do: DoLeave, Who: []string{"leech-1"}}},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 20 * Second},
			{Check: "tier", Of: theTracker, After: 10 * Second, Reason: "working"},
			{Check: "announces", Who: theLeech, Of: theTracker},
			{Check: "keyed", Of: theTracker, Count: 50},
			{Check: "closes", Time: Second},
			{Check: "datagrams", Of: theTracker, Reason: "connect 0s announce 0s", Slack: Second},
		},
	}
}

func udpIPv6() Scenario {
	return Scenario{
		Name:     "udp-ipv6",
		About:    "G05: the same over IPv6, where the answers have another form.",
		IPv6:     true,
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: oneUDP,
		Actors:   pair(),
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 15 * Second},
			{Check: "announces", Who: theLeech, Of: theTracker},
		},
	}
}

// udpLost are about requests that get lost. Each comes once more after 15
// seconds, 30, 60 and so on, as BEP 15 has it in its examples.
func udpLost() []Scenario {
	return []Scenario{
		{
			Name:     "udp-lost-connect",
			About:    "G05: the first two requests for a connection get lost; they are repeated, and the announce follows at once.",
			Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
			Trackers: []Tracker{{UDP: true, Manner: "loses-connects"}},
			Actors:   []Actor{{Name: "leech", Kind: Leech}},
			Expect: []Expectation{
				{Check: "datagrams", Of: theTracker, Reason: "connect 0s connect 15s connect 45s announce 45s", Slack: 100 * Millisecond},
				{Check: "tier", Of: theTracker, After: 50 * Second, Reason: "working"},
			},
		},
		{
			Name:     "udp-lost-announce",
			About:    "G05: three announces get lost; the fourth needs another connection id, because the first has expired.",
			Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
			Trackers: []Tracker{{UDP: true, Manner: "loses-announces"}},
			Actors:   []Actor{{Name: "leech", Kind: Leech}},
			Expect: []Expectation{
				{Check: "datagrams", Of: theTracker, Reason: "connect 0s announce 0s announce 15s announce 45s connect 105s announce 105s", Slack: 200 * Millisecond},
				{Check: "tier", Of: theTracker, After: 2 * Minute, Reason: "working"},
			},
		},
	}
}

func udpSilent() Scenario {
	return Scenario{
		Name:     "udp-silent",
		About:    "G05: the only tracker is deaf: it is asked nine times within two hours, to the second, and then begun with anew.",
		Until:    3 * hour,
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{UDP: true, Manner: "deaf"}},
		Actors:   []Actor{{Name: "leech", Kind: Leech}},
		Expect: []Expectation{
			{
				Check: "datagrams", Of: theTracker, Slack: Millisecond,
				Reason: "connect 0s connect 15s connect 45s connect 105s connect 225s connect 465s connect 945s connect 1905s connect 3825s",
			},
			{Check: "told", Of: theTracker, Reason: "no answer from the tracker", Within: 7670 * Second},
			{Check: "tier", Of: theTracker, After: hour, Reason: "announcing"},
			{Check: "tier", Of: theTracker, After: 7670 * Second, Reason: "failing", Count: 1},
			{Check: "closes", Time: Second},
		},
	}
}

func udpFailover() Scenario {
	return Scenario{
		Name:    "udp-failover",
		About:   "G05: beside another tracker, one that is silent is given up after 45 seconds, and tried again the next time.",
		Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{
			{Name: "deaf", UDP: true, Manner: "deaf"},
			{Name: "good", Tier: 1},
		},
		Actors: pair(),
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, After: 45 * Second, Within: 55 * Second},
			{Check: "told", Of: []string{"deaf"}, Reason: "no answer from the tracker", Within: 46 * Second},
			{Check: "tiers", Who: theLeech, Count: 2},
			{Check: "datagrams", Who: theLeech, Of: []string{"deaf"}, Reason: "connect 0s connect 15s connect 46s connect 61s", Slack: 4 * Second},
		},
	}
}

func udpScrape() Scenario {
	return Scenario{
		Name:     "udp-scrape",
		About:    "G05: a tracker that does not say how large the swarm is gets asked for it, by the same connection.",
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{UDP: true, Manner: "uncounted"}},
		Actors:   pair(),
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 90 * Second},
			{Check: "datagrams", Of: theTracker, Reason: "connect 0s announce 0s scrape 0s", Slack: Second},
		},
	}
}

func udpSurrounded() Scenario {
	return Scenario{
		Name:     "udp-surrounded",
		About:    "G05: answers with wrong transaction ids, of the wrong kind, too short, or from elsewhere are no answers.",
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB, Private: true}, // so that nobody may be tried whom the tracker has not named
		Trackers: []Tracker{{UDP: true, Manner: "surrounded"}},
		Actors:   pair(),
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 90 * Second},
			{Check: "announces", Who: theLeech, Of: theTracker},
			{Check: "introduced"},
		},
	}
}

func udpForgetful() Scenario {
	return Scenario{
		Name:     "udp-forgetful",
		About:    "G05: a tracker knows a connection id for one announce, and is silent after that: each time, another one is asked for.",
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{UDP: true, Manner: "forgetful", Interval: 30 * Second}},
		Actors:   nothingToDo,
		Expect: []Expectation{
			{Check: "paced", Who: theSeed, Of: theTracker, Time: 30 * Second, Slack: 16 * Second, Count: 13},
			{Check: "datagrams", Of: theTracker, Reason: "connect 0s announce 0s announce 30s connect 45s announce 45s", Slack: Second},
			{Check: "tier", Of: theTracker, After: 9*Minute + 10*Second, Reason: "working"},
		},
	}
}

func udpRefusing() Scenario {
	return Scenario{
		Name:     "udp-refusing",
		About:    "G05: an error of the tracker's is told, and the next tracker asked at once.",
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: []Tracker{{Name: "refusing", UDP: true, Manner: "refusing"}, {Name: "good", UDP: true, Tier: 1}},
		Actors:   pair(),
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 15 * Second},
			{Check: "told", Of: []string{"refusing"}, Reason: "tracker says: you are not wanted", Within: 5 * Second},
			{Check: "announces", Who: theLeech, Of: []string{"good"}},
		},
	}
}

func udpRestart() Scenario {
	return Scenario{
		Name:     "udp-tracker-dies",
		About:    "G05: a tracker goes away for two minutes, and is found again when the request is repeated.",
		Torrent:  Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Trackers: oneUDP,
		Actors:   pair(),
		Actions:  []Action{{At: 30 * Second, Do: DoTrackerDown, For: 2 * Minute, Who: theTracker}},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 15 * Second},
			{Check: "tier", Of: theTracker, After: 140 * Second, Reason: "announcing"},
			{Check: "tier", Of: theTracker, After: 5 * Minute, Reason: "working"},
		},
	}
}

// udpLossy loses datagrams in both directions. An exchange of two succeeds with
// the square q of what a datagram does, and an announce takes two: one for the
// connection, which is good for a minute, and its own. There are attempts after
// 0, 15, 45, 105, 225 and 465 seconds; up to the third, a connection won is kept
// for the next, after that each attempt has to win both. So of many clients there
// have announced themselves
//
//	10 % lost, q = 0.81: 97.6 % after three attempts
//	20 % lost, q = 0.64: 92.0 % after four
//	30 % lost, q = 0.49: 85.6 % after six
//
// and of forty, but for one run in a thousand, three standard deviations less.
func udpLossy(percent int, within Duration, heard int) Scenario {
	link := defaultLink
	link.Loss = percent * 10_000
	return Scenario{
		Name:     fmt.Sprintf("udp-loss-%d", percent),
		About:    fmt.Sprintf("J05: %d %% of the datagrams get lost: announces get through in the time that this takes.", percent),
		Torrent:  Torrent{Piece: 64 * KiB, Size: 256 * KiB},
		Trackers: []Tracker{{UDP: true, Interval: 10 * Minute}},
		Link:     &link,
		Actors:   []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Count: 39, Priorities: []int{0}}}, // who want to be known, and no more
		Expect: []Expectation{
			{Check: "heard", Of: theTracker, Within: within, Percent: heard},
			{Check: "closes", Time: 4 * Second},
		},
	}
}
