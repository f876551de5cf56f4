package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bt/scenarios"
)

// crowded fails as failing does, with much around it that has nothing to do with it.
const crowded = `name: crowded
torrent: {piece: 64KiB, files: [{path: a, size: 700KiB}, {path: b, size: 324KiB}]}
trackers: [{name: one}, {name: two, tier: 1, manner: mute}]
actors:
  - {name: source, kind: seed}
  - {name: taker, kind: leech, no-fast: true}
  - {name: other, kind: leech, count: 3, start: 1.234s}
  - {name: crook, kind: hostile, personality: mute, knows: [taker]}
actions:
  - {at: 500ms, do: pause, who: [other], for: 2s}
  - {at: 700ms, do: hashcheck, who: [source]}
expect:
  - {check: complete, who: [taker], within: 1s}
  - {check: complete}
`

// TestShrink: the result is a file that fails in the same way and tells why; to shrink
// it again changes nothing.
func TestShrink(t *testing.T) {
	dir := t.TempDir()
	small, again := filepath.Join(dir, "small.yaml"), filepath.Join(dir, "again.yaml")
	out, _ := btsim(t, exitPass, "shrink", file(t, "crowded.yaml", crowded), "-o", small)
	for _, want := range []string{
		"expectation complete on a leech\n", "before: 8 hosts, 3 actions or faults, 16 pieces\n", "after:  2 hosts, 0 actions or faults, ",
		" runs in ", "There are source (seed), taker (leech); the torrent has ", "taker is complete.", "taker breaks a rule: expectation complete: complete at ", "again: btsim run " + small + "\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from\n%s", want, out)
		}
	}
	text, err := os.ReadFile(small)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenarios.Parse(text)
	if err != nil || !strings.HasPrefix(string(text), schemaComment+"name: small\nabout: ") || len(s.Actors) != 2 || !s.Trackerless {
		t.Errorf("%v\n%s", err, text)
	}
	if run, _ := btsim(t, exitFail, "run", small); !strings.Contains(run, "expectation complete at ") {
		t.Errorf("a run of it:\n%s", run)
	}
	btsim(t, exitPass, "shrink", small, "-o", again)
	if b, err := os.ReadFile(again); err != nil || strings.Replace(string(b), "name: again", "name: small", 1) != string(text) {
		t.Errorf("the second time:\n%sthe first:\n%s%v", b, text, err)
	}
}

// TestShrinkOutput: without -o the output is the scenario and nothing else.
func TestShrinkOutput(t *testing.T) {
	out, errs := btsim(t, exitPass, "shrink", file(t, "x.yaml", failing), "--seed", "3", "--runs", "2", "--jobs", "1")
	if s, err := scenarios.Parse([]byte(out)); err != nil || s.Name != "too-fast" || s.DefaultSeed() != 3 {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(errs, "2 runs in ") || !strings.Contains(errs, "the search was not at its end") || strings.Contains(errs, "\x1b") {
		t.Errorf("%q", errs)
	}
}

func TestShrinkUsage(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"one-piece"}, "does not fail"},
		{[]string{"no-such"}, "no-such"},
		{[]string{}, "1 arg"},
		{[]string{"one-piece", "--jobs", "0"}, "--jobs 0"},
		{[]string{"one-piece", "--runs", "0"}, "--runs 0"},
		{[]string{"one-piece", "--for", "-1s"}, "--for -1s"},
		{[]string{"one-piece", "--seed", "1-2"}, "--seed 1-2"},
		{[]string{"one-piece", "--seed", "0"}, "--seed 0"},
		{[]string{file(t, "f.yaml", failing), "-o", "/no/such/dir/x.yaml"}, "/no/such/dir"},
	}
	for _, tt := range tests {
		if out, errs := btsim(t, exitUsage, append([]string{"shrink"}, tt.args...)...); out != "" || !strings.Contains(errs, tt.want) {
			t.Errorf("shrink %q: %q does not say %q; output %q", tt.args, errs, tt.want, out)
		}
	}
}
