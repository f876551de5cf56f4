package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bt/scenarios"
)

func diffCommand() *cobra.Command {
	var context int
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Show the first event at which two runs differ",
		Long: `Show the first event at which two runs differ, with those before it and those of
each run after it. A and B are, in this order of trying:

    FILE.yaml[@SEED]   a run of a scenario of a file, also .yml
    NAME[@SEED]        a run of a scenario of the catalogue
    FILE               a trace that run --trace has written

Without @SEED, it is the scenario's own. A trace that is called like a scenario is
written ./NAME. Two runs, or a run and a trace, that have the same events are also
compared by their hashes, as not every byte is in a trace.

The exit code is 0 if they are the same, 1 if they differ, and 2 if that could not
be found out. See btsim help trace.`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if context < 0 {
				return fmt.Errorf("--context %d: at least 0", context)
			}
			d, err := diff(args[0], args[1], context)
			switch {
			case err != nil:
				return err
			case d == nil:
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "the same")
				return err
			}
			if err := d.Write(cmd.OutOrStdout(), args[0], args[1]); err != nil {
				return err
			}
			return exit(exitFail)
		},
	}
	cmd.Flags().IntVarP(&context, "context", "C", 5, "how many events to show before and after")
	return cmd
}

// diff compares two runs, each called as the user does. Both are made, or read, at
// the same time, and neither is kept.
func diff(a, b string, context int) (*scenarios.Difference, error) {
	writeA, err := traceOf(a)
	if err != nil {
		return nil, err
	}
	writeB, err := traceOf(b)
	if err != nil {
		return nil, err
	}
	var errA, errB error
	d, err := scenarios.DiffRuns(
		func(w io.Writer) { errA = writeA(w) },
		func(w io.Writer) { errB = writeB(w) }, context)
	return d, errors.Join(errA, errB, err)
}

// traceOf finds what is called arg, and returns what writes the trace of it.
func traceOf(arg string) (func(io.Writer) error, error) {
	name, seed, err := cutSeed(arg)
	if err != nil {
		return nil, err
	}
	if !isBuiltin(name) && !isFile(name) {
		return traceFile(arg)
	}
	list, err := tasks([]string{name}, seed)
	if err != nil {
		return nil, err
	}
	return func(w io.Writer) error {
		scenarios.WriteTrace(list[0].scenario, list[0].seed, scenarios.Options{}, w)
		return nil
	}, nil
}

func traceFile(path string) (func(io.Writer) error, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("diff %s: neither a scenario that btsim list names, nor a file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("diff: %w", err)
	}
	return func(w io.Writer) error {
		defer file.Close() // it was only read
		if _, err := io.Copy(w, file); err != nil {
			return fmt.Errorf("diff: %w", err)
		}
		return nil
	}, nil
}

// cutSeed takes a seed off the end, if there is one. What follows the last @ is
// one if it is all digits.
func cutSeed(arg string) (name string, seed seedRange, err error) {
	i := strings.LastIndexByte(arg, '@')
	if i < 0 || strings.Trim(arg[i+1:], "0123456789") != "" || i+1 == len(arg) {
		return arg, seedRange{}, nil
	}
	n, err := strconv.ParseUint(arg[i+1:], 10, 64)
	if err != nil {
		return "", seed, fmt.Errorf("diff %s: the seed: %w", arg, err)
	}
	return arg[:i], seedRange{first: n, last: n, given: true}, nil
}

// traceTopic is the help on the format of traces.
func traceTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "trace",
		Short: "What run --trace writes",
		Long:  scenarios.TraceFormat,
	}
}
