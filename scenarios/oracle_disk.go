package scenarios

import (
	"bytes"
	"path"
	"strings"
)

// diskWatch holds a client to what it says of its disk: W2 and W8, whatever it
// has claimed to have is there and right, D1, a complete download is the truth,
// D6, nothing is written but the torrent's files and one part file, and files of
// priority 0 not at all.
//
// A claim is right if the bytes are right when the run ends and nothing was
// written to them since the claim was made. So the disk is compared once, and
// not at every HAVE.
type diskWatch struct {
	files      map[string]*fileRange // by path
	before     map[string]bool       // files that were there at the start
	part       string                // the part file, once there is one
	claims     []claim               // by piece
	goesTo     string                // where a move under way goes to; "": none
	left       []string              // where moves have come from, and those that failed have gone to
	behind     string                // where the last move has left something that could not be deleted
	failed     instant               // when a move last did
	leftBehind instant               // when the user was last told of what a move has left
	torn       string                // where it went, if the disk has let it neither go on nor back; "": all is in one place
	moving     int                   // changes of priorities that the disk has not followed
	promised   int                   // of them, those it was said to have
	removed    bool                  // the torrent was removed: its files are nobody's
	written    int64                 // bytes, to files of the torrent
}

// fileRange is a file of the torrent, and where it lies in the content.
type fileRange struct {
	begin, end int64
	wanted     bool
	leaving    bool          // was wanted, until the disk follows
	moves      map[int]int64 // bytes of each piece that may come from the part file
	rewrites   bool          // a sync has failed: what was written may be written again
}

// claim is that a piece is had.
type claim struct {
	rule, to string // by which message, and to whom; rule "": not made
	at       instant
}

func (d *diskWatch) begin(w *watched) {
	info := &w.o.truth.meta.Info
	d.files = make(map[string]*fileRange)
	d.before = make(map[string]bool)
	d.claims = make([]claim, info.NumPieces())
	for i, f := range info.Files {
		if f.Pad {
			continue // BEP 47: "clients [...] need not write the padding files"
		}
		wanted := w.spec.Priorities == nil || w.spec.Priorities[i] > 0
		d.files[w.filePath(i)] = &fileRange{begin: f.Offset, end: f.Offset + f.Length, wanted: wanted}
	}
	for _, f := range w.fs.Files() {
		d.before[f.Path] = true
	}
	w.fs.OnWrite(func(name string, off int64, n int) { d.handleWrite(w, name, off, n) })
}

// filePath is where a file of the torrent lies on the client's disk. BEP 3: "In
// the multifile case, the name key is the name of a directory."
func (s *subject) filePath(i int) string {
	if s.paths.of == nil || s.paths.dir != s.dir {
		s.paths.dir, s.paths.of = s.dir, make([]string, len(s.spec.Meta.Info.Files))
		for i := range s.paths.of {
			s.paths.of[i] = s.filePathIn(s.dir, i)
		}
	}
	return s.paths.of[i]
}

// filePathIn is where it lies if the torrent is in dir.
func (s *subject) filePathIn(dir string, i int) string {
	info := &s.spec.Meta.Info
	below := path.Join(info.Files[i].Path...)
	if info.Multi {
		below = path.Join(info.Name, below)
	}
	return path.Join("/", dir, below)
}

func (d *diskWatch) handleWrite(w *watched, name string, off int64, n int) {
	f, ok := d.files[name]
	if ok {
		d.written += int64(n)
	}
	switch {
	case w.retired:
	case d.removed && path.Dir(name) != stateDir:
		w.violation("D6", "file %s is written to after the torrent was removed", name)
	case !ok:
		d.handleForeign(w, name)
	case !f.wanted && !f.leaving:
		w.violation("D6", "file %s has priority 0, and is written to", name)
	case n > 0:
		d.handleChange(w, f, f.begin+off, f.begin+off+int64(n))
	}
}

// handleChange: a piece claimed to be had is not written to any more, but for
// what moves from the part file into a file.
func (d *diskWatch) handleChange(w *watched, f *fileRange, begin, end int64) {
	length := w.o.truth.meta.Info.PieceLength
	w.durable.written(int(begin/length), int((end-1)/length))
	for p := begin / length; p*length < end && p < int64(len(d.claims)); p++ {
		n := min(end, (p+1)*length) - max(begin, p*length)
		w.written(int(p), n)
		if c := &d.claims[p]; c.rule != "" && !f.move(int(p), n) {
			w.o.violation(c.at, c.rule, w.name, "to %s: piece %d was said to be had, and was still to be written", c.to, p)
			d.unclaim(int(p))
		}
	}
}

// handleForeign allows for one part file, with what belongs to it, and for what
// the program around the client keeps.
func (d *diskWatch) handleForeign(w *watched, name string) {
	if path.Dir(name) == stateDir || d.copies(w, name) || d.notesMove(w, name) {
		return
	}
	part := strings.TrimSuffix(strings.TrimSuffix(name, ".index"), ".tmp")
	inPlace := path.Dir(part) == path.Join("/", w.dir) && strings.HasSuffix(part, ".bt-part")
	switch {
	case inPlace && d.part == "":
		d.part = part
	case !inPlace || d.part != part:
		w.violation("D6", "file %s is not the torrent's, and is written to", name)
	}
}

// claim takes the client's word that it has a piece.
func (d *diskWatch) claim(v *view, p int, rule string) {
	if !v.who.trust.claimed(v, p, rule) && d.claims[p].rule == "" {
		d.claims[p] = claim{rule, v.remote, v.now}
	}
}

func (d *diskWatch) claimAll(v *view, pieces pieceSet) {
	for p := range d.claims {
		if pieces.has(p) {
			d.claim(v, p, "W2")
		}
	}
}

// unclaim forgets a claim: the piece was found damaged since.
func (d *diskWatch) unclaim(p int) { d.claims[p] = claim{} }

func (d *diskWatch) finish(w *watched) {
	complete := (w.torrent.Complete() || w.lacked.empty()) && !w.trusts()
	for i, f := range w.o.truth.meta.Info.Files {
		name := w.filePath(i)
		r, ok := d.files[name]
		if !ok || !r.wanted {
			continue
		}
		if r.moves != nil && (w.errors.waiting || w.stoppedForError() || d.promised > 0) {
			continue // it is in the part file still, as the user knows, or until files are opened again
		}
		diff, same := w.fs.Equal(name, w.o.truth.content[r.begin:r.end])
		if !same && d.torn != "" { // then it is in one of two places
			_, same = w.fs.Equal(w.filePathIn(d.torn, i), w.o.truth.content[r.begin:r.end])
		}
		if same {
			continue
		}
		if complete && !w.damage().excuses(w, name, diff) {
			w.violation("D1", "complete, but %s differs from byte %d on", strings.Join(f.Path, "/"), diff)
		}
		d.checkClaims(w, name, r)
	}
	for _, f := range w.fs.Files() {
		if _, ok := d.files[f.Path]; !ok && !d.before[f.Path] {
			d.handleForeign(w, f.Path)
		}
	}
}

// checkClaims compares what was claimed of one file.
func (d *diskWatch) checkClaims(w *watched, name string, r *fileRange) {
	have, _ := w.fs.ReadFile(name) // a missing file is one of no bytes
	info := &w.o.truth.meta.Info
	for p := range d.claims {
		c := &d.claims[p]
		begin := max(int64(p)*info.PieceLength, r.begin)
		end := min(int64(p)*info.PieceLength+info.PieceSize(p), r.end)
		if c.rule == "" || begin >= end || w.damage().pieces.has(p) {
			continue
		}
		if end-r.begin > int64(len(have)) || !bytes.Equal(have[begin-r.begin:end-r.begin], w.o.truth.content[begin:end]) {
			w.o.violation(c.at, c.rule, w.name, "to %s: piece %d was said to be had, and is wrong on disk", c.to, p)
		}
	}
}
