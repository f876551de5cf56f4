package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"bt/scenarios"
)

// runFlags is what the user wants of run.
type runFlags struct {
	seed, seeds seedRange
	jobs        int
	trace       string
	json        bool
}

func runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [NAME… | FILE.yaml…]",
		Short: "Run scenarios, all of the catalogue if none is named",
		Long: `Run scenarios of the catalogue by name, or of YAML files, all of the catalogue if
none is named. A line tells of each run: name, seed, pass or FAIL, simulated and
real time, events, and the hash of all that happened. A run that fails says what
failed, when, and on which node, and how to see it again.

With --json there is one object a line, and no real times, so that the outputs of
two machines can be compared byte by byte.`,
		ValidArgsFunction: completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runAll(cmd.OutOrStdout(), args, f)
		},
	}
	flags := cmd.Flags()
	flags.Var(&f.seed, "seed", "the seed, in place of each scenario's own")
	flags.Var(&f.seeds, "seeds", "run with every seed of a range such as 1-5")
	flags.IntVar(&f.jobs, "jobs", runtime.GOMAXPROCS(0), "how many runs to make at the same time")
	flags.StringVar(&f.trace, "trace", "", "write every event to this `file`; one run after the other")
	flags.BoolVar(&f.json, "json", false, "one JSON object a line")
	cmd.MarkFlagsMutuallyExclusive("seed", "seeds")
	return cmd
}

// runAll makes all runs and reports them in the order asked for.
func runAll(out io.Writer, args []string, f runFlags) (err error) {
	if f.seed.given {
		f.seeds = f.seed
	}
	list, err := tasks(args, f.seeds)
	if err != nil {
		return err
	}
	if f.jobs < 1 {
		return fmt.Errorf("--jobs %d: at least 1", f.jobs)
	}
	var trace *bufio.Writer
	if f.trace != "" {
		file, createErr := os.Create(f.trace)
		if createErr != nil {
			return createErr
		}
		trace = bufio.NewWriter(file)
		defer func() { err = errors.Join(err, trace.Flush(), file.Close()) }()
		f.jobs = 1 // lines of different runs would mix
	}

	r := newReporter(out, f.json)
	code := exitPass
	for i, o := range inOrder(list, f.jobs, trace) {
		if err := r.report(&list[i], o); err != nil {
			return err
		}
		code = max(code, exitCode(&o.Result))
	}
	if err := r.summary(); err != nil {
		return err
	}
	if code != exitPass {
		return exit(code)
	}
	return nil
}

// exitCode is the code for one run. Of several runs the highest counts.
func exitCode(r *scenarios.Result) int {
	switch {
	case r.Err != nil:
		return exitBroken
	case !r.Pass():
		return exitFail
	}
	return exitPass
}

// outcome is what came of a task.
type outcome struct {
	scenarios.Result
	real time.Duration
}

// inOrder makes the runs, several at a time, and yields their outcomes in the
// order of the list.
func inOrder(list []task, jobs int, trace *bufio.Writer) func(yield func(int, outcome) bool) {
	return func(yield func(int, outcome) bool) {
		done := make([]chan outcome, len(list))
		for i := range done {
			done[i] = make(chan outcome, 1)
		}
		stop := make(chan struct{})
		defer close(stop)
		free := make(chan struct{}, jobs)
		go func() {
			for i := range list {
				select {
				case <-stop:
					return
				case free <- struct{}{}:
				}
				go func() {
					done[i] <- runOne(&list[i], trace)
					<-free
				}()
			}
		}()
		for i := range list {
			if !yield(i, <-done[i]) {
				return
			}
		}
	}
}

func runOne(t *task, trace *bufio.Writer) outcome {
	var opt scenarios.Options
	if trace != nil {
		fmt.Fprintf(trace, "# %s, seed %d\n", t.scenario.Name, t.seed)
		opt.Trace = trace
	}
	begin := time.Now()
	return outcome{scenarios.Run(t.scenario, t.seed, opt), time.Since(begin)}
}
