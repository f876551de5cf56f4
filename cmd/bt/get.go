package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bt/client"
	"bt/client/metainfo"
	"bt/transport/sockets"
)

// transferFlags are those of get and seed alike.
type transferFlags struct {
	dir    string
	port   port
	peers  []string
	verify bool
	limits limitFlags
	record string
	// recordEffects has what the client did recorded in words too.
	recordEffects bool
}

func (f *transferFlags) register(flags *pflag.FlagSet, dirUsage, verifyUsage string) {
	flags.StringVarP(&f.dir, "dir", "d", ".", dirUsage)
	flags.VarP(&f.port, "port", "p", "listen for peers on this port (default: any that is free)")
	flags.StringArrayVar(&f.peers, "peer", nil, "connect to `HOST:PORT` too; may be repeated")
	flags.BoolVar(&f.verify, "verify", false, verifyUsage)
	f.limits.register(flags)
	flags.StringVar(&f.record, "record", "", recordUsage)
	flags.BoolVar(&f.recordEffects, "record-effects", false, "with --record: what bt did about it, in words; the file becomes ten times as large")
}

type getFlags struct {
	transferFlags
	selected, priority string
	list, seed         bool
	stopTimeout        span
	onFull             onFull
}

const getLong = `Download torrents, all at once and on one port. A source is a .torrent file, its
http or https URL, or - for standard input.

What is in the directory already is kept and completed; no flag is needed to go on with
a download. bt notes down what it has verified, and next time checks only what may have
changed since: in $XDG_STATE_HOME/bt/resume (~/.local/state/bt/resume), or below $BT_HOME
if that is set. Nothing is lost without these notes but the time of a full check.

Which files are wanted is said anew each time: without --select and --priority it is all
of them, whatever an earlier run was told.

A full disk is waited for: bt says so, goes on by itself when there is room, and ends with
exit code 9 when there is none for five minutes, or for as long as --on-full says.

bt ends when all is there, unless --seed, --ratio or --seed-time is given. Of the latter
two, the one that is reached first ends it.`

func newGetCommand(a *app) *cobra.Command {
	f := getFlags{onFull: newOnFull()}
	cmd := &cobra.Command{
		Use:   "get SRC...",
		Short: "Download torrents ('bt SRC...' is short for this)",
		Long:  getLong,
		Args:  usageArgs(cobra.MinimumNArgs(1)),
		RunE:  func(_ *cobra.Command, args []string) error { return a.get(&f, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	f.register(flags, "download to `DIR`", "read everything: at the start, whatever was noted down, and when complete back from disk,\nbefore success is reported")
	flags.StringVarP(&f.selected, "select", "s", "", "download only these files, counted from 1 as in --list: `1-4,8`")
	flags.StringVar(&f.priority, "priority", "", "files with higher numbers first, 1 if not given, 0 is not downloaded: `3=1000,5=0`")
	flags.BoolVarP(&f.list, "list", "l", false, "list the files and exit")
	flags.BoolVar(&f.seed, "seed", false, "go on seeding when complete, until Ctrl-C; --ratio and --seed-time imply it")
	flags.Var(&f.onFull, "on-full", "when the disk is full: wait for room and go on by itself, exit at once (code 9), or exit\nwhen it has been full for so long: wait, exit, 90s, 30m")
	flags.Var(&f.stopTimeout, "stop-timeout", "give up when nothing has come for so long: 90s, 30m; 0 is never")
	return cmd
}

func (a *app) get(f *getFlags, srcs []string) error {
	if len(srcs) == 0 {
		return usage("no torrent given")
	}
	metas, err := a.loadAll(srcs)
	if err != nil {
		return err
	}
	if f.list {
		return a.list(metas)
	}
	if len(metas) > 1 && (f.selected != "" || f.priority != "") {
		return usage("--select and --priority number the files of one torrent, and %d are given", len(metas))
	}
	var jobs []job
	for _, meta := range metas {
		prios, err := priorities(&meta.Info, f.selected, f.priority)
		if err != nil {
			return err
		}
		jobs = append(jobs, job{
			spec: client.Spec{Meta: meta, Dir: f.dir, Priorities: prios},
			goal: goal{
				download: true, seed: f.seed || f.limits.until().given(), verify: f.verify,
				until: f.limits.until(), stall: f.stopTimeout.d, onFull: f.onFull.limit,
			},
		})
	}
	return a.transferReal("get", &f.transferFlags, jobs)
}

// transferReal runs jobs in the real world, until they are done or a signal
// comes.
func (a *app) transferReal(command string, f *transferFlags, jobs []job) error {
	if err := wantDirectory(f.dir); err != nil {
		return err
	}
	peers, err := resolvePeers(f.peers)
	if err != nil {
		return err
	}
	for i := range jobs {
		jobs[i].spec.Peers = peers
	}
	closeStates, err := a.openStates(jobs, f.verify)
	defer closeStates()
	if err != nil {
		return err
	}
	recording, err := createRecord(f)
	if err != nil {
		return err
	}
	defer a.closeRecord(recording)
	w, err := a.newWorld()
	if err != nil {
		return err
	}
	defer w.close()
	ctx, stop := a.interruptible()
	defer stop()
	if a.json {
		a.events.start(command)
	}
	cfg := client.Config{Port: int(f.port), UpLimit: int64(f.limits.up.size), DownLimit: int64(f.limits.down.size)}
	if recording != nil {
		cfg.Record, cfg.RecordEffects = recording, f.recordEffects
	}
	return a.transfer(ctx, w.World, cfg, jobs, a.newUI(showResults))
}

// wantDirectory refuses a file where a directory is to be. The client would find
// that out too, at some file in it that nobody has heard of.
func wantDirectory(dir string) error {
	if fi, err := os.Stat(dir); err == nil && !fi.IsDir() {
		return fail(codeIO, "%s: not a directory", dir)
	}
	return nil
}

// resolveTimeout is what systems take to give up on a name server or two.
const resolveTimeout = 15 * time.Second

// resolvePeers reads the addresses of --peer. A host may have several.
func resolvePeers(specs []string) ([]netip.AddrPort, error) {
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	var peers []netip.AddrPort
	for _, spec := range specs {
		if addr, err := netip.ParseAddrPort(spec); err == nil && addr.Port() != 0 {
			peers = append(peers, addr)
			continue
		}
		host, digits, ok := cutLast(spec, ":")
		port, err := strconv.ParseUint(digits, 10, 16)
		if !ok || err != nil || host == "" || port == 0 || strings.ContainsAny(host, ":[]") {
			return nil, usage("--peer %s: not HOST:PORT", spec)
		}
		addrs, err := sockets.Resolve(ctx, host)
		if err != nil {
			return nil, fail(codeNetwork, "--peer %s: %w", spec, err)
		}
		for _, addr := range addrs {
			peers = append(peers, netip.AddrPortFrom(addr, uint16(port)))
		}
	}
	return peers, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// list prints the files of torrents with the numbers that --select takes.
func (a *app) list(metas []*metainfo.MetaInfo) error {
	if a.json {
		for _, meta := range metas {
			if err := a.events.object(newTorrentObject(meta)); err != nil {
				return err
			}
		}
		return nil
	}
	for i, meta := range metas {
		if len(metas) > 1 {
			if i > 0 {
				fmt.Fprintln(a.stdout)
			}
			fmt.Fprintf(a.stdout, "%s\n", meta.Info.Name)
		}
		if err := a.listFiles(&meta.Info); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) listFiles(info *metainfo.Info) error {
	tab := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(tab, "idx\tsize\t  path\n")
	for i, f := range info.Files {
		if !f.Pad {
			fmt.Fprintf(tab, "%d\t%s\t  %s\n", i+1, bytesText(f.Length), filePath(info, &f))
		}
	}
	return tab.Flush()
}

// filePath is a file's path below the download directory.
func filePath(info *metainfo.Info, f *metainfo.File) string {
	path := filepath.Join(f.Path...)
	if info.Multi {
		path = filepath.Join(info.Name, path)
	}
	return path
}

// torrentPath is where a torrent's file or directory is.
func torrentPath(meta *metainfo.MetaInfo, dir string) string {
	return filepath.Join(dir, meta.Info.Name)
}

// dirText names a directory in a sentence.
func dirText(dir string) string {
	if dir == "" || dir == "." {
		return "the current directory"
	}
	return dir
}
