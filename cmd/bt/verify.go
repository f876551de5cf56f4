package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bt/client"
	"bt/client/metainfo"
)

func newVerifyCommand(a *app) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:     "verify TORRENT",
		Aliases: []string{"check"},
		Short:   "Check data against its torrent",
		Long: `Read the data of a torrent and check every piece. Nothing is ever written. Pieces
that are wrong or missing are listed with the files they belong to, and the exit
code is then 32.`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return a.verify(args[0], dir) },
	}
	cmd.Flags().StringVarP(&dir, "dir", "d", ".", "the data is in `DIR`")
	return cmd
}

func (a *app) verify(src, dir string) error {
	meta, err := a.load(src)
	if err != nil {
		return err
	}
	if fi, err := os.Stat(dir); err != nil {
		return pathError(err)
	} else if !fi.IsDir() {
		return fail(codeIO, "%s: not a directory", dir)
	}
	ctx, stop := a.interruptible()
	defer stop()
	v := verdict{info: &meta.Info, bad: make([]bool, meta.Info.NumPieces())}
	meter := a.newMeter("checking "+meta.Info.Name, meta.Info.Length)
	err = client.Verify(ctx, client.OSFS(), dir, meta, diskWorkers(), func(piece int, ok bool) {
		v.bad[piece] = !ok
		meter.add(meta.Info.PieceSize(piece))
	})
	meter.end()
	if err != nil {
		return verifyError(err)
	}
	v.look(dir)
	return a.tellVerdict(meta, &v)
}

// verifyError is for what keeps data from being checked at all.
func verifyError(err error) error {
	if errors.Is(err, context.Canceled) {
		return &failure{codeUnfinished, errInterrupted}
	}
	return &failure{diskCode(err), err}
}

// verdict is the result of a check.
type verdict struct {
	info  *metainfo.Info
	bad   []bool // by piece
	files []fileVerdict
	wrong int // pieces
}

// fileVerdict is a file that is not as it should be.
type fileVerdict struct {
	Path    string `json:"path"`
	Pieces  int    `json:"pieces"`      // it has a share in
	Bad     int    `json:"pieces_bad"`  // of those
	Missing bool   `json:"missing"`     // it does not exist
	Extra   int64  `json:"extra_bytes"` // beyond its end, which do no harm
}

// look finds out which files the bad pieces belong to, and looks for those
// empty ones that no piece tells about.
func (v *verdict) look(dir string) {
	for i := range v.info.Files {
		f := &v.info.Files[i]
		if f.Pad {
			continue
		}
		fv := fileVerdict{Path: filePath(v.info, f)}
		if first, last, ok := v.info.FilePieces(i); ok {
			fv.Pieces = last - first + 1
			for p := first; p <= last; p++ {
				if v.bad[p] {
					fv.Bad++
				}
			}
		}
		fi, err := os.Lstat(filepath.Join(dir, fv.Path))
		fv.Missing = err != nil
		if err == nil {
			fv.Extra = max(fi.Size()-f.Length, 0)
		}
		if fv.Bad > 0 || fv.Missing || fv.Extra > 0 {
			v.files = append(v.files, fv)
		}
	}
	for _, bad := range v.bad {
		if bad {
			v.wrong++
		}
	}
}

// ok says that the data is complete and right. A file that is too long has all
// that it should have.
func (v *verdict) ok() bool {
	for _, f := range v.files {
		if f.Missing {
			return false
		}
	}
	return v.wrong == 0
}

func (a *app) tellVerdict(meta *metainfo.MetaInfo, v *verdict) error {
	var err error
	if a.json {
		err = a.tellVerdictJSON(meta, v)
	} else if !a.quiet {
		err = a.tellVerdictText(v)
	}
	if err == nil && !v.ok() {
		err = &toldError{fail(codeVerification, "%s of %d wrong or missing", count(v.wrong, "piece"), len(v.bad))}
	}
	return err
}

func (a *app) tellVerdictJSON(meta *metainfo.MetaInfo, v *verdict) error {
	bad := []int{}
	for p := range v.bad {
		if v.bad[p] {
			bad = append(bad, p)
		}
	}
	files := v.files
	if files == nil {
		files = []fileVerdict{}
	}
	return a.events.object(struct {
		Schema    int           `json:"schema"`
		Name      string        `json:"name"`
		InfoHash  string        `json:"info_hash"`
		OK        bool          `json:"ok"`
		Pieces    int           `json:"pieces"`
		BadPieces []int         `json:"bad_pieces"`
		Files     []fileVerdict `json:"files"` // that are not as they should be
	}{schema, v.info.Name, meta.InfoHash.String(), v.ok(), len(v.bad), bad, files})
}

func (a *app) tellVerdictText(v *verdict) error {
	name := v.info.Name
	if v.ok() {
		fmt.Fprintf(a.stdout, "%s: all %s right\n", name, count(len(v.bad), "piece"))
	} else {
		fmt.Fprintf(a.stdout, "%s: %d of %s wrong or missing", name, v.wrong, count(len(v.bad), "piece"))
		if v.wrong > 0 {
			fmt.Fprintf(a.stdout, ": %s", rangesText(v.bad))
		}
		fmt.Fprintln(a.stdout)
	}
	for _, f := range v.files {
		var what string
		switch {
		case f.Missing:
			what = "missing"
		case f.Bad > 0:
			what = fmt.Sprintf("%d of %s wrong", f.Bad, count(f.Pieces, "piece"))
		default:
			what = fmt.Sprintf("right, but %s too long", bytesText(f.Extra))
		}
		if _, err := fmt.Fprintf(a.stdout, "  %s: %s\n", f.Path, what); err != nil {
			return err
		}
	}
	return nil
}

// rangesMax keeps the list of bad pieces to some lines of a terminal; --json
// lists all.
const rangesMax = 40

// rangesText is "3-7, 19": the indices that are set.
func rangesText(set []bool) string {
	var parts []string
	for i := 0; i < len(set); i++ {
		if !set[i] {
			continue
		}
		first := i
		for i+1 < len(set) && set[i+1] {
			i++
		}
		if len(parts) == rangesMax {
			return strings.Join(parts, ", ") + ", …"
		}
		if first == i {
			parts = append(parts, strconv.Itoa(i))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", first, i))
		}
	}
	return strings.Join(parts, ", ")
}
