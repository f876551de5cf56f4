package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bt/scenarios/campaign"
)

// few is a bound of events that many swarms pass and many exceed: so there are runs
// that fail, whatever the client does.
const few = "2000"

// fuzz makes a campaign, and returns its report for people without the real time, and
// for programs.
func fuzz(t *testing.T, want int, args ...string) (text string, r *campaign.Report) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	out, _ := btsim(t, want, append([]string{"fuzz", "--most-events", few, "--json", path}, args...)...)
	_, text, _ = strings.Cut(out, "\n")
	return text, campaignReport(t, path)
}

func campaignReport(t *testing.T, path string) *campaign.Report {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	r := new(campaign.Report)
	if err := d.Decode(r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFuzz: a campaign says what it has tried and found, the same with any number of
// jobs.
func TestFuzz(t *testing.T) {
	one, r := fuzz(t, exitBroken, "--seed", "11", "--runs", "24", "--jobs", "1")
	two, _ := fuzz(t, exitBroken, "--seed", "11", "--runs", "24", "--jobs", "2")
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("two jobs differ from one:\n%s", diff)
	}
	for _, want := range []string{
		"campaign 11: 24 runs, ", "24 swarms could complete, ", "\nsituations: ", "  endgame  ", "\nkinds of trouble: ", "\nstates of a connection: ",
		"broken off: ", " --most-events " + few + "\n", "with --save DIRECTORY\n",
	} {
		if !strings.Contains(one, want) {
			t.Errorf("%q is missing from\n%s", want, one)
		}
	}
	if len(r.Failures) == 0 || !strings.Contains(one, r.Failures[0].Replay) {
		t.Fatalf("no command leads back to %+v:\n%s", r.Failures, one)
	}
	args := strings.Fields(r.Failures[0].Replay)
	if args[0] != "btsim" {
		t.Fatal(args)
	}
	btsim(t, exitBroken, args[1:]...)
}

// TestShardsAreTheWhole: the shards of a campaign, each made by itself, have together
// the same failures, coverage and everything else as all of it in one.
func TestShardsAreTheWhole(t *testing.T) {
	dir := t.TempDir()
	whole, r := fuzz(t, exitBroken, "--seed", "12", "--runs", "25")
	var paths []string
	for i, shard := range []string{"0/2", "auto/2"} {
		t.Setenv(indexVariable, "1") // which auto is
		paths = append(paths, filepath.Join(dir, string(rune('a'+i))+".json"))
		text, _ := btsim(t, exitBroken, "fuzz", "--most-events", few, "--seed", "12", "--runs", "25", "--shard", shard, "--json", paths[i])
		if want := "a part of it, shard " + strings.Replace(shard, "auto", "1", 1) + "\n"; !strings.Contains(text, want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
	joined := filepath.Join(dir, "joined.json")
	out, _ := btsim(t, exitBroken, "merge", paths[1], paths[0], "-o", joined)
	_, merged, _ := strings.Cut(out, "\n")
	whole, _, _ = strings.Cut(whole, "\nas scenario files") // which merge cannot save
	if diff := cmp.Diff(whole, merged); diff != "" {
		t.Errorf("joined they are not the whole:\n%s", diff)
	}
	got := campaignReport(t, joined)
	if got.Shards[0].Runs != 13 || got.Shards[1].Runs != 12 {
		t.Errorf("%+v of 25 runs", got.Shards)
	}
	got.Shards, got.Campaign.Shards = r.Shards, 1
	if diff := cmp.Diff(r, got); diff != "" {
		t.Errorf("joined they are not the whole:\n%s", diff)
	}

	_, errs := btsim(t, exitUsage, "merge", paths[0])
	if !strings.Contains(errs, "the report of shard 1/2 is missing") {
		t.Errorf("half of it: %s", errs)
	}
	_, errs = btsim(t, exitUsage, "merge", paths[0], paths[1], paths[0])
	if !strings.Contains(errs, "shard 0/2 is in both "+paths[0]) {
		t.Errorf("a shard twice: %s", errs)
	}
	_, errs = btsim(t, exitUsage, "merge", file(t, "x.json", failing))
	if !strings.Contains(errs, "x.json: it is no report of btsim fuzz") {
		t.Errorf("a scenario: %s", errs)
	}
}

// TestFuzzSave: each kind of failure becomes a file, which fails in the same way.
func TestFuzzSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "found")
	junit := filepath.Join(t.TempDir(), "fuzz.xml")
	text, r := fuzz(t, exitBroken, "--seed", "11", "--runs", "6", "--save", dir, "--junit", junit)
	if !strings.HasSuffix(text, " in "+dir+"\n") {
		t.Errorf("where files are is missing from\n%s", text)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(r.Failures) {
		t.Fatalf("%d files for %d kinds of failures, %v", len(entries), len(r.Failures), err)
	}
	for i := range r.Failures {
		f := &r.Failures[i]
		path := filepath.Join(dir, f.FileName())
		first, _ := btsim(t, exitBroken, "run", "--json", path, "--most-events", few)
		if again := results(t, first)[0]; again.Error != f.Detail || again.Seed != f.Seed {
			t.Errorf("%+v, want %s", again, f.Detail)
		}
		content, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(content), "# "+f.Title()+": ") || !strings.Contains(string(content), "\n# again: btsim run "+path+" --most-events "+few+"\n") {
			t.Errorf("%v, %s", err, content)
		}
	}
	if s := readJUnit(t, junit); s.Tests != len(r.Failures)+1 || s.Errors != len(r.Failures) {
		t.Errorf("%+v", s)
	}
}

// TestFuzzUsage: what makes no sense is said before anything is run.
func TestFuzzUsage(t *testing.T) {
	t.Setenv(indexVariable, "")
	for args, want := range map[string]string{
		"--shard 0/2":                  "the same --seed",
		"--seed 1 --shard 2/2":         "counted from 0",
		"--seed 1 --shard auto/2":      "$" + indexVariable + " is not set",
		"--seed 1-2":                   "a campaign has one",
		"--jobs 0":                     "at least 1",
		"--runs -1":                    "at least 1",
		"--for 0s":                     "for some time",
		"--for 1m --runs 3":            "none of the others can be",
		"x":                            "unknown command",
		"--json /no/such/directory/x":  "--json: ",
		"--junit /no/such/directory/x": "--junit: ",
		"--save " + os.Args[0] + "/x":  "--save: ",
	} {
		if _, errs := btsim(t, exitUsage, append([]string{"fuzz"}, strings.Fields(args)...)...); !strings.Contains(errs, want) {
			t.Errorf("fuzz %s: %s", args, errs)
		}
	}
}

// TestFuzzFor: a campaign ends in time, and each one without a seed is another one.
func TestFuzzFor(t *testing.T) {
	begin := time.Now()
	_, a := fuzz(t, exitBroken, "--for", "2s", "--most-events", "100")
	_, b := fuzz(t, exitBroken, "--for", "2s", "--most-events", "100")
	if took := time.Since(begin); took < 4*time.Second || took > time.Minute {
		t.Errorf("twice two seconds took %v", took)
	}
	if a.Campaign.Seed == b.Campaign.Seed || a.Runs == 0 || a.Campaign.Runs != 0 {
		t.Errorf("%+v with %d runs, and %+v", a.Campaign, a.Runs, b.Campaign)
	}
}

// listener waits for what a program writes.
type listener struct {
	mu    sync.Mutex
	text  strings.Builder
	heard chan struct{}
	once  sync.Once
}

func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	l.once.Do(func() { close(l.heard) })
	return len(p), nil
}

// TestFuzzInterrupt: Ctrl-C ends a campaign with the report of what was tried.
func TestFuzzInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot interrupt itself there")
	}
	stderr := &listener{heard: make(chan struct{})}
	path := filepath.Join(t.TempDir(), "report.json")
	var out bytes.Buffer
	code := make(chan int)
	go func() {
		code <- run([]string{"fuzz", "--for", "1h", "--seed", "11", "--json", path}, &out, stderr)
	}()
	<-stderr.heard // what it says first, it says when it is ready for signals
	me, err := os.FindProcess(os.Getpid())
	if err = errors.Join(err, me.Signal(os.Interrupt)); err != nil {
		t.Fatal(err)
	}
	if got := <-code; got == exitUsage {
		t.Errorf("exit code %d\n%s", got, stderr.text.String())
	}
	if r := campaignReport(t, path); !strings.Contains(out.String(), "campaign 11: ") || r.Campaign.Runs != 0 || r.Runs != r.Shards[0].Runs {
		t.Errorf("%+v\n%s", r.Campaign, &out)
	}
}
