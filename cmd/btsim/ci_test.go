package main

import (
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"bt/scenarios"
)

// readJUnit reads a report, and holds it to what its dialects have in common.
func readJUnit(t *testing.T, path string) junitSuite {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all junitSuites
	if err := xml.Unmarshal(text, &all); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	s := all.Suite
	failures, errs := 0, 0
	for _, c := range s.Cases {
		if c.Name == "" || c.ClassName == "" || c.Time == "" {
			t.Errorf("a test case lacks a name or a time: %+v", c)
		}
		if c.Failure != nil {
			failures++
		}
		if c.Error != nil {
			errs++
		}
	}
	if s.Name == "" || s.Tests != len(s.Cases) || s.Failures != failures || s.Errors != errs {
		t.Errorf("the suite %q counts %d, %d failed, %d errors, and has %d, %d and %d", s.Name, s.Tests, s.Failures, s.Errors, len(s.Cases), failures, errs)
	}
	return s
}

// TestJUnit: a case for each run; what fails says what, where, when, and how to
// see it again.
func TestJUnit(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.xml")
	path := file(t, "x.yaml", failing)
	plain, _ := btsim(t, exitFail, "run", "--json", path, "one-piece", "--seeds", "1-2")
	out, _ := btsim(t, exitFail, "run", "--json", path, "one-piece", "--seeds", "1-2", "--junit", report)
	if out != plain {
		t.Errorf("with a report:\n%swithout:\n%s", out, plain)
	}
	s := readJUnit(t, report)
	if s.Tests != 4 || s.Failures != 2 || s.Errors != 0 {
		t.Errorf("%d tests, %d failures, %d errors", s.Tests, s.Failures, s.Errors)
	}
	c := s.Cases[1]
	if c.ClassName != "btsim.too-fast" || c.Name != "seed 2" || c.Failure == nil {
		t.Fatalf("%+v", c)
	}
	f := c.Failure
	if f.Type != "expectation complete" || !strings.Contains(f.Message, " on leech: complete at ") || !strings.Contains(f.Text, f.Message) ||
		!strings.Contains(f.Text, "again: btsim run "+path+" --seed 2\n") {
		t.Errorf("%+v", f)
	}
	if c := s.Cases[3]; c.ClassName != "btsim.one-piece" || c.Failure != nil || !strings.Contains(c.Output, "hash ") {
		t.Errorf("%+v", c)
	}
}

// TestJUnitSweep: a case for each sweep, and for a point of it that is tried.
func TestJUnitSweep(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.xml")
	btsim(t, exitPass, "run", "--sweep", "memory", "--junit", report)
	if s := readJUnit(t, report); s.Tests != 1 || s.Cases[0].ClassName != "btsim.sweep memory" {
		t.Errorf("%+v", s)
	}
}

// TestSweepVerdict: a sweep that fails names its points and their commands.
func TestSweepVerdict(t *testing.T) {
	r := swept{Sweep: "disk", Seed: 3, Points: 9, Failed: []badPoint{{Point: "read 4", Replay: "btsim run --sweep disk --point 'read 4'"}}}
	v := r.verdict(time.Second, exitFail)
	want := "fails at 1 of 9 points\n  read 4\n    again: btsim run --sweep disk --point 'read 4'\n"
	if v.failures != want || v.rule == "" || v.broken || v.replay != "" {
		t.Errorf("%+v, want %q", v, want)
	}
	if v := r.verdict(time.Second, exitBroken); !v.broken {
		t.Error("a sweep of which a run was broken off counts as failed only")
	}
	r = swept{Sweep: "disk", Pass: true}
	if v := r.verdict(0, exitPass); v.rule != "" || v.failures != "" {
		t.Errorf("a sweep that passed: %+v", v)
	}
}

// TestJUnitSpeaksXML: whatever a failure says can be read again.
func TestJUnitSpeaksXML(t *testing.T) {
	o := outcome{Result: scenarios.Result{
		Name: "x", Failures: []scenarios.Failure{{Rule: "oracle W2", Detail: "peer \x00<\x1b[31m]]>&\xff\ufffe"}},
		Err: errors.New("panic: \x07"), Stack: "main.go:1\n",
	}}
	report, err := os.Create(filepath.Join(t.TempDir(), "report.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(writeJUnit(report, []verdict{runVerdict("x", "btsim run x", &o)}), report.Close()); err != nil {
		t.Fatal(err)
	}
	c := readJUnit(t, report.Name()).Cases[0]
	if c.Failure != nil || c.Error == nil {
		t.Fatalf("%+v: a run that was broken off is an error", c)
	}
	for _, want := range []string{`panic: \u0007`, "main.go:1\n", `peer \u0000<\u001b[31m]]>&\xff\ufffe`} {
		if !strings.Contains(c.Error.Text, want) {
			t.Errorf("%q is missing from %q", want, c.Error.Text)
		}
	}
}

func TestJUnitCannotWrite(t *testing.T) {
	out, errs := btsim(t, exitUsage, "run", "one-piece", "--junit", "/no/such/report.xml")
	if out != "" || !strings.Contains(errs, "--junit: open /no/such/report.xml: ") {
		t.Errorf("%q %q", out, errs)
	}
}

// TestAnnotations: on GitHub, and only there, stderr has a command of one line for
// each failure.
func TestAnnotations(t *testing.T) {
	path := file(t, "a,b.yaml", failing)
	t.Setenv("GITHUB_ACTIONS", "")
	plain, errs := btsim(t, exitFail, "run", "--json", path, "one-piece")
	if errs != "" {
		t.Errorf("elsewhere: %q", errs)
	}
	t.Setenv("GITHUB_ACTIONS", "true")
	out, errs := btsim(t, exitFail, "run", "--json", path, "one-piece")
	if out != plain {
		t.Errorf("on GitHub:\n%selsewhere:\n%s", out, plain)
	}
	want := "::error file=" + strings.ReplaceAll(path, ",", "%2C") + ",title=too-fast%2C seed 1::expectation complete at "
	if !strings.HasPrefix(errs, want) || strings.Count(errs, "\n") != 1 || !strings.HasSuffix(errs, "%0Aagain: btsim run "+path+" --seed 1\n") {
		t.Errorf("%q does not begin with %q, or is no line", errs, want)
	}
}

func TestAnnotationEscapes(t *testing.T) {
	v := verdict{group: "a:b", name: "seed 1", took: time.Second, rule: "x", failures: "100%\r\nmore\n"}
	if got, want := annotation(&v), "::error title=a%3Ab%2C seed 1::100%25\\u000d%0Amore\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestHelpTopics: every exit code is told, and every field of the JSON.
func TestHelpTopics(t *testing.T) {
	codes, _ := btsim(t, exitPass, "help", "exit-codes")
	for _, want := range []string{"  0  every run", "  1  an expectation", "  2  an unknown", "  3  a run was broken off"} {
		if !strings.Contains(codes, want) {
			t.Errorf("%q is missing from\n%s", want, codes)
		}
	}
	topic, _ := btsim(t, exitPass, "help", "json")
	for _, v := range []any{result{}, failure{}, swept{}, badPoint{}} {
		for _, name := range jsonNames(v) {
			if !strings.Contains(topic, name) {
				t.Errorf("%q is missing from\n%s", name, topic)
			}
		}
	}
}

// jsonNames lists the names that fields have in JSON.
func jsonNames(v any) (names []string) {
	for f := range reflect.TypeOf(v).Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// TestSchemaCommand: the schema is printed as it is.
func TestSchemaCommand(t *testing.T) {
	if out, _ := btsim(t, exitPass, "schema"); out != string(scenarios.Schema()) {
		t.Errorf("%.80s…", out)
	}
}

// TestRunDirectory: a directory stands for the scenario files in it.
func TestRunDirectory(t *testing.T) {
	path := file(t, "x.yaml", failing)
	out, _ := btsim(t, exitFail, "run", filepath.Dir(path))
	if !strings.Contains(out, "again: btsim run "+path+" --seed 1\n") {
		t.Errorf("no way to see the run again in\n%s", out)
	}
	empty := t.TempDir()
	if _, errs := btsim(t, exitUsage, "run", empty); !strings.Contains(errs, empty+": there is no scenario file in it") {
		t.Errorf("%q", errs)
	}
}
