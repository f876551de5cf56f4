package campaign

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bt/scenarios"
)

// tiny makes swarms that take no time to run. One in three of them expects too much of
// its leech, one in five of its seed too; one in seven makes the generator panic.
func tiny(seed uint64) (scenarios.Scenario, []string) {
	if seed%7 == 0 {
		panic("no swarm 0x" + strings.Repeat("f", int(seed%5)+1))
	}
	s := scenarios.Scenario{
		Name: scenarios.SwarmName(seed), Seed: seed,
		Torrent: scenarios.Torrent{Piece: 16 * scenarios.KiB, Size: 40 * scenarios.KiB},
		Actors:  []scenarios.Actor{{Name: "seed", Kind: scenarios.Seed}, {Name: "leech", Kind: scenarios.Leech}},
		Expect:  []scenarios.Expectation{{Check: "complete", Who: []string{"leech"}}},
	}
	var troubles []string
	for i, name := range scenarios.SwarmTroubles() {
		if seed>>i&1 == 1 {
			troubles = append(troubles, name)
		}
	}
	if seed%3 == 0 {
		s.Expect[0].Within = scenarios.Millisecond
	}
	if seed%5 == 0 {
		s.Expect = append(s.Expect, scenarios.Expectation{Check: "incomplete", Who: []string{"seed"}})
	}
	return s, troubles
}

// search makes a campaign, without an end to it unless it has one.
func search(t *testing.T, c Config) *Report {
	t.Helper()
	if c.generate == nil {
		c.generate = tiny
	}
	next, seen := 0, make(map[failureKey]bool)
	r, err := Run(t.Context(), c, func(o *Outcome, news []Failure) error {
		if want := c.Shard.Number(next); o.Number != want {
			t.Errorf("run %d is told of, want %d", o.Number, want)
		}
		next++
		for _, f := range news {
			if seen[f.key()] || f.First != o.Number {
				t.Errorf("%s of run %d is no news in run %d", f.Title(), f.First, o.Number)
			}
			seen[f.key()] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != len(r.Failures) {
		t.Errorf("%d kinds of failures were news, and %d are in the report", len(seen), len(r.Failures))
	}
	return r
}

func text(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestJobs: how many runs are made at a time changes nothing.
func TestJobs(t *testing.T) {
	one := search(t, Config{Seed: 5, Runs: 60, Jobs: 1})
	if one.Runs != 60 || len(one.Failures) < 3 {
		t.Fatalf("%d runs, failures %+v", one.Runs, one.Failures)
	}
	for _, jobs := range []int{2, 7} {
		if diff := cmp.Diff(text(t, one), text(t, search(t, Config{Seed: 5, Runs: 60, Jobs: jobs}))); diff != "" {
			t.Errorf("with %d jobs:\n%s", jobs, diff)
		}
	}
	if other := search(t, Config{Seed: 6, Runs: 60}); other.Hash == one.Hash {
		t.Error("another seed is the same campaign")
	}
}

// TestReport: what is counted is what has happened.
func TestReport(t *testing.T) {
	r := search(t, Config{Seed: 5, Runs: 100})
	want := map[string]int{}
	completed, firstLeech := 0, -1
	for k := range 100 {
		seed := SeedOf(5, k)
		switch {
		case seed%7 == 0:
			want["broken off: panic: no swarm N"]++
			continue
		case seed%3 == 0:
			want["expectation complete on a leech"]++
			if firstLeech < 0 {
				firstLeech = k
			}
		}
		if seed%5 == 0 {
			want["expectation incomplete on a seed"]++
		}
		if seed%3 != 0 && seed%5 != 0 {
			completed++
		}
	}
	got := map[string]int{}
	for i := range r.Failures {
		f := &r.Failures[i]
		got[f.Title()] = f.Runs
		if f.Kind == "leech" {
			if f.First != firstLeech || f.Seed != SeedOf(5, firstLeech) || f.Node != "leech" || f.Broken || f.Replay != "btsim run "+scenarios.SwarmName(f.Seed) {
				t.Errorf("%+v, want run %d first", f, firstLeech)
			}
		}
		if f.Broken && !strings.HasSuffix(f.Replay, " --most-events 20000000") {
			t.Errorf("%s: a run without end would have none again: %s", f.Title(), f.Replay)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("failures:\n%s", diff)
	}
	if r.Longest.Events == 0 || r.Longest.Run >= r.Runs {
		t.Errorf("the longest run is %+v", r.Longest)
	}
	if r.Completed != completed || !r.Broken() || r.Pass() || r.Vacuous() {
		t.Errorf("%d completed, want %d; broken %v, pass %v, vacuous %v", r.Completed, completed, r.Broken(), r.Pass(), r.Vacuous())
	}
	if met, missing := counted(r.Marks); met == 0 || len(missing) == 0 || len(r.States) == 0 {
		t.Errorf("%d marks met, %d not, %d states", met, len(missing), len(r.States))
	}
	for _, x := range r.Troubles {
		if x.Runs == 0 || x.First > 20 {
			t.Errorf("%+v: it is in half of all runs", x)
		}
	}
}

// TestEndless: a run that has no end is ended, and told of with the way to see it.
func TestEndless(t *testing.T) {
	r := search(t, Config{Seed: 1, Runs: 3, MostEvents: 50, generate: func(uint64) (scenarios.Scenario, []string) { return tiny(1) }})
	if len(r.Failures) != 1 || !r.Failures[0].Broken || r.Failures[0].Runs != 3 || !strings.HasSuffix(r.Failures[0].Replay, " --most-events 50") {
		t.Errorf("%+v", r.Failures)
	}
}

// TestStop: whoever stops a campaign gets the report of what was made.
func TestStop(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	told := 0
	r, err := Run(ctx, Config{Seed: 5, Jobs: 3, generate: tiny}, func(*Outcome, []Failure) error {
		if told++; told == 10 {
			stop()
		}
		return nil
	})
	if err != nil || r.Runs != told || told < 10 || r.Shards[0].Runs != told {
		t.Fatalf("%v, %d runs, %d told of", err, r.Runs, told)
	}
	whole := search(t, Config{Seed: 5, Runs: told})
	whole.Campaign.Runs = 0
	if diff := cmp.Diff(text(t, whole), text(t, r)); diff != "" {
		t.Errorf("it is not the beginning of the whole:\n%s", diff)
	}
}

// TestAbandon: a run that has no end does not keep a campaign from having one.
func TestAbandon(t *testing.T) {
	const stuck = 4
	over, abandon := make(chan struct{}), make(chan struct{})
	defer close(over)
	once := true // later it is made to be told of
	c := Config{Seed: 9, Jobs: 2, Abandon: abandon, generate: func(seed uint64) (scenarios.Scenario, []string) {
		if seed == SeedOf(9, stuck) && once {
			once = false
			close(abandon)
			<-over
		}
		return tiny(1)
	}}
	r := search(t, c)
	// One more may have been under way.
	if r.Runs < stuck {
		t.Errorf("%d runs, where number %d has no end", r.Runs, stuck)
	}
	if len(r.Failures) != 1 || !r.Failures[0].Broken || r.Failures[0].Detail != ErrAbandoned.Error() || r.Failures[0].First > stuck {
		t.Errorf("%+v", r.Failures)
	}
}

// TestEachFails: what goes wrong in telling ends the campaign.
func TestEachFails(t *testing.T) {
	full := errors.New("disk full")
	_, err := Run(t.Context(), Config{Seed: 5, Jobs: 2, generate: tiny}, func(*Outcome, []Failure) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if _, err := Run(t.Context(), Config{Shard: Shard{3, 3}}, nil); err == nil {
		t.Error("there is a fourth of three shards")
	}
}

// TestGenerated: without more ado swarms are those of GenerateSwarm.
func TestGenerated(t *testing.T) {
	_, err := Run(t.Context(), Config{Seed: 7, Runs: 3}, func(o *Outcome, _ []Failure) error {
		seed := SeedOf(7, o.Number)
		if diff := cmp.Diff(scenarios.GenerateSwarm(seed), o.Scenario); diff != "" {
			t.Errorf("run %d:\n%s", o.Number, diff)
		}
		if !strings.HasSuffix(o.Scenario.About, strings.Join(o.Troubles, ", ")) {
			t.Errorf("run %d has %v, and says %q", o.Number, o.Troubles, o.Scenario.About)
		}
		if r := scenarios.Run(o.Scenario, seed, scenarios.Options{}); r.Hash != o.Result.Hash {
			t.Errorf("run %d is another one without the campaign", o.Number)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestVacuous: only a long campaign fails because it has not been everywhere.
func TestVacuous(t *testing.T) {
	r := Report{Runs: EnoughRuns - 1, Marks: []Tally{{Name: "endgame", Runs: 1}, {Name: "cancel"}}}
	if r.Vacuous() || !r.Pass() {
		t.Error("a short campaign fails by chance")
	}
	r.Runs++
	if !r.Vacuous() || r.Pass() || r.Broken() || !strings.Contains(text(t, &r), "FAIL: in 20000 runs nobody ever came to cancel\n") {
		t.Errorf("a long one does not:\n%s", text(t, &r))
	}
	if r.Marks[1].Runs = 1; r.Vacuous() {
		t.Error("it fails although it was everywhere")
	}
}

// TestFileName: names of files have nothing in them that a shell or a system would
// mind.
func TestFileName(t *testing.T) {
	f := Failure{Rule: "broken off: panic: index [N] of \"x\"", First: 12}
	if got := f.FileName(); got != "broken-off-panic-index-N-of-x-12.yaml" {
		t.Error(got)
	}
	f = Failure{Rule: "oracle L1", Kind: "leech", First: 3}
	if got := f.FileName(); got != "oracle-L1-leech-3.yaml" {
		t.Error(got)
	}
}
