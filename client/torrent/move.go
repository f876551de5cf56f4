package torrent

import (
	"errors"
	"time"

	"bt/client/boundary"
)

var errRemoved = errors.New("the torrent is being removed")

// HandleMove takes the user's order to move the files. The torrent goes on: what
// it asks of the disk is done before or after, and reading meanwhile.
func (t *Torrent) HandleMove(now time.Time, dir string, out *boundary.Effects) {
	if t.removing {
		t.HandleRelocated(now, boundary.Relocated{Torrent: t.cfg.ID, Dir: dir, Err: errRemoved}, out)
		return
	}
	t.moving = true
	out.Relocate = append(out.Relocate, boundary.Relocate{Torrent: t.cfg.ID, Dir: dir})
	t.settle(now, out)
}

// HandleRelocated: the files are in their new place, or have stayed in the old.
func (t *Torrent) HandleRelocated(now time.Time, e boundary.Relocated, out *boundary.Effects) {
	t.moving = false
	switch {
	case e.Err == nil:
		t.moved(e.Dir, out)
	default:
		out.Notify = append(out.Notify, boundary.MoveFailed{Torrent: t.cfg.ID, Dir: e.Dir, Err: e.Err})
		if e.Torn {
			t.failFiles(now, e.Err, out)
		}
		if e.Unsynced {
			out.Notify = append(out.Notify, boundary.SyncFailed{Torrent: t.cfg.ID, Err: e.Err})
			t.doubtUnsynced(now, nil, out)
		}
	}
	t.leftBehind(e.Left, out)
	t.settle(now, out)
}

// moved tells of the new place, and has what the next instance needs noted down
// anew, at once.
func (t *Torrent) moved(dir string, out *boundary.Effects) {
	out.Notify = append(out.Notify, boundary.StorageMoved{Torrent: t.cfg.ID, Dir: dir})
	t.disk.volume = "" // it may be another one: known again when the files are opened
	t.checkpoint.unsynced, t.checkpoint.last = true, time.Time{}
}

// leftBehind tells of what a move could not delete where it does not belong.
func (t *Torrent) leftBehind(err error, out *boundary.Effects) {
	if err != nil {
		out.Notify = append(out.Notify, boundary.LeftBehind{Torrent: t.cfg.ID, Err: err})
	}
}

// endMove gives up a move for the sake of a torrent's removal.
func (t *Torrent) endMove(out *boundary.Effects) {
	if t.moving {
		out.Relocate = append(out.Relocate, boundary.Relocate{Torrent: t.cfg.ID, End: true})
	}
}
