package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"bt/scenarios"
)

// listed is a line of list --json.
type listed struct {
	Schema int    `json:"schema"`
	Name   string `json:"name"`
	About  string `json:"about"`
}

func listCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios of the catalogue",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			if asJSON {
				encoder := json.NewEncoder(out)
				for _, s := range scenarios.Builtin() {
					if err := encoder.Encode(listed{schema, s.Name, s.About}); err != nil {
						return err
					}
				}
				return nil
			}
			table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			for _, s := range scenarios.Builtin() {
				fmt.Fprintf(table, "%s\t%s\n", s.Name, s.About)
			}
			return table.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return cmd
}
