package main

import (
	"encoding/json"
	"strings"
	"testing"

	"bt/scenarios"
)

// TestSweep: a sweep says how many points were tried and what came of them, the
// same however many runs are made at a time; one of its points can be tried
// alone, and traced.
func TestSweep(t *testing.T) {
	one, _ := btsim(t, exitPass, "run", "--sweep", "memory", "--json", "--jobs", "1")
	many, _ := btsim(t, exitPass, "run", "--sweep", "memory", "--json", "--jobs", "3")
	if one != many {
		t.Errorf("with one job:\n%swith three:\n%s", one, many)
	}
	var r swept
	if err := json.Unmarshal([]byte(one), &r); err != nil {
		t.Fatal(err)
	}
	if r.Schema != schema || r.Sweep != "memory" || r.Seed != 1 || !r.Pass || r.Points == 0 || len(r.Failed) > 0 || len(r.Hash) != 16 {
		t.Errorf("%+v", r)
	}
	text, _ := btsim(t, exitPass, "run", "--sweep", "memory,memory", "--seed", "2")
	if strings.Count(text, "sweep memory ") != 2 || !strings.Contains(text, "points tried") || !strings.Contains(text, "seed 2") {
		t.Errorf("two sweeps are told as\n%s", text)
	}

	trace := t.TempDir() + "/trace"
	text, _ = btsim(t, exitPass, "run", "--sweep", "memory", "--point", "3", "--trace", trace)
	if !strings.Contains(text, "memory slow-disk/3 ") {
		t.Errorf("one point is told as\n%s", text)
	}
}

// TestSweepFailure: a point that fails is told with what happens there, what has
// failed, and how to see it again.
func TestSweepFailure(t *testing.T) {
	s, _ := scenarios.FindSweep("disk")
	p, err := s.ParsePoint("raised/17:EIO")
	if err != nil {
		t.Fatal(err)
	}
	p.About = "stat of a file"
	result := scenarios.Result{Seed: 3, Failures: []scenarios.Failure{{Rule: "oracle D1", Node: "leech", Detail: "wrong"}}}
	r := swept{Schema: schema, Sweep: "disk", Seed: 3, Points: 9, Failed: []badPoint{newBadPoint(&s, p, &result)}}
	var text, line strings.Builder
	if err := r.report(&text, 0, false); err != nil {
		t.Fatal(err)
	}
	if err := r.report(&line, 0, true); err != nil {
		t.Fatal(err)
	}
	const replay = "btsim run --sweep disk --point raised/17:EIO --seed 3"
	for _, want := range []string{"FAIL at 1", "raised/17:EIO (stat of a file)", "oracle D1 at 0s on leech: wrong", "again: " + replay + "\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing from\n%s", want, &text)
		}
	}
	if !strings.Contains(line.String(), `"pass":false,"points":9,"failed":[{"point":"raised/17:EIO"`) || !strings.Contains(line.String(), replay) {
		t.Errorf("as JSON it is %s", &line)
	}
}

func TestSweepUsage(t *testing.T) {
	tests := []struct {
		args []string
		want string // in the message
	}{
		{[]string{"--sweep", "everything"}, "everything"},
		{[]string{"--sweep", "memory", "one-piece"}, "takes none"},
		{[]string{"--sweep", "memory", "--trace", "x"}, "--point"},
		{[]string{"--sweep", "memory,reset", "--point", "1"}, "one sweep"},
		{[]string{"--sweep", "memory", "--point", "x"}, "slow-disk/17"},
		{[]string{"--sweep", "memory", "--point", "nowhere/1"}, "none of its worlds"},
		{[]string{"--sweep", "memory", "--point", "99999"}, "none of that name"},
		{[]string{"--sweep", "disk", "--point", "1:EPERM"}, "none of that name"},
		{[]string{"--point", "1"}, "--sweep"},
	}
	for _, tt := range tests {
		out, errs := btsim(t, exitUsage, append([]string{"run"}, tt.args...)...)
		if out != "" || !strings.Contains(errs, tt.want) {
			t.Errorf("btsim run %q: %q does not say %q; output %q", tt.args, errs, tt.want, out)
		}
	}
}
