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
	out.Sync = append(out.Sync, t.cfg.ID)
}

// checkpointAt is when the next checkpoint may be made, false if there is nothing
// to note down, or no way to.
func (t *Torrent) checkpointAt() (time.Time, bool) {
	c := &t.checkpoint
	return c.last.Add(checkpointEvery), c.unsynced && !c.syncing && t.files.open() && t.files.loaded
}

// HandleFilesSynced: what was had when the sync was ordered is durable.
func (t *Torrent) HandleFilesSynced(now time.Time, e boundary.FilesSynced, out *boundary.Effects) {
	t.checkpoint.syncing = false
	if e.Err != nil {
		// The system says so once, and may have dropped what it could not
		// write: nothing written since the last good sync is sure.
		t.failFiles(now, e.Err, out)
		t.recheckUnsaved()
	} else {
		t.save(now, &t.checkpoint.had, e.Stamps, false, out)
	}
	t.settle(now, out)
}

// recheckUnsaved has every piece checked again that is not known to be durable.
func (t *Torrent) recheckUnsaved() {
	for p := t.pieces.have.Next(0); p >= 0; p = t.pieces.have.Next(p + 1) {
		if s := t.checkpoint.saved; s == nil || !s.Pieces.Has(p) {
			t.checker.add(p)
		}
	}
}

// save notes down what is durable.
func (t *Torrent) save(now time.Time, had *bitfield.Bitfield, stamps []resume.FileStamp, clean bool, out *boundary.Effects) {
	// A piece may have been found damaged while the disk was syncing.
	pieces := had.Clone()
	for p := pieces.Next(0); p >= 0; p = pieces.Next(p + 1) {
		if !t.pieces.have.Has(p) {
			pieces.Clear(p)
		}
	}
	t.checkpoint.saved = &resume.State{
		InfoHash: t.cfg.Meta.InfoHash, Name: t.info.Name,
		Pieces: pieces, Suspect: t.checker.open(), Files: stamps, Priorities: slices.Clone(t.cfg.Priorities),
		Downloaded: t.transfer.downloaded + t.transfer.before.down, Uploaded: t.transfer.uploaded + t.transfer.before.up,
		Clean: clean, Saved: now,
	}
	out.Notify = append(out.Notify, boundary.Checkpointed{Torrent: t.cfg.ID})
}

// takeUp begins with what an earlier instance has left, as far as the files
// still look as they did then; the rest of what may be there is checked, and a
// sample of what is believed.
func (t *Torrent) takeUp(e boundary.FilesOpened) {
	c := &t.checkpoint
	trusted, check := resume.Trust(c.start, t.info, e.Stamps)
	if c.start != nil {
		c.sample = resume.Sample(c.start, t.info, &trusted)
		t.transfer.before = carried{down: c.start.Downloaded, up: c.start.Uploaded}
	}
	c.doubted = bitfield.New(t.info.NumPieces())
	for p := e.Present.Next(0); p >= 0; p = e.Present.Next(p + 1) {
		switch {
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

// disbelieve has everything checked: a piece of the sample was wrong.
func (t *Torrent) disbelieve(piece int) {
	c := &t.checkpoint
	if !c.sample.Has(piece) || t.files.loaded {
		return
	}
	for p := c.doubted.Next(0); p >= 0; p = c.doubted.Next(p + 1) {
		t.checker.add(p)
	}
	c.doubted.ClearAll()
}

// Saved returns what is durable, for the next instance; nil before the first
// checkpoint. It must not be changed.
func (t *Torrent) Saved() *resume.State { return t.checkpoint.saved }
