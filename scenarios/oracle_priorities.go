package scenarios

import (
	"slices"

	"bt/client"
)

// priorities tells the oracles that a client is about to be given other
// priorities of its files.
func (o *oracles) priorities(s *subject, files []int) {
	o.catchUp()
	w := o.at[s.host]
	if w == nil || w.subject != s {
		return
	}
	if w.frozenUntil().Equal(o.now()) && !w.asleep {
		w.asleep, w.leftAsleep = true, w.left
	}
	s.spec.Priorities = slices.Clone(files)
	w.prioAt = o.present()
	w.noteLeft()
	for p := range o.truth.meta.Info.NumPieces() {
		w.wanted.clear(p)
		w.unlack(p)
		if o.truth.wants(files, p) {
			w.wanted.set(p)
			if !w.believes(p) {
				w.lack(p)
			}
		}
	}
	w.noteLeft()
	w.disk.reprioritise(w)
	for _, v := range w.views {
		v.interest.changed(v)
		v.extended.changed(v)
		v.requests.expectUnwanted(v)
	}
}

// expectUnwanted holds the client to withdraw what it has asked for and does not
// want any more.
func (r *requestRule) expectUnwanted(v *view) {
	for _, l := range r.live {
		if v.who.wanted.has(int(l.block.Index)) {
			continue
		}
		v.who.o.later(cancelGrace, func() {
			i := r.find(l.block)
			again := v.who.wanted.has(int(l.block.Index)) // and so it may stay
			if i >= 0 && r.live[i].serial == l.serial && !again && !v.over() {
				v.violationAt(v.who.o.now(), "W7", "no cancel of %v, which is of files of priority 0 now", l.block)
			}
		})
	}
}

// reprioritise: what ceases to be wanted may be written to until the disk has
// followed, and what begins to be wanted gets its bytes from the part file, each
// of them once.
func (d *diskWatch) reprioritise(w *watched) {
	d.moving++
	info := &w.o.truth.meta.Info
	for i := range info.Files {
		f := d.files[w.filePath(i)]
		if f == nil {
			continue // padding
		}
		was := f.wanted
		f.wanted = w.spec.Priorities[i] > 0
		f.leaving = f.leaving || was && !f.wanted
		if !was && f.wanted {
			f.allowMoves(info.PieceLength)
		}
	}
}

// allowMoves: each byte of the file may come from the part file, once.
func (f *fileRange) allowMoves(length int64) {
	f.moves = make(map[int]int64)
	for p := f.begin / length; p*length < f.end; p++ {
		f.moves[int(p)] = min(f.end, (p+1)*length) - max(f.begin, p*length)
	}
}

// moveAgain: an operation has failed, perhaps in the middle of a move, or the sync at
// its end, so that all of it is moved once more.
func (d *diskWatch) moveAgain(w *watched) {
	for _, f := range d.files { // each on its own: the order has no effect
		if f.moves != nil {
			f.allowMoves(w.o.truth.meta.Info.PieceLength)
		}
	}
}

// rewrite: after a failed sync every byte may be written once more. That they are
// the same is seen at the end.
func (d *diskWatch) rewrite() {
	for _, f := range d.files { // each on its own: the order has no effect
		f.rewrites = true
	}
}

// move takes n bytes of a piece as moved into the file, if they may be.
func (f *fileRange) move(p int, n int64) bool {
	if f.rewrites {
		return true
	}
	if f.moves[p] < n {
		return false
	}
	f.moves[p] -= n
	return true
}

// followed: the disk is in line with a change of priorities; or, if the torrent is
// stopped, will be before anything else is done with its files.
func (d *diskWatch) followed(w *watched) {
	if d.promised++; w.state != client.Stopped {
		d.kept()
	}
}

// kept: the files were used, so that the disk is in line with all that was said.
func (d *diskWatch) kept() {
	d.moving, d.promised = d.moving-d.promised, 0
	if d.moving > 0 {
		return
	}
	for _, f := range d.files { // each on its own: the order has no effect
		f.leaving, f.moves = false, nil
	}
}
