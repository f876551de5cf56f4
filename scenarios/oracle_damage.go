package scenarios

import (
	"slices"
	"strings"

	"bt/simnet/simfs"
)

// damage is what a run has done to a disk behind the back of the client. It is
// not held against the client, until it has looked again at the piece and found
// it right.
type damage struct {
	// pieces lie wrongly on the disk, or not at all: no rule about the disk holds.
	pieces pieceSet
	// silent are those of them of which nothing tells but a hash check, so that
	// wrong bytes may even be sent (D2).
	silent pieceSet
	// faked are those of which this is so, or will be as soon as the power is lost:
	// the system has them, the disk has not.
	faked pieceSet
	// grown are files that somebody has made longer than the torrent has them.
	grown map[string]bool
	// places are where the torrent was before it was moved, and unnamed says that a
	// directory has lied about which names in it are durable.
	places  []string
	unnamed bool
}

// harm is what a piece is that was damaged.
type harm uint8

const (
	harmSeen   harm = iota // who looks at the files, without their bytes, sees it
	harmFaked              // will be silent when the power is lost
	harmSilent             // only a hash check sees it
)

// damageOf returns what is known of a disk. It outlives the client.
func (o *oracles) damageOf(fs *simfs.FS) *damage {
	d := o.damaged[fs]
	if d == nil {
		n := o.truth.meta.Info.NumPieces()
		d = &damage{
			pieces: newPieceSet(n), silent: newPieceSet(n), faked: newPieceSet(n), grown: make(map[string]bool),
		}
		o.damaged[fs] = d
	}
	return d
}

// watchDamage begins to take note of what goes wrong on the disk of a client.
func (w *watched) watchDamage() {
	w.fs.OnDamage(func(name string, off, n int64) {
		f, d := w.disk.files[name], w.damage()
		switch {
		case n == 0:
			d.handleUnnamed(w, name)
		case f != nil:
			d.add(w, f.begin+off, f.begin+off+n, harmSilent)
		case strings.HasSuffix(name, partSuffix):
			d.addPart(w, off, n, harmSilent)
		case strings.Contains(name, partSuffix):
			// Its index has a checksum. If it is gone, so is all that it speaks of.
			d.addPart(w, 0, w.o.truth.meta.Info.PieceLength, harmSeen)
		default:
			d.addMoving(w, name, off, n)
		}
	})
}

// addPart notes that bytes of the part file are damaged. Its slots are as long as a
// piece, and whose they are its index says, which may be in the client's memory still:
// of all pieces that may be in it, those are meant that have these bytes there.
func (d *damage) addPart(w *watched, off, n int64, how harm) {
	length := w.o.truth.meta.Info.PieceLength
	first, end := off%length, off%length+n
	for p := range w.o.truth.meta.Info.NumPieces() {
		for _, r := range w.parted(p) {
			// What is longer than what is left of its slot goes on in the next one.
			if r.begin < end && r.end > first || r.begin < end-length {
				d.add(w, int64(p)*length, int64(p)*length+1, how)
			}
		}
	}
}

// addMoving notes the same of a file on its way to where it is moved.
func (d *damage) addMoving(w *watched, name string, off, n int64) {
	if w.disk.goesTo == "" {
		return
	}
	for i := range w.o.truth.meta.Info.Files {
		if f := w.disk.files[w.filePath(i)]; f != nil && name == w.filePathIn(w.disk.goesTo, i) {
			d.add(w, f.begin+off, f.begin+off+n, harmSilent)
		}
	}
}

// handleUnnamed: a directory has said that the names in it are durable, and they are not. A
// loss of power may take all that is below it, which whoever comes next will see; but
// not that an index of the part file is there again that was out of date.
func (d *damage) handleUnnamed(w *watched, dir string) {
	d.unnamed = true
	for name, f := range w.disk.files { // each on its own: the order has no effect
		if below(name, dir) {
			d.add(w, f.begin, f.end, harmSeen)
		}
	}
	if w.disk.part != "" && below(w.disk.part, dir) {
		d.addPart(w, 0, w.o.truth.meta.Info.PieceLength, harmFaked)
	}
}

// shareRange is what a file that is not wanted has of a piece: where in the piece.
type shareRange struct {
	begin, end int64
	path       string
	off        int64 // in the file
}

// parted lists what of a piece may be in the part file.
func (w *watched) parted(p int) (list []shareRange) {
	info := &w.o.truth.meta.Info
	from := int64(p) * info.PieceLength
	to := from + info.PieceSize(p)
	for i := range info.Files {
		f := w.disk.files[w.filePath(i)]
		if f == nil || f.end <= from || f.begin >= to || f.wanted && !f.leaving && w.disk.moving == 0 {
			continue
		}
		begin := max(f.begin, from)
		list = append(list, shareRange{begin - from, min(f.end, to) - from, w.filePath(i), begin - f.begin})
	}
	return list
}

// provesMin is how many bytes must be right in a slot of the part file to show whose
// it is: as many are nowhere else by chance.
const provesMin = 16

// holdsParted says that what of a piece is in no wanted file is known to be right: one
// slot of the part file has all of it.
func (w *watched) holdsParted(disk *simfs.FS, p int) bool {
	list := w.parted(p)
	var n int64
	for _, r := range list {
		n += r.end - r.begin
	}
	if n < provesMin {
		return n == 0
	}
	length := w.o.truth.meta.Info.PieceLength
	for slot := range int64(w.o.truth.meta.Info.NumPieces()) {
		wrong := slices.ContainsFunc(list, func(r shareRange) bool {
			at := int64(p) * length
			return !disk.Holds(w.disk.part, slot*length+r.begin, w.o.truth.content[at+r.begin:at+r.end])
		})
		if !wrong {
			return true
		}
	}
	return false
}

func (w *watched) damage() *damage { return w.o.damageOf(w.fs) }

// meddled: somebody is about to do something to a file of a client.
func (o *oracles) meddled(fs *simfs.FS, name string, disk *Disk) {
	for _, w := range o.all {
		if w.fs != fs || w.retired {
			continue
		}
		f := w.disk.files[name]
		if f == nil {
			continue
		}
		begin, end, how := f.begin, f.end, harmSeen
		if disk.Kind == "flip" {
			begin += int64(disk.From)
			end, how = begin+1, harmSilent
		}
		if disk.Kind == "truncate" {
			begin += int64(disk.Size)
		}
		if disk.Kind == "grow" {
			w.damage().grown[name] = true
			continue
		}
		w.damage().add(w, begin, end, how)
	}
}

// add notes that the bytes [begin, end) of the content are damaged.
func (d *damage) add(w *watched, begin, end int64, how harm) {
	length := w.o.truth.meta.Info.PieceLength
	for p := begin / length; p*length < end && p < int64(w.o.truth.meta.Info.NumPieces()); p++ {
		d.pieces.set(int(p))
		if how >= harmFaked {
			d.faked.set(int(p))
		}
		if how == harmSilent {
			d.silent.set(int(p))
		}
	}
}

// excuses says whether a file may differ from the truth from byte diff on.
func (d *damage) excuses(w *watched, name string, diff int64) bool {
	f := w.disk.files[name]
	if diff == f.end-f.begin {
		return d.grown[name]
	}
	return d.pieces.has(int((f.begin + diff) / w.o.truth.meta.Info.PieceLength))
}

// checkMended: the client has found a piece to be right, by what it has read, or by
// what has just come. It may have been wrong about that, if the disk has only
// pretended to write.
func (w *watched) checkMended(p int, download bool) {
	d := w.damage()
	if !d.pieces.has(p) || !w.onDisk(p) || download && !w.holdsParted(w.fs, p) {
		return
	}
	d.silent.clear(p)
	if image := w.fs.Image(); w.holds(image, p) && w.holdsParted(image, p) {
		d.pieces.clear(p)
		d.faked.clear(p)
	}
}

// handlePowerLost: what only the system had is gone, and nobody is told.
func (d *damage) handlePowerLost(pieces int) {
	for p := range pieces {
		if d.faked.has(p) {
			d.silent.set(p)
		}
	}
}
