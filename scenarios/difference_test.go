package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tiny has one piece of one block.
func tiny() Scenario {
	return Scenario{
		Name:    "tiny",
		Torrent: Torrent{Piece: 16 * KiB, Size: 10 * KiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed},
			{Name: "leech", Kind: Leech, Start: Second},
		},
		Actions: []Action{{At: 2 * Second, Do: DoPause, Who: []string{"leech"}, For: Second}},
		Expect:  []Expectation{{Check: "complete", Who: []string{"leech"}}},
	}
}

// TestTraceGolden holds the beginning of a trace to the letter, as programs read it;
// but for the times, which another way of working with the disk changes: these are
// held to their form.
func TestTraceGolden(t *testing.T) {
	const golden, lines = "testdata/trace.golden", 24
	var trace, head bytes.Buffer
	mustPass(t, WriteTrace(tiny(), 1, Options{}, &trace))
	n := 0
	for line := range strings.Lines(trace.String()) {
		if !strings.HasPrefix(line, "#") {
			fields := strings.Fields(line)
			if len(fields) < 3 {
				t.Fatalf("no time, host and word in %q", line)
			}
			at, err := time.ParseDuration(fields[0])
			if err != nil || !strings.HasPrefix(line, fmt.Sprintf("%15v %s ", at, fields[1])) {
				t.Fatalf("no time in 15 columns, and a host, in %q: %v", line, err)
			}
			line = "TIME" + line[len(fmt.Sprintf("%15v", at)):]
		}
		if n++; n <= lines {
			head.WriteString(line)
		}
	}
	if *update {
		if err := os.WriteFile(golden, head.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), head.String()); diff != "" {
		t.Errorf("the trace begins otherwise (-want +got); with -update it is written anew:\n%s", diff)
	}
}

func TestDiff(t *testing.T) {
	const run = "# x, seed 1\n1s - a\n2s - b\n3s - c\n4s - d\n"
	tests := []struct {
		name, a, b string
		want       *Difference
	}{
		{"the same", run, run, nil},
		{"only the seed in the comment", run, strings.Replace(run, "seed 1", "seed 2", 1), nil},
		{"one event", run, strings.Replace(run, "3s", "5s", 1), &Difference{
			Same: 2, Before: []string{"2s - b"}, A: []string{"3s - c"}, B: []string{"5s - c"}}},
		{"the first", run, "0s - z\n", &Difference{A: []string{"1s - a"}, B: []string{"0s - z"}}},
		{"one ends", run, "1s - a\n", &Difference{Same: 1, Before: []string{"1s - a"}, A: []string{"2s - b"}}},
		{"the hash", run + "# hash 1\n", run + "# hash 2\n", &Difference{
			Same: 4, Before: []string{"4s - d"}, HashA: "1", HashB: "2"}},
		{"a hash and none", run + "# hash 1\n", run, nil},
		{"both empty", "", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Diff(strings.NewReader(tt.a), strings.NewReader(tt.b), 1)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	broken := errors.New("broken")
	if _, err := Diff(strings.NewReader(run), iotest.ErrReader(broken), 1); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
	long := strings.Repeat("x", eventLineMax+1)
	if _, err := Diff(strings.NewReader(run), strings.NewReader(long), 1); err == nil {
		t.Error("a line without end is read")
	}
}

// TestDiffRuns: two seeds part at an event, which is shown; two runs with one seed
// do not.
func TestDiffRuns(t *testing.T) {
	traced := func(seed uint64) func(io.Writer) {
		return func(w io.Writer) { WriteTrace(tiny(), seed, Options{}, w) }
	}
	if d, err := DiffRuns(traced(1), traced(1), 3); d != nil || err != nil {
		t.Errorf("the same run twice: %+v, %v", d, err)
	}
	d, err := DiffRuns(traced(1), traced(2), 3)
	if err != nil || d == nil {
		t.Fatalf("two seeds: %+v, %v", d, err)
	}
	var text strings.Builder
	if err := d.Write(&text, "tiny@1", "tiny@2"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"the same for ", "--- tiny@1\n+++ tiny@2\n", "\n- ", "\n+ "} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing from\n%s", want, &text)
		}
	}
}

// mustAgree fails the test if two runs with one seed were not the same, and shows
// where two more of them part.
func mustAgree(t *testing.T, s Scenario, first, again Result) {
	t.Helper()
	if again.Hash == first.Hash && again.Events == first.Events && again.SimTime == first.SimTime {
		return
	}
	t.Errorf("seed %d: hash %x after %d events, then %x after %d", first.Seed, first.Hash, first.Events, again.Hash, again.Events)
	traced := func(w io.Writer) { WriteTrace(s, first.Seed, Options{}, w) }
	d, err := DiffRuns(traced, traced, 5)
	var text strings.Builder
	switch {
	case err != nil:
		t.Error(err)
	case d == nil:
		t.Error("two more runs, both traced, are the same")
	default:
		if err := d.Write(&text, "one run", "another"); err != nil {
			t.Error(err)
		}
		t.Log(text.String())
	}
}

// TestNamesHaveNoSpaces: a name is one field of a trace.
func TestNamesHaveNoSpaces(t *testing.T) {
	for _, name := range []string{"a b", "a\nb", "a\tb", " "} {
		s := tiny()
		s.Actors[0].Name = name
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "without spaces") {
			t.Errorf("actor %q: %v", name, err)
		}
	}
}
