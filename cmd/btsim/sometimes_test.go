package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// now and then: closed-both-seeds comes about each time, an upload of nothing never.
const sometimes = `name: now-and-then
torrent: {piece: 32KiB, size: 256KiB}
actors:
  - {name: seed, kind: seed}
  - {name: leech, kind: leech}
expect:
  - {check: complete}
  - {check: reached, reason: closed-both-seeds, sometimes: true}
  - {check: reached, reason: peer-banned, who: [leech], sometimes: true}
`

// TestSometimes: what holds in none of several runs is a failure, what does not hold
// in one run is not.
func TestSometimes(t *testing.T) {
	path := file(t, "now and then.yaml", sometimes)
	out, _ := btsim(t, exitPass, "run", path)
	if !strings.Contains(out, "now-and-then                 sometimes open  reached peer-banned leech: in 0 of 1 runs\n") {
		t.Errorf("one run:\n%s", out)
	}
	junit := filepath.Join(t.TempDir(), "x.xml")
	out, _ = btsim(t, exitFail, "run", path, "--seeds", "4-8", "--junit", junit)
	for _, want := range []string{
		" sometimes pass  reached closed-both-seeds: in 5 of 5 runs, first with seed 4\n",
		" sometimes FAIL  reached peer-banned leech: in 0 of 5 runs\n",
		"\n5 runs, 0 failed\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from\n%s", want, out)
		}
	}
	s := readJUnit(t, junit)
	if c := s.Cases[len(s.Cases)-1]; s.Tests != 6 || c.Name != "sometimes" || c.Failure == nil || !strings.Contains(c.Failure.Message, "in none of 5 runs: reached peer-banned leech") {
		t.Errorf("%+v", s)
	}

	out, _ = btsim(t, exitFail, "run", path, "one-piece", "--seeds", "4-8", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var last chanceResult
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || len(lines) != 11 {
		t.Fatalf("%v, %d lines:\n%s", err, len(lines), out)
	}
	if last.Pass || last.Runs != 5 || last.Name != "now-and-then" || len(last.Sometimes) != 2 || last.Sometimes[0].Met != 5 ||
		*last.Sometimes[0].First != 4 || last.Sometimes[1].First != nil || last.Sometimes[1].Expect != 2 {
		t.Errorf("%s", lines[len(lines)-1])
	}
}

// TestMarksTopic: the help names what a scenario can ask for.
func TestMarksTopic(t *testing.T) {
	if out, _ := btsim(t, exitPass, "help", "marks"); !strings.Contains(out, "\n  closed-both-seeds ") {
		t.Errorf("%s", out)
	}
}

// TestDidYouMean: who errs in a name is told what is like it.
func TestDidYouMean(t *testing.T) {
	for _, args := range [][]string{{"run", "one-peice"}, {"show", "one-peice"}, {"report", "one-peice"}} {
		if _, errs := btsim(t, exitUsage, args...); !strings.Contains(errs, `no scenario is called "one-peice": did you mean one-piece?`) {
			t.Errorf("%v: %s", args, errs)
		}
	}
	if _, errs := btsim(t, exitUsage, "run", "zzzzzzzz"); !strings.Contains(errs, `"zzzzzzzz": btsim list names them all`) {
		t.Errorf("nothing is like it: %s", errs)
	}
}

// TestShowFile: show takes what run takes, and puts it into the style of the others.
func TestShowFile(t *testing.T) {
	plain, _ := btsim(t, exitPass, "show", file(t, "x.yaml", failing))
	again, _ := btsim(t, exitPass, "show", file(t, "x.yaml", plain))
	if plain != again || !strings.Contains(plain, "name: too-fast\n") {
		t.Errorf("shown:\n%s\nand shown again:\n%s", plain, again)
	}
	if _, errs := btsim(t, exitUsage, "show", file(t, "x.yaml", "name: x\n")); !strings.Contains(errs, "x.yaml:1:1: torrent is missing") {
		t.Errorf("%s", errs)
	}
}

// TestRandomByName: a generated swarm goes by its name wherever a scenario does.
func TestRandomByName(t *testing.T) {
	text, _ := btsim(t, exitPass, "show", "random-3")
	byFile, _ := btsim(t, exitPass, "run", "--json", file(t, "x.yaml", text))
	byName, _ := btsim(t, exitPass, "run", "--json", "random-3")
	if byFile != byName {
		t.Errorf("by name and from a file differ:\n%s%s", byName, byFile)
	}
	if out, _ := btsim(t, exitPass, "diff", "random-3", file(t, "x.yaml", text)); out != "the same\n" {
		t.Errorf("%s", out)
	}
}
