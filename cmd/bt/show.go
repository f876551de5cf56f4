package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"bt/client/metainfo"
)

func newShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "show FILE",
		Aliases: []string{"info"},
		Short:   "Print what a .torrent says",
		Long:    "Print what a .torrent says: a file, an http or https URL, or - for standard input.",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			meta, err := a.load(args[0])
			if err != nil {
				return err
			}
			if a.json {
				return a.events.object(newTorrentObject(meta))
			}
			if err := a.showHead(meta); err != nil {
				return err
			}
			return a.listFiles(&meta.Info)
		},
	}
}

// showHead prints all but the files.
func (a *app) showHead(meta *metainfo.MetaInfo) error {
	info := &meta.Info
	tab := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(tab, "%s\t%s\n", name, value)
		}
	}
	row("name", info.Name)
	row("info-hash", meta.InfoHash.String())
	row("size", fmt.Sprintf("%s (%s bytes) in %s", bytesText(info.Length), humanize.Comma(info.Length), count(countFiles(info), "file")))
	row("pieces", fmt.Sprintf("%s of %s", humanize.Comma(int64(info.NumPieces())), bytesText(info.PieceLength)))
	if info.Private {
		row("private", "yes: peers come from its trackers only")
	}
	for i, tier := range meta.Trackers {
		row("tracker "+strconv.Itoa(i+1), printable(strings.Join(tier, "  ")))
	}
	// Strangers wrote these: quoted, so that nothing in them passes for ours.
	if meta.Comment != "" {
		row("comment", strconv.Quote(meta.Comment))
	}
	if meta.CreatedBy != "" {
		row("created by", strconv.Quote(meta.CreatedBy))
	}
	if !meta.Created.IsZero() {
		row("created", meta.Created.Format(time.RFC3339))
	}
	fmt.Fprintln(tab)
	return tab.Flush()
}

func countFiles(info *metainfo.Info) (n int) {
	for i := range info.Files {
		if !info.Files[i].Pad {
			n++
		}
	}
	return n
}

// torrentObject is a .torrent for --json.
type torrentObject struct {
	Schema      int          `json:"schema"`
	Name        string       `json:"name"`
	InfoHash    string       `json:"info_hash"`
	Size        int64        `json:"size"`
	PieceLength int64        `json:"piece_length"`
	Pieces      int          `json:"pieces"`
	Private     bool         `json:"private"`
	Trackers    [][]string   `json:"trackers"`
	Comment     string       `json:"comment,omitempty"`
	CreatedBy   string       `json:"created_by,omitempty"`
	Created     *time.Time   `json:"created,omitempty"`
	Files       []fileObject `json:"files"`
	Notes       []string     `json:"notes,omitempty"`
}

type fileObject struct {
	Index int    `json:"index"` // as --select takes it
	Path  string `json:"path"`  // below the download directory, with slashes
	Size  int64  `json:"size"`
}

func newTorrentObject(meta *metainfo.MetaInfo) torrentObject {
	info := &meta.Info
	o := torrentObject{
		Schema: schema, Name: info.Name, InfoHash: meta.InfoHash.String(), Size: info.Length,
		PieceLength: info.PieceLength, Pieces: info.NumPieces(), Private: info.Private,
		Trackers: meta.Trackers, Comment: meta.Comment, CreatedBy: meta.CreatedBy, Notes: meta.Notes,
		Files: []fileObject{},
	}
	if o.Trackers == nil {
		o.Trackers = [][]string{}
	}
	if !meta.Created.IsZero() {
		o.Created = &meta.Created
	}
	for i := range info.Files {
		if f := &info.Files[i]; !f.Pad {
			o.Files = append(o.Files, fileObject{i + 1, filepath.ToSlash(filePath(info, f)), f.Length})
		}
	}
	return o
}
