package scenarios

import (
	"slices"
	"testing"
)

// TestChecksFail: every check fails in a run that does not do what it asks for.
func TestChecksFail(t *testing.T) {
	// A seed and two leeches, of which one pauses for a while; both complete after
	// some ten seconds.
	base := Scenario{
		Name:    "plain",
		Until:   40 * Second,
		Torrent: Torrent{Piece: 64 * KiB, Files: []File{{Path: "a", Size: 1 * MiB}, {Path: "b", Size: 3 * MiB}}},
		Actors: append(crowd(2),
			Actor{Name: "rider", Kind: Hostile, Personality: "freerider"},
			Actor{Name: "liar", Kind: Hostile, Personality: "liar"}),
		Actions: []Action{{At: 2 * Second, Do: DoPause, Who: []string{"leech-1"}}, {At: 6 * Second, Do: DoStart, Who: []string{"leech-1"}}},
	}
	tests := []Expectation{
		{Check: "complete", Who: theLeech, Within: 5 * Second},
		{Check: "complete", Who: theLeech, After: 30 * Second},
		{Check: "incomplete", Who: theLeech},
		{Check: "had", Who: theLeech, Count: 63},
		{Check: "file", Who: theLeech, File: "b", Within: 5 * Second},
		{Check: "bound", Who: theLeech, Percent: 101},
		{Check: "bounded", Who: theLeech, Count: 2, Bytes: 16 * MiB},
		{Check: "bounded", Who: theSeed, Count: 500, Bytes: 1},
		{Check: "wasted", Who: theLeech, Bytes: -1},
		{Check: "downloaded", Who: theLeech, Bytes: 1 * MiB},
		{Check: "uploaded", Who: theSeed, Bytes: 1 * MiB},
		{Check: "quiet", Who: theSeed, After: 3 * Second, Within: 5 * Second},
		{Check: "quiet", Who: theSeed, After: 50 * Second, Within: 55 * Second},
		{Check: "unchoked-time", Who: theSeed, Of: theLeech, Time: 20 * Second, Slack: 1 * Second},
		{Check: "favours", Who: theLeech, Of: theSeed, Percent: 90},
		{Check: "cancels", Who: theSeed, Count: 1},
		{Check: "snubbed", Who: theLeech, Of: theSeed, Within: 5 * Second},
		{Check: "snubbed", Who: theLeech, Of: theSeed},
		{Check: "banned", Who: theLeech, Of: theSeed},
		{Check: "absent", Who: theLeech, File: "a"},
		{Check: "stopped", Who: theLeech, Within: 10 * Second},
		{Check: "news", Who: theLeech, Reason: "disk-waits", Within: 10 * Second},
		{Check: "news", Who: theLeech, Reason: "checkpointed", Count: 99},
		{Check: "no-news", Who: theLeech, Reason: "checkpointed", Within: 20 * Second},
		{Check: "explains", Who: theLeech, After: 3 * Second, Reason: "the disk is full"},
		{Check: "explains", Who: theLeech, After: Minute},
		{Check: "backpressure", Who: theLeech, Bytes: 48 * MiB, Time: 10 * Second}, // which nothing presses
		{Check: "backpressure", Who: theLeech, Bytes: -1, Time: 10 * Second},
		{Check: "checked", Who: theLeech, Count: 1},
		{Check: "announces", Who: theSeed, Of: theTracker}, // which completes nothing
		{Check: "connected", Who: theLeech, After: 5 * Second, Count: 9},
		{Check: "connected", Who: theLeech, After: Minute, Count: 1},
		{Check: "drops", Who: theLeech, Of: []string{"rider"}, Reason: "idle"},
		{Check: "given", Of: []string{"rider"}, Count: 1},
		{Check: "asked", Of: []string{"liar"}, Count: 1},
		{Check: "finished", Who: theLeech},
		{Check: "part", Who: theLeech, Count: 1},
		{Check: "removed", Who: theLeech, Within: 5 * Second},
		{Check: "rechecked", Who: theSeed, Count: 63},       // of 64
		{Check: "mended", Who: theLeech, After: 5 * Second}, // it checks nothing by then
		{Check: "rechecked", Who: theSeed, After: 5 * Second, Count: -1},
		{Check: "paced", Who: theSeed, Of: theTracker, Time: Minute, Slack: Second, Count: 99},
		{Check: "told", Who: theSeed, Of: theTracker, Reason: "no"},
		{Check: "tier", Who: theSeed, Of: theTracker, After: 5 * Second, Reason: "failing"},
		{Check: "tier", Who: theSeed, Of: theTracker, After: 5 * Second, Reason: "working", Count: 1},
		{Check: "tier", Who: theSeed, Of: theTracker, After: Minute, Reason: "working"},
		{Check: "retries", Who: theSeed, Count: 1},
		{Check: "tiers", Who: theSeed, Count: 99},
		{Check: "keyed", Who: theLeech, Of: theTracker, Count: 51},
		{Check: "closes", Who: theLeech, Time: Millisecond},
		{Check: "half-open", Who: theLeech, Count: -1},
		{Check: "datagrams", Who: theLeech, Of: theTracker, Reason: "connect 0s"}, // of which it sends none
		{Check: "families", Who: theLeech, Of: theTracker},                        // of which it has one
		{Check: "heard", Of: theTracker, Percent: 101},
		{Check: "heard", Of: theTracker, Percent: 100, Within: Minute},
		{Check: "endings", Who: theLeech, Of: theSeed, Reason: "both are seeds"},
		{Check: "lasts", Who: theLeech, Of: theSeed, Reason: "both are seeds", Time: 3 * Minute},
		{Check: "lasts", Who: theLeech, Of: theSeed, Reason: "idle"},
		{Check: "redials", Who: theSeed, Of: theLeech, Count: 99},
		{Check: "met", Of: []string{"liar"}, Count: 1},
		{Check: "ranked", Who: theSeed, Of: theLeech, Count: 1, Percent: 50}, // of whom it wants nothing
		{Check: "share", Who: theLeech, Of: theLeech, Percent: 50},
		{Check: "share", Who: theLeech, Of: theSeed, Percent: 50},
		{Check: "even", Who: theSeed, Of: []string{"leech-1", "liar"}, Percent: 90},
		{Check: "tried", Who: theLeech, Of: theTracker, Count: 9},
		{Check: "waits", Who: theLeech, Of: []string{"rider"}, Time: 0},
		{Check: "repeats", Who: theLeech, Count: 0},
		{Check: "batch", Who: theLeech, Of: theSeed, Count: 2},
		{Check: "moved", Who: theLeech, Of: theSeed, Time: 1 * Second, Count: 1}, // which withdraws nothing
		{Check: "endgame", Who: theLeech, Count: 1000},
		{Check: "rarest", Who: theLeech, Of: theSeed, Count: -9}, // than which nothing is rarer
		{Check: "links", Who: theLeech, Of: theSeed, After: 8 * Second, Count: 2},
		{Check: "links", Who: theLeech, Of: theSeed, After: Minute, Count: 1},
		{Check: "failed", Who: theLeech, Count: -1},
		{Check: "written", Who: theLeech, Bytes: 1 * MiB},
		{Check: "trusted", Who: theSeed, Within: 5 * Second, Count: 1},
		{Check: "trusted", Who: theLeech, Within: 5 * Second},
		{Check: "stored", Who: theLeech, Within: 5 * Second, Dir: "/elsewhere"},
		{Check: "reached", Who: theLeech, Within: 5 * Second, Reason: "peer-banned"},
	}
	for _, e := range tests {
		s := base
		s.Expect = []Expectation{e, {Check: "complete", Who: theLeech}} // some checks do not wait
		r := Run(s, 1, Options{})
		if r.Err != nil {
			t.Errorf("%+v: %v", e, r.Err)
		}
		rule := "expectation " + e.Check
		if !slices.ContainsFunc(r.Failures, func(f Failure) bool { return f.Rule == rule }) {
			t.Errorf("%+v has not failed", e)
		}
	}
	for name := range checks {
		if !slices.ContainsFunc(tests, func(e Expectation) bool { return e.Check == name }) && !failsElsewhere[name] {
			t.Errorf("nothing shows that the check %q can fail", name)
		}
	}
}
