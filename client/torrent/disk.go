package torrent

import (
	"time"

	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/wire"
)

// Waiting for a disk that takes nothing at present. The blocks under way go back
// to the picker rather than into memory: the memory is that of all torrents, a
// disk may be full for days, and what was under way is quickly fetched again.
const (
	// probeFirst is the pause before the first look whether the disk takes
	// something again; each next one is twice as long.
	probeFirst = time.Second
	// probeMax is the longest pause if the filesystem says how much is free, and so
	// how long there may be room before somebody notices: a look costs one system
	// call.
	probeMax = 5 * time.Second
	// trialMax is the longest pause if only a write can tell, which costs a block
	// that has come for nothing.
	trialMax = time.Minute
	// trialsBusy is how often in a row a disk may be busy before it counts as
	// broken: three minutes of pauses.
	trialsBusy = 8
	// roomMin is how much must be free before a full disk is tried again. With
	// less it would be full in the same moment.
	roomMin = 1 << 20
	// calmAfter is how long a disk must have worked before its next trouble is a
	// new one, with short pauses.
	calmAfter = time.Minute
)

// diskWait is how a torrent gets over a disk that is full or busy. At first it
// is closed: nothing is asked for, and what comes all the same is dropped. When a
// probe has found room, it is on trial: each peer is asked for one block at a time,
// until one has reached the disk.
type diskWait struct {
	volume  string // the filesystem; "": unknown
	phase   waitPhase
	err     error     // what it waits for to be over
	tries   int       // probes since the disk last worked for long
	probeAt time.Time // while closed
	probing bool      // a probe is with the worker
	works   time.Time // when it last ended a wait
	behind  bool      // the files have not followed the priorities
	follows bool      // they are made to once more, since somebody had changed one
	told    bool      // the user knows that the disk fails
}

type waitPhase uint8

const (
	diskWorks waitPhase = iota
	diskClosed
	diskTrial
)

func (d *diskWait) closed() bool { return d.phase == diskClosed }
func (d *diskWait) trial() bool  { return d.phase == diskTrial }

// diskFailed takes an error of the disk in the way that its fault asks for.
func (t *Torrent) diskFailed(now time.Time, err error, out *boundary.Effects) {
	switch boundary.FaultOf(err) {
	case boundary.DiskFull, boundary.DiskBusy:
		t.waitForDisk(now, err, out)
	case boundary.DiskChanged:
		t.doubts.lookNow = true
	default:
		t.failFiles(now, err, out)
	}
}

// waitForDisk ceases to ask for anything until the disk takes something again.
func (t *Torrent) waitForDisk(now time.Time, err error, out *boundary.Effects) {
	d := &t.disk
	switch {
	case d.closed():
		return
	case t.state == boundary.Stopped && !t.checker.busy():
		t.failLate(err, out) // nobody is going to wait
		return
	}
	news := d.phase == diskWorks || boundary.FaultOf(d.err) != boundary.FaultOf(err)
	if d.phase == diskWorks && now.Sub(d.works) >= calmAfter {
		d.tries = 0
	}
	if boundary.FaultOf(err) == boundary.DiskBusy && d.tries >= trialsBusy {
		t.failFiles(now, err, out)
		return
	}
	d.phase, d.err = diskClosed, err
	d.again(now, trialMax)
	for _, p := range t.peers {
		t.lost(p, p.WithdrawAll(now, out))
	}
	if news {
		out.Notify = append(out.Notify, boundary.DiskWaits{Torrent: t.cfg.ID, Err: err})
	}
}

// failLate takes an error of what was under way when the torrent was stopped. The user
// is told unless it has failed before, which may be why it was stopped.
func (t *Torrent) failLate(err error, out *boundary.Effects) {
	if !t.disk.told {
		t.disk.told = true
		out.Notify = append(out.Notify, boundary.FileFailed{Torrent: t.cfg.ID, Err: err})
	}
}

// again sets the time of the next probe, after a pause of no more than most.
func (d *diskWait) again(now time.Time, most time.Duration) {
	d.probeAt = now.Add(min(probeFirst<<min(d.tries, 10), most))
	d.tries++
}

// maybeProbe asks whether the disk takes something again, when that is due.
func (t *Torrent) maybeProbe(now time.Time, out *boundary.Effects) {
	if at, ok := t.probeAt(); ok && !now.Before(at) {
		t.disk.probing = true
		out.Probe = append(out.Probe, boundary.ProbeDisk{Torrent: t.cfg.ID})
	}
}

// probeAt is when the disk is to be looked at again.
func (t *Torrent) probeAt() (time.Time, bool) {
	return t.disk.probeAt, t.disk.closed() && !t.disk.probing
}

// HandleDiskProbed goes on, carefully, if there may be room.
func (t *Torrent) HandleDiskProbed(now time.Time, e boundary.DiskProbed, out *boundary.Effects) {
	t.disk.probing = false
	if t.disk.closed() {
		full := boundary.FaultOf(t.disk.err) == boundary.DiskFull
		if full && e.Free >= 0 && e.Free < roomMin {
			t.disk.again(now, probeMax)
		} else {
			t.tryDisk(out)
		}
	}
	t.settle(now, out)
}

// tryDisk lets one thing be done, to see whether it works.
func (t *Torrent) tryDisk(out *boundary.Effects) {
	t.disk.phase = diskTrial
	t.refill = true
	if t.disk.behind {
		t.moveFiles(out)
	}
}

// diskWorked ends a wait: the disk has taken something.
func (t *Torrent) diskWorked(now time.Time, out *boundary.Effects) {
	if !t.disk.trial() {
		return
	}
	t.disk.phase, t.disk.err, t.disk.works = diskWorks, nil, now
	t.refill = true
	out.Notify = append(out.Notify, boundary.DiskWorks{Torrent: t.cfg.ID})
}

// forgetWait begins anew, as after the user's Start.
func (t *Torrent) forgetWait() {
	t.disk = diskWait{volume: t.disk.volume, probing: t.disk.probing, behind: t.disk.behind}
}

// roomOnDisk is how many more blocks a peer may be asked for as far as the disk
// goes. On trial it is one of each: if only one were asked, and took an hour for it,
// the disk would seem full for as long.
func (t *Torrent) roomOnDisk(p *peer.Peer) int {
	room := p.Requests.Room()
	switch {
	case t.disk.closed(), t.transfer.unwritten >= unwrittenMax:
		return 0
	case !t.disk.trial():
		return room
	case t.transfer.unwritten > 0 || p.Requests.Len() > 0:
		return 0
	}
	return min(room, 1)
}

// giveBack has blocks asked for again that did not reach the disk.
func (t *Torrent) giveBack(blocks []wire.Block) {
	for _, b := range blocks {
		t.transfer.wasted += int64(b.Length)
		t.picker.Unreceived(b)
	}
	t.refill = t.refill || len(blocks) > 0
}

// Volume names the filesystem of the torrent's files, "" if it is not known, and
// says whether it is known to be full.
func (t *Torrent) Volume() (name string, full bool) {
	return t.disk.volume, t.disk.closed() && boundary.FaultOf(t.disk.err) == boundary.DiskFull
}

// HandleVolume takes what another torrent has found out about the filesystem that
// both are on: that it is full, with the error that says so, or with nil that it
// may have room again.
func (t *Torrent) HandleVolume(now time.Time, err error, out *boundary.Effects) {
	_, full := t.Volume()
	switch {
	case err == nil && full:
		t.tryDisk(out)
	case err != nil && t.disk.phase == diskWorks && t.state == boundary.Active && t.files.loaded && !t.Complete():
		t.waitForDisk(now, err, out)
		// Who has found it full looks first, and tells.
		t.disk.probeAt = now.Add(probeMax)
	}
	t.settle(now, out)
}
