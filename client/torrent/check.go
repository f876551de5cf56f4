package torrent

import (
	"slices"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/wire"
)

// checksMax is how many pieces of a hash check are with the workers at once:
// enough to keep every core hashing while results travel, and few enough for
// a download beside it.
const checksMax = 8

// checker is a hash check: pieces that wait for one, in ascending order.
type checker struct {
	waiting  bitfield.Bitfield
	at       int   // no piece below it waits
	inFlight []int // pieces with the workers
	rewrites int   // of them, those that are written again
	total    int   // pieces of this check, for progress
	done     int
	running  bool
	broken   bool // off, before all of this check were looked at
}

func newChecker(pieces int) checker { return checker{waiting: bitfield.New(pieces)} }

func (c *checker) busy() bool { return c.running }

// add puts a piece on the list, unless it is there.
func (c *checker) add(p int) {
	if c.waiting.Has(p) {
		return
	}
	if !c.running {
		c.running, c.broken, c.total, c.done = true, false, 0, 0
	}
	c.waiting.Set(p)
	c.at = min(c.at, p)
	c.total++
}

// open returns the pieces that were to be checked and are not yet.
func (c *checker) open() bitfield.Bitfield {
	b := c.waiting.Clone()
	for _, p := range c.inFlight {
		b.Set(p)
	}
	return b
}

// answered takes a piece off that a worker has looked at.
func (c *checker) answered(p int, rewrite bool) {
	if rewrite {
		c.rewrites--
	}
	if i := slices.Index(c.inFlight, p); i >= 0 {
		c.inFlight = slices.Delete(c.inFlight, i, i+1)
	}
	c.done++
}

// hurry takes a piece off the list whose turn is now, and reports whether it was
// on it.
func (c *checker) hurry(p int) bool {
	if !c.waiting.Has(p) {
		return false
	}
	c.waiting.Clear(p)
	c.inFlight = append(c.inFlight, p)
	return true
}

// cancel forgets what waits; what is with the workers still comes back.
func (c *checker) cancel() {
	c.total -= c.waiting.Count()
	c.waiting.ClearAll()
	c.broken = c.running
}

// next hands pieces to the workers, those that are unsure to be written again, and
// reports whether the check has ended.
func (c *checker) next(open bool, id boundary.TorrentID, d *doubts, out *boundary.Effects) (ended bool) {
	if !c.running || !open {
		return false
	}
	for len(c.inFlight) < checksMax && !c.waiting.None() {
		p := c.waiting.Next(c.at)
		c.waiting.Clear(p)
		c.at = p + 1
		c.inFlight = append(c.inFlight, p)
		rewrite := d.unsure.Has(p) && !d.readOnly
		if rewrite {
			c.rewrites++
		}
		out.Check = append(out.Check, boundary.CheckPiece{Torrent: id, Piece: p, Rewrite: rewrite})
	}
	if len(c.inFlight) == 0 && c.waiting.None() {
		c.running, c.at = false, 0
		return true
	}
	return false
}

// nextChecks goes on with the hash check, unless the disk is waited for, or the
// files have to be looked at first.
func (t *Torrent) nextChecks(out *boundary.Effects) (ended bool) {
	d := &t.doubts
	held := t.disk.closed() || d.lookNow || d.looking ||
		t.checkpoint.syncing && !d.unsure.None() // what is written again must be before a sync or after it
	if held && !t.checker.waiting.None() {
		return false
	}
	// A check that was called off has ended, whatever the disk does: who removes a
	// torrent does not wait for room.
	return t.checker.next(t.files.open(), t.cfg.ID, d, out)
}

// HandleHashcheck takes the user's order to verify pieces, all when nil.
func (t *Torrent) HandleHashcheck(now time.Time, list []int, out *boundary.Effects) {
	if list == nil {
		for p := range t.info.NumPieces() {
			t.checker.add(p)
		}
	}
	for _, p := range list {
		t.checker.add(p)
	}
	if t.info.NumPieces() == 0 || list != nil && len(list) == 0 {
		out.Notify = append(out.Notify, boundary.HashcheckDone{Torrent: t.cfg.ID})
	}
	t.settle(now, out)
}

// HandleFilesOpened begins with what is on disk already.
func (t *Torrent) HandleFilesOpened(now time.Time, e boundary.FilesOpened, out *boundary.Effects) {
	if e.Dir != "" {
		t.moved(e.Dir, out)
	}
	t.leftBehind(e.Left, out)
	if e.Err != nil {
		t.files.phase = filesClosed
		if boundary.FaultOf(e.Err) == boundary.DiskChanged {
			t.failFiles(now, e.Err, out) // what is not open cannot be looked at
		} else {
			t.diskFailed(now, e.Err, out)
		}
		t.settle(now, out)
		return
	}
	t.files.phase, t.files.follows = filesOpen, t.cfg.Priorities
	t.disk.volume = e.Volume
	t.diskWorked(now, out)
	t.handleChanges(now, e.Changes, out)
	t.doubts.readOnly = false
	t.rewriteUnsure()
	if !t.files.loaded {
		t.checker.broken = false // an earlier attempt was; if nothing is there, nobody adds to this one
		t.takeUp(e, out)
		if !t.checker.busy() {
			t.handleChecked(now, out)
		}
	}
	t.recheckUnproven()
	t.recheckHeld()
	t.settle(now, out)
}

// HandleFilesClosed: everything written is durable, or the disk has failed.
func (t *Torrent) HandleFilesClosed(now time.Time, e boundary.FilesClosed, out *boundary.Effects) {
	t.files.phase = filesClosed
	t.handleChanges(now, e.Changes, out)
	if e.Err != nil {
		t.syncFailed() // the next time they are open, all that is unsure is written again
		out.Notify = append(out.Notify, boundary.FileFailed{Torrent: t.cfg.ID, Err: e.Err})
		t.saveDoubts(now, e.Stamps, out)
	} else if t.files.loaded {
		t.save(now, &t.pieces.have, e.Stamps, true, out)
	}
	t.settle(now, out)
}

// HandlePieceChecked takes the verdict on one piece.
func (t *Torrent) HandlePieceChecked(now time.Time, e boundary.PieceChecked, out *boundary.Effects) {
	if !e.Download && !t.seeding.answered(e.Piece) {
		t.checker.answered(e.Piece, e.Rewrite)
	}
	overtaken := false
	if e.Download {
		t.watchdog.answered(e.Piece)
		overtaken = t.doubts.answered(e.Piece)
	}
	if e.Unread != nil {
		out.Notify = append(out.Notify, boundary.ReadFailed{Torrent: t.cfg.ID, Piece: e.Piece, Err: e.Unread})
	}
	switch {
	case e.Void: // its blocks are with the picker again
	case e.Err != nil:
		t.handleCheckFailed(now, e, out)
	case overtaken: // its blocks are asked for again: to fail now would have them asked for twice
	case e.OK:
		t.havePiece(now, e, out)
	default:
		t.failPiece(now, e, out)
	}
	t.settle(now, out)
}

// handleCheckFailed takes a check that could not be made.
func (t *Torrent) handleCheckFailed(now time.Time, e boundary.PieceChecked, out *boundary.Effects) {
	fault := boundary.FaultOf(e.Err)
	switch {
	case e.Download:
		t.transfer.wasted += t.info.PieceSize(e.Piece)
		t.restart(now, e.Piece, out)
		t.diskFailed(now, e.Err, out)
	case fault != boundary.DiskBroken:
		if !t.removing {
			t.checker.add(e.Piece)
		}
		t.diskFailed(now, e.Err, out)
	case t.files.loaded && !e.Rewrite:
		t.unreadable(now, e, out)
	default:
		t.failFiles(now, e.Err, out)
	}
}

// handleChecked ends a hash check. After the first one the torrent knows what
// it has, and may speak to the world.
func (t *Torrent) handleChecked(now time.Time, out *boundary.Effects) {
	if t.checker.broken && !t.files.loaded {
		// The disk has failed before it was known what is there: what was not
		// looked at is not lost. Whoever opens the files next, be it at once for
		// a Start that has come meanwhile, begins again.
		if t.files.open() {
			t.files.phase = filesClosing
			out.CloseFiles = append(out.CloseFiles, t.cfg.ID)
		}
		return
	}
	out.Notify = append(out.Notify, boundary.HashcheckDone{Torrent: t.cfg.ID})
	if t.files.loaded {
		return
	}
	t.believe()
	t.files.loaded = true
	if t.state != boundary.Stopped {
		t.announcer.Start(now)
	}
}

// havePiece takes a piece that is right and on disk.
func (t *Torrent) havePiece(now time.Time, e boundary.PieceChecked, out *boundary.Effects) {
	for _, addr := range t.blame.passed(e.Piece, e.Digests) {
		t.ban(now, addr, e.Piece, out)
	}
	wanted := t.pieces.wants(e.Piece)
	if !e.Download && t.picker.InProgress(int64(e.Piece)) {
		t.cancelPiece(now, e.Piece, out) // it was there, or has become readable again
		t.refill = true
	}
	t.picker.SetHave(e.Piece)
	if e.Download {
		t.doubts.notKept = 0
	}
	out.Notify = append(out.Notify, boundary.PieceVerified{Torrent: t.cfg.ID, Piece: e.Piece, Download: e.Download})
	t.settleDoubts(e, out)
	trusted := t.seeding.prove(e.Piece)
	if trusted {
		t.checkpoint.unsynced = true
		t.serveAll(now, out)
	}
	if !t.pieces.set(e.Piece) {
		return
	}
	t.checkpoint.unsynced = true
	for _, p := range t.peers {
		if p.Has.Has(e.Piece) {
			if wanted {
				p.Wanted--
				p.Interest(now, out)
			}
			// BEP 3 has everybody told. Who has the piece has no use for that, but
			// for a seed: it hands out first what nobody else has.
			if p.Has.All() && !(trusted && p.Trusts) {
				p.OweHave(e.Piece)
			}
			continue
		}
		if trusted && p.Trusts {
			continue // has heard of it in seed mode
		}
		p.Send(now, wire.Message{Kind: wire.Have, Index: uint32(e.Piece)}, out)
	}
	if t.pieces.complete() {
		for _, p := range t.peers {
			p.TellOwed(now, out) // we may be about to part
		}
	}
	t.seeding.repaired = t.seeding.repaired || e.Download
	if (e.Download || trusted && t.seeding.repaired) && wanted && t.pieces.complete() {
		t.completed(out)
		t.announcer.Complete(now)
	}
}

// completed: nothing that is wanted is missing any more.
func (t *Torrent) completed(out *boundary.Effects) {
	out.Notify = append(out.Notify, boundary.Completed{Torrent: t.cfg.ID})
}

// failPiece takes a piece whose bytes are wrong.
func (t *Torrent) failPiece(now time.Time, e boundary.PieceChecked, out *boundary.Effects) {
	out.Notify = append(out.Notify, boundary.PieceFailed{Torrent: t.cfg.ID, Piece: e.Piece, Download: e.Download})
	if e.Download {
		t.transfer.wasted += t.info.PieceSize(e.Piece)
		t.picker.Failed(e.Piece)
		t.refill = true
		if e.Unread != nil {
			t.notKept(now, e, out)
			return
		}
		for _, addr := range t.blame.failed(e.Piece, e.Digests) {
			t.ban(now, addr, e.Piece, out)
		}
		return
	}
	t.doubts.known(e.Piece)
	t.doubts.unsure.Clear(e.Piece) // what comes instead is written anew
	t.checkpoint.durable.Clear(e.Piece)
	t.disbelieve(e.Piece)
	trusted := t.seeding.prove(e.Piece)
	had := t.pieces.clear(e.Piece)
	if !had && !trusted {
		return
	}
	t.checkpoint.unsynced = true
	// It was had, and is no more. BEP 3 knows no way to take a HAVE back:
	// requests for it are refused from now on.
	t.picker.ClearHave(e.Piece)
	t.settleUploadOnly(now, out) // who has said to be upload-only asks for nothing
	for _, p := range t.peers {
		p.RefusePiece(now, e.Piece, out)
		p.ForgetHave(e.Piece)
		if had && p.Has.Has(e.Piece) && t.pieces.wants(e.Piece) {
			p.Wanted++
			p.Interest(now, out)
		}
	}
	t.endSeedMode(now, e.Piece, out)
	t.refill = true
}

// notKeptMax is how many downloaded pieces in a row a disk may spoil. One that flips a
// bit now and then is got over by fetching a piece once more; one that keeps nothing
// would have everything fetched for ever.
const notKeptMax = 8

// notKept: what has come may have been right, and the disk has not kept it, or does not
// let us see whether it has. Nobody is to blame for that.
func (t *Torrent) notKept(now time.Time, e boundary.PieceChecked, out *boundary.Effects) {
	t.blame.forget(e.Piece)
	if boundary.FaultOf(e.Unread) != boundary.DiskCorrupt {
		return // what cannot be read is got over in other ways, see doubts
	}
	if t.doubts.notKept++; t.doubts.notKept >= notKeptMax {
		t.doubts.notKept = 0 // whoever starts it again tries as often
		t.failFiles(now, e.Unread, out)
	}
}

// failFiles stops a torrent whose disk refuses to work. What was verified is
// kept, and Start tries again.
func (t *Torrent) failFiles(now time.Time, err error, out *boundary.Effects) {
	if t.state == boundary.Stopped && !t.checker.busy() {
		t.failLate(err, out)
		return
	}
	t.disk.told = true
	out.Notify = append(out.Notify, boundary.FileFailed{Torrent: t.cfg.ID, Err: err})
	t.checker.cancel()
	if !t.files.open() && len(t.checker.inFlight) == 0 {
		t.checker.running = false // nothing comes back to end it, and it would have the files opened again at once
	}
	t.setState(now, boundary.Stopped, out)
}
