package session

import (
	"errors"
	"slices"
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

func inSeedMode(_ *Config, a *boundary.AddTorrent) { a.SeedMode = true }

// newTrusting is a seed of eight pieces in seed mode, those in bad wrong on disk.
func newTrusting(t *testing.T, bad ...int) *world {
	t.Helper()
	w := newWorld(t, 128*kib, 16*kib, inSeedMode, func(_ *Config, a *boundary.AddTorrent) { a.State = boundary.Stopped })
	w.onDisk.SetAll()
	for p := range w.meta.Info.NumPieces() {
		w.disk[p] = w.piece(p)
	}
	for _, p := range bad {
		w.disk[p][0] ^= 1
	}
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	return w
}

// unchoked lets a peer be interested, and unchoked for it.
func (r *remote) unchoked() *remote {
	r.w.t.Helper()
	r.sends(msg(wire.Interested))
	if !slices.ContainsFunc(r.take(), func(m wire.Message) bool { return m.Kind == wire.Unchoke }) {
		r.w.t.Fatal("was not unchoked")
	}
	return r
}

// asks requests a piece, and returns the kind of the answer.
func (r *remote) asks(piece int) wire.Kind {
	r.w.t.Helper()
	b := wire.Block{Index: uint32(piece), Length: wire.BlockSize}
	r.sends(b.Message(wire.Request))
	for _, m := range r.take() {
		switch {
		case m.Kind == wire.Reject && m.Block() == b:
			return m.Kind
		case m.Kind == wire.Piece && m.Block() == b:
			if !slices.Equal(m.Data, r.block(b).Data) {
				r.w.t.Fatalf("piece %d: sends what is wrong", piece)
			}
			return m.Kind
		}
	}
	return wire.KeepAlive
}

func TestSeedModeChecksOnRequest(t *testing.T) {
	w := newTrusting(t)
	tor := w.s.Torrent(torrentID)
	have := tor.Have()
	if w.checked != 0 || !tor.Seed() || !have.None() || tor.Status(w.now).Trusted != 8 {
		t.Fatalf("checked %d, seed %v, verified %d, trusted %d", w.checked, tor.Seed(), have.Count(), tor.Status(w.now).Trusted)
	}
	p := w.accepted("10.0.0.1:1000", w.hello("1", true))
	if first := p.take()[0]; first.Kind != wire.HaveAll {
		t.Errorf("first is %v", first)
	}
	p.unchoked()
	for range 2 {
		if got := p.asks(3); got != wire.Piece {
			t.Errorf("request of piece 3 is answered by %v", got)
		}
	}
	if have = tor.Have(); w.checked != 1 || !have.Has(3) || have.Count() != 1 {
		t.Errorf("checked %d pieces, verified %d; want the one that was asked for", w.checked, have.Count())
	}
	for i := range 8 {
		p.asks(i)
	}
	if have = tor.Have(); !have.All() || w.checked != 8 || count[boundary.SeedModeEnded](w) != 0 || count[boundary.Completed](w) != 0 {
		t.Errorf("checked %d, verified %d, notices %v", w.checked, have.Count(), w.notices)
	}
}

// A request waits for the verdict, and can be withdrawn meanwhile.
func TestSeedModeWaits(t *testing.T) {
	w := newTrusting(t)
	p := w.fastPeer("1").unchoked()
	w.holdDisk = true
	if got := p.asks(1); got != wire.KeepAlive {
		t.Errorf("answered by %v before the check", got)
	}
	b := wire.Block{Index: 1, Length: wire.BlockSize}
	p.sends(b.Message(wire.Cancel))
	p.want("a cancelled request", b.Message(wire.Reject))
	w.releaseDisk()
	p.wantIdle("it was cancelled")
}

func TestSeedModeEndsWithABadPiece(t *testing.T) {
	w := newTrusting(t, 2)
	p, old := w.fastPeer("1").unchoked(), w.peer("2")
	if got := p.asks(5); got != wire.Piece {
		t.Errorf("request of a good piece is answered by %v", got)
	}
	w.notices = nil
	if got := p.asks(2); got != wire.Reject {
		t.Errorf("request of a bad piece is answered by %v", got)
	}
	tor := w.s.Torrent(torrentID)
	have := tor.Have()
	if have.Count() != 7 || have.Has(2) || tor.Complete() {
		t.Errorf("has %d pieces, complete %v", have.Count(), tor.Complete())
	}
	if w.checked != 8 {
		t.Errorf("%d checks, want one of each piece", w.checked)
	}
	i := slices.IndexFunc(w.notices, func(n boundary.Notice) bool { _, ok := n.(boundary.SeedModeEnded); return ok })
	if i < 0 || w.notices[i].(boundary.SeedModeEnded).Piece != 2 {
		t.Errorf("notices %v", w.notices)
	}
	// Without BEP 6 nobody could tell it.
	old.wantClosed("a peer without BEP 6", boundary.Hashchecking)
	if p.closed {
		t.Error("a peer with BEP 6 has lost its connection")
	}
	if got := p.asks(7); got != wire.Piece {
		t.Errorf("a piece that was checked since: %v", got)
	}
	again := w.accepted("10.0.0.2:1000", w.hello("2", false))
	again.want("a bitfield", wire.Message{Kind: wire.Bitfield, Data: []byte{0b1101_1111}})
}

// What is still to be checked is not claimed to who comes, and answered in its
// turn to who was told of it.
func TestSeedModeBackgroundCheck(t *testing.T) {
	w := newTrusting(t, 2)
	p := w.fastPeer("1").unchoked()
	p.asks(5)
	w.holdDisk = true
	p.asks(2)
	bad := w.held
	w.held = nil
	w.handle(bad[0]) // the verdict on piece 2; the other checks are held
	late := w.accepted("10.0.0.3:1000", w.hello("3", true))
	if first := late.take()[0]; first.Kind != wire.Bitfield || !slices.Equal(first.Data, []byte{0b0000_0100}) {
		t.Errorf("who comes late hears %v %b", first, first.Data)
	}
	late.unchoked()
	if got := late.asks(6); got != wire.Reject {
		t.Errorf("who was not told of piece 6, and asks for it, hears %v", got)
	}
	p.take()
	if got := p.asks(6); got != wire.KeepAlive {
		t.Errorf("piece 6 is answered by %v before its check", got)
	}
	w.releaseDisk()
	heard := p.take()
	if !slices.ContainsFunc(heard, func(m wire.Message) bool { return m.Kind == wire.Piece && m.Index == 6 }) {
		t.Errorf("after its check, piece 6 is not sent: %v", heard)
	}
	if slices.ContainsFunc(heard, func(m wire.Message) bool { return m.Kind == wire.Have }) {
		t.Errorf("who was told of all hears %v again", heard)
	}
	haves := 0
	for _, m := range late.take() {
		if m.Kind == wire.Have {
			haves++
		}
	}
	if haves != 6 {
		t.Errorf("who came late hears of %d pieces, want 6", haves)
	}
}

// The bad piece is fetched from another seed. That completes the torrent when
// the rest is checked, and not before.
func TestSeedModeRepairs(t *testing.T) {
	w := newTrusting(t, 2)
	p := w.fastPeer("1").unchoked()
	w.holdDisk = true
	p.asks(2)
	bad := w.held
	w.held = nil
	w.handle(bad[0])
	background := w.held
	w.held, w.holdDisk = nil, false
	other := w.peer("4")
	other.sends(w.all(), msg(wire.Unchoke))
	if n := other.answers(other.take()); n != 1 {
		t.Fatalf("%d blocks were asked for, want that of piece 2", n)
	}
	if count[boundary.Completed](w) != 0 || w.s.Torrent(torrentID).Complete() {
		t.Error("complete before all was checked")
	}
	for _, e := range background {
		w.handle(e)
	}
	if count[boundary.Completed](w) != 1 || !w.s.Torrent(torrentID).Seed() {
		t.Errorf("completed %d times, seed %v", count[boundary.Completed](w), w.s.Torrent(torrentID).Seed())
	}
}

// Whose file is short is checked as ever.
func TestSeedModeWantsTheSize(t *testing.T) {
	w := newWorld(t, 128*kib, 16*kib, inSeedMode, func(_ *Config, a *boundary.AddTorrent) { a.State = boundary.Stopped })
	for p := range 7 {
		w.onDisk.Set(p)
		w.disk[p] = w.piece(p)
	}
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	tor := w.s.Torrent(torrentID)
	if have := tor.Have(); w.checked != 7 || have.Count() != 7 || tor.Status(w.now).Trusted != 0 {
		t.Errorf("checked %d, has %d, trusted %d", w.checked, have.Count(), tor.Status(w.now).Trusted)
	}
	if count[boundary.SeedModeEnded](w) != 1 {
		t.Errorf("notices %v", w.notices)
	}
}

// What is left for the next instance claims what was verified, and no more. With
// it, seed mode goes on: only a sample of what was verified is to be proven again.
func TestSeedModeRestarted(t *testing.T) {
	w := newTrusting(t)
	p := w.fastPeer("1").unchoked()
	for i := range 5 {
		p.asks(i)
	}
	w.advance(31 * time.Second)
	if s := w.s.Torrent(torrentID).Saved(); s == nil || s.Pieces.Count() != 5 || s.Suspect.Count() != 3 {
		t.Fatalf("saved in mid-life: %+v", s)
	}
	s := w.stopAndSave()
	if s.Pieces.Count() != 5 || s.Suspect.Count() != 3 || !s.Clean {
		t.Fatalf("saved %d pieces, suspects %d", s.Pieces.Count(), s.Suspect.Count())
	}
	// In seed mode.
	again := newWorld(t, 128*kib, 16*kib, inSeedMode, func(_ *Config, a *boundary.AddTorrent) {
		a.State, a.Resume = boundary.Stopped, s
	})
	again.onDisk.SetAll()
	again.disk = w.disk
	again.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	if tor := again.s.Torrent(torrentID); again.checked != 0 || !tor.Seed() || tor.Status(w.now).Trusted != 3+1 {
		t.Errorf("checked %d, trusted %d, want 3 pieces and a sample", again.checked, tor.Status(w.now).Trusted)
	}
	// Without: the sample, and what was never verified.
	if plain, checked := restarted(t, w, s, nil); checked != 3+1 || !plain.s.Torrent(torrentID).Seed() {
		t.Errorf("checked %d without seed mode, want 4", checked)
	}
}

// A cache that lies is found out at the first request of its sample: then
// nothing that it says is believed.
func TestSeedModeLyingCache(t *testing.T) {
	w := newSeed(t, 128*kib, 16*kib)
	s := w.stopAndSave()
	for _, b := range w.disk {
		b[0] ^= 1
	}
	again := newWorld(t, 128*kib, 16*kib, inSeedMode, func(_ *Config, a *boundary.AddTorrent) {
		a.State, a.Resume = boundary.Stopped, s
	})
	again.onDisk.SetAll()
	again.disk = w.disk
	again.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	sample := again.s.Torrent(torrentID).Have()
	p := again.fastPeer("1").unchoked()
	if got := p.asks(sample.NextClear(0)); got != wire.Reject {
		t.Errorf("a piece of the sample, which is wrong: %v", got)
	}
	if have := again.s.Torrent(torrentID).Have(); have.Count() != 0 || again.checked != 8 {
		t.Errorf("believed %d pieces after %d checks", have.Count(), again.checked)
	}
}

// A piece that cannot be read in the background check is lost, and no other.
func TestSeedModeDiskFailure(t *testing.T) {
	w := newTrusting(t, 2)
	p := w.fastPeer("1").unchoked()
	w.holdDisk = true
	p.asks(2)
	bad := w.held
	w.held = nil
	w.handle(bad[0])
	failed := w.held[0].(boundary.PieceChecked)
	failed.Err = errors.New("input/output error")
	w.held[0] = failed
	w.releaseDisk()
	if w.s.Torrent(torrentID).State() != boundary.Active || count[boundary.ReadFailed](w) != 1 {
		t.Error("a piece that could not be read has stopped it, or was not told of")
	}
	if have := w.s.Torrent(torrentID).Have(); have.Count() != 6 {
		t.Errorf("has %d pieces in the end, want 6", have.Count())
	}
}

// A hash check that the user asks for before the first one has ended finds a
// piece wrong which is had on the word of a cache, or on trust: that word counts
// for nothing then.
func TestHashcheckBeforeBelief(t *testing.T) {
	w := newSeed(t, 640*kib, 16*kib)
	s := w.stopAndSave()
	for _, seedMode := range []bool{false, true} {
		again := newWorld(t, 640*kib, 16*kib, func(_ *Config, a *boundary.AddTorrent) {
			a.State, a.Resume, a.SeedMode = boundary.Stopped, s, seedMode
		})
		again.onDisk.SetAll()
		again.disk = make(map[int][]byte)
		for p := range again.meta.Info.NumPieces() {
			again.disk[p] = again.piece(p)
		}
		bad := again.meta.Info.NumPieces() - 1
		again.disk[bad][0] ^= 1
		again.handle(boundary.Hashcheck{Torrent: torrentID})
		again.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
		if have := again.s.Torrent(torrentID).Have(); have.Has(bad) || have.Count() != 39 {
			t.Errorf("seed mode %v: has %d pieces, the wrong one among them: %v", seedMode, have.Count(), have.Has(bad))
		}
	}
}
