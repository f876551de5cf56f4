package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDiff: what can be compared with what, and what comes of it.
func TestDiff(t *testing.T) {
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	btsim(t, exitPass, "run", "one-piece", "--seed", "2", "--trace", trace)
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	changed := write("changed", strings.Replace(string(text), "Completed", "Finished", 1))
	otherBytes := write("other", strings.Replace(string(text), "# hash ", "# hash 0", 1))
	yaml, _ := btsim(t, exitPass, "show", "one-piece")
	scenario := write("x.yaml", yaml)

	tests := []struct {
		a, b string
		code int
		want string
	}{
		{"one-piece", "one-piece@1", exitPass, "the same\n"},
		{"one-piece@2", trace, exitPass, "the same\n"},
		{scenario + "@2", trace, exitPass, "the same\n"},
		{"one-piece@1", "one-piece@2", exitFail, "--- one-piece@1\n+++ one-piece@2\n"},
		{trace, changed, exitFail, "\n+ "},
		{trace, otherBytes, exitFail, "but not the bytes: hash "},
		{"no-such", trace, exitUsage, "neither a scenario that btsim list names, nor a file"},
		{"one-piece@99999999999999999999", trace, exitUsage, "the seed"},
		{trace + "@1", trace, exitUsage, "nor a file"},
		{dir, trace, exitUsage, dir},
	}
	for _, tt := range tests {
		out, errs := btsim(t, tt.code, "diff", tt.a, tt.b)
		if !strings.Contains(out+errs, tt.want) {
			t.Errorf("diff %s %s: %q is missing from\n%s%s", tt.a, tt.b, tt.want, out, errs)
		}
	}
	out, _ := btsim(t, exitFail, "diff", "-C", "1", trace, changed)
	if n := strings.Count(out, "\n"); n != 6 || !strings.Contains(out, "Completed") || !strings.Contains(out, "Finished") {
		t.Errorf("with one event of context, %d lines:\n%s", n, out)
	}
	btsim(t, exitUsage, "diff", "one-piece")
	btsim(t, exitUsage, "diff", "-C", "-1", "one-piece", "one-piece")
}

// TestHelpTrace: the format is told, and what it says of the first word is so.
func TestHelpTrace(t *testing.T) {
	help, _ := btsim(t, exitPass, "help", "trace")
	trace := filepath.Join(t.TempDir(), "trace")
	btsim(t, exitPass, "run", "pause-resume", "tracker-failover", "--trace", trace)
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); fields[0] != "#" && !strings.Contains(help, fields[2]) {
			t.Fatalf("%q is not in the help: %s", fields[2], line)
		}
	}
}

// TestReport: the page is that of the run, the same every time, and says so itself;
// the exit code is that of run.
func TestReport(t *testing.T) {
	dir := t.TempDir()
	page := func(code int, args ...string) (html, out string) {
		path := filepath.Join(dir, "x.html")
		out, _ = btsim(t, code, append([]string{"report", "-o", path}, args...)...)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text), out
	}
	plain, _ := btsim(t, exitPass, "run", "--json", "one-piece", "--seed", "3")
	hash := results(t, plain)[0].Hash
	first, out := page(exitPass, "one-piece", "--seed", "3")
	if again, _ := page(exitPass, "one-piece", "--seed", "3"); again != first {
		t.Error("the second page is another one")
	}
	if !strings.Contains(out, hash) || !strings.Contains(first, `"hash":"`+hash+`"`) || !strings.Contains(first, "btsim run one-piece --seed 3") {
		t.Errorf("not the page of the run with hash %s: %s", hash, out)
	}
	if html, out := page(exitFail, file(t, "x.yaml", failing)); !strings.Contains(html, `"pass":false`) || !strings.Contains(out, "FAIL") {
		t.Errorf("of a run that fails: %s", out)
	}
	for _, args := range [][]string{
		{"report"}, {"report", "no-such"}, {"report", "one-piece", "--seed", "1-2", "-o", dir + "/y"}, {"report", "one-piece", "-o", dir + "/no/such"},
	} {
		btsim(t, exitUsage, args...)
	}
}
