package torrent

import (
	"slices"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

// HandleSetPriorities takes new priorities of the files. Requests for what is
// no longer wanted are cancelled; what was had is kept.
func (t *Torrent) HandleSetPriorities(now time.Time, files []int, out *boundary.Effects) {
	was := t.pieces.complete()
	t.cfg.Priorities = slices.Clone(files)
	t.checkpoint.unsynced = true
	t.pieces.prioritise(files)
	for i, prio := range t.pieces.prio {
		t.picker.SetPriority(i, prio)
	}
	if !t.Complete() {
		t.settleUploadOnly(now, out) // before it is said what is wanted now
	}
	for _, p := range t.peers {
		for _, b := range p.Requests.Outstanding() {
			if t.pieces.prio[b.Index] == 0 {
				p.Cancel(now, b, out)
				t.lost(p, []wire.Block{b})
			}
		}
		t.recount(now, p, out)
	}
	if !was && t.pieces.complete() && t.files.loaded {
		t.completed(out)
	}
	t.refill = true
	t.disk.follows = false
	// The disk follows at once: only then are the files whole that others, or
	// the user, may look at.
	t.moveFiles(out)
	t.settle(now, out)
}

func (t *Torrent) moveFiles(out *boundary.Effects) {
	t.disk.behind = false
	out.MoveFiles = append(out.MoveFiles, boundary.MoveFiles{Torrent: t.cfg.ID, Priorities: slices.Clone(t.cfg.Priorities)})
}

// followAgain has the files follow the priorities once more when it is known how they
// look: they could not, since somebody had changed one.
func (t *Torrent) followAgain(out *boundary.Effects) {
	if t.disk.behind && t.disk.phase == diskWorks && t.files.open() && !t.disk.follows {
		t.disk.follows = true
		t.moveFiles(out)
	}
}

// HandleFilesMoved: the disk has followed the priorities, or could not.
func (t *Torrent) HandleFilesMoved(now time.Time, e boundary.FilesMoved, out *boundary.Effects) {
	if e.Err != nil {
		t.disk.behind = true
		if t.disk.follows && boundary.FaultOf(e.Err) == boundary.DiskChanged {
			t.failFiles(now, e.Err, out) // whoever changes files, or loses them, goes on
		} else {
			t.diskFailed(now, e.Err, out)
		}
		if e.Unsynced {
			out.Notify = append(out.Notify, boundary.SyncFailed{Torrent: t.cfg.ID, Err: e.Err})
			t.doubtUnsynced(now, nil, out)
		}
	} else {
		t.diskWorked(now, out)
		t.disk.follows = false
		t.files.follows = t.cfg.Priorities
		out.Notify = append(out.Notify, boundary.PrioritiesSet{Torrent: t.cfg.ID})
	}
	t.settle(now, out)
}
