package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bt/client"
	"bt/client/metainfo"
)

type createFlags struct {
	out         string
	force       bool
	trackers    []string
	pieceLength size
	private     bool
	comment     string
}

func newCreateCommand(a *app) *cobra.Command {
	var f createFlags
	cmd := &cobra.Command{
		Use:   "create PATH",
		Short: "Make a .torrent of a file or a directory",
		Long: `Make a .torrent of a file, or of all files below a directory, sorted by path. Symbolic
links and what else is no regular file are left out, with a word about each.`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return a.create(&f, args[0]) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.out, "output", "o", "", "write to `FILE`, or to standard output: - (default: NAME.torrent)")
	flags.BoolVarP(&f.force, "force", "f", false, "overwrite the output file")
	flags.StringArrayVarP(&f.trackers, "tracker", "t", nil, "announce `URL`; each further one is a tier to fall back to,\nseveral with commas between them are one tier")
	flags.Var(&f.pieceLength, "piece-length", "bytes of a piece, a power of two like 256KiB (default: by size)")
	flags.BoolVar(&f.private, "private", false, "peers come from the trackers only (BEP 27)")
	flags.StringVar(&f.comment, "comment", "", "a `TEXT` for people")
	return cmd
}

func (a *app) create(f *createFlags, path string) error {
	if err := f.validate(); err != nil {
		return err
	}
	tree, err := a.scan(path, f.out)
	if err != nil {
		return err
	}
	out := f.out
	if out == "" {
		out = tree.name + ".torrent"
	}
	if !f.force && out != "-" {
		if _, err := os.Lstat(out); err == nil {
			return errOutputExists(out) // before an hour of hashing
		}
	}
	encoded, err := a.build(f, tree)
	if err != nil {
		return err
	}
	if err := a.writeOutput(out, f.force, encoded); err != nil {
		return err
	}
	return a.tellCreated(out, encoded)
}

// pieceLengthMin is the size of a block, the unit of requests.
const pieceLengthMin = 16 << 10

func (f *createFlags) validate() error {
	if n := int64(f.pieceLength); n != 0 && (n < pieceLengthMin || n&(n-1) != 0) {
		return usage("--piece-length %s: not a power of two from %s on", f.pieceLength.String(), bytesText(pieceLengthMin))
	}
	for _, tier := range f.tiers() {
		for _, tracker := range tier {
			u, err := url.Parse(tracker)
			if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "udp"}, u.Scheme) {
				return usage("--tracker %s: not an http, https or udp URL", tracker)
			}
			if u.Scheme == "udp" && u.Port() == "" {
				return usage("--tracker %s: a udp URL needs a port", tracker) // BEP 15 has no default
			}
		}
	}
	return nil
}

func (f *createFlags) tiers() (tiers [][]string) {
	for _, t := range f.trackers {
		tiers = append(tiers, strings.Split(t, ","))
	}
	return tiers
}

// tree is what a torrent is made of.
type tree struct {
	name    string
	single  bool
	files   []metainfo.BuildFile
	paths   []string // on disk, one a file
	lengths []int64
	total   int64
}

// scan finds the files. The output of an earlier run, which is about to be
// replaced, is not one of them.
func (a *app) scan(root, out string) (*tree, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	// A link that the user names is followed, unlike those found below.
	fi, err := os.Stat(root)
	if err != nil {
		return nil, pathError(err)
	}
	tr := &tree{name: filepath.Base(abs)}
	switch {
	case fi.Mode().IsRegular():
		tr.single = true
		tr.add(root, []string{tr.name}, fi.Size())
		return tr, nil
	case !fi.IsDir():
		return nil, fail(codeIO, "%s: neither a file nor a directory", root)
	}
	oldOut, _ := os.Stat(out) // nil: nothing to leave out
	if err := a.walk(tr, root, oldOut); err != nil {
		return nil, err
	}
	if len(tr.files) == 0 {
		return nil, fail(codeNotFound, "%s: no files in it", root)
	}
	return tr, nil
}

func (tr *tree) add(path string, parts []string, size int64) {
	tr.files = append(tr.files, metainfo.BuildFile{Path: parts, Length: size})
	tr.paths = append(tr.paths, path)
	tr.lengths = append(tr.lengths, size)
	tr.total += size
}

// walk adds the files below root, each directory in the order of its names.
func (a *app) walk(tr *tree, root string, oldOut fs.FileInfo) error {
	// WalkDir does not follow a link, not even as its root.
	resolved, err := filepath.EvalSymlinks(root)
	if err != nil {
		return pathError(err)
	}
	return filepath.WalkDir(resolved, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return pathError(err)
		}
		if d.IsDir() {
			return nil
		}
		fi, err := d.Info()
		if err != nil {
			return pathError(err)
		}
		switch {
		case fi.Mode()&fs.ModeSymlink != 0:
			a.say("%s: left out: a symbolic link", path)
			return nil
		case !fi.Mode().IsRegular():
			a.say("%s: left out: not a regular file", path)
			return nil
		case oldOut != nil && os.SameFile(fi, oldOut):
			a.say("%s: left out: the output", path)
			return nil
		}
		rel, err := filepath.Rel(resolved, path)
		if err != nil {
			return err
		}
		tr.add(path, strings.Split(filepath.ToSlash(rel), "/"), fi.Size())
		return nil
	})
}

// build hashes the files and encodes the torrent.
func (a *app) build(f *createFlags, tr *tree) ([]byte, error) {
	pieceLength := int64(f.pieceLength)
	if pieceLength == 0 {
		pieceLength = metainfo.ChoosePieceLength(tr.total)
	}
	hashes, err := a.hash(tr, pieceLength)
	if err != nil {
		return nil, err
	}
	b := metainfo.Builder{
		Name: tr.name, Files: tr.files, Single: tr.single, PieceLength: pieceLength,
		Private: f.private, Trackers: f.tiers(), Comment: f.comment,
		CreatedBy: "bt/" + version, Created: a.clock.Now(),
	}
	encoded, err := b.Encode(hashes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tr.name, err)
	}
	return encoded, nil
}

// hash reads all files. Nothing was written yet that would have to be finished: on
// Ctrl-C, it is left where it is, for the end of the process to end.
func (a *app) hash(tr *tree, pieceLength int64) ([]metainfo.Hash, error) {
	ctx, stop := a.interruptible()
	defer stop()
	meter := a.newMeter("hashing "+tr.name, tr.total)
	defer meter.end()
	type result struct {
		hashes []metainfo.Hash
		err    error
	}
	hashed := make(chan result, 1)
	go func() {
		hashes, err := client.HashFiles(client.OSFS(), tr.paths, tr.lengths, pieceLength, hashWorkers(), meter.set)
		hashed <- result{hashes, err}
	}()
	select {
	case <-ctx.Done():
		return nil, &failure{codeUnfinished, errInterrupted}
	case r := <-hashed:
		if r.err != nil {
			return nil, &failure{diskCode(r.err), r.err}
		}
		return r.hashes, nil
	}
}

func errOutputExists(out string) error {
	return fail(codeExists, "%s: is there already; overwrite it with --force", out)
}

// outPerm is for a file that is meant to be given to others.
const outPerm = 0o644

// writeOutput writes the file whole or not at all.
func (a *app) writeOutput(out string, force bool, data []byte) (err error) {
	if out == "-" {
		_, err := a.stdout.Write(data)
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(out), ".bt-create-*")
	if err != nil {
		return outputError(out, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(outPerm), tmp.Sync(), tmp.Close())
	if err != nil {
		return outputError(out, err)
	}
	if _, statErr := os.Lstat(out); statErr == nil && !force {
		return errOutputExists(out) // it has come while we were hashing
	}
	if err := os.Rename(tmp.Name(), out); err != nil {
		return outputError(out, err)
	}
	return nil
}

func outputError(out string, err error) error {
	code := codeOf(err)
	if code == codeOther {
		code = codeIO
	}
	return fail(code, "write %s: %w", out, bare(err))
}

func (a *app) tellCreated(out string, encoded []byte) error {
	meta, err := metainfo.Parse(encoded)
	if err != nil {
		return err
	}
	for _, note := range meta.Notes {
		a.say("%s", note)
	}
	if a.json && out != "-" {
		return a.events.object(struct {
			torrentObject
			Output string `json:"output"`
		}{newTorrentObject(meta), out})
	}
	if out == "-" || a.quiet {
		return nil
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %s in %s, %s of %s, info-hash %v\n", out, bytesText(meta.Info.Length),
		count(countFiles(&meta.Info), "file"), count(meta.Info.NumPieces(), "piece"), bytesText(meta.Info.PieceLength), meta.InfoHash)
	return err
}
