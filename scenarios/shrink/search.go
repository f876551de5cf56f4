package shrink

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"bt/scenarios"
)

// search is one search under way.
type search struct {
	ctx    context.Context
	opt    Options
	begin  time.Time
	target Target
	base   scenarios.Scenario // what was given, for comparison
	best   scenarios.Scenario // the simplest that fails
	cost   Cost               // of best
	least  Cost               // that there was, whichever way it was found

	runs      int
	eventsMax uint64
	seeds     int             // how many to try beside that of a candidate
	failed    map[digest]bool // attempts that did not fail, and need not be made again
}

// digest is the SHA-256 of a candidate with its seed: there are thousands.
type digest [sha256.Size]byte

// over says that no more runs are to be made.
func (t *search) over() bool {
	return t.ctx.Err() != nil || t.runs >= t.opt.Runs || t.opt.For > 0 && time.Since(t.begin) >= t.opt.For
}

// try makes a change, and keeps it if the target is still met.
func (t *search) try(change func(*scenarios.Scenario)) bool {
	return t.tryAny([]func(*scenarios.Scenario){change}) >= 0
}

// tryAny keeps the first of several changes with which the target is still met, and
// returns its index, or -1.
func (t *search) tryAny(changes []func(*scenarios.Scenario)) int {
	return t.attempt(changes, func(s *scenarios.Scenario) bool { return costOf(s).less(t.cost) })
}

// attempt is tryAny for changes that are wanted for any reason.
func (t *search) attempt(changes []func(*scenarios.Scenario), wanted func(*scenarios.Scenario) bool) int {
	var list []attempt
	for i, change := range changes {
		s := clone(t.best)
		change(&s)
		tidy(&s)
		if s.Validate() == nil && wanted(&s) && t.fair(&s) {
			list = append(list, t.attempts(i, s, wanted)...)
		}
	}
	for len(list) > 0 && !t.over() {
		n := min(t.opt.Jobs, len(list), t.opt.Runs-t.runs)
		if i := t.first(list[:n]); i >= 0 {
			t.best, t.cost = list[i].s, costOf(&list[i].s)
			t.tell()
			return list[i].change
		}
		list = list[n:]
		t.tell()
	}
	return -1
}

// attempt is a candidate with a seed.
type attempt struct {
	s      scenarios.Scenario
	change int // which one has led to it
	key    digest
}

// attempts are a candidate with its seed, and with others if these are to be tried,
// but for those that are known not to fail.
func (t *search) attempts(change int, s scenarios.Scenario, wanted func(*scenarios.Scenario) bool) (list []attempt) {
	add := func(s scenarios.Scenario) {
		b, err := json.Marshal(s)
		if err != nil {
			panic(fmt.Sprintf("shrink: scenario %s: %v", s.Name, err)) // it is plain data
		}
		if key := digest(sha256.Sum256(b)); !t.failed[key] {
			list = append(list, attempt{s, change, key})
		}
	}
	add(s)
	for n := range t.seeds {
		seed := uint64(n + 1) // small numbers are as good as any, and simpler
		if other := s; seed != s.DefaultSeed() {
			other.Seed = seed
			if wanted(&other) {
				add(other)
			}
		}
	}
	return list
}

// first makes runs at the same time, and returns the first that meets the target, or
// -1. Only those up to it count, so that all is the same however many are made at a
// time.
func (t *search) first(list []attempt) int {
	met := make([]bool, len(list))
	var wait sync.WaitGroup
	for i := range list {
		wait.Go(func() { met[i] = t.meets(&list[i].s) })
	}
	wait.Wait()
	for i := range list {
		t.runs++
		if met[i] {
			return i
		}
		t.failed[list[i].key] = true
	}
	return -1
}

// meets makes a run, up to where the target is met.
func (t *search) meets(s *scenarios.Scenario) bool {
	r := t.opt.Run(*s, s.DefaultSeed(), scenarios.Options{
		Stop:       func(f scenarios.Failure) bool { return t.target.is(s, f) },
		MostEvents: t.eventsMax,
	})
	return t.target.met(s, &r)
}

func (t *search) tell() {
	if t.cost.less(t.least) {
		t.least = t.cost
	}
	if t.opt.Progress != nil {
		t.opt.Progress(Progress{Runs: t.runs, Cost: t.least})
	}
}

// dropSome leaves out as many elements of a list as it can: large parts first, then
// smaller ones, down to single ones (ddmin). Size is that of the list in a scenario,
// drop leaves out those from i to j.
func (t *search) dropSome(size func(*scenarios.Scenario) int, drop func(s *scenarios.Scenario, i, j int)) {
	for part := size(&t.best); part >= 1; {
		dropped := false
		for from := 0; from < size(&t.best); {
			var changes []func(*scenarios.Scenario)
			n := size(&t.best)
			for i := from; i < n; i += part {
				changes = append(changes, func(s *scenarios.Scenario) { drop(s, i, min(i+part, n)) })
			}
			k := t.tryAny(changes)
			if k < 0 {
				break
			}
			dropped = true
			from += k * part // what follows has moved there
		}
		if part > 1 || !dropped {
			part /= 2
		}
	}
}
