package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"bt/client"
	"bt/scenarios"
	"bt/scenarios/campaign"
)

// fuzzFlags is what the user wants of fuzz.
type fuzzFlags struct {
	seed       seedRange
	runs, jobs int
	time       time.Duration
	shard      string
	save       string
	json       string
	junit      string
	most       uint64
}

// fuzzTime is for how long a campaign goes on when nobody says.
const fuzzTime = time.Minute

// indexVariable has the index of a pod of a Kubernetes job with completionMode
// Indexed, counted from 0.
const indexVariable = "JOB_COMPLETION_INDEX"

func fuzzCommand() *cobra.Command {
	var f fuzzFlags
	cmd := &cobra.Command{
		Use:   "fuzz",
		Short: "Search for trouble in generated swarms",
		Long: `Search for trouble: run one generated swarm after the other, each with other kinds
of trouble, all of which is put right in the end, and with all oracles on. It goes
on for a minute, or for as long as --for says, or until --runs are made; Ctrl-C ends
it, and the report tells of what was tried until then.

The report says how much was tried: which of the situations that a search should
know were reached, how often, and in which run first; which kinds of trouble met in
one run; and in how many states connections have been. Then, for each rule that has
failed and each kind of node that it has failed on, in how many runs it has, and the
command that makes the first of them again. With --save the swarm of each is also
written to a scenario file, which btsim run FILE fails in the same way: to look at,
to make smaller, and to keep.

Run number K of a campaign is the same whoever makes it: it follows from K and --seed
alone. Without --seed it is another campaign each time. So the work can be split:
--shard 0/8 to --shard 7/8 make an eighth each, in as many processes, and write their
reports with --json; btsim merge joins these. --shard auto/8 takes the index from
$` + indexVariable + `, as jobs of Kubernetes have it.

The exit code is 1 if something has failed, or if in ` + fmt.Sprint(campaign.EnoughRuns) + ` runs and more some situation
was never reached; and 3 if a run was broken off, by a panic or by more than
--most-events events: then the fault is in this program. A run that is not over after
ten minutes ends the campaign, which has failed then in the same way.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.DurationVar(&f.time, "for", fuzzTime, "begin no more runs after this `time`")
	flags.IntVar(&f.runs, "runs", 0, "make this many runs, all shards together, however long it takes")
	flags.Var(&f.seed, "seed", "the campaign")
	flags.IntVar(&f.jobs, "jobs", runtime.GOMAXPROCS(0), "how many runs to make at the same time")
	flags.StringVar(&f.shard, "shard", "", "make only the part `I/N` of the runs, from 0/N on, or auto/N")
	flags.StringVar(&f.save, "save", "", "write a scenario file for each kind of failure to this `directory`")
	flags.StringVar(&f.json, "json", "", "write the report to this `file`, for btsim merge")
	flags.StringVar(&f.junit, "junit", "", "report the failures in this `file`, for CI")
	flags.Uint64Var(&f.most, "most-events", campaign.DefaultMostEvents, "break off a run that has more events than this")
	cmd.MarkFlagsMutuallyExclusive("for", "runs")
	return cmd
}

func (f *fuzzFlags) run(cmd *cobra.Command) error {
	config, err := f.config()
	if err != nil {
		return err
	}
	ci, err := beginCI(f.junit, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	save, err := newSaver(f.save)
	if err != nil {
		return err
	}
	report, err := createReport(f.json) // now, as it may not be possible
	if err != nil {
		return fmt.Errorf("--json: %w", err)
	}
	r, err := f.search(cmd, config, save)
	if err != nil {
		return err
	}
	if err := report.write(r); err != nil {
		return fmt.Errorf("--json: %w", err)
	}
	if err := tellCampaign(cmd, ci, r, save); err != nil {
		return err
	}
	return campaignCode(r)
}

// search makes the campaign, until it is over, or the time is, or somebody says so.
func (f *fuzzFlags) search(cmd *cobra.Command, config campaign.Config, save *saver) (*campaign.Report, error) {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C does what it does elsewhere
	if f.runs == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.time)
		defer cancel()
	}
	begin := time.Now()
	abandon := make(chan struct{})
	config.Abandon = abandon
	p := beginProgress(cmd.ErrOrStderr(), config, sync.OnceFunc(func() { close(abandon) }))
	defer p.end()
	r, err := campaign.Run(ctx, config, func(o *campaign.Outcome, news []campaign.Failure) error {
		p.add(o, news)
		return save.all(o, news)
	})
	if err != nil {
		return nil, err
	}
	r.Shards[0].TookMS = time.Since(begin).Milliseconds()
	return r, nil
}

// config makes sense of the flags.
func (f *fuzzFlags) config() (c campaign.Config, err error) {
	switch {
	case f.jobs < 1:
		return c, fmt.Errorf("--jobs %d: at least 1", f.jobs)
	case f.runs < 0:
		return c, fmt.Errorf("--runs %d: at least 1", f.runs)
	case f.time <= 0:
		return c, fmt.Errorf("--for %v: for some time", f.time)
	case f.seed.given && f.seed.first != f.seed.last:
		return c, fmt.Errorf("--seed %v: a campaign has one", &f.seed)
	case f.shard != "" && !f.seed.given:
		return c, errors.New("--shard: the shards of a campaign need the same --seed")
	}
	c = campaign.Config{Seed: f.seed.first, Runs: f.runs, Jobs: f.jobs, Program: programName(), MostEvents: f.most}
	if !f.seed.given {
		c.Seed = uint64(time.Now().UnixNano()) / uint64(time.Millisecond) // short enough to be typed
	}
	if f.shard != "" {
		if c.Shard, err = campaign.ParseShard(f.shard, podIndex); err != nil {
			return c, fmt.Errorf("--shard: %w", err)
		}
	}
	return c, nil
}

func podIndex() (string, error) {
	if index := os.Getenv(indexVariable); index != "" {
		return index, nil
	}
	return "", fmt.Errorf("$%s is not set: there is one in jobs of Kubernetes with completionMode Indexed", indexVariable)
}

// programName says which program this is: its version, and the commit if the build
// knows it.
func programName() string {
	name := "btsim " + client.Version
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return name
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			name += " " + s.Value[:min(len(s.Value), shortCommit)]
		case s.Key == "vcs.modified" && s.Value == "true":
			name += " modified"
		}
	}
	return name
}

// shortCommit is how many digits name a commit.
const shortCommit = 12

// saver writes scenario files. The zero value writes none.
type saver struct {
	dir   string
	saved int
}

func newSaver(dir string) (*saver, error) {
	if dir != "" {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, fmt.Errorf("--save: %w", err)
		}
	}
	return &saver{dir: dir}, nil
}

// all saves the swarm for each failure that is new. It does so at once: whatever
// becomes of the campaign, what was found is kept.
func (s *saver) all(o *campaign.Outcome, news []campaign.Failure) error {
	if s.dir == "" {
		return nil
	}
	for i := range news {
		f := &news[i]
		text, err := scenarios.Encode(o.Scenario)
		if err != nil {
			return fmt.Errorf("--save: %w", err)
		}
		path := filepath.Join(s.dir, f.FileName())
		if err := os.WriteFile(path, []byte(heading(path, f)+string(text)), 0o666); err != nil {
			return fmt.Errorf("--save: %w", err)
		}
		s.saved++
	}
	return nil
}

// heading is the comment that a file begins with: what fails, and how to see it.
func heading(path string, f *campaign.Failure) string {
	replay := strings.Replace(f.Replay, scenarios.SwarmName(f.Seed), quote(path), 1)
	return fmt.Sprintf("# %s: %s\n# again: %s\n", f.Title(), printable(headline(f.Detail)), replay)
}

// tellCampaign prints a report, and passes it on to CI.
func tellCampaign(cmd *cobra.Command, ci *ciReports, r *campaign.Report, save *saver) error {
	out := cmd.OutOrStdout()
	if err := r.WriteText(out); err != nil {
		return err
	}
	switch {
	case save == nil || len(r.Failures) == 0:
	case save.dir == "":
		fmt.Fprintln(out, "\nas scenario files: the same again with --save DIRECTORY")
	default:
		fmt.Fprintf(out, "\nas scenario files: %d in %s\n", save.saved, save.dir)
	}
	for _, v := range campaignVerdicts(r) {
		if err := ci.add(v); err != nil {
			return err
		}
	}
	return ci.end()
}

// campaignVerdicts are the verdicts on a campaign: one for each kind of failure, and
// one on what it has been through.
func campaignVerdicts(r *campaign.Report) (list []verdict) {
	group := fmt.Sprintf("fuzz %d", r.Campaign.Seed)
	for i := range r.Failures {
		f := &r.Failures[i]
		list = append(list, verdict{
			group: group, name: f.Title(), figures: fmt.Sprintf("%d of %d runs", f.Runs, r.Runs),
			rule: f.Rule, failures: f.Detail + "\n", broken: f.Broken, replay: f.Replay,
		})
	}
	all := verdict{group: group, name: "situations", figures: fmt.Sprintf("%d runs, %d events, hash %v", r.Runs, r.Events, r.Hash)}
	if r.Vacuous() {
		all.rule, all.failures = "never reached", "never reached: "+strings.Join(r.Missing(), ", ")+"\n"
	}
	return append(list, all)
}

// campaignCode is the error that has the exit code of a campaign, nil if that is 0.
func campaignCode(r *campaign.Report) error {
	switch {
	case r.Broken():
		return exit(exitBroken)
	case !r.Pass():
		return exit(exitFail)
	}
	return nil
}

// marksTopic is the help on the situations that a campaign should come into.
func marksTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString("What runs may come to. btsim fuzz counts in how many they do, and the check \"reached\"\nof a scenario names one of them as its reason.\n\n")
	for _, m := range scenarios.Marks() {
		fmt.Fprintf(&b, "  %-26s %s\n", m.Name, m.About)
	}
	return &cobra.Command{Use: "marks", Short: "The situations that campaigns should reach", Long: b.String()}
}
