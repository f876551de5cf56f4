package scenarios

import (
	"testing"

	"pgregory.net/rapid"
)

// settingsFlips is for how many seconds settings change, once a second.
const settingsFlips = 20

// TestO04RandomSettings changes the mind of users each second, in any order and
// about anything. Two seconds later the oracles hold clients to it, and when all is
// put right everybody completes.
func TestO04RandomSettings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := randomSettings(t)
		if r := Run(s, s.Seed, Options{}); !r.Pass() {
			text, _ := Encode(s)
			t.Fatalf("%v %v\n%s\n%s", r.Failures, r.Err, r.Stack, text)
		}
	})
}

// randomSettings draws a swarm whose users cannot make up their minds.
func randomSettings(t *rapid.T) Scenario {
	who := rapid.SampledFrom([][]string{theSeed, {"leech-1"}, {"leech-2"}, theLeech})
	most, all := 4, []string{"seed", "leech"}
	s := Scenario{
		Name: "random-settings", Seed: rapid.Uint64().Draw(t, "seed"),
		Torrent: Torrent{Piece: 32 * KiB, Files: []File{{Path: "a", Size: 256 * KiB}, {Path: "b", Size: 512 * KiB}}},
		Link:    &Link{Up: 64 * KiBps, Down: 256 * KiBps, Latency: 20 * Millisecond},
		Actors:  crowd(3),
		Expect:  []Expectation{{Check: "complete", Within: 4 * Minute}},
	}
	for i := range settingsFlips {
		a := Action{At: Duration(i+1) * Second, Who: who.Draw(t, "who")}
		pause := Duration(rapid.IntRange(1, 5000).Draw(t, "for")) * Millisecond
		switch a.Do = rapid.SampledFrom([]Verb{DoLimits, DoSlots, DoPriorities, DoPause, DoStop, DoFilter}).Draw(t, "do"); a.Do {
		case DoLimits:
			a.Limits = &Limits{
				Up:     Rate(rapid.SampledFrom([]int{0, 4, 16, 64, 256}).Draw(t, "up")) * KiBps,
				Down:   Rate(rapid.SampledFrom([]int{0, 4, 16, 64, 256}).Draw(t, "down")) * KiBps,
				Memory: Size(rapid.SampledFrom([]int{0, 1, 16, 64}).Draw(t, "memory")) * KiB,
			}
		case DoSlots:
			slots := rapid.IntRange(0, most).Draw(t, "slots")
			a.Slots = &slots
		case DoPriorities:
			a.Who, a.Priorities = theLeech, rapid.SliceOfN(rapid.IntRange(0, 2), 2, 2).Draw(t, "priorities")
		case DoPause, DoStop:
			a.For = pause
		case DoFilter:
			a.With, a.For = []string{"leech-3"}, pause
		}
		s.Actions = append(s.Actions, a)
	}
	over := Duration(settingsFlips+6) * Second // the last pause is over
	s.Actions = append(s.Actions,
		Action{At: over, Do: DoPriorities, Who: theLeech, Priorities: []int{1, 1}},
		Action{At: over, Do: DoSlots, Who: all, Slots: &most},
		Action{At: over, Do: DoLimits, Who: all, Limits: &Limits{}},
		Action{At: over + Second, Do: DoStart, Who: all})
	return s
}
