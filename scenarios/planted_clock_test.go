//go:build plant

package scenarios

import (
	"slices"
	"testing"

	"bt/client"
)

// TestPlantedClock: a clock that was set excuses only what a client cannot know for
// that reason. The same bugs are found in one whose clock was set before, whatever
// it was set to.
func TestPlantedClock(t *testing.T) {
	tests := []struct {
		bug      string
		scenario Scenario
		who      string
		rule     string
		plant    func(*client.Client) plant
	}{
		{"chokes whom it has just unchoked", onePair, "seed", "W10", chokesAtOnce},
		{"dials again at once", resetPair, "leech", "R7", dialsAgain},
		{"completed twice over UDP", udpPair, "leech", "T1", withField(actionAnnounce, eventAt, stoppedEvent, completedEvent)},
		{"announces too late", soloLeech, "leech", "T2", oversleeps},
		{"announces too early", soloLeech, "leech", "T2", hurriesTrackers},
		{"tries again too late", deadTracker, "leech", "T5", oversleeps},
		{"a connection id is used for ever", udpPair, "leech", "T8", keepsConnection},
		{"an announce comes twice", udpPair, "leech", "T8", repeatsUDP},
		{"all slots go in turn", reciprocal, "giver-1", "F5", takesTurns},
	}
	clocks := []struct {
		name string
		set  Clock
	}{
		{"ahead", Clock{Ahead: hour}},
		{"back", Clock{Back: hour}},
		{"fast", Clock{Drift: 200}},
		{"slow", Clock{Drift: -200}},
	}
	for _, tt := range tests {
		for _, c := range clocks {
			t.Run(tt.bug+"/"+c.name, func(t *testing.T) {
				s := tt.scenario
				s.Actions = slices.Concat([]Action{{At: Millisecond, Do: DoClock, Who: []string{tt.who}, Clock: &c.set}}, s.Actions)
				if fired := oraclesFired(s, "", nil); len(fired) > 0 {
					t.Errorf("%s without a bug: %v", s.Name, fired)
				}
				fired := oraclesFired(s, tt.who, tt.plant)
				if !slices.ContainsFunc(fired, func(f Failure) bool { return f.Rule == "oracle "+tt.rule && f.Node == tt.who }) {
					t.Errorf("oracle %s is silent; heard: %v", tt.rule, fired)
				}
			})
		}
	}
}
