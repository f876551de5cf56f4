package scenarios

import (
	"fmt"
	"strings"
)

// Chances counts, over runs of a scenario with different seeds, in how many of them
// each expectation with Sometimes has held.
type Chances struct {
	runs int
	list []Chance
}

// Chance is one of those expectations.
type Chance struct {
	Expect int    // its index
	Name   string // what it says, in short
	Runs   int    // in how many it has held
	First  uint64 // the seed of the first of them; without Runs it means nothing
}

// NewChances begins to count for a scenario.
func NewChances(s *Scenario) *Chances {
	c := &Chances{}
	for i := range s.Expect {
		if e := &s.Expect[i]; e.Sometimes {
			c.list = append(c.list, Chance{Expect: i, Name: e.name()})
		}
	}
	return c
}

// name is the check and what it is about.
func (e *Expectation) name() string {
	name := e.Check
	if e.Reason != "" {
		name += " " + e.Reason
	}
	if len(e.Who) > 0 {
		name += " " + strings.Join(e.Who, ", ")
	}
	return name
}

// Add takes what came of a run.
func (c *Chances) Add(r *Result) {
	c.runs++
	met := make(map[int]bool)
	for _, i := range r.Met {
		met[i] = true
	}
	for i := range c.list {
		if x := &c.list[i]; met[x.Expect] {
			if x.Runs == 0 {
				x.First = r.Seed
			}
			x.Runs++
		}
	}
}

// Runs is how many runs were added.
func (c *Chances) Runs() int { return c.runs }

// List lists all that is counted, in the order of the scenario.
func (c *Chances) List() []Chance { return c.list }

// Fails says whether an expectation has failed: it has held in none of several runs.
// One run alone proves nothing.
func (c *Chances) Fails(x Chance) bool { return c.runs > 1 && x.Runs == 0 }

// Err is about the expectations that have failed, nil if there is none.
func (c *Chances) Err() error {
	var names []string
	for _, x := range c.list {
		if c.Fails(x) {
			names = append(names, x.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("sometimes, but in none of %d runs: %s", c.runs, strings.Join(names, "; "))
}
