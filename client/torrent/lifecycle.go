package torrent

import (
	"time"

	"bt/client/boundary"
)

// HandleSetState takes the user's Start, Pause or Stop.
func (t *Torrent) HandleSetState(now time.Time, s boundary.State, out *boundary.Effects) {
	if !t.removing {
		t.setState(now, s, out)
	}
	t.settle(now, out)
}

func (t *Torrent) setState(now time.Time, s boundary.State, out *boundary.Effects) {
	if s == t.state {
		return
	}
	was := t.state
	t.state = s
	out.Notify = append(out.Notify, boundary.StateChanged{Torrent: t.cfg.ID, State: s})
	switch s {
	case boundary.Stopped:
		t.stop(now, out)
	case boundary.Paused:
		t.pause(now, out)
	case boundary.Active:
		t.choking.vacant, t.refill = true, true
	}
	if was == boundary.Stopped {
		t.forgetWait()
	}
	if was == boundary.Stopped && t.files.loaded {
		t.announcer.Start(now)
	}
}

// pause withdraws our requests and refuses those of others; connections stay.
func (t *Torrent) pause(now time.Time, out *boundary.Effects) {
	for _, p := range t.peers {
		t.lost(p, p.WithdrawAll(now, out))
		p.Choke(now, true, out)
		p.DropRequests(now, out)
	}
}

// stop ends all connections and says goodbye to the trackers. The files are
// closed when the disk has done what was asked of it.
func (t *Torrent) stop(now time.Time, out *boundary.Effects) {
	for _, p := range t.Peers() {
		t.drop(now, p, boundary.LocalStop, nil, out)
	}
	t.announcer.Stop(now)
	t.tickAt = time.Time{}
	t.limits.heldUp, t.limits.heldDown, t.limits.ready = false, false, nil
	t.limits.owe(0)
}

// HandleRemove stops the torrent for good. TorrentRemoved follows when it has
// let go of everything.
func (t *Torrent) HandleRemove(now time.Time, out *boundary.Effects) {
	t.removing = true
	t.endMove(out)
	t.checker.cancel()
	t.setState(now, boundary.Stopped, out)
	t.settle(now, out)
}

// maybeRemoved says so when a removed torrent has let go of everything.
func (t *Torrent) maybeRemoved(out *boundary.Effects) {
	if !t.removing || t.Gone() {
		return
	}
	if t.files.phase == filesClosed && !t.disk.probing && !t.moving && t.announcer.Done() && t.dialling == 0 {
		t.gone = true
		out.Notify = append(out.Notify, boundary.TorrentRemoved{Torrent: t.cfg.ID})
	}
}

// Gone says that a removed torrent has let go of everything.
func (t *Torrent) Gone() bool { return t.gone }
