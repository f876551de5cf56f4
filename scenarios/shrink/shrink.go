// Package shrink makes the smallest swarm that still fails of one that fails.
//
// It changes a scenario one step at a time: leaves out hosts, actions and pieces,
// undoes settings, rounds numbers, names the one message or operation where chance
// decided, and runs what it gets. A step is kept if the same rule fails on the same
// kind of node, and the scenario has become simpler by its Cost. When no step is
// left that can be kept, it is done.
//
// Since each host and each kind of chance has random numbers of its own, leaving one
// out changes little for the others; but who comes first may change. So when no step
// can be kept, each is tried again with a few other seeds.
//
// The result follows from the scenario, the seed, and the bound on runs alone,
// however many are made at a time.
package shrink

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"bt/scenarios"
)

// Runner makes a run, as scenarios.Run does: a pure function of its arguments, which
// may be called many times at once.
type Runner func(s scenarios.Scenario, seed uint64, opt scenarios.Options) scenarios.Result

// Options say how to search. The zero value is a good one.
type Options struct {
	Seed     uint64         // with which the scenario fails; 0: its own
	Name     string         // what the result is called, if it fails under that name too; "": like the original
	Runs     int            // at most so many are made; 0: DefaultRuns
	For      time.Duration  // and none is begun after so long; 0: any time
	Jobs     int            // so many are made at a time; 0: one a processor
	Run      Runner         // nil: scenarios.Run
	Progress func(Progress) // unless nil, is told from time to time how far it is
}

// DefaultRuns is how many runs a search makes at most. Most are done with a tenth of
// that.
const DefaultRuns = 20_000

// Progress is how far a search is.
type Progress struct {
	Runs int  // that were made
	Cost Cost // of the best so far
}

// Result is what came of a search.
type Result struct {
	Scenario scenarios.Scenario // the smallest that was found; its seed is in it
	Failure  scenarios.Failure  // in a run of it
	Target   Target             // what it has in common with the failure of the original
	Before   Cost
	After    Cost
	Runs     int
	Took     time.Duration
	Done     bool // no step is left: not the bounds have ended it, nor the user
}

// ErrPasses says that there is nothing to shrink.
var ErrPasses = errors.New("it does not fail")

// Shrink makes a scenario that fails as small as it gets. When ctx is done, it
// returns the best so far, without an error. The first failure of the run counts.
func Shrink(ctx context.Context, s scenarios.Scenario, opt Options) (Result, error) {
	t, err := newSearch(ctx, s, opt)
	if err != nil {
		return Result{}, err
	}
	original, before := t.best, t.cost
	for _, way := range ways {
		best, cost := t.best, t.cost
		t.best, t.cost = original, before
		t.descend(way)
		if !t.cost.less(cost) {
			t.best, t.cost = best, cost
		}
	}
	t.call(opt.Name)
	t.best = clone(t.best)
	r := Result{
		Scenario: t.best, Target: t.target, Before: before, After: t.cost,
		Runs: t.runs, Took: time.Since(t.begin), Done: !t.over(),
	}
	r.Failure = t.confirm()
	r.Scenario.About = about(r.Failure)
	return r, nil
}

// call gives the scenario another name. That is part of the torrent, and of what peers
// say to each other, so that the run is not quite the same.
func (t *search) call(name string) {
	if name == "" || name == t.best.Name {
		return
	}
	t.seeds = seedsOfName
	t.attempt([]func(*scenarios.Scenario){func(s *scenarios.Scenario) { renameScenario(s, name) }}, func(*scenarios.Scenario) bool { return true })
	t.seeds = 0
}

// seedsOfName is with how many seeds a new name is tried beside the one that there is.
const seedsOfName = 8

// roundsMax bounds how often other seeds are tried. Each round makes the scenario
// simpler, so that there is an end without it; it keeps a poor step from being
// repeated for hours.
const roundsMax = 20

// newSearch makes the run that fails.
func newSearch(ctx context.Context, s scenarios.Scenario, opt Options) (*search, error) {
	s = clone(s)
	if opt.Seed != 0 {
		s.Seed = opt.Seed
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("shrink %s: %w", s.Name, err)
	}
	if opt.Run == nil {
		opt.Run = scenarios.Run
	}
	if opt.Runs == 0 {
		opt.Runs = DefaultRuns
	}
	if opt.Jobs == 0 {
		opt.Jobs = runtime.GOMAXPROCS(0)
	}
	begin := time.Now()
	r := opt.Run(s, s.DefaultSeed(), scenarios.Options{})
	target, ok := targetOf(&s, &r)
	if !ok {
		return nil, fmt.Errorf("shrink %s with seed %d: %w", s.Name, s.DefaultSeed(), ErrPasses)
	}
	return &search{
		ctx: ctx, opt: opt, begin: begin, target: target, base: clone(s), best: s, cost: costOf(&s), least: costOf(&s),
		eventsMax: r.Events*eventsFactor + eventsGrace, failed: make(map[digest]bool), runs: 1,
	}, nil
}

// A candidate may have more events than the original: something may be waited for
// that never comes. One that has many times as many is not simpler.
const (
	eventsFactor = 4
	eventsGrace  = 50_000
)

// descend makes steps until none is left, in one order of passes.
func (t *search) descend(way []pass) {
	t.open()
	t.shorten() // first of all: candidates that do not fail go on to the end
	t.settle(way)
	for round := 0; round < roundsMax && t.tryOthers(way); round++ {
		t.settle(way)
	}
}

// settle makes all steps again and again until none is left.
func (t *search) settle(way []pass) {
	for !t.over() {
		before := t.cost
		for _, p := range way {
			p.make(t)
		}
		if t.cost == before {
			return
		}
	}
}

// tryOthers makes all steps once with other seeds, and says whether that has helped.
func (t *search) tryOthers(way []pass) bool {
	before := t.cost
	for _, p := range way {
		t.seeds = p.seeds
		p.make(t)
	}
	t.seeds = 0
	return t.cost != before
}

// pass is one kind of steps.
type pass struct {
	make  func(*search)
	seeds int // how many to try when nothing else has helped
}

// Passes that leave out whole parts matter most, and shift most: they are worth many
// seeds.
var (
	shorten  = pass{(*search).shorten, 3}
	actions  = pass{(*search).dropActions, 8}
	hosts    = pass{(*search).dropHosts, 8}
	trackers = pass{(*search).dropTrackers, 8}
	torrent  = pass{(*search).smallTorrent, 3}
	simplify = pass{(*search).simplify, 3}
	decide   = pass{(*search).decide, 3}
	rename   = pass{(*search).rename, 3}
	closing  = pass{(*search).close, 3}
)

// ways are orders of passes: those first that make runs shorter, or those that leave
// every part in its place. What is out of the question once something else has gone
// may be possible before, so that one way may end higher up than the other.
var ways = [][]pass{
	{shorten, actions, hosts, trackers, torrent, simplify, decide, rename, closing},
	{simplify, decide, trackers, shorten, hosts, actions, torrent, rename, closing},
}

// about says of a scenario what fails in it, as its author would.
func about(f scenarios.Failure) string {
	rule := strings.TrimPrefix(f.Rule, "oracle ")
	if f.Node == "" {
		return fmt.Sprintf("%s: %s", rule, f.Detail)
	}
	return fmt.Sprintf("%s: %s: %s", rule, f.Node, f.Detail)
}

// confirm makes the run as whoever has the file will, and returns its failure.
func (t *search) confirm() scenarios.Failure {
	r := t.opt.Run(t.best, t.best.DefaultSeed(), scenarios.Options{})
	if i := slices.IndexFunc(r.Failures, func(f scenarios.Failure) bool { return t.target.is(&t.best, f) }); i >= 0 {
		return r.Failures[i]
	}
	f := scenarios.Failure{Rule: t.target.Rule, At: r.SimTime}
	if r.Err != nil {
		f.Detail = r.Err.Error()
	}
	return f
}
