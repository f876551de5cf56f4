package main

import (
	"github.com/spf13/cobra"

	"bt/scenarios"
)

func showCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME | FILE.yaml",
		Short: "Print a scenario as YAML",
		Long: `Print a scenario of the catalogue as YAML, or a generated swarm, which is called
random-SEED; or a file, in the style of the others, if there is no mistake in it.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := load(args[0])
			if err != nil {
				return err
			}
			text, err := scenarios.Encode(s)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
}

// completeNames lets a shell complete the names of the catalogue, and files.
func completeNames(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
	for _, s := range scenarios.Builtin() {
		names = append(names, cobra.CompletionWithDesc(s.Name, s.About))
	}
	return names, cobra.ShellCompDirectiveDefault
}
