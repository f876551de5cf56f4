package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// run is the whole program but for the end of the process. It returns the exit
// code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := newApp(stdin, stdout, stderr)
	root := newRootCommand(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	a.exit(err)
	return int(codeOf(err))
}

// exit says what went wrong: to people on stderr, with --json in an event too.
func (a *app) exit(err error) {
	code := codeOf(err)
	var told *toldError
	if err != nil && !errors.As(err, &told) {
		a.warn("%v", err)
		if code == codeUsage {
			fmt.Fprintln(a.stderr, "Try 'bt --help', or 'bt help COMMAND'.")
		}
	}
	if a.json {
		a.events.exit(code, err)
	}
}

// usageArgs makes what a check of arguments finds a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &failure{codeUsage, fmt.Errorf("%s: %w: %s", cmd.Name(), err, cmd.UseLine())}
		}
		return nil
	}
}
