package campaign

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"bt/scenarios"
)

// Config is what to search.
type Config struct {
	Seed  uint64
	Shard Shard
	Runs  int // of the campaign as a whole; 0: until it is stopped
	Jobs  int // how many runs to make at the same time; 0: one

	// Program says which program this is. Reports of others do not merge with it.
	Program string

	// MostEvents ends a run that has more: it may have no end. 0: DefaultMostEvents.
	MostEvents uint64

	// Abandon, unless nil, is closed by who will wait no longer: the run that is waited
	// for has failed then, and those that are under way behind it are forgotten. Their
	// goroutines go on, and may do so for ever.
	Abandon <-chan struct{}

	// generate, unless nil, is in the place of what makes swarms. Tests set it.
	generate func(seed uint64) (scenarios.Scenario, []string)
}

// DefaultMostEvents is fifty times as many as the longest of forty thousand generated
// swarms has had.
const DefaultMostEvents = 20_000_000

// Outcome is what came of one run.
type Outcome struct {
	Number   int // of the run
	Scenario scenarios.Scenario
	Result   scenarios.Result
	Troubles []string // the kinds of trouble that the swarm has
}

// Run makes runs until there are as many as Config says, or ctx is done: then it
// makes an end to those that are under way, and no more. It tells each of every run,
// in the order of their numbers, together with what is new in it: the failures that
// no run before it had. If that fails, so does Run.
//
// But for how many there are, the Report does not depend on Jobs.
func Run(ctx context.Context, c Config, each func(o *Outcome, news []Failure) error) (*Report, error) {
	if c.Runs < 0 || c.Jobs < 0 || c.Shard.Index < 0 || c.Shard.Index >= c.Shard.of() {
		return nil, fmt.Errorf("campaign: %d runs, %d jobs, shard %v", c.Runs, c.Jobs, c.Shard)
	}
	if c.MostEvents == 0 {
		c.MostEvents = DefaultMostEvents
	}
	if c.generate == nil {
		c.generate = generate
	}
	b := newBuilder(&c)
	var err error
	c.inOrder(ctx, func(o *Outcome) bool {
		err = each(o, b.add(o))
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	return b.report(), nil
}

func generate(seed uint64) (scenarios.Scenario, []string) {
	return scenarios.GenerateSwarm(seed), scenarios.TroublesOf(seed)
}

// aheadMax is how many runs may be over, for each job, before one that was begun
// earlier is.
const aheadMax = 256

// ErrAbandoned is of a run that somebody would not wait for any longer.
var ErrAbandoned = errors.New("it was still under way when the campaign was given up")

// inOrder makes runs, several at a time, and yields them by their numbers. What is
// yielded is always a beginning of what there is to do.
func (c *Config) inOrder(ctx context.Context, yield func(*Outcome) bool) {
	jobs := max(c.Jobs, 1)
	var (
		mu    sync.Mutex
		taken int
		group sync.WaitGroup
	)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	take := func() (i int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil || c.Runs > 0 && c.Shard.Number(taken) >= c.Runs {
			return 0, false
		}
		taken++
		return taken - 1, true
	}
	type done struct {
		i int
		*Outcome
	}
	results := make(chan done, jobs*aheadMax) // so that nobody has to take them
	room := make(chan struct{}, jobs*aheadMax)
	for range jobs {
		group.Go(func() {
			for {
				room <- struct{}{}
				i, ok := take()
				if !ok {
					<-room
					return
				}
				results <- done{i, c.one(c.Shard.Number(i))}
			}
		})
	}
	go func() {
		group.Wait()
		close(results)
	}()

	waiting, next, enough := make(map[int]*Outcome), 0, false
	pass := func() {
		for o := waiting[next]; o != nil; o = waiting[next] {
			delete(waiting, next)
			next++
			<-room
			if !enough && !yield(o) {
				enough = true
				stop()
			}
		}
	}
	for {
		select {
		case d, ok := <-results:
			if !ok {
				return
			}
			waiting[d.i] = d.Outcome
			pass()
		case <-c.Abandon:
			if len(results) > 0 {
				continue // these are over
			}
			stop()
			waiting[next] = c.abandoned(c.Shard.Number(next))
			pass()
			return
		}
	}
}

// abandoned is the outcome of run number k if there will be none. What it was to be
// is found out anew, as it still has the old one.
func (c *Config) abandoned(k int) *Outcome {
	o := &Outcome{Number: k}
	o.Scenario, o.Troubles = c.generate(SeedOf(c.Seed, k))
	o.Result = scenarios.Result{Name: o.Scenario.Name, Seed: SeedOf(c.Seed, k), Err: ErrAbandoned}
	return o
}

// one makes run number k. A panic, wherever it is, is the outcome of this run alone.
func (c *Config) one(k int) (o *Outcome) {
	o = &Outcome{Number: k}
	seed := SeedOf(c.Seed, k)
	defer func() {
		if p := recover(); p != nil {
			o.Result = scenarios.Result{Name: o.Scenario.Name, Seed: seed, Err: fmt.Errorf("panic: %v", p), Stack: string(debug.Stack())}
		}
	}()
	o.Scenario, o.Troubles = c.generate(seed)
	o.Result = scenarios.Run(o.Scenario, o.Scenario.DefaultSeed(), scenarios.Options{Cover: true, MostEvents: c.MostEvents})
	return o
}
