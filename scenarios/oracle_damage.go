package scenarios

import "bt/simnet/simfs"

// damage is what a run has done to a disk behind the back of the client. It is
// not held against the client, until it has looked again at the piece and found
// it right.
type damage struct {
	// pieces lie wrongly on the disk, or not at all: no rule about the disk holds.
	pieces pieceSet
	// silent are those of them of which nothing tells but a hash check, so that
	// wrong bytes may even be sent (D2).
	silent pieceSet
	// grown are files that somebody has made longer than the torrent has them.
	grown map[string]bool
}

// damageOf returns what is known of a disk. It outlives the client.
func (o *oracles) damageOf(fs *simfs.FS) *damage {
	d := o.damaged[fs]
	if d == nil {
		n := o.truth.meta.Info.NumPieces()
		d = &damage{newPieceSet(n), newPieceSet(n), make(map[string]bool)}
		o.damaged[fs] = d
	}
	return d
}

// watchDamage begins to take note of what goes wrong on the disk of a client.
func (w *watched) watchDamage() {
	w.fs.OnDamage(func(name string, off, n int64) {
		if f := w.disk.files[name]; f != nil {
			w.damage().add(w, f.begin+off, f.begin+off+n, true)
		} else if name == w.disk.part {
			// Whose bytes they are only the index knows.
			w.damage().add(w, 0, int64(len(w.o.truth.content)), true)
		}
	})
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
		begin, end, silent := f.begin, f.end, false
		if disk.Kind == "flip" {
			begin += int64(disk.From)
			end, silent = begin+1, true
		}
		if disk.Kind == "truncate" {
			begin += int64(disk.Size)
		}
		if disk.Kind == "grow" {
			w.damage().grown[name] = true
			continue
		}
		w.damage().add(w, begin, end, silent)
	}
}

// add notes that the bytes [begin, end) of the content are damaged.
func (d *damage) add(w *watched, begin, end int64, silent bool) {
	length := w.o.truth.meta.Info.PieceLength
	for p := begin / length; p*length < end && p < int64(w.o.truth.meta.Info.NumPieces()); p++ {
		d.pieces.set(int(p))
		if silent {
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

// checkMended: the client has found a piece to be right. It may have been wrong
// about that, if the disk has only pretended to write.
func (w *watched) checkMended(p int) {
	d := w.damage()
	if d.silent.has(p) && w.onDisk(p) {
		d.silent.clear(p)
	}
	if d.pieces.has(p) && w.onDisk(p) && w.holds(w.fs.Image(), p) {
		d.pieces.clear(p)
	}
}
