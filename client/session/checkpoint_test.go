package session

import (
	"slices"
	"testing"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/resume"
	"bt/client/wire"
)

// stopAndSave ends a world in order and returns what it has left.
func (w *world) stopAndSave() *resume.State {
	w.t.Helper()
	tor := w.s.Torrent(torrentID)
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Stopped})
	if tor.Saved() == nil {
		w.t.Fatal("nothing was saved")
	}
	s, err := resume.Decode(resume.Encode(*tor.Saved()))
	if err != nil {
		w.t.Fatal(err)
	}
	return &s
}

// checks counts the checks that a world with this state on this disk makes.
func restarted(t *testing.T, old *world, s *resume.State, change func(*world)) (w *world, checked int) {
	w = newWorld(t, len(old.content), int(old.meta.Info.PieceLength), func(_ *Config, a *boundary.AddTorrent) {
		a.State, a.Resume = boundary.Stopped, s
	})
	w.onDisk.SetAll()
	w.disk = old.disk
	if change != nil {
		change(w)
	}
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	return w, w.checked
}

// pieceList is the pieces that are set.
func pieceList(b bitfield.Bitfield) (list []int) {
	for p := b.Next(0); p >= 0; p = b.Next(p + 1) {
		list = append(list, p)
	}
	return list
}

// TestWordOfAFailedSync: what was written before the last sync of a process, which
// has failed, the next one writes again before it notes it down, but for what it finds
// wrong. What an earlier sync has made durable it leaves alone.
func TestWordOfAFailedSync(t *testing.T) {
	w := newWorld(t, 96*kib, 16*kib)
	p := w.fastPeer("1")
	has := w.all()
	has.Data[0] = 0b1110_0000
	p.sends(has, msg(wire.Unchoke))
	p.downloads()
	w.advance(31 * time.Second)
	p.sends(wire.Message{Kind: wire.Have, Index: 3}, wire.Message{Kind: wire.Have, Index: 4})
	p.downloads()
	w.closeErr = errIO
	s := w.stopAndSave()
	if s.Clean || !slices.Equal(pieceList(s.Pieces), []int{0, 1, 2}) || !slices.Equal(pieceList(s.Unsure), []int{3, 4}) {
		t.Fatalf("a failed sync at the end: clean %v, has %v, unsure of %v", s.Clean, pieceList(s.Pieces), pieceList(s.Unsure))
	}

	again, _ := restarted(t, w, s, func(w *world) {
		w.onDisk.Clear(5)
		w.disk[4][0] ^= 1
	})
	tor := again.s.Torrent(torrentID)
	if !slices.Equal(again.rewrites, []int{3}) {
		t.Errorf("pieces %v were written again, want 3 alone", again.rewrites)
	}
	again.advance(time.Second)
	if s := tor.Saved(); s == nil || !slices.Equal(pieceList(s.Pieces), []int{0, 1, 2, 3}) || !s.Unsure.None() {
		t.Errorf("noted down after a good sync: %+v", s)
	}
	p = again.fastPeer("1")
	p.sends(again.all(), msg(wire.Unchoke))
	p.downloads()
	if again.advance(31 * time.Second); !tor.Saved().Pieces.All() || len(again.rewrites) != 1 {
		t.Errorf("what was wrong: %d pieces noted down, written again %v", tor.Saved().Pieces.Count(), again.rewrites)
	}
}

// TestNothingCanBeWrittenAgain: where nothing can be written, what is unsure stays so,
// and is served all the same.
func TestNothingCanBeWrittenAgain(t *testing.T) {
	w := newSeed(t, 64*kib, 16*kib)
	w.closeErr = errIO
	s := w.stopAndSave()
	if s.Unsure.Count() != 4 {
		t.Fatalf("unsure of %v, want all", pieceList(s.Unsure))
	}
	again, _ := restarted(t, w, s, func(w *world) { w.readOnly = errIO })
	tor := again.s.Torrent(torrentID)
	again.advance(5 * time.Minute)
	if tor.State() != boundary.Active || !tor.Seed() || count[boundary.SyncFailed](again) != 1 {
		t.Errorf("state %v, told %d times", tor.State(), count[boundary.SyncFailed](again))
	}
	if again.checked > 8 {
		t.Errorf("%d checks of four pieces", again.checked)
	}
	if s := tor.Saved(); s == nil || s.Pieces.Count() != 0 || s.Unsure.Count() != 4 {
		t.Errorf("noted down: %+v", s)
	}
	again.readOnly = nil
	again.handle(boundary.SetState{Torrent: torrentID, State: boundary.Stopped})
	again.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	if again.advance(time.Minute); len(again.rewrites) != 4 || !tor.Saved().Pieces.All() || !tor.Saved().Unsure.None() {
		t.Errorf("writable again: %v were written again, noted down %+v", again.rewrites, tor.Saved())
	}
}

func TestRestartChecksASampleOnly(t *testing.T) {
	w := newSeed(t, 640*kib, 16*kib)
	s := w.stopAndSave()
	if !s.Clean || !s.Pieces.All() {
		t.Errorf("saved clean %v, %d pieces", s.Clean, s.Pieces.Count())
	}
	again, checked := restarted(t, w, s, nil)
	if checked != 1 || !again.s.Torrent(torrentID).Seed() {
		t.Errorf("checked %d pieces, seed %v; want a sample of one", checked, again.s.Torrent(torrentID).Seed())
	}
	if count[boundary.Completed](again) != 0 {
		t.Error("nothing was completed")
	}
}

func TestRestartAfterAChange(t *testing.T) {
	w := newSeed(t, 640*kib, 16*kib)
	s := w.stopAndSave()
	w.disk[3][0] ^= 1
	again, checked := restarted(t, w, s, func(w *world) { w.modTime = start })
	if checked != 40 {
		t.Errorf("checked %d pieces of a file that has changed, want all 40", checked)
	}
	if again.s.Torrent(torrentID).Seed() || count[boundary.PieceFailed](again) != 1 {
		t.Error("the damage was not found")
	}
}

// A cache that lies about everything is found out by its sample.
func TestLyingCacheIsFoundOut(t *testing.T) {
	w := newSeed(t, 640*kib, 16*kib)
	s := w.stopAndSave()
	for _, b := range w.disk {
		b[0] ^= 1
	}
	again, checked := restarted(t, w, s, nil)
	tor := again.s.Torrent(torrentID)
	if have := tor.Have(); have.Count() != 0 || checked != 40 {
		t.Errorf("believed %d pieces after %d checks", have.Count(), checked)
	}
	if p := again.accepted("10.0.0.1:1", again.hello("1", false)); len(p.take()) != 0 {
		t.Error("claims pieces that are not there")
	}
}

func TestCheckpointsWhileDownloading(t *testing.T) {
	w := newWorld(t, 64*kib, 16*kib)
	p := w.peer("1")
	has := w.all()
	has.Data[0] = 0b1100_0000
	p.sends(has, msg(wire.Unchoke))
	p.answers(p.take())
	if w.s.Torrent(torrentID).Saved() != nil && w.s.Torrent(torrentID).Saved().Pieces.Count() > 0 {
		t.Error("claims as durable what was not synced")
	}
	w.advance(31 * time.Second)
	s := w.s.Torrent(torrentID).Saved()
	if s == nil || s.Pieces.Count() != 2 || s.Clean {
		t.Fatalf("saved %+v", s)
	}
	n := count[boundary.Checkpointed](w)
	w.advance(90 * time.Second)
	if count[boundary.Checkpointed](w) != n {
		t.Error("saves though nothing has changed")
	}
}
