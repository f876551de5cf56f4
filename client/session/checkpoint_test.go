package session

import (
	"testing"
	"time"

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
