package scenarios

import "bt/simnet/simfs"

// handleLoaded is D5: what a client believes to have without having looked, for
// the word of an earlier instance, is there and right. It comes with the end of
// a hash check; all that was looked at has been told before.
func (w *watched) handleLoaded() {
	w.durable.looked = true
	bits := w.torrent.Bitfield()
	for p := range w.o.truth.meta.Info.NumPieces() {
		if bits[p/8]&(0x80>>(p%8)) == 0 || w.had.has(p) {
			continue
		}
		if !w.onDisk(p) && !w.damage().pieces.has(p) {
			w.violation("D5", "piece %d is believed to be there, and is not", p)
		}
		w.handleVerified(p)
	}
}

// onDisk says whether a piece is in the files that are wanted, as far as it is
// theirs. After a move that could go neither on nor back each is in one of two places.
func (w *watched) onDisk(p int) bool { return w.holds(w.fs, p) }

// holds is onDisk for a disk that may be an image of the client's.
func (w *watched) holds(disk *simfs.FS, p int) bool { return w.holdsIn(w.dir, disk, p) }

// holdsIn is holds for files that a move may have taken to another directory.
func (w *watched) holdsIn(dir string, disk *simfs.FS, p int) bool {
	info := &w.o.truth.meta.Info
	from := int64(p) * info.PieceLength
	to := from + info.PieceSize(p)
	for i := range info.Files {
		f := w.disk.files[w.filePath(i)]
		if f == nil || !f.wanted || f.end <= from || f.begin >= to {
			continue
		}
		begin, end := max(from, f.begin), min(to, f.end)
		name := w.filePath(i)
		if dir != w.dir {
			name = w.filePathIn(dir, i)
		}
		if !disk.Holds(name, begin-f.begin, w.o.truth.content[begin:end]) {
			return false
		}
	}
	return true
}
