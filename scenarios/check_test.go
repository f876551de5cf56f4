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
		{Check: "checked", Who: theLeech, Count: 1},
		{Check: "announces", Who: theSeed, Of: theTracker}, // which completes nothing
		{Check: "connected", Who: theLeech, After: 5 * Second, Count: 9},
		{Check: "connected", Who: theLeech, After: Minute, Count: 1},
		{Check: "drops", Who: theLeech, Of: []string{"rider"}, Reason: "idle"},
		{Check: "given", Of: []string{"rider"}, Count: 1},
		{Check: "asked", Of: []string{"liar"}, Count: 1},
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
		if !slices.ContainsFunc(tests, func(e Expectation) bool { return e.Check == name }) {
			t.Errorf("nothing shows that the check %q can fail", name)
		}
	}
}
