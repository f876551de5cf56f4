package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"bt/scenarios"
	"bt/scenarios/report"
	"bt/scenarios/shrink"
)

// shrinkFlags is what the user wants of shrink.
type shrinkFlags struct {
	seed   seedRange
	output string
	budget time.Duration // 0: any time
	runs   int
	jobs   int
}

func shrinkCommand() *cobra.Command {
	var f shrinkFlags
	cmd := &cobra.Command{
		Use:   "shrink FILE.yaml | NAME",
		Short: "Make the smallest swarm that still fails of one that fails",
		Long: `Make the smallest swarm that still fails of a scenario that does: of a file, or of the
catalogue. Hosts, actions, pieces and settings are left out, numbers are rounded, times
pulled earlier, and where chance decides the one message or operation is named, as long
as the same expectation or oracle fails on a node of the same kind: the first that does.
Each is tried with a few seeds; that with which it fails is in the result.

Where an expectation fails and no oracle, there stays a seed, links do not get slower,
what was put right still is, and nobody is expected to be done sooner: else anything
would fail in the end. If it may be that something comes of trouble, all trouble stays.

The result is a scenario of the same form, which btsim run makes fail, and what happens
in it is told in a few sentences. It follows from FILE, the seed and --runs alone.
What it shows put right, it belongs into scenarios/testdata/found: under the name of -o.
Ctrl-C, or --for, ends the search with the best so far. The exit code is 0 if there is a
result, whether the search was at its end or not, and 2 if nothing fails.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.Var(&f.seed, "seed", "the seed with which it fails, in place of the scenario's own")
	flags.StringVarP(&f.output, "output", "o", "", "write the scenario to this `file`, and not to the output")
	flags.DurationVar(&f.budget, "for", 0, "search no longer than this, such as 2m; 0: any time")
	flags.IntVar(&f.runs, "runs", shrink.DefaultRuns, "make no more runs than so many")
	flags.IntVar(&f.jobs, "jobs", runtime.GOMAXPROCS(0), "how many runs to make at the same time")
	return cmd
}

func (f *shrinkFlags) run(ctx context.Context, arg string, out, errs io.Writer) error {
	switch {
	case f.jobs < 1:
		return fmt.Errorf("--jobs %d: at least 1", f.jobs)
	case f.runs < 1:
		return fmt.Errorf("--runs %d: at least 1", f.runs)
	case f.budget < 0:
		return fmt.Errorf("--for %v: not below 0", f.budget)
	case f.seed.given && f.seed.first != f.seed.last:
		return fmt.Errorf("--seed %v: it fails with one seed; name that", &f.seed)
	case f.seed.given && f.seed.first == 0:
		return errors.New("--seed 0: seeds begin with 1")
	}
	s, err := load(arg)
	if err != nil {
		return err
	}
	name := "" // a scenario is called like its file
	if f.output != "" {
		name = strings.TrimSuffix(filepath.Base(f.output), filepath.Ext(f.output))
	}
	// The first Ctrl-C ends the search and not the program; when it is over, the next
	// one does.
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := newShrinkProgress(errs)
	r, err := shrink.Shrink(ctx, s, shrink.Options{
		Seed: f.seed.first, Name: name, Runs: f.runs, For: f.budget, Jobs: f.jobs, Progress: p.show,
	})
	p.clear()
	if err != nil {
		return err
	}
	if name != "" && r.Scenario.Name != name {
		fmt.Fprintf(errs, "btsim: it is still called %s: called %s, it was not seen to fail\n", r.Scenario.Name, name)
	}
	return f.report(&r, out, errs)
}

// report writes the scenario, and what is to be said about it. Without a file for the
// former, the output is the scenario alone, to be piped.
func (f *shrinkFlags) report(r *shrink.Result, out, errs io.Writer) error {
	text, err := shrunkFile(r)
	if err != nil {
		return err
	}
	about := errs
	if f.output != "" {
		about = out
		if err := os.WriteFile(f.output, text, 0o644); err != nil {
			return err
		}
	} else if _, err := out.Write(text); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%v\nbefore: %v\nafter:  %v\n", r.Target, r.Before, r.After)
	fmt.Fprintf(&b, "%d runs in %v", r.Runs, r.Took.Round(time.Millisecond))
	if !r.Done {
		b.WriteString("; the search was not at its end")
	}
	b.WriteString("\n\n")
	for _, sentence := range story(r) {
		fmt.Fprintln(&b, sentence)
	}
	if f.output != "" {
		fmt.Fprintf(&b, "\nagain: btsim run %s\n", quote(f.output))
	}
	_, err = io.WriteString(about, b.String())
	return err
}

// sentencesMax is how much of what happens is told.
const sentencesMax = 10

// story makes the run once more and tells it.
func story(r *shrink.Result) []string {
	c := report.New()
	result := scenarios.Run(r.Scenario, r.Scenario.DefaultSeed(), scenarios.Options{Observer: c})
	if list := c.Tell(r.Failure.Rule, r.Failure.Node, sentencesMax); list != nil {
		return list
	}
	if result.Err != nil {
		return []string{fmt.Sprintf("The run is broken off: %v.", result.Err)}
	}
	return []string{r.Failure.String() + "."}
}

// shrunkFile is the scenario as it is checked in: what editors want to know first.
func shrunkFile(r *shrink.Result) ([]byte, error) {
	text, err := scenarios.Encode(r.Scenario)
	if err != nil {
		return nil, err
	}
	return append([]byte(schemaComment), text...), nil
}

// schemaComment says where the schema is, as seen from scenarios/testdata/found.
const schemaComment = "# yaml-language-server: $schema=../../scenario.schema.json\n"

// shrinkProgress shows a line on a terminal, and nothing elsewhere.
type shrinkProgress struct {
	out  io.Writer // nil: this is no terminal
	last time.Time
}

// showEvery is often enough to see that it goes on.
const showEvery = 100 * time.Millisecond

func newShrinkProgress(w io.Writer) *shrinkProgress {
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" {
		return &shrinkProgress{out: w}
	}
	return &shrinkProgress{}
}

const clearLine = "\r\x1b[K"

func (p *shrinkProgress) show(at shrink.Progress) {
	if p.out == nil || time.Since(p.last) < showEvery {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.out, "%s%d runs: %v", clearLine, at.Runs, at.Cost)
}

func (p *shrinkProgress) clear() {
	if p.out != nil {
		fmt.Fprint(p.out, clearLine)
	}
}
