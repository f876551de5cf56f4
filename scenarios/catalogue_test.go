package scenarios

import (
	"io"
	"testing"
)

// TestBuiltin runs the catalogue. Each scenario must pass with its own seed and
// with another; the same seed must give the same run, watched or not, and
// another seed another one.
func TestBuiltin(t *testing.T) {
	for _, s := range Builtin() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			seed := s.DefaultSeed()
			first := Run(s, seed, Options{})
			mustPass(t, first)
			if raceEnabled && first.Events > heavyRun {
				return // the race detector has seen enough of it
			}

			again := Run(s, seed, Options{Trace: io.Discard, Observer: bystander{}})
			mustAgree(t, s, first, again)
			other := Run(s, seed+1, Options{})
			mustPass(t, other)
			if other.Hash == first.Hash {
				t.Errorf("seeds %d and %d: the same hash %x", seed, seed+1, first.Hash)
			}
		})
	}
}

// bystander is told everything, and forgets it.
type bystander struct{}

func (bystander) Begin(Stage)         {}
func (bystander) Observe(Observation) {}

// heavyRun is the number of events above which a scenario runs only once under
// the race detector, which makes it ten times slower.
const heavyRun = 20_000

// mustPass fails the test for everything that failed in a run.
func mustPass(t *testing.T, r Result) {
	t.Helper()
	for _, f := range r.Failures {
		t.Errorf("seed %d: %v", r.Seed, f)
	}
	if r.Err != nil {
		t.Errorf("seed %d: %v", r.Seed, r.Err)
	}
}

// TestNames: every scenario of the catalogue is valid, has a name of its own,
// says what it is about, and is found by its name.
func TestNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range Builtin() {
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if seen[s.Name] || s.About == "" {
			t.Errorf("%q is there twice, or says nothing about itself", s.Name)
		}
		seen[s.Name] = true
		if found, ok := Find(s.Name); !ok || found.About != s.About {
			t.Errorf("Find(%q) finds %q, %v", s.Name, found.Name, ok)
		}
	}
	if _, ok := Find("no-such-scenario"); ok {
		t.Error("Find finds what is not there")
	}
}
