//go:build plant

package shrink_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bt/client"
	"bt/client/boundary"
	"bt/client/wire"
	"bt/scenarios"
	"bt/scenarios/shrink"
)

// bug is planted between the core of every client and its shell, with a state of its
// own in each. Either function may be nil.
type bug struct {
	event   func(boundary.Event) boundary.Event
	effects func(boundary.Event, *boundary.Effects)
}

// bugs are of different kinds, as different parts of a client go wrong. Each shows
// only in swarms in which something happens besides.
var bugs = []struct {
	kind, what string
	rules      string // the oracles that may find it
	plant      func() bug
}{
	{"data", "a piece counts as right whatever its hash", "D1 D2 D5 W8", trustsHashes},
	{"protocol", "a choke is not heard", "W3", hearsNoChoke},
	{"durability", "a failed sync counts as made", "D5", believesSyncs},
	{"liveness", "an unchoke after a choke is not heard", "L4", hearsOneUnchoke},
	{"tracker", "only the first of all announces says that the client has started", "T1", startsOnce},
	{"resources", "nobody is choked when there are fewer slots", "R4", neverChokes},
}

// Bounds of the test: what the smallest swarm may have.
const (
	hostsMost, piecesMost, faultsMost = 3, 4, 5

	// searchMost is how long it may take to find a bug.
	searchMost = 5 * time.Minute
	// searchFrom is the first swarm that is looked at, searchUntil the last.
	searchFrom, searchUntil = 1, 100_000
)

// TestPlantedBugs: each bug is found by generated swarms in little time, and what they
// shrink to is small enough to be read at a glance.
func TestPlantedBugs(t *testing.T) {
	for _, b := range bugs {
		t.Run(b.kind, func(t *testing.T) {
			run := withBug(b.plant)
			found, runs, took := find(t, run, b.rules)
			r, err := shrink.Shrink(context.Background(), found, shrink.Options{Run: run, Seed: found.Seed})
			if err != nil {
				t.Fatal(err)
			}
			text, err := scenarios.Encode(r.Scenario)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %s\nfound in %d runs and %v: %s, seed %d\nbefore: %v\nafter:  %v, by %d runs in %v\n%v\n%s",
				b.kind, b.what, runs, took.Round(time.Millisecond), found.Name, found.Seed, r.Before, r.After, r.Runs,
				r.Took.Round(time.Millisecond), r.Failure, text)
			if !isOne(b.rules, r.Failure) {
				t.Errorf("it is %v that fails, %v", r.Target, r.Failure)
			}
			if c := r.After; c.Hosts > hostsMost || c.Pieces > piecesMost || c.Faults > faultsMost {
				t.Errorf("%v are more than %d hosts, %d pieces, %d actions or faults", c, hostsMost, piecesMost, faultsMost)
			}
			if !r.Done {
				t.Errorf("the search was not at its end after %d runs", r.Runs)
			}
			if clean := scenarios.Run(r.Scenario, r.Scenario.DefaultSeed(), scenarios.Options{}); slices.ContainsFunc(clean.Failures, func(f scenarios.Failure) bool {
				return isOne(b.rules, f)
			}) {
				t.Errorf("without the bug: %v", clean.Failures)
			}
		})
	}
}

// isOne says whether a failure is that of an oracle of a list.
func isOne(rules string, f scenarios.Failure) bool {
	id, ok := strings.CutPrefix(f.Rule, "oracle ")
	return ok && slices.Contains(strings.Fields(rules), id)
}

// find looks for the first swarm that shows a bug, as many at a time as there are
// processors.
func find(t *testing.T, run shrink.Runner, rules string) (found scenarios.Scenario, runs int, took time.Duration) {
	begin := time.Now()
	jobs := runtime.GOMAXPROCS(0)
	for first := searchFrom; first < searchUntil; first += jobs {
		if took = time.Since(begin); took > searchMost {
			t.Fatalf("nothing found in %d runs and %v", first-searchFrom, took)
		}
		results := make([]scenarios.Result, jobs)
		var wait sync.WaitGroup
		for i := range jobs {
			wait.Go(func() {
				seed := uint64(first + i)
				results[i] = run(scenarios.GenerateSwarm(seed), seed, scenarios.Options{Stop: func(scenarios.Failure) bool { return true }})
			})
		}
		wait.Wait()
		for i, r := range results {
			if len(r.Failures) > 0 && isOne(rules, r.Failures[0]) {
				return scenarios.GenerateSwarm(uint64(first + i)), first + i - searchFrom + 1, time.Since(begin)
			}
		}
	}
	t.Fatalf("nothing found")
	return
}

// withBug makes runs in which every client has a bug.
func withBug(plant func() bug) shrink.Runner {
	return func(s scenarios.Scenario, seed uint64, opt scenarios.Options) scenarios.Result {
		opt.Plant(func(_ string, c *client.Client) {
			b := plant()
			c.Tamper(b.event, b.effects)
		})
		return scenarios.Run(s, seed, opt)
	}
}

func trustsHashes() bug {
	return bug{event: func(e boundary.Event) boundary.Event {
		if c, ok := e.(boundary.PieceChecked); ok && c.Download {
			c.OK = true
			return c
		}
		return e
	}}
}

// mishears leaves out messages before the core gets them.
func mishears(miss func(boundary.ConnID, wire.Message) bool) bug {
	return bug{event: func(e boundary.Event) boundary.Event {
		if r, ok := e.(*boundary.Received); ok {
			r.Msgs = slices.DeleteFunc(r.Msgs, func(m wire.Message) bool { return miss(r.Conn, m) })
		}
		return e
	}}
}

func hearsNoChoke() bug {
	return mishears(func(_ boundary.ConnID, m wire.Message) bool { return m.Kind == wire.Choke })
}

func hearsOneUnchoke() bug {
	unchoked := make(map[boundary.ConnID]bool)
	return mishears(func(c boundary.ConnID, m wire.Message) bool {
		if m.Kind != wire.Unchoke {
			return false
		}
		before := unchoked[c]
		unchoked[c] = true
		return before
	})
}

func believesSyncs() bug {
	return bug{event: func(e boundary.Event) boundary.Event {
		if s, ok := e.(boundary.FilesSynced); ok {
			s.Err = nil
			return s
		}
		return e
	}}
}

// startsOnce leaves the event out of all announces but the first that has it.
func startsOnce() bug {
	var first boundary.FetchID
	return bug{effects: func(_ boundary.Event, out *boundary.Effects) {
		for i := range out.Fetch {
			f := &out.Fetch[i]
			if !strings.Contains(f.URL, "&event=started") {
				continue
			}
			if first == 0 {
				first = f.ID
			}
			if f.ID != first { // the effects of a turn are shown again with each event of it
				f.URL = strings.Replace(f.URL, "&event=started", "", 1)
			}
		}
	}}
}

func neverChokes() bug {
	return bug{effects: func(_ boundary.Event, out *boundary.Effects) {
		out.Send = slices.DeleteFunc(out.Send, func(s boundary.Send) bool { return s.Hello == nil && s.Msg.Kind == wire.Choke })
	}}
}
