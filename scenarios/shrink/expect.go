package shrink

import (
	"slices"
	"strings"

	"bt/scenarios"
)

// open has the run go on for the sake of nothing but its time, if it is an oracle that
// fails: what else is expected of the swarm only keeps things from being left out.
func (t *search) open() {
	if t.target.isExpectation() {
		return
	}
	t.attempt([]func(*scenarios.Scenario){func(s *scenarios.Scenario) {
		s.Expect = []scenarios.Expectation{{Check: "no-news", Reason: "move-failed", Within: untilOf(s)}}
	}}, func(*scenarios.Scenario) bool { return true })
}

// close expects something that says more, and may be true when what is wrong has been
// put right: that everybody completes, where all that is needed is there; else what
// holds in this very run.
func (t *search) close() {
	switch {
	case t.target.isExpectation() || endsByItself(&t.best):
		return
	case lacking(&t.best):
		until := t.best.Until
		if t.tryAny([]func(*scenarios.Scenario){
			expect(0, scenarios.Expectation{Check: "complete"}),
			expect(until, scenarios.Expectation{Check: "complete"}),
		}) >= 0 {
			return
		}
	}
	for _, e := range []scenarios.Expectation{{Check: "incomplete"}, {Check: "had", Count: pieceCount(&t.best.Torrent)}} {
		if t.quiet(e) && t.try(expect(t.best.Until, e)) {
			return
		}
	}
}

// lacking says that somebody lacks a piece, and that for each piece there is somebody
// who has it.
func lacking(s *scenarios.Scenario) bool {
	had, lacks := make([]bool, pieceCount(&s.Torrent)), false
	for i := range s.Actors {
		switch a := &s.Actors[i]; a.Kind {
		case scenarios.Seed:
			mark(had, pieceRange(0, len(had)-1))
		case scenarios.Leech:
			lacks = true
			mark(had, a.Has)
		}
	}
	return lacks && !slices.Contains(had, false)
}

// mark marks the pieces of a list such as 0-9,12.
func mark(pieces []bool, list string) {
	for part := range strings.SplitSeq(list, ",") {
		if first, last, ok := bounds(part); ok {
			for p := first; p <= last && p < len(pieces); p++ {
				pieces[p] = true
			}
		}
	}
}

func expect(until scenarios.Duration, e scenarios.Expectation) func(*scenarios.Scenario) {
	return func(s *scenarios.Scenario) { s.Until, s.Expect = until, []scenarios.Expectation{e} }
}

// quiet says whether an expectation holds although the target is met.
func (t *search) quiet(e scenarios.Expectation) bool {
	s := clone(t.best)
	s.Expect = []scenarios.Expectation{e}
	if t.over() || s.Validate() != nil {
		return false
	}
	t.runs++
	r := t.opt.Run(s, s.DefaultSeed(), scenarios.Options{MostEvents: t.eventsMax})
	return t.target.met(&s, &r) && !slices.ContainsFunc(r.Failures, func(f scenarios.Failure) bool { return f.Rule == "expectation "+e.Check })
}

// defaultUntil is when a run is over that does not say.
const defaultUntil = 10 * scenarios.Minute

func untilOf(s *scenarios.Scenario) scenarios.Duration {
	if s.Until == 0 {
		return defaultUntil
	}
	return s.Until
}

// endsByItself says that a run is over when everybody is complete.
func endsByItself(s *scenarios.Scenario) bool {
	return len(s.Expect) > 0 && !slices.ContainsFunc(s.Expect, func(e scenarios.Expectation) bool { return e.Check != "complete" })
}

// roundTimes are ends of runs.
var roundTimes = []scenarios.Duration{
	scenarios.Second, 2 * scenarios.Second, 5 * scenarios.Second, 10 * scenarios.Second, 20 * scenarios.Second, 30 * scenarios.Second,
	scenarios.Minute, 2 * scenarios.Minute, 5 * scenarios.Minute, 10 * scenarios.Minute, 20 * scenarios.Minute, 30 * scenarios.Minute,
	60 * scenarios.Minute, 120 * scenarios.Minute,
}

// shorten ends the run soon after what it is about. What was to be done later is left
// out. A run that ends by itself, when everybody is complete, needs no end.
func (t *search) shorten() {
	if t.target.isExpectation() || endsByItself(&t.best) {
		return
	}
	var changes []func(*scenarios.Scenario)
	for _, end := range roundTimes {
		if end < untilOf(&t.best) {
			changes = append(changes, func(s *scenarios.Scenario) { cut(s, end) })
		}
	}
	t.tryAny(changes)
}

// cut ends a scenario at some time.
func cut(s *scenarios.Scenario, end scenarios.Duration) {
	s.Until = end
	s.Actions = slices.DeleteFunc(s.Actions, func(a scenarios.Action) bool { return a.At >= end })
	for i := range s.Actions {
		a := &s.Actions[i]
		for a.Times > 1 && a.At+scenarios.Duration(a.Times-1)*a.Every+a.For > end {
			a.Times--
		}
		if a.Times == 1 {
			a.Times, a.Every = 0, 0
		}
		if a.At+a.For > end {
			a.For = end - a.At
		}
	}
	s.Actors = slices.DeleteFunc(s.Actors, func(a scenarios.Actor) bool { return a.Start >= end })
	for i := range s.Expect {
		if e := &s.Expect[i]; e.Within > end {
			e.Within = end
		}
	}
}
