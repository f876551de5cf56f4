package storage

import (
	"path/filepath"
	"sort"

	"bt/client/metainfo"
)

// layout is the geometry of a torrent: which bytes of which file a piece is
// made of. It never changes.
type layout struct {
	info  *metainfo.Info
	full  []int // indexes of the files that are not empty, by offset
	bytes int64 // length of the torrent
	pads  bool  // some file is a pad
}

func newLayout(info *metainfo.Info) layout {
	l := layout{info: info, bytes: info.Length}
	for i := range info.Files {
		f := &info.Files[i]
		if f.Length > 0 {
			l.full = append(l.full, i)
		}
		l.pads = l.pads || f.Pad
	}
	return l
}

// segment is the part of a piece that lies in one file.
type segment struct {
	file  int   // index in Info.Files
	off   int64 // where it starts in the file
	begin int64 // where it starts in the piece
	n     int64 // its length, never 0
	pad   bool
}

// cursor walks the segments of a range of one piece. It is a value, so that
// the paths of every block need no allocation.
type cursor struct {
	segment
	l     *layout
	full  int   // next position in layout.full
	pos   int64 // next byte, counted from the start of the torrent
	end   int64
	start int64 // of the piece, counted from the start of the torrent
}

// segments returns a cursor over [begin, begin+n) of a piece. The caller has
// checked that the range lies within the piece.
func (l *layout) segments(piece int, begin, n int64) cursor {
	start := int64(piece) * l.info.PieceLength
	pos := start + begin
	// The first file that ends behind pos; empty files are not in the list, so
	// exactly one file holds each byte.
	full := sort.Search(len(l.full), func(i int) bool {
		f := &l.info.Files[l.full[i]]
		return f.Offset+f.Length > pos
	})
	return cursor{l: l, full: full, pos: pos, end: pos + n, start: start}
}

// next moves to the next segment and tells whether there was one.
func (c *cursor) next() bool {
	if c.pos >= c.end {
		return false
	}
	i := c.l.full[c.full]
	f := &c.l.info.Files[i]
	n := min(c.end, f.Offset+f.Length) - c.pos
	c.segment = segment{file: i, off: c.pos - f.Offset, begin: c.pos - c.start, n: n, pad: f.Pad}
	c.pos += n
	c.full++
	return true
}

// target is a file the store may open.
type target struct {
	path  string   // joined with the download directory
	below []string // its components below the download directory
}

func newTarget(dir string, below ...string) target {
	return target{path: filepath.Join(dir, filepath.Join(below...)), below: below}
}

// targets lists the files of the torrent, in their order.
func targets(dir string, info *metainfo.Info) []target {
	ts := make([]target, 0, len(info.Files))
	for i := range info.Files {
		below := info.Files[i].Path
		if info.Multi {
			// BEP 3: "In the multifile case, the name key is the name of a directory."
			below = append([]string{info.Name}, below...)
		}
		ts = append(ts, newTarget(dir, below...))
	}
	return ts
}
