package torrent

import (
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
)

// lookEvery is how often the files of a torrent that has peers are looked at, for
// what others have done to them.
const lookEvery = 30 * time.Second

// doubts are reasons not to take a piece that was had as had.
type doubts struct {
	// held are pieces that could not be read, or whose files somebody else has
	// changed. They still count as had, since nearly always they are, and BEP 3
	// knows no way to take a HAVE back; but they are not served, nor noted down as
	// had, until a check has found them right. If it does not, they are lost.
	held bitfield.Bitfield
	// unsure are pieces that were written before a sync failed and after the last
	// good one. The system may hold them for written, and never write them: they
	// are written again once they are verified, and not noted down before.
	unsure bitfield.Bitfield
	syncs  int // that have failed in a row
	// unread are pieces that were lost because they could not be read, not because
	// they were wrong: when the files are looked at they are tried again, less and
	// less often.
	unread  bitfield.Bitfield
	retryAt time.Time
	pause   time.Duration

	lookAt  time.Time // when the files are to be looked at
	lookNow bool      // a change was met: they are looked at before anything is checked
	looking bool
}

func newDoubts(pieces int) doubts {
	return doubts{held: bitfield.New(pieces), unsure: bitfield.New(pieces), unread: bitfield.New(pieces)}
}

// durable says whether a piece that is had when a sync begins is durable when it
// has succeeded.
func (d *doubts) durable(piece int) bool { return !d.held.Has(piece) && !d.unsure.Has(piece) }

// doubt has a piece checked before it is served again.
func (t *Torrent) doubt(now time.Time, piece int, out *boundary.Effects) {
	if !t.pieces.have.Has(piece) || t.doubts.held.Has(piece) {
		return
	}
	t.doubts.held.Set(piece)
	t.checkpoint.unsynced = true
	if !t.removing {
		t.checker.add(piece)
	}
	for _, p := range t.peers {
		p.RefusePiece(now, piece, out)
	}
}

// readFailed takes an error of reading a piece that was had. A busy disk says
// nothing about the piece; but whoever has asked for it may not ask again, so that
// the user is told all the same.
func (t *Torrent) readFailed(now time.Time, piece int, err error, out *boundary.Effects) {
	switch boundary.FaultOf(err) {
	case boundary.DiskBusy:
		out.Notify = append(out.Notify, boundary.ReadFailed{Torrent: t.cfg.ID, Piece: piece, Err: err})
		return
	case boundary.DiskChanged:
		t.doubts.lookNow = true
	}
	if t.pieces.have.Has(piece) && !t.doubts.held.Has(piece) {
		out.Notify = append(out.Notify, boundary.ReadFailed{Torrent: t.cfg.ID, Piece: piece, Err: err})
		t.doubt(now, piece, out)
	}
}

// maybeLook has the files looked at when that is due.
func (t *Torrent) maybeLook(now time.Time, out *boundary.Effects) {
	d := &t.doubts
	at, ok := t.lookAt()
	if ok && !now.Before(at) || d.lookNow && !d.looking && t.files.open() {
		d.looking, d.lookNow = true, false
		out.Look = append(out.Look, boundary.LookAtFiles{Torrent: t.cfg.ID})
	}
}

// lookAt is when the files are to be looked at. A torrent that nobody is connected
// to gives nothing wrong to anybody.
func (t *Torrent) lookAt() (time.Time, bool) {
	d := &t.doubts
	return d.lookAt, !d.looking && t.files.open() && t.files.loaded && len(t.peers) > 0
}

// HandleFilesLooked takes what others have done to the files.
func (t *Torrent) HandleFilesLooked(now time.Time, e boundary.FilesLooked, out *boundary.Effects) {
	t.doubts.looking = false
	t.retryUnread(now)
	t.handleChanges(now, e.Changes, out)
	t.settle(now, out)
}

// retryMax is the longest pause between two attempts to read what could not be
// read: each is told of when it fails.
const retryMax = time.Hour

// retryUnread has the pieces checked again that could not be read, when that is
// due.
func (t *Torrent) retryUnread(now time.Time) {
	d := &t.doubts
	switch {
	case d.unread.None():
		d.pause = lookEvery
	case t.state != boundary.Stopped && !now.Before(d.retryAt):
		d.pause = min(2*d.pause, retryMax)
		d.retryAt = now.Add(d.pause)
		for p := d.unread.Next(0); p >= 0; p = d.unread.Next(p + 1) {
			t.checker.add(p)
		}
	}
}

// handleChanges has all checked that the torrent has in files which somebody else
// has changed. What has come of other pieces there is fetched again.
func (t *Torrent) handleChanges(now time.Time, changes []boundary.FileChange, out *boundary.Effects) {
	t.doubts.lookAt = now.Add(lookEvery)
	for _, c := range changes {
		out.Notify = append(out.Notify, boundary.FileChanged{Torrent: t.cfg.ID, File: c.File, How: c.How})
		first, last, ok := t.info.FilePieces(c.File)
		for p := first; ok && p <= last; p++ {
			t.doubt(now, p, out)
			if t.picker.InProgress(int64(p)) {
				t.restart(now, p, out)
			}
		}
	}
}

// restart has a piece fetched again from its first block on, by nobody's fault.
func (t *Torrent) restart(now time.Time, piece int, out *boundary.Effects) {
	for _, p := range t.peers {
		for _, b := range p.Requests.Outstanding() {
			if int(b.Index) == piece {
				p.Cancel(now, b, out) // else it would be asked for twice
			}
		}
	}
	t.picker.Restart(piece)
	t.blame.forget(piece)
	t.refill = true
}

// syncFailed has all written again that is not known to be durable. Systems tell of
// a failed write-back once, and may have dropped what they could not write, so
// that the next sync proves nothing of it.
func (t *Torrent) syncFailed() {
	for p := range t.info.NumPieces() {
		saved := t.checkpoint.saved != nil && t.checkpoint.saved.Pieces.Has(p)
		if t.pieces.have.Has(p) && !saved || t.picker.InProgress(int64(p)) {
			t.doubts.unsure.Set(p)
		}
	}
	t.checkpoint.unsynced = true
}

// rewriting says that pieces are being written again.
func (t *Torrent) rewriting() bool { return !t.doubts.unsure.None() && t.checker.busy() }

// settleDoubts takes note of a piece that was found right.
func (t *Torrent) settleDoubts(e boundary.PieceChecked) {
	d := &t.doubts
	d.held.Clear(e.Piece)
	d.unread.Clear(e.Piece)
	switch {
	case !d.unsure.Has(e.Piece):
	case e.Rewrite:
		d.unsure.Clear(e.Piece)
		t.checkpoint.unsynced = true
	case !t.removing && t.state != boundary.Stopped:
		t.checker.add(e.Piece) // to be written again
	}
}

// rewriteUnsure has the unsure pieces written again that are had; the others are
// when they are.
func (t *Torrent) rewriteUnsure() {
	if t.removing {
		return
	}
	d := &t.doubts
	for p := d.unsure.Next(0); p >= 0; p = d.unsure.Next(p + 1) {
		if t.pieces.have.Has(p) {
			t.checker.add(p)
		}
	}
}
