package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"
)

const rootLong = `bt downloads torrents: 'bt FILE.torrent' is short for 'bt get FILE.torrent'.

Flags may stand before or after a command and its arguments. Ctrl-C tells the
trackers, writes what has come and ends within five seconds; a second one ends
at once. To go on, run the same command again.`

const rootExample = `  bt demo                                 a download between two clients on this machine
  bt debian.iso.torrent -d ~/Downloads    download
  bt -l season.torrent                    list the files
  bt season.torrent -s 1-3,7              download some of them
  bt seed debian.iso.torrent -d ~/iso     give to others
  bt create photos --tracker http://tracker.example/announce`

// newRootCommand returns bt with all its commands. bt itself is a bt get.
func newRootCommand(a *app) *cobra.Command {
	root := newGetCommand(a)
	root.Use, root.Short, root.Long, root.Example = "bt [get] SRC...", "Download torrents, and what goes with it", rootLong, rootExample
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Args = cobra.ArbitraryArgs // else the first would have to be a command
	download := root.RunE
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && cmd.Flags().NFlag() == 0 {
			return cmd.Help()
		}
		return maybeSuggest(cmd, args, download(cmd, args))
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return &failure{codeUsage, err} })

	global := root.PersistentFlags()
	global.BoolVar(&a.json, "json", false, "print JSON on stdout, one object a line")
	global.BoolVarP(&a.quiet, "quiet", "q", false, "print nothing but errors and results asked for")
	global.BoolVarP(&a.verbose, "verbose", "v", false, "tell about peers and trackers")

	root.AddCommand(newGetCommand(a), newSeedCommand(a), newCreateCommand(a), newShowCommand(a), newVerifyCommand(a),
		newMoveCommand(a), newDemoCommand(a), newVersionCommand(a), newExitCodesTopic())
	root.SetHelpCommand(newHelpCommand())
	return root
}

// newHelpCommand returns the usual help, which for what it does not know would
// give that of bt itself: bt takes any word.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usage("there is no help about %s", strings.Join(args, " "))
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
			for _, c := range cmd.Root().Commands() {
				if len(args) == 0 && (c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand()) {
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// maybeSuggest helps who has mistyped a command: bt takes the word for a file.
func maybeSuggest(root *cobra.Command, args []string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) || len(args) == 0 {
		return err
	}
	if names := root.SuggestionsFor(args[0]); len(names) > 0 {
		return fmt.Errorf("%w (if a command was meant: bt %s)", err, names[0])
	}
	return err
}
