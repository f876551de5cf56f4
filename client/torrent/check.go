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
	total    int   // pieces of this check, for progress
	done     int
	running  bool
}

func newChecker(pieces int) checker { return checker{waiting: bitfield.New(pieces)} }

func (c *checker) busy() bool { return c.running }

// add puts a piece on the list, unless it is there.
func (c *checker) add(p int) {
	if c.waiting.Has(p) {
		return
	}
	if !c.running {
		c.running, c.total, c.done = true, 0, 0
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
func (c *checker) answered(p int) {
	if i := slices.Index(c.inFlight, p); i >= 0 {
		c.inFlight = slices.Delete(c.inFlight, i, i+1)
	}
	c.done++
}

// cancel forgets what waits; what is with the workers still comes back.
func (c *checker) cancel() {
	c.total -= c.waiting.Count()
	c.waiting.ClearAll()
}

// next hands pieces to the workers, and reports whether the check has ended.
func (c *checker) next(open bool, id boundary.TorrentID, out *boundary.Effects) (ended bool) {
	if !c.running || !open {
		return false
	}
	for len(c.inFlight) < checksMax && !c.waiting.None() {
		p := c.waiting.Next(c.at)
		c.waiting.Clear(p)
		c.at = p + 1
		c.inFlight = append(c.inFlight, p)
		out.Check = append(out.Check, boundary.CheckPiece{Torrent: id, Piece: p})
	}
	if len(c.inFlight) == 0 && c.waiting.None() {
		c.running, c.at = false, 0
		return true
	}
	return false
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
	if e.Err != nil {
		t.files.phase = filesClosed
		t.failFiles(now, e.Err, out)
		t.settle(now, out)
		return
	}
	t.files.phase = filesOpen
	if !t.files.loaded {
		t.takeUp(e)
		if !t.checker.busy() {
			t.handleChecked(now, out)
		}
	}
	t.settle(now, out)
}

// HandleFilesClosed: everything written is durable, or the disk has failed.
func (t *Torrent) HandleFilesClosed(now time.Time, e boundary.FilesClosed, out *boundary.Effects) {
	t.files.phase = filesClosed
	if e.Err != nil {
		out.Notify = append(out.Notify, boundary.FileFailed{Torrent: t.cfg.ID, Err: e.Err})
	} else if t.files.loaded {
		t.save(now, &t.pieces.have, e.Stamps, true, out)
	}
	t.settle(now, out)
}

// HandlePieceChecked takes the verdict on one piece.
func (t *Torrent) HandlePieceChecked(now time.Time, e boundary.PieceChecked, out *boundary.Effects) {
	if !e.Download {
		t.checker.answered(e.Piece)
	}
	switch {
	case e.Err != nil:
		t.failFiles(now, e.Err, out)
		if e.Download {
			t.picker.Failed(e.Piece)
		}
	case e.OK:
		t.havePiece(now, e, out)
	default:
		t.failPiece(now, e, out)
	}
	t.settle(now, out)
}

// handleChecked ends a hash check. After the first one the torrent knows what
// it has, and may speak to the world.
func (t *Torrent) handleChecked(now time.Time, out *boundary.Effects) {
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
	t.picker.SetHave(e.Piece)
	out.Notify = append(out.Notify, boundary.PieceVerified{Torrent: t.cfg.ID, Piece: e.Piece, Download: e.Download})
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
			continue
		}
		p.Send(now, wire.Message{Kind: wire.Have, Index: uint32(e.Piece)}, out)
	}
	if e.Download && wanted && t.pieces.complete() {
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
		for _, addr := range t.blame.failed(e.Piece, e.Digests) {
			t.ban(now, addr, e.Piece, out)
		}
		return
	}
	t.disbelieve(e.Piece)
	if !t.pieces.clear(e.Piece) {
		return
	}
	t.checkpoint.unsynced = true
	// It was had, and is no more. BEP 3 knows no way to take a HAVE back:
	// requests for it are refused from now on.
	t.picker.ClearHave(e.Piece)
	t.settleUploadOnly(now, out) // who has said to be upload-only asks for nothing
	for _, p := range t.peers {
		p.RefusePiece(now, e.Piece, out)
		if p.Has.Has(e.Piece) && t.pieces.wants(e.Piece) {
			p.Wanted++
			p.Interest(now, out)
		}
	}
	t.refill = true
}

// failFiles stops a torrent whose disk refuses to work. What was verified is
// kept, and Start tries again.
func (t *Torrent) failFiles(now time.Time, err error, out *boundary.Effects) {
	if t.state == boundary.Stopped && !t.checker.busy() {
		return // said before
	}
	out.Notify = append(out.Notify, boundary.FileFailed{Torrent: t.cfg.ID, Err: err})
	t.checker.cancel()
	t.setState(now, boundary.Stopped, out)
}
