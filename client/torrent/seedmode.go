package torrent

import (
	"fmt"
	"slices"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/resume"
)

// seedMode is a torrent that was taken up as complete after no more than a look
// at the sizes of its files. What it claims to have is had on trust, and each
// piece is checked when somebody first asks for it, before a byte of it is sent.
//
// One bad piece ends the mode: what was proven stays, the rest is no longer
// claimed and is checked in the background. BEP 3 knows no way to take back what
// was said to the peers of that time. Those with the Fast extension keep their
// connections: each of their requests is still answered, with the piece when it
// has passed its check, else with a reject. Those without it would wait for an
// answer in vain; they are disconnected, and hear the truth when they come again.
type seedMode struct {
	asked bool // by the user, until the files were looked at
	on    bool

	// unproven are pieces taken on trust and not checked since. While the mode
	// is on they count as had; afterwards they do not, but wait for their check.
	// Length 0 until there were any.
	unproven bitfield.Bitfield
	// cached are pieces that are believed on the word of an earlier instance
	// alone: unproven too, should that word turn out to be worth nothing.
	cached   bitfield.Bitfield
	wanted   []int // unproven pieces that were requested, in that order
	inFlight []int // those of them with the workers
	repaired bool  // a piece was downloaded after the end of the mode
}

// holds says whether a piece is had on trust alone, or was.
func (s *seedMode) holds(piece int) bool { return s.unproven.Len() > 0 && s.unproven.Has(piece) }

// begin takes the files at their word, if all that is wanted of them is there
// and of the right size. It reports which pieces need no look before they are
// claimed. The cache has a say in what is proven already.
func (t *Torrent) beginSeedMode(e boundary.FilesOpened, trusted *bitfield.Bitfield, out *boundary.Effects) (claimed bitfield.Bitfield) {
	s := &t.seeding
	claimed = bitfield.New(t.info.NumPieces())
	if !s.asked {
		return claimed
	}
	s.asked = false
	if err := t.misfit(e); err != nil {
		out.Notify = append(out.Notify, boundary.SeedModeEnded{Torrent: t.cfg.ID, Piece: boundary.NoPiece, Err: err})
		return claimed
	}
	s.on = true
	s.unproven, s.cached = bitfield.New(claimed.Len()), bitfield.New(claimed.Len())
	sample := &t.checkpoint.sample
	for p := e.Present.Next(0); p >= 0; p = e.Present.Next(p + 1) {
		if !t.rightSizes(p, e.Stamps) {
			continue // of a file not wanted: it may be in the part file
		}
		claimed.Set(p)
		if trusted.Has(p) && !sample.Has(p) {
			s.cached.Set(p)
		} else {
			s.unproven.Set(p)
		}
	}
	return claimed
}

// misfit says what of the wanted files a glance finds missing or of another size.
func (t *Torrent) misfit(e boundary.FilesOpened) error {
	for i := range t.info.Files {
		f := &t.info.Files[i]
		if f.Pad || t.cfg.Priorities != nil && t.cfg.Priorities[i] == 0 {
			continue
		}
		switch stamp := e.Stamps[i]; {
		case !stamp.Exists:
			return fmt.Errorf("file %d is missing", i)
		case stamp.Size != f.Length:
			return fmt.Errorf("file %d has %d bytes, not %d", i, stamp.Size, f.Length)
		}
	}
	for p := t.pieces.wanted.Next(0); p >= 0; p = t.pieces.wanted.Next(p + 1) {
		if !e.Present.Has(p) {
			return fmt.Errorf("piece %d is not on disk", p) // a hole, or not in the part file
		}
	}
	return nil
}

// rightSizes says whether all files in a piece are as long as they should be.
func (t *Torrent) rightSizes(piece int, stamps []resume.FileStamp) bool {
	first, last := t.info.FilesOf(piece)
	for i := first; i <= last; i++ {
		f := &t.info.Files[i]
		if !f.Pad && (!stamps[i].Exists || stamps[i].Size != f.Length) {
			return false
		}
	}
	return true
}

// serves says whether requests for a piece are taken: it is had, or was said to
// be had and may be still.
func (t *Torrent) serves(p *peer.Peer, piece int) bool {
	if t.doubts.held.Has(piece) {
		return false
	}
	return t.pieces.have.Has(piece) || p.Trusts && t.seeding.holds(piece)
}

// proven says whether a piece may be sent.
func (t *Torrent) proven(piece int) bool { return !t.seeding.holds(piece) }

// wantProof has a piece checked that somebody asks for, if it was not yet.
func (t *Torrent) wantProof(piece int) {
	s := &t.seeding
	if s.holds(piece) && !slices.Contains(s.wanted, piece) && !slices.Contains(s.inFlight, piece) {
		s.wanted = append(s.wanted, piece)
	}
}

// settleSeedMode gives the workers what was requested, and notes when there is
// nothing left to prove.
func (t *Torrent) settleSeedMode(out *boundary.Effects) {
	s := &t.seeding
	for len(s.wanted) > 0 && len(s.inFlight) < checksMax && t.files.open() {
		p := s.wanted[0]
		s.wanted = slices.Delete(s.wanted, 0, 1)
		if !s.holds(p) || slices.Contains(t.checker.inFlight, p) {
			continue // another check was, or will be, the first
		}
		if !t.checker.hurry(p) {
			s.inFlight = append(s.inFlight, p)
		}
		out.Check = append(out.Check, boundary.CheckPiece{Torrent: t.cfg.ID, Piece: p})
	}
	s.on = s.on && (!t.files.loaded || !s.unproven.None())
}

// answered takes the verdict on a piece off the list, and reports whether it was
// on it.
func (s *seedMode) answered(piece int) bool {
	i := slices.Index(s.inFlight, piece)
	if i >= 0 {
		s.inFlight = slices.Delete(s.inFlight, i, i+1)
	}
	return i >= 0
}

// prove notes that a piece was found right, or wrong, and reports whether it was
// had on trust until then.
func (s *seedMode) prove(piece int) (was bool) {
	if was = s.holds(piece); was {
		s.unproven.Clear(piece)
	}
	if s.cached.Len() > 0 {
		s.cached.Clear(piece)
	}
	return was
}

// serveAll sends what has become proven to all who wait for it.
func (t *Torrent) serveAll(now time.Time, out *boundary.Effects) {
	for _, p := range t.peers {
		t.serve(now, p, out)
	}
}

// endSeedMode: a piece has been found wrong, so that the others are not believed
// any more. The picker leaves them alone until they are found wrong too.
func (t *Torrent) endSeedMode(now time.Time, piece int, out *boundary.Effects) {
	s := &t.seeding
	if !s.on {
		return
	}
	s.on = false
	out.Notify = append(out.Notify, boundary.SeedModeEnded{
		Torrent: t.cfg.ID, Piece: piece, Err: fmt.Errorf("piece %d does not match its hash", piece),
	})
	if t.checkpoint.sample.Len() > 0 && t.checkpoint.sample.Has(piece) {
		for p := s.cached.Next(0); p >= 0; p = s.cached.Next(p + 1) {
			s.unproven.Set(p)
		}
	}
	for p := s.unproven.Next(0); p >= 0; p = s.unproven.Next(p + 1) {
		t.pieces.clear(p)
		if !t.files.loaded {
			t.checkpoint.doubted.Clear(p)
		}
	}
	t.recheckUnproven()
	t.settleUploadOnly(now, out) // before it is said what is wanted now
	for _, p := range t.Peers() {
		if p.Trusts && !p.Fast {
			t.drop(now, p, boundary.Hashchecking, nil, out)
			continue
		}
		t.recount(now, p, out)
	}
}

// recheckUnproven has what seed mode has left unproven checked, again if a disk
// failure has ended the first attempt.
func (t *Torrent) recheckUnproven() {
	s := &t.seeding
	if s.on || s.unproven.Len() == 0 {
		return
	}
	for p := s.unproven.Next(0); p >= 0; p = s.unproven.Next(p + 1) {
		if !slices.Contains(s.inFlight, p) {
			t.checker.add(p)
		}
	}
}

// trusted returns how many pieces are had on trust alone, in seed mode.
func (t *Torrent) trusted() int {
	if !t.seeding.on {
		return 0
	}
	return t.seeding.unproven.Count()
}

// unverified returns the pieces that may be on disk, and were not looked at.
func (t *Torrent) unverified() bitfield.Bitfield {
	b := t.checker.open()
	for p := t.seeding.unproven.Next(0); p >= 0; p = t.seeding.unproven.Next(p + 1) {
		b.Set(p)
	}
	for p := t.doubts.unsure.Next(0); p >= 0; p = t.doubts.unsure.Next(p + 1) {
		b.Set(p)
	}
	for p := t.doubts.held.Next(0); p >= 0; p = t.doubts.held.Next(p + 1) {
		b.Set(p)
	}
	for p := t.doubts.unread.Next(0); p >= 0; p = t.doubts.unread.Next(p + 1) {
		b.Set(p)
	}
	return b
}

// verified returns what is had, less what is had on trust alone.
func (t *Torrent) verified() bitfield.Bitfield {
	have := t.pieces.have.Clone()
	if t.seeding.on {
		for p := t.seeding.unproven.Next(0); p >= 0; p = t.seeding.unproven.Next(p + 1) {
			have.Clear(p)
		}
	}
	return have
}
