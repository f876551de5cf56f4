package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"bt/client/record"
)

func replayCommand() *cobra.Command {
	var tracePath string
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Play again what bt --record has recorded",
		Long: `Play again a run of bt that was recorded with 'bt get --record FILE' or 'bt seed
--record FILE': the same core is told the same events at the same times, with the same
random numbers, and has to ask for the same effects in the same order. No network and no
disk is touched.

What was played is told in a line, and then whether it was the same, or the first turn
that was not: its events, what the core asks for now, and the turn before. What it asked
for then is shown too if bt was given --record-effects; otherwise there is a checksum of it.

A recording that is cut off, since bt was killed or has crashed, is played as far as it
goes. With --trace every event and every piece of news is written to a file, a line each.

It exits with 0 if all was the same, with 1 if it was not or the recording is damaged,
with 2 if the file is no recording of this version of bt, and with 3 if the core has
panicked, as it then did when it was recorded.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return replay(cmd.OutOrStdout(), args[0], tracePath)
		},
	}
	cmd.Flags().StringVar(&tracePath, "trace", "", "write every event to this `file`")
	return cmd
}

func replay(out io.Writer, path, tracePath string) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	trace, closeTrace, err := createTrace(tracePath)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeTrace()) }()
	var watch record.Watch
	if trace != nil {
		watch = record.Trace(trace)
	}
	r, err := record.Replay(bufio.NewReader(file), watch)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return reportReplay(out, path, &r)
}

// reportReplay says what came of it. An error of the recording itself is told
// with the rest: what was before it was played.
func reportReplay(out io.Writer, path string, r *record.Result) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s: recorded %v; %s\n", path, r.Header.Start.Format(time.RFC3339), r.Summary())
	code := exitPass
	switch {
	case r.Panic != nil:
		code = exitBroken
		fmt.Fprintf(w, "the core has panicked at %v: %v\n%s", r.Duration, r.Panic, r.Stack)
	case r.Difference != nil:
		code = exitFail
		writeDifference(w, r)
	default:
		fmt.Fprintln(w, "the same effects in the same order")
	}
	if r.End != nil {
		fmt.Fprintf(w, "%v after turn %d\n", r.End, r.Turns)
		if !errors.Is(r.End, record.ErrCut) {
			code = max(code, exitFail)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if code != exitPass {
		return exit(code)
	}
	return nil
}

// writeDifference shows the first turn that was not the same, and what led to it.
func writeDifference(w io.Writer, r *record.Result) {
	d, start := r.Difference, r.Header.Start
	fmt.Fprintf(w, "DIFFERENT effects in turn %d at %v, on the wall %v\n", d.Turn.Number, d.Turn.Now.Sub(start), d.Turn.Wall.Format(time.RFC3339Nano))
	if d.Before.Number > 0 {
		fmt.Fprintf(w, "  turn %d at %v, the same:\n", d.Before.Number, d.Before.Now.Sub(start))
		writeSteps(w, d.Before.Steps)
	}
	fmt.Fprintf(w, "  turn %d, events as recorded:\n", d.Turn.Number)
	writeSteps(w, d.Turn.Steps)
	if r.Header.Effects {
		writeEffects(w, "effects then", d.Turn.Effects)
	}
	writeEffects(w, "effects now", d.Effects)
	if d.Deadline.IsZero() {
		fmt.Fprintf(w, "    to be woken never\n")
	} else {
		fmt.Fprintf(w, "    to be woken at %v: %s\n", d.Deadline.Sub(start), d.Why)
	}
}

func writeEffects(w io.Writer, what string, lines []string) {
	fmt.Fprintf(w, "  %s, %d:\n", what, len(lines))
	for _, line := range lines {
		fmt.Fprintf(w, "    %s\n", line)
	}
}

func writeSteps(w io.Writer, steps []record.Step) {
	for _, s := range steps {
		fmt.Fprintf(w, "    %s\n", record.Describe(s.Event))
		for _, a := range s.Refused {
			fmt.Fprintf(w, "      the filter refuses %v\n", a)
		}
	}
}
