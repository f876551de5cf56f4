package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
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
	sweeps      []string // what to sweep; none: run scenarios
	point       string   // the one point of a sweep to try; "": all
	pcap        string   // the file to capture the packets of the run in
	pcapHosts   []string // where to capture; none: everywhere
	junit       string   // the file to report to CI in
	most        uint64   // events of a run; 0: any number

	ci *ciReports // made of junit and the environment
}

func runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [NAME… | FILE.yaml… | DIRECTORY…]",
		Short: "Run scenarios, all of the catalogue if none is named",
		Long: `Run scenarios of the catalogue by name, or of YAML files, or of all such files in a
directory; all of the catalogue if none is named. A line tells of each run: name, seed, pass or FAIL, simulated and
real time, events, and the hash of all that happened. A run that fails says what
failed, when, and on which node, and how to see it again. Of expectations with
"sometimes" it is said at the end in how many runs they have held; with --seeds, in
none is a failure. A generated swarm is called random-SEED.

With --json there is one object a line, and no real times, so that the outputs of
two machines can be compared byte by byte: btsim help json.

With --junit there is a report as well that CI systems show as a table of tests. On
GitHub ($GITHUB_ACTIONS is true) every failure is an annotation too, on stderr. For
scripts: btsim help exit-codes.

With --sweep one kind of trouble is made at every place of a few small runs, each
in a run of its own: every operation of a disk fails once, every event sees the
client closed, and so on. A line tells of each sweep, and for every point that has
failed what has, and how to try that point again.

With --pcap the packets of one run are written to a file that Wireshark reads, with
an interface for each host. Streams are captured once, at the host that dialled.
With --pcap-host they are captured at the hosts named, as these see them; streams
between two of them are there twice, and Wireshark can then make sense of one host
at a time: tshark -r FILE -Y 'frame.interface_name == "HOST"' -w HOST.pcapng`,
		ValidArgsFunction: completeNames,
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.Var(&f.seed, "seed", "the seed, in place of each scenario's own")
	flags.Var(&f.seeds, "seeds", "run with every seed of a range such as 1-5")
	flags.IntVar(&f.jobs, "jobs", runtime.GOMAXPROCS(0), "how many runs to make at the same time")
	flags.StringVar(&f.trace, "trace", "", "write every event to this `file`; one run after the other")
	flags.BoolVar(&f.json, "json", false, "one JSON object a line")
	flags.StringSliceVar(&f.sweeps, "sweep", nil, "sweep in place of scenarios: "+strings.Join(sweepNames(), ", ")+" or "+allSweeps)
	flags.StringVar(&f.point, "point", "", "try only this `point` of the sweep")
	flags.StringVar(&f.pcap, "pcap", "", "capture the packets of one run in this `file`, for Wireshark")
	flags.StringSliceVar(&f.pcapHosts, "pcap-host", nil, "capture what these `hosts` send and receive, as they see it")
	flags.StringVar(&f.junit, "junit", "", "report all runs in this `file`, for CI")
	flags.Uint64Var(&f.most, "most-events", 0, "break off a run that has more events than this; 0: however many it has")
	cmd.MarkFlagsMutuallyExclusive("seed", "seeds")
	return cmd
}

func (f *runFlags) run(cmd *cobra.Command, args []string) (err error) {
	if f.seed.given {
		f.seeds = f.seed
	}
	switch {
	case f.jobs < 1:
		return fmt.Errorf("--jobs %d: at least 1", f.jobs)
	case len(f.sweeps) > 0 && f.pcap != "":
		return errors.New("--pcap: a capture is of one run, and a --sweep is many")
	case len(f.sweeps) == 0 && f.point != "":
		return errors.New("--point: it is of a --sweep")
	}
	if f.ci, err = beginCI(f.junit, cmd.ErrOrStderr()); err != nil {
		return err
	}
	defer func() {
		if endErr := f.ci.end(); endErr != nil {
			err = endErr // matters more than the code of runs, which have been reported
		}
	}()
	if len(f.sweeps) > 0 {
		return runSweeps(cmd.OutOrStdout(), args, *f)
	}
	return runAll(cmd.OutOrStdout(), args, *f)
}

// runAll makes all runs and reports them in the order asked for.
func runAll(out io.Writer, args []string, f runFlags) (err error) {
	list, err := tasks(args, f.seeds)
	if err != nil {
		return err
	}
	trace, closeTrace, err := createTrace(f.trace)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeTrace()) }()
	endCapture, err := beginCapture(list, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endCapture()) }()
	if trace != nil {
		f.jobs = 1 // lines of different runs would mix
	}

	r := newReporter(out, f.json)
	code, sometimes := exitPass, newChances(list)
	for i, o := range inOrder(list, f.jobs, scenarios.Options{MostEvents: f.most}, trace) {
		if err := r.report(list[i].replay(), o); err != nil {
			return err
		}
		if err := f.ci.add(runVerdict(list[i].source, list[i].replay(), &o)); err != nil {
			return err
		}
		code = max(code, exitCode(&o.Result))
		sometimes.of[list[i].source].Add(&o.Result)
	}
	missed, err := sometimes.report(r, f.ci)
	if err != nil {
		return err
	}
	code = max(code, missed)
	if err := r.summary(); err != nil {
		return err
	}
	if code != exitPass {
		return exit(code)
	}
	return nil
}

// createTrace opens the file for the trace; nil if none is wanted.
func createTrace(path string) (trace *bufio.Writer, closeTrace func() error, err error) {
	if path == "" {
		return nil, func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, nil, err
	}
	trace = bufio.NewWriter(file)
	return trace, func() error { return errors.Join(trace.Flush(), file.Close()) }, nil
}

// exitCode is the code for one run.
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
func inOrder(list []task, jobs int, opt scenarios.Options, trace *bufio.Writer) func(yield func(int, outcome) bool) {
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
					done[i] <- runOne(&list[i], opt, trace)
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

func runOne(t *task, opt scenarios.Options, trace *bufio.Writer) outcome {
	opt.Capture = t.capture
	return timed(func() scenarios.Result {
		if trace == nil {
			return scenarios.Run(t.scenario, t.seed, opt)
		}
		return scenarios.WriteTrace(t.scenario, t.seed, opt, trace)
	})
}

// timed makes a run and says how long it took.
func timed(run func() scenarios.Result) outcome {
	begin := time.Now()
	result := run()
	return outcome{result, time.Since(begin)}
}
