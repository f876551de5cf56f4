package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bt/scenarios"
	"bt/scenarios/report"
)

func reportCommand() *cobra.Command {
	var seed seedRange
	var path string
	cmd := &cobra.Command{
		Use:   "report NAME | FILE.yaml",
		Short: "Make a run and a page that shows it",
		Long: `Make a run of a scenario, of the catalogue or of a YAML file, and a page of HTML
that shows it: how each host was doing, who had which pieces when, who choked whom,
the requests and what came of them, rates, the disk, what the scenario did to the
swarm, and the log of it all. From an expectation or an oracle that failed, it leads
back to what came before. The page is one file and needs no network.

It is at most about two megabytes: of long runs it leaves out a part of what there is
most of, and says so. The same scenario and seed make the same page. The exit code
is that of run.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := tasks(args, seed)
			if err != nil {
				return err
			}
			if len(list) != 1 {
				return fmt.Errorf("--seed %v: a report is of one run", &seed)
			}
			o, err := makePage(&list[0], path)
			if err != nil {
				return err
			}
			if err := newReporter(cmd.OutOrStdout(), false).report(list[0].replay(), o); err != nil {
				return err
			}
			if code := exitCode(&o.Result); code != exitPass {
				return exit(code)
			}
			return nil
		},
	}
	cmd.Flags().Var(&seed, "seed", "the seed, in place of the scenario's own")
	cmd.Flags().StringVarP(&path, "output", "o", "report.html", "write the page to this `file`")
	return cmd
}

// makePage makes a run and writes the page of it. The file comes first: a run may
// take minutes.
func makePage(t *task, path string) (o outcome, err error) {
	file, err := os.Create(path)
	if err != nil {
		return o, fmt.Errorf("report: %w", err)
	}
	c := report.New()
	o = timed(func() scenarios.Result { return scenarios.Run(t.scenario, t.seed, scenarios.Options{Observer: c}) })
	w := bufio.NewWriter(file)
	if err := errors.Join(c.Write(w, o.Result, t.replay()), w.Flush(), file.Close()); err != nil {
		return o, fmt.Errorf("report: %w", err)
	}
	return o, nil
}
