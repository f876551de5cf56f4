package torrent

import (
	"slices"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/resume"
)

// checkpointEvery is how often a running torrent makes durable what it has, and
// notes it down. A crash costs the check of what was written since.
const checkpointEvery = 30 * time.Second

// checkpoint is what is known to be durable, for the next start.
type checkpoint struct {
	start    *resume.State // what an earlier instance left, until the files were looked at
	saved    *resume.State // the latest; nil before the first
	last     time.Time     // when it was made, or begun
	syncing  bool
	had      bitfield.Bitfield // when the sync was ordered
	durable  bitfield.Bitfield // by the last good sync, of this instance or an earlier one
	unsynced bool              // something has changed since
	// sample are the pieces trusted and checked all the same; doubted those
	// that are believed only if the sample is right.
	sample, doubted bitfield.Bitfield
}

// maybeCheckpoint makes durable what was verified since the last time.
func (t *Torrent) maybeCheckpoint(now time.Time, out *boundary.Effects) {
	c := &t.checkpoint
	if at, ok := t.checkpointAt(); !ok || now.Before(at) {
		return
	}
	c.syncing, c.unsynced, c.last = true, false, now
	c.had = t.pieces.have.Clone()
	for p := t.doubts.unsure.Next(0); p >= 0; p = t.doubts.unsure.Next(p + 1) {
		c.had.Clear(p) // may be written again while the disk is syncing
	}
	out.Sync = append(out.Sync, t.cfg.ID)
}

// checkpointAt is when the next checkpoint may be made, false if there is nothing
// to note down, or no way to.
func (t *Torrent) checkpointAt() (time.Time, bool) {
	c := &t.checkpoint
	return c.last.Add(checkpointEvery), c.unsynced && !c.syncing && t.files.open() && t.files.loaded && !t.rewriting()
}

// HandleFilesSynced: what was had when the sync was ordered is durable.
func (t *Torrent) HandleFilesSynced(now time.Time, e boundary.FilesSynced, out *boundary.Effects) {
	t.checkpoint.syncing = false
	t.retryUnread(now)
	t.handleChanges(now, e.Changes, out)
	if e.Err != nil {
		t.handleSyncFailed(now, e, out)
	} else {
		t.doubts.syncs = 0
		t.save(now, &t.checkpoint.had, e.Stamps, false, out)
	}
	t.settle(now, out)
}

// syncsMax is how many syncs in a row may fail: one may be an accident that is
// over, a disk that fails twice is given up.
const syncsMax = 2

// handleSyncFailed: nothing that was written since the last good sync is sure.
func (t *Torrent) handleSyncFailed(now time.Time, e boundary.FilesSynced, out *boundary.Effects) {
	t.doubts.syncs++
	err, fault := e.Err, boundary.FaultOf(e.Err)
	if fault == boundary.DiskBroken && t.doubts.syncs >= syncsMax {
		t.doubts.syncs = 0
		t.failFiles(now, err, out)
	} else {
		out.Notify = append(out.Notify, boundary.SyncFailed{Torrent: t.cfg.ID, Err: err})
		if fault != boundary.DiskBroken {
			t.diskFailed(now, err, out)
		}
	}
	t.doubtUnsynced(now, e.Stamps, out)
}

// doubtUnsynced has all written again that a sync has failed to make durable, on its
// own or as a part of something else. Files without stamps are checked by the next
// instance.
func (t *Torrent) doubtUnsynced(now time.Time, stamps []resume.FileStamp, out *boundary.Effects) {
	if stamps == nil {
		stamps = make([]resume.FileStamp, len(t.info.Files)+1) // and the part file
	}
	t.syncFailed()
	t.saveDoubts(now, stamps, out)
	if t.state != boundary.Stopped {
		t.rewriteUnsure()
	}
}

// saveDoubts notes down, after a failed sync, what was durable before it, and what
// has to be written again: if this instance ends before it has done so, the next
// one could not know, since all reads right.
func (t *Torrent) saveDoubts(now time.Time, stamps []resume.FileStamp, out *boundary.Effects) {
	if t.checkpoint.start == nil { // else that still says more
		t.save(now, &t.checkpoint.durable, stamps, false, out)
	}
}

// save notes down what is durable.
func (t *Torrent) save(now time.Time, had *bitfield.Bitfield, stamps []resume.FileStamp, clean bool, out *boundary.Effects) {
	// A piece may have been found damaged while the disk was syncing.
	pieces := had.Clone()
	for p := pieces.Next(0); p >= 0; p = pieces.Next(p + 1) {
		if !t.pieces.have.Has(p) || t.seeding.holds(p) || !t.doubts.durable(p) {
			pieces.Clear(p)
		}
	}
	t.checkpoint.durable = pieces.Clone()
	t.checkpoint.saved = &resume.State{
		InfoHash: t.cfg.Meta.InfoHash, Name: t.info.Name,
		Pieces: pieces, Suspect: t.suspect(&pieces, clean), Unsure: t.doubts.unsure.Clone(),
		Files: stamps, Priorities: slices.Clone(t.files.follows),
		Downloaded: t.transfer.downloaded + t.transfer.before.down, Uploaded: t.transfer.uploaded + t.transfer.before.up,
		Clean: clean, Saved: now,
	}
	out.Notify = append(out.Notify, boundary.Checkpointed{Torrent: t.cfg.ID})
}

// suspect returns what may be on disk when the next instance looks, besides the
// pieces that are noted down as had. Such are those that came out right while the
// disk was syncing: their files will look as they do in this note. And so may
// those be whose blocks are under way, unless the client ends in order now.
func (t *Torrent) suspect(pieces *bitfield.Bitfield, clean bool) bitfield.Bitfield {
	b := t.unverified()
	for p := range t.info.NumPieces() {
		if t.pieces.have.Has(p) && !pieces.Has(p) || !clean && t.picker.InProgress(int64(p)) {
			b.Set(p)
		}
	}
	return b
}

// takeUp begins with what an earlier instance has left, as far as the files
// still look as they did then; the rest of what may be there is checked, and a
// sample of what is believed.
func (t *Torrent) takeUp(e boundary.FilesOpened, out *boundary.Effects) {
	c := &t.checkpoint
	trusted, check := resume.Trust(c.start, t.info, e.Stamps)
	if c.start != nil {
		c.sample = resume.Sample(c.start, t.info, &trusted)
		t.inheritDoubts(&c.start.Unsure, &e.Present)
		t.transfer.before = carried{down: c.start.Downloaded, up: c.start.Uploaded}
	}
	c.doubted = bitfield.New(t.info.NumPieces())
	claimed := t.beginSeedMode(e, &trusted, out)
	for p := e.Present.Next(0); p >= 0; p = e.Present.Next(p + 1) {
		if trusted.Has(p) {
			c.durable.Set(p)
		}
		switch {
		case claimed.Has(p):
			c.doubted.Set(p)
		case check.Has(p) || trusted.Has(p) && c.sample.Has(p):
			t.checker.add(p)
		case trusted.Has(p):
			c.doubted.Set(p)
		}
	}
	c.start = nil
}

// believe takes the pieces that were not checked, when the sample was right.
func (t *Torrent) believe() {
	c := &t.checkpoint
	for p := c.doubted.Next(0); p >= 0; p = c.doubted.Next(p + 1) {
		t.picker.SetHave(p)
		t.pieces.set(p)
	}
	c.doubted = bitfield.Bitfield{}
}

// disbelieve takes a piece that was found wrong. If it is one of the sample,
// everything is checked.
func (t *Torrent) disbelieve(piece int) {
	c := &t.checkpoint
	if t.files.loaded {
		return
	}
	c.doubted.Clear(piece) // a user's hash check may look at any
	if c.sample.Len() == 0 || !c.sample.Has(piece) {
		return
	}
	for p := c.doubted.Next(0); p >= 0; p = c.doubted.Next(p + 1) {
		t.checker.add(p)
	}
	c.doubted.ClearAll()
	c.durable.ClearAll()
}

// Saved returns what is durable, for the next instance; nil before the first
// checkpoint. It must not be changed.
func (t *Torrent) Saved() *resume.State { return t.checkpoint.saved }
