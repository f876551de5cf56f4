package scenarios

import "bt/client"

// trustWatch is what W2 allows to a client in seed mode: to say that it has what
// it has only seen the size of. That ends with the first piece that is found
// wrong; afterwards nothing is claimed but what was verified, as by all others.
// What is claimed on trust is not held against the disk: D2 reads every byte that
// is sent, and none may be wrong.
type trustWatch struct {
	on    bool
	taken pieceSet // what may be claimed on trust
	off   instant  // when it ended
	begun bool     // the client has looked at its disk
}

// begin looks at the disk as the client does: with one wanted file missing or of
// another size there is no seed mode.
func (tw *trustWatch) begin(w *watched) {
	info := &w.o.truth.meta.Info
	tw.taken = newPieceSet(info.NumPieces())
	if tw.on = w.spec.SeedMode; !tw.on {
		return
	}
	sizes := make(map[string]int64)
	for _, f := range w.fs.Files() {
		sizes[f.Path] = f.Size
	}
	for p := range info.NumPieces() {
		tw.taken.set(p)
	}
	for i, f := range info.Files {
		if size, ok := sizes[w.filePath(i)]; f.Pad || ok && size == f.Length {
			continue
		}
		if w.spec.Priorities == nil || w.spec.Priorities[i] > 0 {
			tw.on = false
		}
		if first, last, some := info.FilePieces(i); some {
			for p := first; p <= last; p++ {
				tw.taken.clear(p)
			}
		}
	}
}

// claimed judges a claim of a piece, and says whether it was made on trust.
func (tw *trustWatch) claimed(v *view, p int, rule string) (onTrust bool) {
	w := v.who
	if !w.spec.SeedMode || rule != "W2" || w.had.has(p) {
		return false
	}
	at := v.now
	// What this very instant brings, its notices say at its end.
	w.o.later(0, func() {
		legal := tw.taken.has(p) && (tw.on || tw.off.Equal(at)) || w.had.has(p)
		if !legal && !v.over() {
			v.violationAt(at, "W2", "piece %d is claimed, not verified, and there is no seed mode", p)
		}
	})
	return tw.on && tw.taken.has(p)
}

// believes says whether the client has a piece, as far as it knows.
func (w *watched) believes(p int) bool { return w.had.has(p) || w.trust.on && w.trust.taken.has(p) }

// trusts says whether it has some only on trust.
func (w *watched) trusts() bool {
	for p := range w.o.truth.meta.Info.NumPieces() {
		if w.trust.on && w.trust.taken.has(p) && !w.had.has(p) {
			return true
		}
	}
	return false
}

// relack works out anew which wanted pieces the client lacks, as far as it knows.
func (w *watched) relack() {
	for p := range w.o.truth.meta.Info.NumPieces() {
		if w.unlack(p); w.wanted.has(p) && !w.believes(p) {
			w.lack(p)
		}
	}
	w.noteLeft()
	for _, v := range w.views {
		v.interest.changed(v)
		v.extended.changed(v)
	}
}

// end is the end of seed mode.
func (tw *trustWatch) end(w *watched) {
	if !tw.on {
		return
	}
	tw.on, tw.off = false, w.o.present()
	w.relack()
}

// handle takes the news that seed mode depends on.
func (tw *trustWatch) handle(w *watched, n client.Notice) {
	switch n := n.(type) {
	case client.PieceFailed:
		if !n.Download {
			tw.end(w)
		}
	case client.SeedModeEnded:
		tw.end(w)
	case client.StorageMoved:
		if !tw.begun {
			tw.begin(w) // an earlier life has moved the files: it is these that it looks at
		}
	case client.HashcheckDone:
		tw.begun = true
		if tw.on {
			w.relack() // from now on it believes
		}
	}
}
