// Command btsim runs swarms of real clients in a simulated internet.
//
//	btsim list                     the catalogue
//	btsim show flash-crowd         a scenario as YAML, to be changed and run
//	btsim run                      all of the catalogue
//	btsim run flash-crowd --seeds 1-100
//	btsim run mine.yaml --trace mine.trace
//	btsim fuzz --for 10m           generated swarms, one after the other
//	btsim merge 0.json 1.json      the reports of such searches, joined
//	btsim shrink mine.yaml         the smallest swarm that still fails of one that does
//	btsim replay x.btrun           a run of bt that was recorded
//	btsim diff mine.yaml mine.trace
//	btsim report mine.yaml -o mine.html
//	btsim schema                   what may be in such a file, for editors
//
// The same scenario and seed give the same run to the last event, which the
// hash at the end of each line proves. It exits with 0 if every run passed,
// with 1 if an expectation or an oracle failed, with 2 if it was called wrongly,
// and with 3 if a run was broken off: by a panic, or by events without end.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/spf13/cobra"
)

func main() {
	ballast := tuneGC()
	code := run(os.Args[1:], os.Stdout, os.Stderr)
	runtime.KeepAlive(ballast)
	os.Exit(code)
}

// exit is an error that has been reported already, all but the code.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// run is the program. Nothing in it ends the process.
func run(args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "btsim",
		Short:         "Run swarms of real clients in a simulated internet",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(listCommand(), runCommand(), fuzzCommand(), mergeCommand(), replayCommand(), showCommand(), diffCommand(), reportCommand(), shrinkCommand(), schemaCommand(),
		exitCodesTopic(), jsonTopic(), traceTopic(), marksTopic())
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)

	err := root.Execute()
	var code exit
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintf(stderr, "btsim: %v\n", err)
	return exitUsage
}
