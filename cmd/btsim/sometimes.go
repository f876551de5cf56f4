package main

import (
	"fmt"

	"bt/scenarios"
)

// chances counts for all scenarios that are run, by what the user called them.
type chances struct {
	order []string
	of    map[string]*scenarios.Chances
	names map[string]string // of the scenarios
}

func newChances(list []task) *chances {
	c := &chances{of: make(map[string]*scenarios.Chances), names: make(map[string]string)}
	for i := range list {
		t := &list[i]
		if c.of[t.source] == nil {
			c.order = append(c.order, t.source)
			c.of[t.source], c.names[t.source] = scenarios.NewChances(&t.scenario), t.scenario.Name
		}
	}
	return c
}

// chanceResult is the line of run --json that follows all runs of a scenario which has
// expectations with sometimes.
type chanceResult struct {
	Schema    int      `json:"schema"`
	Name      string   `json:"name"`
	Pass      bool     `json:"pass"`
	Runs      int      `json:"runs"`
	Sometimes []chance `json:"sometimes"`
}

type chance struct {
	Expect int     `json:"expect"` // its index
	Name   string  `json:"name"`
	Met    int     `json:"met"` // in how many runs
	First  *uint64 `json:"first_seed,omitempty"`
}

// report says which expectations have held in how many runs, and returns the exit
// code.
func (c *chances) report(r *reporter, ci *ciReports) (code int, err error) {
	for _, source := range c.order {
		counted := c.of[source]
		if len(counted.List()) == 0 {
			continue
		}
		v := verdict{group: c.names[source], name: "sometimes", figures: fmt.Sprintf("%d runs", counted.Runs())}
		if isFile(source) {
			v.file = source
		}
		if failed := counted.Err(); failed != nil {
			code, v.rule, v.failures = exitFail, "sometimes", failed.Error()+"\n"
		}
		if err := ci.add(v); err != nil {
			return code, err
		}
		if err := c.tell(r, source, counted); err != nil {
			return code, err
		}
	}
	return code, nil
}

func (c *chances) tell(r *reporter, source string, counted *scenarios.Chances) error {
	if r.json != nil {
		line := chanceResult{Schema: schema, Name: c.names[source], Pass: counted.Err() == nil, Runs: counted.Runs()}
		for _, x := range counted.List() {
			one := chance{Expect: x.Expect, Name: x.Name, Met: x.Runs}
			if x.Runs > 0 {
				one.First = &x.First
			}
			line.Sometimes = append(line.Sometimes, one)
		}
		return r.json.Encode(line)
	}
	for _, x := range counted.List() {
		verdict, first := "open", "" // one run proves nothing
		switch {
		case x.Runs > 0:
			verdict, first = "pass", fmt.Sprintf(", first with seed %d", x.First)
		case counted.Fails(x):
			verdict = "FAIL"
		}
		if _, err := fmt.Fprintf(r.out, "%-28s sometimes %s  %s: in %d of %d runs%s\n", c.names[source], verdict, x.Name, x.Runs, counted.Runs(), first); err != nil {
			return err
		}
	}
	return nil
}
