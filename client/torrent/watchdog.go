package torrent

import (
	"time"

	"bt/client/boundary"
	"bt/client/picker"
)

const (
	// stillFirst is how long a download may stand still before its state is gone
	// over: longer than a peer needs that is only slow, so that nobody pays for it
	// who does not have to.
	stillFirst = 20 * time.Second
	// stillMax is the longest pause between two times: each finds the state in
	// order, the next one comes after twice as long. Peers may choke us all night.
	stillMax = 5 * time.Minute
)

// watchdog goes over the state of a download that stands still although there are
// peers and nothing else is waited for. What is kept twice, for speed, is counted
// anew: who has something that we want, which pieces and blocks are free, what
// is asked of whom, what is being checked. If all is as it should be, it is the
// peers that do not move. If not, we have a bug: it is told, with the word for
// what was wrong, and mended.
type watchdog struct {
	bite   time.Time     // when to go over the state; zero: nobody stands still
	pause  time.Duration // before that
	judged map[int]int   // checks of downloaded pieces that are with the workers, by piece
}

func newWatchdog() watchdog { return watchdog{judged: make(map[int]int)} }

// moved notes that a block was asked for or has come.
func (w *watchdog) moved() { w.bite = time.Time{} }

// asked notes that a downloaded piece is to be checked, answered that it was.
func (w *watchdog) asked(piece int) { w.judged[piece]++ }

// answered: see asked.
func (w *watchdog) answered(piece int) {
	if w.judged[piece]--; w.judged[piece] <= 0 {
		delete(w.judged, piece)
	}
}

// watch goes over the state when it is time.
func (t *Torrent) watch(now time.Time, out *boundary.Effects) {
	w := &t.watchdog
	switch {
	case !t.couldMove():
		w.moved()
	case w.bite.IsZero():
		w.pause = stillFirst
		w.bite = now.Add(w.pause)
	case !now.Before(w.bite):
		w.pause = min(2*w.pause, stillMax)
		w.bite = now.Add(w.pause)
		t.audit(now, out)
	}
}

// couldMove says whether nothing but peers, or our own confusion, can hold up a
// download. Whether there is anything left to download is counted later, too.
func (t *Torrent) couldMove() bool {
	return t.state == boundary.Active && t.files.open() && t.files.loaded && t.disk.phase == diskWorks &&
		len(t.peers) > 0 && t.transfer.unwritten < unwrittenMax
}

// audit counts everything anew, and mends what was wrong.
func (t *Torrent) audit(now time.Time, out *boundary.Effects) {
	var found []boundary.Defect
	if complete := t.pieces.complete(); t.auditPieces() {
		found = append(found, boundary.DefectPieces)
		if !complete && t.pieces.complete() {
			t.completed(out)
			t.announcer.Complete(now)
		}
	}
	if t.auditInterest(now, out) {
		found = append(found, boundary.DefectInterest)
	}
	counts, requests, stuck := t.picker.Audit(t.census())
	if counts {
		found = append(found, boundary.DefectPicker)
	}
	if requests {
		found = append(found, boundary.DefectRequests)
	}
	if counts || requests {
		t.rebuildPicker(now, out)
	}
	if len(stuck) > 0 {
		found = append(found, boundary.DefectCheck)
		for _, p := range stuck {
			t.restart(now, p, out)
		}
	}
	if len(found) > 0 {
		t.refill = true
		out.Notify = append(out.Notify, boundary.Healed{Torrent: t.cfg.ID, Defects: found})
	}
}

// auditPieces counts what is left anew, and reports whether that was wrong.
func (t *Torrent) auditPieces() (wrong bool) {
	var left int64
	lacked := 0
	for p := range t.info.NumPieces() {
		if t.pieces.wants(p) {
			left += t.info.PieceSize(p)
			lacked++
		}
	}
	wrong = left != t.pieces.left || lacked != t.pieces.lacked
	t.pieces.left, t.pieces.lacked = left, lacked
	return wrong
}

// auditInterest counts anew what each peer has for us, tells it whether that is
// something, and reports whether any of that was wrong.
func (t *Torrent) auditInterest(now time.Time, out *boundary.Effects) (wrong bool) {
	for _, p := range t.peers {
		was, interested := p.Wanted, p.AmInterested
		t.recount(now, p, out)
		wrong = wrong || p.Wanted != was || p.AmInterested != interested
	}
	return wrong
}

// census is what the picker should know.
func (t *Torrent) census() picker.Census {
	c := picker.Census{
		// Pieces that seed mode has left unproven are the checker's business.
		Have:   func(p int) bool { return t.pieces.have.Has(p) || t.seeding.holds(p) },
		Prio:   t.pieces.prio,
		Judged: func(p int) bool { return t.watchdog.judged[p] > 0 },
	}
	for _, p := range t.peers {
		c.Has = append(c.Has, &p.Has)
		for _, b := range p.Requests.Outstanding() {
			c.Asked = append(c.Asked, picker.Asked{Peer: p.ID, Block: b})
		}
	}
	return c
}

// rebuildPicker makes a new picker of what is known elsewhere. What has come of
// pieces in progress is lost.
func (t *Torrent) rebuildPicker(now time.Time, out *boundary.Effects) {
	for _, p := range t.peers {
		p.WithdrawAll(now, out)
	}
	for p := range t.info.NumPieces() {
		if t.picker.InProgress(int64(p)) {
			t.blame.forget(p)
		}
	}
	t.picker = newPicker(t.info, t.pieces.prio, stream(t.cfg.Rand))
	c := t.census()
	for p := range t.info.NumPieces() {
		if c.Have(p) {
			t.picker.SetHave(p)
		}
	}
	for _, has := range c.Has {
		t.picker.AddPeer(has)
	}
}
