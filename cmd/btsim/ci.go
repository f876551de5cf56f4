package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"bt/scenarios"
)

// verdict is what came of a run, or of a sweep with one seed, for reports that a
// CI system reads.
type verdict struct {
	group, name string // the scenario or the sweep, and the seed
	file        string // where the scenario is; "": in the catalogue
	took        time.Duration
	figures     string // simulated time, events and hash
	rule        string // the first that failed; "": it has passed
	failures    string // one a line; the first line is the headline
	broken      bool
	replay      string // the command that shows it again; "": it is in failures
}

// ciReports passes verdicts on to whom CI systems have reading them. The zero
// value keeps them to itself.
type ciReports struct {
	junit       *os.File  // nil: none is wanted
	annotations io.Writer // of GitHub; nil: this is not GitHub
	verdicts    []verdict
}

// beginCI opens the report, so that a path that cannot be written is known before
// anything has run.
func beginCI(junit string, stderr io.Writer) (*ciReports, error) {
	ci := new(ciReports)
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		ci.annotations = stderr // stdout may be JSON, and GitHub reads both
	}
	if junit == "" {
		return ci, nil
	}
	var err error
	if ci.junit, err = os.Create(junit); err != nil {
		return nil, fmt.Errorf("--junit: %w", err)
	}
	return ci, nil
}

// add takes a verdict.
func (ci *ciReports) add(v verdict) error {
	ci.verdicts = append(ci.verdicts, v)
	if ci.annotations == nil || v.rule == "" {
		return nil
	}
	_, err := io.WriteString(ci.annotations, annotation(&v))
	return err
}

// end writes what is written at the end.
func (ci *ciReports) end() error {
	if ci.junit == nil {
		return nil
	}
	err := writeJUnit(ci.junit, ci.verdicts)
	if closeErr := ci.junit.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("--junit: %w", err)
	}
	return nil
}

// runVerdict is the verdict on a run.
func runVerdict(source, replay string, o *outcome) verdict {
	v := verdict{
		group: o.Name, name: fmt.Sprintf("seed %d", o.Seed), took: o.real,
		figures: fmt.Sprintf("%v simulated, %d events, hash %016x", o.SimTime, o.Events, o.Hash),
		broken:  o.Err != nil, replay: replay,
	}
	if isFile(source) {
		v.file = source
	}
	v.rule, v.failures = describe(&o.Result)
	return v
}

// verdict is the verdict on a sweep, one for all its points.
func (r *swept) verdict(took time.Duration, code int) verdict {
	v := verdict{
		group: "sweep " + r.Sweep, name: fmt.Sprintf("seed %d", r.Seed), took: took,
		figures: fmt.Sprintf("%d points tried, %d events, hash %s", r.Points, r.Events, r.Hash),
		broken:  code == exitBroken,
	}
	if r.Pass {
		return v
	}
	v.rule = "sweep " + r.Sweep
	var text strings.Builder
	if r.Error != "" {
		fmt.Fprintf(&text, "%s\n", r.Error)
	} else {
		fmt.Fprintf(&text, "fails at %d of %d points\n", len(r.Failed), r.Points)
	}
	for i := range r.Failed {
		r.Failed[i].write(&text)
	}
	v.failures = text.String()
	return v
}

// describe tells what failed in a run, and which rule first.
func describe(r *scenarios.Result) (rule, failures string) {
	var text strings.Builder
	if r.Err != nil {
		rule = "broken off"
		fmt.Fprintf(&text, "broken off: %v\n%s", r.Err, r.Stack)
	}
	for _, f := range r.Failures {
		if rule == "" {
			rule = f.Rule
		}
		fmt.Fprintf(&text, "%v\n", f)
	}
	return rule, text.String()
}

// isFile says whether an argument is the name of a file, and not of a scenario.
func isFile(arg string) bool {
	ext := filepath.Ext(arg)
	return ext == ".yaml" || ext == ".yml"
}

// headline is the first line of a text.
func headline(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// printable writes out what XML cannot hold and terminals would obey: control
// characters, and bytes that are no UTF-8.
func printable(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == '\n' || r == '\t' || unicode.IsPrint(r) && r != unicode.ReplacementChar:
			b.WriteRune(r)
		case r == unicode.ReplacementChar && !strings.HasPrefix(text[i:], string(r)):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
