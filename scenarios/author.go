package scenarios

import (
	"fmt"
	"strings"
)

// TB is what Check needs of a *testing.T.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// seedsOfCheck is with how many seeds Check runs a scenario when none is named: one
// run may be lucky.
const seedsOfCheck = 3

// Check runs a scenario with each seed, or with its own and the next two if none is
// named, and fails the test if one of the runs does. It says then what failed, and
// prints the scenario as a file with the command that makes the run again. It fails,
// too, if an expectation with Sometimes holds in none of several runs.
func Check(t TB, s Scenario, seeds ...uint64) {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Errorf("scenario %s: %v", s.Name, err)
		return
	}
	if len(seeds) == 0 {
		for i := range uint64(seedsOfCheck) {
			seeds = append(seeds, s.DefaultSeed()+i)
		}
	}
	chances := NewChances(&s)
	for _, seed := range seeds {
		r := Run(s, seed, Options{})
		if !r.Pass() {
			t.Errorf("%s", r.explain(s))
			return // other seeds would say the same again
		}
		chances.Add(&r)
	}
	if err := chances.Err(); err != nil {
		t.Errorf("scenario %s: %v", s.Name, err)
	}
}

// explain says what failed in a run of s, and how to see it again.
func (r *Result) explain(s Scenario) string {
	var b strings.Builder
	fmt.Fprintf(&b, "scenario %s, seed %d:\n", r.Name, r.Seed)
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "    %v\n", f)
	}
	if r.Err != nil {
		fmt.Fprintf(&b, "    broken off: %v\n%s\n", r.Err, r.Stack)
	}
	text, err := Encode(s)
	if err != nil {
		text = []byte(err.Error() + "\n")
	}
	fmt.Fprintf(&b, "again: btsim run %s.yaml --seed %d\nwith this as %s.yaml:\n\n%s", r.Name, r.Seed, r.Name, text)
	return b.String()
}
