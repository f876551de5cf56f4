package scenarios

import (
	"strings"
	"testing"
)

// TestRunStops: a run that is to stop at a failure ends there, and has been the same
// until then; one with too many events is broken off.
func TestRunStops(t *testing.T) {
	s := Scenario{
		Name: "stops", Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB}, Actors: crowd(2),
		Actions: []Action{{At: Second, Do: DoDiskMeddle, Who: theSeed, Disk: &Disk{Kind: "delete", Path: "no-such"}}},
		Expect:  []Expectation{{Check: "complete", Within: 2 * Second}},
	}
	whole := Run(s, 1, Options{})
	if len(whole.Failures) < 2 || whole.Failures[0].Rule != "disk-meddle" || whole.Err != nil {
		t.Fatalf("%v %v", whole.Failures, whole.Err)
	}
	asked := 0
	part := Run(s, 1, Options{Stop: func(f Failure) bool { asked++; return f == whole.Failures[0] }})
	if len(part.Failures) != 1 || part.Failures[0] != whole.Failures[0] || part.SimTime != Second.std() || part.Events >= whole.Events || asked != 1 {
		t.Errorf("stopped at %v with %v, asked %d times", part.SimTime, part.Failures, asked)
	}
	if same := Run(s, 1, Options{Stop: func(Failure) bool { return false }, MostEvents: 1 << 40}); same.Hash != whole.Hash {
		t.Error("a run that is not stopped is another one")
	}
	broken := Run(s, 1, Options{MostEvents: 100})
	if broken.Err == nil || !strings.Contains(broken.Err.Error(), "more than 100 events") || broken.Events > 102 || broken.Pass() {
		t.Errorf("with 100 events: %v after %d", broken.Err, broken.Events)
	}
}
