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
	{exitFail, "an expectation or an oracle has failed, a replay was not the same, or a long\n     search has not come into all situations"},
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
	return &cobra.Command{Use: "json", Short: "What run --json prints and fuzz --json writes", Long: `With --json there is one object a line for each run:

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

Behind the runs of a scenario that has expectations with "sometimes" there is one more
object, with schema, name and pass, and

  runs       how many there were
  sometimes  a list: expect (the index of the expectation), name (what it says), met (in
             how many runs) and first_seed (of these)

With --sweep there is one object for each sweep and seed, with schema, seed, pass,
events, hash and error as above, and

  sweep     its name
  points    how many were tried
  failed    a list, unless it is empty: point, about, failures, error and replay

Nothing in it depends on the machine or on real time.

The report of fuzz --json, and of merge -o, is one object:

  schema     the version of this format, 1
  campaign   seed, runs (that were asked for; none: for a time), shards, program, probe (the
             hash of run 0) and most_events: what the reports of shards have in common
  shards     a list: shard, runs and took_ms, real time, which nothing else depends on
  runs       how many there were, and completed, events and hash, of all of them; longest
             is the run with the most events
  marks      a list: name, runs (in how many it was reached) and first (the number of the
             first of them); and so are troubles, pairs and states
  failures   a list: rule, kind (of node), broken, runs, first, seed, node, at_ms, detail and
             replay; all but runs is about the first run that has failed in this way`}
}
