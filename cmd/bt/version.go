package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"bt/client"

	"github.com/spf13/cobra"
)

const version = client.Version

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return a.events.object(struct {
					Schema   int    `json:"schema"`
					Version  string `json:"version"`
					Revision string `json:"revision"`
					Go       string `json:"go"`
					OS       string `json:"os"`
					Arch     string `json:"arch"`
				}{schema, version, revision(), runtime.Version(), runtime.GOOS, runtime.GOARCH})
			}
			line := "bt " + version
			if r := revision(); r != "" {
				line += " (" + r + ")"
			}
			_, err := fmt.Fprintf(a.stdout, "%s %s %s/%s\n", line, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// revision returns the commit that the program was built from, "" if that is
// not known.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
