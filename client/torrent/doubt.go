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
	unsure   bitfield.Bitfield
	syncs    int  // that have failed in a row
	readOnly bool // they cannot be written again
	// unread are pieces whose last check could not read them, so that nobody knows
	// whether they are wrong: when the files are looked at they are tried again.
	// At first they are held; those of them that have failed readTries times are
	// lost, and tried less and less often.
	unread bitfield.Bitfield
	misses map[int]int // of each of them, how many checks have failed in a row
	// overtaken are checks of downloaded pieces that are with the workers although the
	// pieces were begun anew since: what they find is about blocks that count no more.
	overtaken map[int]int
	notKept   int       // downloaded pieces in a row that the disk has returned otherwise than they came
	tryAt     time.Time // when those of them that are held are tried again
	retryAt   time.Time // the same of those that are lost
	pause     time.Duration

	lookAt  time.Time // when the files are to be looked at
	lookNow bool      // a change was met: they are looked at before anything is checked
	looking bool
}

func newDoubts(pieces int) doubts {
	return doubts{
		held: bitfield.New(pieces), unsure: bitfield.New(pieces), unread: bitfield.New(pieces),
		misses: make(map[int]int), overtaken: make(map[int]int),
	}
}

// known: a piece was found to be right, or wrong.
func (d *doubts) known(piece int) {
	d.held.Clear(piece)
	d.unread.Clear(piece)
	delete(d.misses, piece)
}

// overwritten: what could not be read of a lost piece is being replaced.
func (d *doubts) overwritten(piece int) {
	if d.unread.Has(piece) {
		d.known(piece)
	}
}

// durable says whether a piece that is had when a sync begins is durable when it
// has succeeded.
func (d *doubts) durable(piece int) bool { return !d.held.Has(piece) && !d.unsure.Has(piece) }

// doubt has a piece checked before it is served again.
func (t *Torrent) doubt(now time.Time, piece int, out *boundary.Effects) {
	if !t.pieces.have.Has(piece) || t.doubts.held.Has(piece) {
		return
	}
	t.hold(now, piece, out)
	if !t.removing {
		t.checker.add(piece)
	}
}

// hold serves a piece no more until a check has found it right.
func (t *Torrent) hold(now time.Time, piece int, out *boundary.Effects) {
	t.doubts.held.Set(piece)
	t.checkpoint.unsynced = true
	for _, p := range t.peers {
		p.RefusePiece(now, piece, out)
	}
}

// recheckHeld has the held pieces checked whose check was called off when the disk
// failed.
func (t *Torrent) recheckHeld() {
	d := &t.doubts
	for p := d.held.Next(0); p >= 0 && !t.removing; p = d.held.Next(p + 1) {
		t.checker.add(p)
	}
}

// readTries is how often a piece that is had may fail to be read for its check
// before it is given up: what ails a disk, a cable or a server is often over within
// a minute, and its bytes are most probably right.
const (
	readTries = 3
	tryAfter  = 20 * time.Second // the least pause between them; the next look at the files ends it
)

// unreadable takes a check that failed because the piece could not be read. When it
// is lost, the others are not. To fetch it again repairs a sector that is broken;
// but should it be readable again by then, what comes is not written over it, as
// that may be poison.
func (t *Torrent) unreadable(now time.Time, e boundary.PieceChecked, out *boundary.Effects) {
	out.Notify = append(out.Notify, boundary.ReadFailed{Torrent: t.cfg.ID, Piece: e.Piece, Err: e.Err})
	d := &t.doubts
	if d.unread.None() {
		d.tryAt = now.Add(tryAfter)
	}
	misses := d.misses[e.Piece] + 1
	switch had := t.pieces.have.Has(e.Piece); {
	case had && misses < readTries:
		t.hold(now, e.Piece, out)
	case had || misses == 1:
		t.failPiece(now, e, out)
	}
	d.misses[e.Piece] = misses
	d.unread.Set(e.Piece)
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
	t.followAgain(out)
	t.settle(now, out)
}

// retryMax is the longest pause between two attempts to read what was lost because
// it could not be read: each is told of when it fails.
const retryMax = time.Hour

// retryUnread has the pieces checked again that could not be read, those that are
// lost when that is due.
func (t *Torrent) retryUnread(now time.Time) {
	d := &t.doubts
	if d.unread.None() {
		d.pause = lookEvery
		return
	}
	if t.state == boundary.Stopped {
		return
	}
	held, lost := !now.Before(d.tryAt), !now.Before(d.retryAt)
	if held {
		d.tryAt = now.Add(tryAfter)
	}
	if lost {
		d.pause = min(2*d.pause, retryMax)
		d.retryAt = now.Add(d.pause)
	}
	for p := d.unread.Next(0); p >= 0; p = d.unread.Next(p + 1) {
		if d.held.Has(p) && held || !d.held.Has(p) && lost {
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

// answered takes note that a downloaded piece was checked, and says whether the check
// was overtaken.
func (d *doubts) answered(piece int) (overtaken bool) {
	if d.overtaken[piece] == 0 {
		return false
	}
	if d.overtaken[piece]--; d.overtaken[piece] == 0 {
		delete(d.overtaken, piece)
	}
	return true
}

// restart has a piece fetched again from its first block on, by nobody's fault.
func (t *Torrent) restart(now time.Time, piece int, out *boundary.Effects) {
	if n := t.watchdog.judged[piece]; n > 0 {
		t.doubts.overtaken[piece] = n
	}
	t.cancelPiece(now, piece, out) // else it would be asked for twice
	t.picker.Restart(piece)
	t.blame.forget(piece)
	t.refill = true
}

// cancelPiece withdraws all requests for blocks of a piece.
func (t *Torrent) cancelPiece(now time.Time, piece int, out *boundary.Effects) {
	for _, p := range t.peers {
		for _, b := range p.Requests.Outstanding() {
			if int(b.Index) == piece {
				p.Cancel(now, b, out)
			}
		}
	}
}

// syncFailed has all written again that is not known to be durable. Systems tell of
// a failed write-back once, and may have dropped what they could not write, so
// that the next sync proves nothing of it.
func (t *Torrent) syncFailed() {
	for p := range t.info.NumPieces() {
		// What is there before it was looked at may be of a process that never synced it.
		there := t.pieces.have.Has(p) || !t.files.loaded && !t.startedWith(p)
		if there && !t.checkpoint.durable.Has(p) || t.picker.InProgress(int64(p)) {
			t.doubts.unsure.Set(p)
		}
	}
	t.checkpoint.unsynced = true
}

// startedWith says that an earlier instance has noted down that a piece is durable.
func (t *Torrent) startedWith(p int) bool {
	start := t.checkpoint.start
	return start != nil && start.Pieces.Len() == t.info.NumPieces() && start.Pieces.Has(p)
}

// inheritDoubts takes up what an earlier instance could not make durable before it
// ended. What of it is not there any more is downloaded again, and so written.
func (t *Torrent) inheritDoubts(unsure, present *bitfield.Bitfield) {
	for p := unsure.Next(0); p >= 0; p = unsure.Next(p + 1) {
		if present.Has(p) {
			t.doubts.unsure.Set(p)
		}
	}
}

// rewriting says that pieces are being written again.
func (t *Torrent) rewriting() bool {
	return t.checker.rewrites > 0 || !t.doubts.unsure.None() && !t.doubts.readOnly && t.checker.busy()
}

// settleDoubts takes note of a piece that was found right.
func (t *Torrent) settleDoubts(e boundary.PieceChecked, out *boundary.Effects) {
	d := &t.doubts
	d.known(e.Piece)
	switch {
	case !d.unsure.Has(e.Piece):
	case e.ReadOnly != nil:
		// There is no way to make it durable, and no harm in serving it. None is tried
		// before the files are opened again; those under way will fare no better, and
		// the last of them is told of.
		d.readOnly = true
		if t.checker.rewrites == 0 {
			out.Notify = append(out.Notify, boundary.SyncFailed{Torrent: t.cfg.ID, Err: e.ReadOnly})
		}
	case e.Rewrite:
		d.unsure.Clear(e.Piece)
		t.checkpoint.unsynced = true
	case !d.readOnly && !t.removing && t.state != boundary.Stopped:
		t.checker.add(e.Piece) // to be written again
	}
}

// rewriteUnsure has the unsure pieces written again that are had; the others are
// when they are.
func (t *Torrent) rewriteUnsure() {
	d := &t.doubts
	if t.removing || d.readOnly {
		return
	}
	for p := d.unsure.Next(0); p >= 0; p = d.unsure.Next(p + 1) {
		if t.pieces.have.Has(p) {
			t.checker.add(p)
		}
	}
}
