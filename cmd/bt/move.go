package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"bt/client"
)

func newMoveCommand(a *app) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "move TORRENT NEWDIR",
		Short: "Move data to another directory, finished or not",
		Long: `Move the data of a torrent to another directory: its files, what an unfinished download
keeps beside them, and what was noted down of it, so that 'bt get' and 'bt seed' go on
there without reading everything. On the same filesystem that takes a moment; to another
one the data is copied, and deleted here when all of it is there.

Whatever comes in between, Ctrl-C or a power failure: all of it is either here or there,
and the same command again goes on. Nothing is overwritten.`,
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(_ *cobra.Command, args []string) error { return a.move(args[0], dir, args[1]) },
	}
	cmd.Flags().StringVarP(&dir, "dir", "d", ".", "the data is in `DIR`")
	return cmd
}

func (a *app) move(src, from, to string) error {
	meta, err := a.load(src)
	if err != nil {
		return err
	}
	if from, err = realDir(from); err != nil {
		return err
	}
	if to, err = realDir(to); err != nil {
		return err
	}
	if err := wantDirectory(to); err != nil {
		return err
	}
	if from == to {
		return usage("%s is in %s already", meta.Info.Name, dirText(to))
	}
	// Both, so that no other bt is busy with it in either place.
	here, err := a.openState(meta, from)
	if err != nil {
		return err
	}
	defer here.close()
	there, err := a.openState(meta, to)
	if err != nil {
		return err
	}
	defer there.close()
	ctx, stop := a.interruptible()
	defer stop()
	if err := client.MoveFiles(ctx, client.OSFS(), meta, from, to); errors.Is(err, context.Canceled) {
		return &failure{codeUnfinished, errInterrupted}
	} else if err != nil && !errors.Is(err, client.ErrLeftBehind) {
		return &failure{moveCode(err), err}
	}
	a.moveState(here, there)
	// Until now a hidden file in the old place has told where all is, for the next
	// attempt should this one not have come so far. To begin where all is already
	// takes it away, with what could not be deleted so far; should that fail, 'bt get'
	// and 'bt seed' do it.
	if err := client.MoveFiles(ctx, client.OSFS(), meta, to, to); errors.Is(err, client.ErrLeftBehind) {
		a.warn("%s: %v", meta.Info.Name, err)
	}
	if a.json {
		return a.events.object(struct {
			InfoHash string `json:"info_hash"`
			Name     string `json:"name"`
			Path     string `json:"path"`
		}{meta.InfoHash.String(), meta.Info.Name, torrentPath(meta, to)})
	}
	a.say("%s: moved to %s", meta.Info.Name, to)
	return nil
}

// moveCode is for errors of moving. What is neither the space, nor a file that is
// there or is not, is the disk.
func moveCode(err error) exitCode {
	if code := codeOf(err); code != codeOther {
		return code
	}
	return codeIO
}

// moveState takes what was noted down along. Without it, all is checked once.
func (a *app) moveState(here, there *torrentState) {
	if here == nil || there == nil || here.saved == nil {
		return
	}
	if err := there.write(here.cache(), here.uploaded()); err != nil {
		a.warn("%s: the next run will have to check everything: %v", there.name, err)
		return
	}
	for _, name := range []string{here.path, here.path + ".1"} {
		// One that stays says nothing about files that are gone.
		_ = os.Remove(name)
	}
}
