package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bt/scenarios/campaign"
)

func mergeCommand() *cobra.Command {
	var output, junit string
	cmd := &cobra.Command{
		Use:   "merge REPORT.json…",
		Short: "Join the reports of the shards of a campaign",
		Long: `Join the reports that btsim fuzz --shard --json has written, one for each shard, to
that of the whole campaign, and print it. But for the time it took, it is the report
that one process would have written which had made all runs.

Reports that do not belong together are refused: those of another campaign, of another
program, of a shard that is there twice; and so are too few. The exit code is that of
the whole campaign.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ci, err := beginCI(junit, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			r, err := mergeReports(args)
			if err != nil {
				return fmt.Errorf("merge: %w", err)
			}
			joined, err := createReport(output)
			if err == nil {
				err = joined.write(r)
			}
			if err != nil {
				return fmt.Errorf("merge: %w", err)
			}
			if err := tellCampaign(cmd, ci, r, nil); err != nil {
				return err
			}
			return campaignCode(r)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write the joined report to this `file`, too")
	cmd.Flags().StringVar(&junit, "junit", "", "report the failures in this `file`, for CI")
	return cmd
}

func mergeReports(paths []string) (*campaign.Report, error) {
	var list []campaign.Named
	for _, path := range paths {
		r, err := readReport(path)
		if err != nil {
			return nil, err
		}
		list = append(list, campaign.Named{Name: path, Report: r})
	}
	return campaign.Merge(list)
}

func readReport(path string) (*campaign.Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // it is only read
	r, err := campaign.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// reportFile is where a report goes to. The zero value is nowhere.
type reportFile struct{ file *os.File }

func createReport(path string) (f reportFile, err error) {
	if path != "" {
		f.file, err = os.Create(path)
	}
	return f, err
}

// write writes the report, and is done with the file.
func (f reportFile) write(r *campaign.Report) error {
	if f.file == nil {
		return nil
	}
	return errors.Join(r.Write(f.file), f.file.Close())
}
