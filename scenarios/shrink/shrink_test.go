package shrink

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bt/scenarios"
)

// oracle is the failure that made-up runs have.
const oracle = "oracle W3"

// failsIf makes up runs: they fail on somebody if the scenario is of some kind, and
// otherwise they pass.
func failsIf(is func(s *scenarios.Scenario) (node string, fails bool)) Runner {
	return func(s scenarios.Scenario, seed uint64, opt scenarios.Options) (r scenarios.Result) {
		r.Events = 1000
		if node, fails := is(&s); fails {
			r.Failures = []scenarios.Failure{{Rule: oracle, Node: node, Detail: "made up"}}
		}
		return r
	}
}

// leechOf names the first leech for whom something is true.
func leechOf(s *scenarios.Scenario, is func(*scenarios.Actor) bool) (string, bool) {
	for i := range s.Actors {
		if a := &s.Actors[i]; a.Kind == scenarios.Leech && is(a) {
			return nameOf(a), true
		}
	}
	return "", false
}

// nameOf is that of the first of an actor's hosts.
func nameOf(a *scenarios.Actor) string {
	if a.Count > 1 {
		return a.Name + "-1"
	}
	return a.Name
}

func does(s *scenarios.Scenario, verb scenarios.Verb) bool { return doesAny(s, []scenarios.Verb{verb}) }

// big is a swarm with a bit of everything.
func big() scenarios.Scenario {
	return scenarios.Scenario{
		Name: "big", Seed: 77, Until: 3 * scenarios.Minute, IPv6: true,
		Torrent: scenarios.Torrent{Piece: 50_001, Files: []scenarios.File{{Path: "d/a", Size: 200_000}, {Path: "d/b", Size: 123_456}}, Private: true},
		Trackers: []scenarios.Tracker{
			{Name: "one", Interval: 47 * scenarios.Second, UDP: true},
			{Name: "two", Tier: 1, Manner: "mute"},
		},
		Actors: []scenarios.Actor{
			{Name: "source", Kind: scenarios.Seed, Count: 2, Link: &scenarios.Link{Up: 77_777, Latency: 31 * scenarios.Millisecond}},
			{Name: "user", Kind: scenarios.Leech, Count: 5, Knows: []string{"source"}, Priorities: []int{1, 2}, Slots: new(3)},
			{Name: "late", Kind: scenarios.Leech, Start: 12_345 * scenarios.Millisecond, Has: "1-4", NoFast: true, Handles: 7, Link: &scenarios.Link{Loss: 1000}},
			{Name: "crook", Kind: scenarios.Hostile, Personality: "poisoner", Knows: []string{"user-2"}},
		},
		Actions: []scenarios.Action{
			{At: 10 * scenarios.Second, Do: scenarios.DoPause, Who: []string{"user-3"}, For: 3 * scenarios.Second},
			{At: 12_345 * scenarios.Millisecond, Do: scenarios.DoKill, Who: []string{"user-1", "late"}, Disk: &scenarios.Disk{Kind: "torn"}},
			{At: 20 * scenarios.Second, Do: scenarios.DoDiskFault, Who: []string{"late", "user"}, Disk: &scenarios.Disk{Kind: "fail", Percent: 30}},
			{At: 20 * scenarios.Second, Do: scenarios.DoDiskFault, Who: []string{"late"}, Disk: &scenarios.Disk{Kind: "fail", Ops: []string{"mkdir", "stat"}, Count: 1}},
			{At: 20 * scenarios.Second, Do: scenarios.DoLimits, Who: []string{"late"}, Limits: &scenarios.Limits{Up: 12_345}},
			{At: 21 * scenarios.Second, Do: scenarios.DoMeddle, Who: []string{"source"}, With: []string{"user"}, Message: &scenarios.Message{Fate: "drop"}},
			{At: 22 * scenarios.Second, Do: scenarios.DoSwizzle, Who: []string{"source", "user"}, For: 5 * scenarios.Second},
			{At: 30 * scenarios.Second, Do: scenarios.DoPause, Who: []string{"source"}, Every: 10 * scenarios.Second, Times: 4, For: scenarios.Second},
			{At: 40 * scenarios.Second, Do: scenarios.DoRestart, Who: []string{"user-1", "late"}},
			{At: 41 * scenarios.Second, Do: scenarios.DoHeal},
		},
		Expect: []scenarios.Expectation{{Check: "complete", Who: []string{"user"}}, {Check: "had", Who: []string{"late"}, Count: 3, Of: []string{"one"}}},
	}
}

func mustShrink(t testing.TB, s scenarios.Scenario, opt Options) Result {
	t.Helper()
	r, err := Shrink(context.Background(), s, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestMinimal: what is left is what the failure needs, in its simplest form.
func TestMinimal(t *testing.T) {
	pair := []scenarios.Actor{{Name: "seed", Kind: scenarios.Seed}, {Name: "leech", Kind: scenarios.Leech}}
	one := scenarios.Torrent{Piece: usualPiece, Size: usualPiece}
	had := []scenarios.Expectation{{Check: "incomplete"}}
	tests := []struct {
		needs string
		is    func(*scenarios.Scenario) (string, bool)
		want  scenarios.Scenario
	}{
		{"a leech", func(s *scenarios.Scenario) (string, bool) {
			return leechOf(s, func(*scenarios.Actor) bool { return true })
		}, scenarios.Scenario{Torrent: one, Trackerless: true, Until: scenarios.Second, Actors: pair[1:], Expect: had}},
		{"a leech, and a tracker over UDP", func(s *scenarios.Scenario) (string, bool) {
			return leechOf(s, func(*scenarios.Actor) bool {
				return slices.ContainsFunc(s.Trackers, func(tr scenarios.Tracker) bool { return tr.UDP })
			})
		}, scenarios.Scenario{Torrent: one, Trackers: []scenarios.Tracker{{UDP: true}}, Until: scenarios.Second, Actors: pair[1:], Expect: had}},
		{"a leech that is killed, a seed, and three pieces", func(s *scenarios.Scenario) (string, bool) {
			if !slices.ContainsFunc(s.Actors, func(a scenarios.Actor) bool { return a.Kind == scenarios.Seed }) || pieceCount(&s.Torrent) < 3 {
				return "", false
			}
			return leechOf(s, func(a *scenarios.Actor) bool {
				return slices.ContainsFunc(s.Actions, func(x scenarios.Action) bool {
					return x.Do == scenarios.DoKill && slices.Contains(x.Who, nameOf(a))
				})
			})
		}, scenarios.Scenario{
			Torrent: scenarios.Torrent{Piece: usualPiece, Size: 3 * usualPiece}, Trackerless: true,
			Actors:  pair,
			Actions: []scenarios.Action{{Do: scenarios.DoKill, Who: []string{"leech"}}},
			Expect:  []scenarios.Expectation{{Check: "complete"}},
		}},
		{"an action not before 12.345 s, nor too late", func(s *scenarios.Scenario) (string, bool) {
			return "", slices.ContainsFunc(s.Actions, func(a scenarios.Action) bool {
				return a.At >= 12_345*scenarios.Millisecond && a.At < 19*scenarios.Second
			})
		}, scenarios.Scenario{
			Torrent: one, Trackerless: true, Until: 20 * scenarios.Second, Actors: pair[1:],
			Actions: []scenarios.Action{{At: 13 * scenarios.Second, Do: scenarios.DoKill, Who: []string{"leech"}}},
			Expect:  had,
		}},
		{"the eighth operation of a disk", func(s *scenarios.Scenario) (string, bool) {
			return "", slices.ContainsFunc(s.Actions, func(a scenarios.Action) bool {
				d := a.Disk
				return a.Do == scenarios.DoDiskFault && (d.Percent > 0 || d.After <= 7 && (d.Count == 0 || d.After+d.Count > 7)) &&
					(len(d.Ops) == 0 || slices.Contains(d.Ops, "write"))
			})
		}, scenarios.Scenario{
			Torrent: one, Trackerless: true, Until: scenarios.Second, Actors: pair[1:],
			Actions: []scenarios.Action{{Do: scenarios.DoDiskFault, Who: []string{"leech"}, Disk: &scenarios.Disk{Kind: "fail", Ops: []string{"write"}, After: 7, Count: 1}}},
			Expect:  had,
		}},
		{"the third unchoke", func(s *scenarios.Scenario) (string, bool) {
			return "", slices.ContainsFunc(s.Actions, func(a scenarios.Action) bool {
				m := a.Message
				return m != nil && (m.Nth == 0 || m.Kind == "" && m.Nth == 12 || m.Nth == 3) && (m.Kind == "" || m.Kind == "unchoke")
			})
		}, scenarios.Scenario{
			Torrent: one, Trackerless: true, Actors: pair,
			Actions: []scenarios.Action{{
				Do: scenarios.DoMeddle, Who: []string{"seed"}, With: []string{"leech"}, Message: &scenarios.Message{Kind: "unchoke", Nth: 3, Fate: "drop"},
			}},
			Expect: []scenarios.Expectation{{Check: "complete"}},
		}},
		{"a partition", func(s *scenarios.Scenario) (string, bool) {
			return "", does(s, scenarios.DoSwizzle) || does(s, scenarios.DoPartition)
		}, scenarios.Scenario{
			Torrent: one, Trackerless: true, Until: scenarios.Second, Actors: pair[1:],
			Actions: []scenarios.Action{{Do: scenarios.DoPartition, Who: []string{"leech"}}},
			Expect:  had,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.needs, func(t *testing.T) {
			r := mustShrink(t, big(), Options{Run: failsIf(tt.is)})
			tt.want.Name, tt.want.About = "big", r.Scenario.About
			if diff := cmp.Diff(tt.want, r.Scenario); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if !r.Done || r.Failure.Rule != oracle || !r.After.less(r.Before) || r.Scenario.About == "" {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestSameFailure: a candidate that fails otherwise, on another kind of node, or is
// broken off, is not taken.
func TestSameFailure(t *testing.T) {
	run := func(s scenarios.Scenario, seed uint64, opt scenarios.Options) (r scenarios.Result) {
		on := func(rule, node string) { r.Failures = append(r.Failures, scenarios.Failure{Rule: rule, Node: node}) }
		seeds := slices.ContainsFunc(s.Actors, func(a scenarios.Actor) bool { return a.Kind == scenarios.Seed })
		leech, leeches := leechOf(&s, func(*scenarios.Actor) bool { return true })
		switch {
		case !seeds:
			on("oracle W4", leech)
		case !leeches:
			on(oracle, nameOf(&s.Actors[0]))
		case s.Trackerless:
			r.Err = errors.New("panic: no tracker")
			on(oracle, leech)
		case s.Torrent.Private:
			on(oracle, leech)
		default:
			on("oracle W4", "")
			on("expectation complete", leech)
		}
		return r
	}
	r := mustShrink(t, big(), Options{Run: run})
	want := scenarios.Scenario{
		Name: "big", About: r.Scenario.About,
		Torrent: scenarios.Torrent{Piece: usualPiece, Size: usualPiece, Private: true},
		Actors:  []scenarios.Actor{{Name: "seed", Kind: scenarios.Seed}, {Name: "leech", Kind: scenarios.Leech}},
		Expect:  []scenarios.Expectation{{Check: "complete"}},
	}
	if diff := cmp.Diff(want, r.Scenario); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestBrokenOff: a run that was broken off shrinks to one that is, for the same reason.
func TestBrokenOff(t *testing.T) {
	run := func(s scenarios.Scenario, seed uint64, opt scenarios.Options) (r scenarios.Result) {
		switch {
		case does(&s, scenarios.DoKill):
			r.Err = errors.New("panic: index 7 out of range")
		case does(&s, scenarios.DoPause):
			r.Err = errors.New("panic: nil map")
		}
		return r
	}
	r := mustShrink(t, big(), Options{Run: run})
	if len(r.Scenario.Actions) != 1 || r.Scenario.Actions[0].Do != scenarios.DoKill || r.Target.Rule != BrokenOff {
		t.Errorf("%v: %+v", r.Target, r.Scenario.Actions)
	}
}

// TestNothingToShrink: a scenario that passes, or is wrong, is refused.
func TestNothingToShrink(t *testing.T) {
	passes := failsIf(func(*scenarios.Scenario) (string, bool) { return "", false })
	if _, err := Shrink(context.Background(), big(), Options{Run: passes}); !errors.Is(err, ErrPasses) {
		t.Errorf("a scenario that passes: %v", err)
	}
	wrong := big()
	wrong.Actors = nil
	if _, err := Shrink(context.Background(), wrong, Options{Run: passes}); err == nil || errors.Is(err, ErrPasses) {
		t.Errorf("a scenario without actors: %v", err)
	}
}

// TestOtherSeeds: what fails with another seed only is found, and its seed is kept.
func TestOtherSeeds(t *testing.T) {
	run := func(s scenarios.Scenario, seed uint64, opt scenarios.Options) (r scenarios.Result) {
		if len(s.Actions) > 0 && seed == 77 || seed == 2 {
			r.Failures = []scenarios.Failure{{Rule: oracle}}
		}
		return r
	}
	if r := mustShrink(t, big(), Options{Run: run}); len(r.Scenario.Actions) > 0 || r.Scenario.Seed != 2 {
		t.Errorf("seed %d: %+v", r.Scenario.Seed, r.Scenario)
	}
}

// TestJobs: the result and the number of runs do not depend on how many are made at a
// time.
func TestJobs(t *testing.T) {
	for actors := range 4 {
		run := failsIf(func(s *scenarios.Scenario) (string, bool) {
			return "", len(s.Actors) >= actors && len(s.Actions) > 1 && pieceCount(&s.Torrent) > actors && s.DefaultSeed()%2 == 1
		})
		one, many := mustShrink(t, big(), Options{Run: run, Jobs: 1}), mustShrink(t, big(), Options{Run: run, Jobs: 5})
		one.Took, many.Took = 0, 0
		if diff := cmp.Diff(one, many, cmp.AllowUnexported(Target{})); diff != "" {
			t.Errorf("%d actors: -one +many:\n%s", actors, diff)
		}
	}
}

// TestBounds: runs, time and the user end a search with the best so far.
func TestBounds(t *testing.T) {
	always := failsIf(func(*scenarios.Scenario) (string, bool) { return "", true })
	r := mustShrink(t, big(), Options{Run: always, Runs: 7, Jobs: 3})
	if r.Runs != 7 || r.Done || !r.After.less(r.Before) {
		t.Errorf("7 runs: %d, done %v, %v", r.Runs, r.Done, r.After)
	}
	ctx, cancel := context.WithCancel(context.Background())
	runs := 0
	r, err := Shrink(ctx, big(), Options{Jobs: 1, Run: func(s scenarios.Scenario, seed uint64, opt scenarios.Options) scenarios.Result {
		if runs++; runs == 5 {
			cancel()
		}
		return always(s, seed, opt)
	}})
	if err != nil || r.Done || runs > 7 || r.Failure.Rule != oracle {
		t.Errorf("cancelled in run 5: %d runs, done %v, %v, %v", runs, r.Done, r.Failure, err)
	}
	r = mustShrink(t, big(), Options{Run: always, For: time.Nanosecond})
	if r.Done || r.Runs > 3 {
		t.Errorf("no time: %d runs, done %v", r.Runs, r.Done)
	}
}

// TestOptions: candidates are run up to the failure that is looked for, and to no more
// events than the original can explain.
func TestOptions(t *testing.T) {
	first := true
	mustShrink(t, big(), Options{Jobs: 1, Runs: 10, Run: func(s scenarios.Scenario, seed uint64, opt scenarios.Options) (r scenarios.Result) {
		if !first && opt.Stop != nil {
			if !opt.Stop(scenarios.Failure{Rule: oracle, Node: "late"}) && actorOf(&s, "late") != nil {
				t.Error("a run is not stopped at its target")
			}
			if opt.Stop(scenarios.Failure{Rule: oracle, Node: ""}) || opt.Stop(scenarios.Failure{Rule: "oracle W4", Node: "late"}) {
				t.Error("a run is stopped at something else")
			}
			if opt.MostEvents != 1000*eventsFactor+eventsGrace {
				t.Errorf("at most %d events", opt.MostEvents)
			}
		}
		first = false
		return scenarios.Result{Events: 1000, Failures: []scenarios.Failure{{Rule: oracle, Node: "late"}}}
	}})
}

// TestFair: where an expectation fails whatever is done, what is left is still a swarm
// in which it could hold.
func TestFair(t *testing.T) {
	run := func(s scenarios.Scenario, seed uint64, opt scenarios.Options) (r scenarios.Result) {
		r.Failures = []scenarios.Failure{{Rule: "expectation complete", Node: "user-1"}}
		return r
	}
	s := big()
	s.Actors[1].Link = &scenarios.Link{Up: 3_000_000, Down: 9_000_000}
	r := mustShrink(t, s, Options{Run: run})
	want := scenarios.Scenario{
		Name: "big", About: r.Scenario.About, Until: s.Until, Torrent: scenarios.Torrent{Piece: usualPiece, Size: usualPiece},
		Trackerless: true,
		Actors: []scenarios.Actor{
			{Name: "source", Kind: scenarios.Seed, Link: &scenarios.Link{}}, // the usual one is slower downwards
			{Name: "user", Kind: scenarios.Leech, Count: 2, Link: &scenarios.Link{}, Knows: []string{"source", "user"}},
		},
		Expect: []scenarios.Expectation{{Check: "complete", Who: []string{"user"}}},
	}
	if diff := cmp.Diff(want, r.Scenario); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFairToTrouble: where something is expected to come of trouble, the trouble stays.
func TestFairToTrouble(t *testing.T) {
	run := func(s scenarios.Scenario, seed uint64, opt scenarios.Options) (r scenarios.Result) {
		if slices.ContainsFunc(s.Expect, func(e scenarios.Expectation) bool { return e.Check == "had" }) {
			r.Failures = []scenarios.Failure{{Rule: "expectation had", Node: "late"}}
		}
		return r
	}
	r := mustShrink(t, big(), Options{Run: run})
	before, s := big(), r.Scenario
	if !slices.Equal(troubles(&s), troubles(&before)) || len(s.Expect) != 1 || s.Expect[0].Check != "had" || !r.After.less(r.Before) {
		t.Errorf("trouble %v, %v expected, %v", troubles(&s), s.Expect, r.After)
	}
}

// TestEveryField: the table has every field of every type that a scenario is made of,
// and nothing else; whatever is kept, or left to a pass, says so.
func TestEveryField(t *testing.T) {
	seen := make(map[string]bool)
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch {
		case typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice:
			walk(typ.Elem())
		case typ.Kind() == reflect.Struct:
			for i := range typ.NumField() {
				name := typ.Name() + "." + typ.Field(i).Name
				if seen[name] {
					continue
				}
				seen[name] = true
				if f, ok := fields[name]; !ok {
					t.Errorf("%s is not in the table: how does it become simpler?", name)
				} else if (f.how == kept || f.how == elsewhere) == (f.by == "") {
					t.Errorf("%s: what is kept, or left to a pass, says why, or to which; and nothing else does", name)
				} else if f.how == elsewhere && !slices.Contains(passNames, f.by) {
					t.Errorf("%s: there is no pass %s", name, f.by)
				}
				walk(typ.Field(i).Type)
			}
		}
	}
	walk(reflect.TypeFor[scenarios.Scenario]())
	for name := range fields {
		if !seen[name] {
			t.Errorf("%s is in the table, and in no scenario", name)
		}
	}
}

// passNames are what passes are called; that they do what the table says, TestSimpler
// and TestMinimal show.
var passNames = []string{"shorten", "dropActions", "dropHosts", "dropTrackers", "smallTorrent", "decide", "rename"}

// TestSimpler: each field that the catalogue makes use of, and that is not kept, can
// become simpler by itself, while all that is not about it stays.
func TestSimpler(t *testing.T) {
	used, changed := usedFields(), make(map[string]bool)
	for _, stays := range []func(reflect.Value) string{
		func(v reflect.Value) string { return shape(v, reflect.Slice, reflect.Pointer) },
		func(v reflect.Value) string { return shape(v, reflect.Pointer) },
		func(v reflect.Value) string { return "" },
	} {
		tries := make(map[string]int)
		for _, s := range append([]scenarios.Scenario{big()}, scenarios.Builtin()...) {
			if costOf(&s).Fields > 200 || !worthwhile(reflect.ValueOf(s), changed, tries) {
				continue // it would take long
			}
			before := reflect.ValueOf(clone(s))
			search, err := newSearch(context.Background(), s, Options{Jobs: 1, Run: failsIf(func(s *scenarios.Scenario) (string, bool) {
				return "", stays(reflect.ValueOf(*s)) == stays(before)
			})})
			if err != nil {
				t.Fatal(err)
			}
			search.open()
			search.settle(ways[0])
			compare(before, reflect.ValueOf(search.best), changed)
		}
	}
	for name, f := range fields {
		if f.how != kept && used[name] && !changed[name] && name != "Message.Kind" { // TestMinimal has one
			t.Errorf("%s never becomes simpler", name)
		}
	}
}

// shape has the lengths of lists, or whether pointers are nil, in the order of fields.
func shape(v reflect.Value, kinds ...reflect.Kind) string {
	text := ""
	switch v.Kind() {
	case reflect.Slice:
		if slices.Contains(kinds, reflect.Slice) {
			text = fmt.Sprint(v.Len(), ",")
		}
		for i := range v.Len() {
			text += shape(v.Index(i), kinds...)
		}
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return "*" + shape(v.Elem(), kinds...)
	case reflect.Struct:
		for i := range v.NumField() {
			text += shape(v.Field(i), kinds...)
		}
	}
	return text
}

// usedFields are those that the catalogue makes use of.
func usedFields() map[string]bool {
	used := make(map[string]bool)
	for _, s := range scenarios.Builtin() {
		eachField(reflect.ValueOf(s), func(name string, _ reflect.Value) { used[name] = true })
	}
	return used
}

// worthwhile says whether a scenario has a field that has not changed so far, and has
// not been tried often.
func worthwhile(v reflect.Value, changed map[string]bool, tries map[string]int) (is bool) {
	const enough = 10
	eachField(v, func(name string, _ reflect.Value) {
		is = is || fields[name].how != kept && !changed[name] && tries[name] < enough
	})
	if is {
		eachField(v, func(name string, _ reflect.Value) { tries[name]++ })
	}
	return is
}

// eachField calls do for each field that is not zero.
func eachField(v reflect.Value, do func(name string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachField(v.Elem(), do)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachField(v.Index(i), do)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				do(v.Type().Name()+"."+v.Type().Field(i).Name, v.Field(i))
			}
			eachField(v.Field(i), do)
		}
	}
}

// compare notes which fields differ.
func compare(a, b reflect.Value, changed map[string]bool) {
	switch a.Kind() {
	case reflect.Pointer:
		if !a.IsNil() && !b.IsNil() {
			compare(a.Elem(), b.Elem(), changed)
		}
	case reflect.Slice:
		for i := range min(a.Len(), b.Len()) {
			compare(a.Index(i), b.Index(i), changed)
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
				changed[a.Type().Name()+"."+a.Type().Field(i).Name] = true
			}
			compare(a.Field(i), b.Field(i), changed)
		}
	}
}

// TestShrinkProperty: whatever a failure needs, the result still has it, is no larger,
// is valid, and cannot be shrunk any further.
func TestShrinkProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios.GenerateSwarm(rapid.Uint64Range(1, 100_000).Draw(t, "swarm"))
		hosts := rapid.IntRange(1, len(s.Actors)).Draw(t, "actors needed")
		pieces := rapid.IntRange(1, pieceCount(&s.Torrent)).Draw(t, "pieces needed")
		verb := s.Actions[rapid.IntRange(0, len(s.Actions)-1).Draw(t, "action needed")].Do
		late := scenarios.Duration(rapid.Int64Range(0, int64(50*scenarios.Second)).Draw(t, "not before"))
		is := func(s *scenarios.Scenario) (string, bool) {
			return "", len(s.Actors) >= hosts && pieceCount(&s.Torrent) >= pieces && slices.ContainsFunc(s.Actions, func(a scenarios.Action) bool {
				return a.Do == verb && a.At >= late
			})
		}
		if _, fails := is(&s); !fails {
			t.Skip("not in this swarm")
		}
		r := mustShrinkRapid(t, s, Options{Run: failsIf(is)})
		if _, fails := is(&r.Scenario); !fails {
			t.Fatalf("does not fail any more: %+v", r.Scenario)
		}
		if r.Before.less(r.After) || costOf(&r.Scenario) != r.After || !r.Done {
			t.Fatalf("before %+v, after %+v, done %v", r.Before, r.After, r.Done)
		}
		if err := r.Scenario.Validate(); err != nil {
			t.Fatal(err)
		}
		if again := mustShrinkRapid(t, r.Scenario, Options{Run: failsIf(is)}); !cmp.Equal(again.Scenario, r.Scenario) {
			t.Fatalf("the second time:\n%s", cmp.Diff(r.Scenario, again.Scenario))
		}
	})
}

func mustShrinkRapid(t *rapid.T, s scenarios.Scenario, opt Options) Result {
	r, err := Shrink(context.Background(), s, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
