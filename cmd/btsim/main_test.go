package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bt/scenarios"
)

// btsim runs the program and checks its exit code.
func btsim(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(args, &out, &errs); code != want {
		t.Fatalf("btsim %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), code, want, &out, &errs)
	}
	return out.String(), errs.String()
}

// results reads what run --json has written.
func results(t *testing.T, out string) (list []result) {
	t.Helper()
	for line := range strings.Lines(out) {
		var r result
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if !strings.HasPrefix(line, `{"schema":1,`) {
			t.Errorf("does not begin with the schema: %s", line)
		}
		list = append(list, r)
	}
	return list
}

// file writes a scenario to a file.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// failing cannot pass: no link is that fast.
const failing = `name: too-fast
torrent: {piece: 64KiB, size: 1MiB}
actors:
  - {name: seed, kind: seed}
  - {name: leech, kind: leech}
expect:
  - {check: complete, who: [leech], within: 1s}
`

func TestList(t *testing.T) {
	text, _ := btsim(t, exitPass, "list")
	lines, _ := btsim(t, exitPass, "list", "--json")
	all := scenarios.Builtin()
	if n := strings.Count(lines, `{"schema":1,"name":"`); n != len(all) || strings.Count(lines, "\n") != n {
		t.Errorf("%d scenarios in JSON, want %d:\n%s", n, len(all), lines)
	}
	for _, s := range all {
		if !strings.Contains(text, s.Name+" ") || !strings.Contains(text, s.About) {
			t.Errorf("%s is missing from\n%s", s.Name, text)
		}
	}
}

// TestShow: what show prints is the same scenario when it is run from a file.
func TestShow(t *testing.T) {
	yaml, _ := btsim(t, exitPass, "show", "one-piece")
	fromName, _ := btsim(t, exitPass, "run", "--json", "one-piece")
	fromFile, _ := btsim(t, exitPass, "run", "--json", file(t, "x.yaml", yaml))
	if fromName != fromFile {
		t.Errorf("by name and from a file differ:\n%s%s", fromName, fromFile)
	}
}

// TestRunJSON: the output is the same however many runs are made at a time, in
// the order asked for, and another seed has another hash.
func TestRunJSON(t *testing.T) {
	args := []string{"run", "--json", "--seeds", "3-5", "many-files", "one-piece"}
	one, _ := btsim(t, exitPass, append(args, "--jobs", "1")...)
	many, _ := btsim(t, exitPass, append(args, "--jobs", "4")...)
	if one != many {
		t.Errorf("with one job:\n%swith four:\n%s", one, many)
	}
	list := results(t, one)
	if len(list) != 6 {
		t.Fatalf("%d results, want 6", len(list))
	}
	hashes := make(map[string]bool)
	for i, r := range list {
		name, seed := []string{"many-files", "one-piece"}[i/3], uint64(3+i%3)
		if r.Name != name || r.Seed != seed || !r.Pass || r.Events == 0 || r.SimMS == 0 {
			t.Errorf("result %d is %+v, want a pass of %s with seed %d", i, r, name, seed)
		}
		if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(r.Hash) || hashes[r.Hash] {
			t.Errorf("hash %q has not 16 digits, or is there twice", r.Hash)
		}
		hashes[r.Hash] = true
	}
}

// TestFailure: a failure says what, when and where, and its command leads to
// the same failure.
func TestFailure(t *testing.T) {
	path := file(t, "too fast.yaml", failing)
	out, _ := btsim(t, exitFail, "run", path, "--seed", "7")
	for _, want := range []string{
		"too-fast", "seed 7", "FAIL", "expectation complete at ", " on leech: complete at ", "not within 1s",
		"again: btsim run '" + path + "' --seed 7\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from\n%s", want, out)
		}
	}
	first, _ := btsim(t, exitFail, "run", "--json", path, "--seed", "7")
	r := results(t, first)[0]
	if r.Pass || len(r.Failures) != 1 || r.Failures[0].Node != "leech" || r.Failures[0].AtMS == 0 || !strings.HasSuffix(r.Replay, "--seed 7") {
		t.Errorf("%+v", r)
	}
	if again, _ := btsim(t, exitFail, "run", "--json", path, "--seed", "7"); again != first {
		t.Errorf("the second time:\n%sthe first:\n%s", again, first)
	}
	// One failure among passes is enough.
	if out, _ = btsim(t, exitFail, "run", path, "one-piece"); !strings.Contains(out, "2 runs, 1 failed") {
		t.Errorf("no summary in\n%s", out)
	}
}

// TestTrace: the trace tells what happened, and changes nothing.
func TestTrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace")
	plain, _ := btsim(t, exitPass, "run", "--json", "one-piece", "tracker-failover")
	traced, _ := btsim(t, exitPass, "run", "--json", "one-piece", "tracker-failover", "--trace", path)
	if plain != traced {
		t.Errorf("with a trace:\n%swithout:\n%s", traced, plain)
	}
	trace, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# one-piece, seed 1\n", "# tracker-failover, seed 1\n", " leech-1 ", "Completed", "closed stream "} {
		if !bytes.Contains(trace, []byte(want)) {
			t.Errorf("%q is missing from the trace", want)
		}
	}
}

// TestPcap: the capture has the packets and the way to see the run again, and
// changes nothing.
func TestPcap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.pcapng")
	plain, _ := btsim(t, exitPass, "run", "--json", "one-piece", "--seed", "3")
	seen, _ := btsim(t, exitPass, "run", "--json", "one-piece", "--seed", "3", "--pcap", path)
	if plain != seen {
		t.Errorf("with a capture:\n%swithout:\n%s", seen, plain)
	}
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\x0a\x0d\x0d\x0a", "btsim run one-piece --seed 3", "leech-1 at 10.1.0.2", "BitTorrent protocol", "GET /announce?"} {
		if !bytes.Contains(all, []byte(want)) {
			t.Errorf("%q is missing from the capture", want)
		}
	}
	btsim(t, exitPass, "run", "one-piece", "--pcap", path, "--pcap-host", "tracker")
	one, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(one, []byte("GET /announce?")) || bytes.Contains(one, []byte("BitTorrent protocol")) {
		t.Errorf("a capture at the tracker has %d bytes and shows peers, or no announce; %v", len(one), err)
	}
	out, _ := btsim(t, exitFail, "run", "one-piece", "--pcap", path, "--pcap-host", "nobody")
	if !strings.Contains(out, `no host is called "nobody"`) {
		t.Errorf("no word of the unknown host in\n%s", out)
	}
}

// TestPcapCannotWrite: the error names the file.
func TestPcapCannotWrite(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skipf("there is no %s here to write to", full)
	}
	var out, errs bytes.Buffer
	if code := run([]string{"run", "one-piece", "--pcap", full}, &out, &errs); code == exitPass || !strings.Contains(errs.String(), "--pcap: write "+full) {
		t.Errorf("exit code %d, %q", code, errs.String())
	}
}

func TestUsage(t *testing.T) {
	tests := []struct {
		args []string
		want string // in the message
	}{
		{[]string{"dance"}, "dance"},
		{[]string{"list", "extra"}, "extra"},
		{[]string{"show"}, "1 arg"},
		{[]string{"show", "no-such"}, `"no-such"`},
		{[]string{"run", "no-such"}, "btsim list"},
		{[]string{"run", "/no/such.yaml"}, "/no/such.yaml"},
		{[]string{"run", "--seed", "x"}, `"x"`},
		{[]string{"run", "--seeds", "5-1"}, `"5-1"`},
		{[]string{"run", "--seeds", "1-99999999"}, "range"},
		{[]string{"run", "--seed", "1", "--seeds", "1-2"}, "seeds"},
		{[]string{"run", "--jobs", "0", "one-piece"}, "--jobs 0"},
		{[]string{"run", "--colour"}, "--colour"},
		{[]string{"run", "one-piece", "--trace", "/no/such/trace"}, "/no/such/trace"},
		{[]string{"run", "one-piece", "--pcap", "/no/such/x.pcapng"}, "--pcap: open /no/such/x.pcapng: "},
		{[]string{"run", "one-piece", "--seeds", "1-2", "--pcap", "x.pcapng"}, "--pcap x.pcapng: a capture is of one run, and these are 2"},
		{[]string{"run", "one-piece", "many-files", "--pcap", "x.pcapng"}, "name one scenario and one seed"},
		{[]string{"run", "--sweep", "all", "--pcap", "x.pcapng"}, "--sweep is many"},
		{[]string{"run", "one-piece", "--pcap-host", "seed"}, "--pcap-host: there is no --pcap"},
		{[]string{"run", file(t, "bad.yaml", strings.Replace(failing, "64KiB", "64 beans", 1))}, "bad.yaml:2:18: "},
	}
	for _, tt := range tests {
		out, errs := btsim(t, exitUsage, tt.args...)
		if out != "" || !strings.HasPrefix(errs, "btsim: ") || !strings.Contains(errs, tt.want) {
			t.Errorf("btsim %q: %q does not say %q; output %q", tt.args, errs, tt.want, out)
		}
	}
}

func TestExitCode(t *testing.T) {
	failed := []scenarios.Failure{{Rule: "oracle W3"}}
	broken := errors.New("panic")
	tests := []struct {
		result scenarios.Result
		want   int
	}{
		{scenarios.Result{}, exitPass},
		{scenarios.Result{Failures: failed}, exitFail},
		{scenarios.Result{Err: broken}, exitBroken},
		{scenarios.Result{Failures: failed, Err: broken}, exitBroken},
	}
	for _, tt := range tests {
		if got := exitCode(&tt.result); got != tt.want {
			t.Errorf("%+v: exit code %d, want %d", tt.result, got, tt.want)
		}
	}
}
