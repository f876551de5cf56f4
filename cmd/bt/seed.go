package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"bt/client"
	"bt/client/metainfo"
)

type seedFlags struct {
	transferFlags
	trust bool
}

func newSeedCommand(a *app) *cobra.Command {
	var f seedFlags
	cmd := &cobra.Command{
		Use:   "seed TORRENT...",
		Short: "Give what is complete to others, until Ctrl-C",
		Long: `Give the data of torrents in a directory to others: until Ctrl-C, or until --ratio or
--seed-time is reached, whichever is first. What an earlier run has verified and nobody
has changed since is not read again; 'bt help get' says where that is noted down. Data
that is not complete is refused; to complete it and seed then, use 'bt get --seed'.

With --trust nothing is read at the start: files of the right size are taken for right,
and each piece is checked when somebody first asks for it, before any of it is sent. If
one is wrong, the rest is checked too while seeding goes on, and what is wrong is fetched
from others.`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return a.seed(&f, args) },
	}
	cmd.Flags().SortFlags = false
	f.register(cmd.Flags(), "the data is in `DIR`", "read everything, whatever was noted down")
	cmd.Flags().BoolVar(&f.trust, "trust", false, "start at once: look at sizes only, and check each piece when it is first asked for")
	return cmd
}

func (a *app) seed(f *seedFlags, srcs []string) error {
	if f.trust && f.verify {
		return usage("--trust reads nothing at the start, and --verify everything")
	}
	metas, err := a.loadAll(srcs)
	if err != nil {
		return err
	}
	var jobs []job
	for _, meta := range metas {
		if err := a.refuseIncomplete(meta, f.dir); err != nil {
			return err
		}
		jobs = append(jobs, job{spec: client.Spec{Meta: meta, Dir: f.dir, SeedMode: f.trust}, goal: goal{seed: true, until: f.limits.until()}})
	}
	return a.transferReal("seed", &f.transferFlags, jobs)
}

// refuseIncomplete sees what a glance at the files can see. The client would
// find it too, but only after it had created their directories: a mistake in
// --dir must leave nothing behind.
func (a *app) refuseIncomplete(meta *metainfo.MetaInfo, dir string) error {
	for i := range meta.Info.Files {
		f := &meta.Info.Files[i]
		if f.Pad {
			continue
		}
		fi, err := os.Stat(filepath.Join(dir, filePath(&meta.Info, f)))
		if err != nil || fi.Size() < f.Length {
			return a.incompleteData(meta, dir)
		}
	}
	return nil
}

// incompleteData finds out how much of a torrent is there.
func (a *app) incompleteData(meta *metainfo.MetaInfo, dir string) error {
	ctx, stop := a.interruptible()
	defer stop()
	have := int64(0)
	err := client.Verify(ctx, client.OSFS(), dir, meta, diskWorkers(), func(piece int, ok bool) {
		if ok {
			have += meta.Info.PieceSize(piece)
		}
	})
	if err != nil {
		return verifyError(err)
	}
	return incomplete(meta.Info.Name, dir, have, meta.Info.Length)
}
