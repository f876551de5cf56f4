package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes. Of several runs the highest counts.
const (
	exitPass   = 0
	exitFail   = 1
	exitUsage  = 2
	exitBroken = 3
)

// exitCodes is what each means, for the help.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitPass, "every run has passed, or a replay was the same"},
	{exitFail, "an expectation or an oracle has failed, or a replay was not the same"},
	{exitUsage, "an unknown flag or name, a scenario file with a mistake, a file that cannot\n     be read or written"},
	{exitBroken, "a run was broken off: by a panic, or by events without end; the fault is in\n     the program, and not in what a scenario expects"},
}

// exitCodesTopic returns a help topic: a command that does nothing.
func exitCodesTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString("btsim ends with one of these codes; of several runs the highest counts.\n\n")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "  %d  %s\n", e.code, e.meaning)
	}
	return &cobra.Command{Use: "exit-codes", Short: "The exit codes and what they mean", Long: b.String()}
}

// jsonTopic documents the output of --json, whose names stay as they are: a
// change that a reader could notice raises the number in "schema".
func jsonTopic() *cobra.Command {
	return &cobra.Command{Use: "json", Short: "The lines that run --json prints", Long: `With --json there is one object a line for each run:

  schema    the version of this format, 1
  name      of the scenario
  seed      of the run
  pass      true or false
  sim_ms    simulated time, in milliseconds
  events    how many there were
  hash      of all that happened, 16 hexadecimal digits: the same seed, the same hash
  failures  a list, unless it is empty: at_ms (simulated), rule, node (none: the
            swarm as a whole) and detail
  error     why the run was broken off, if it was
  replay    the command that makes the run again, if it has failed

With --sweep there is one object for each sweep and seed, with schema, seed, pass,
events, hash and error as above, and

  sweep     its name
  points    how many were tried
  failed    a list, unless it is empty: point, about, failures, error and replay

Nothing in it depends on the machine or on real time.`}
}
