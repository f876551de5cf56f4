package session

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

var (
	errFull    = &boundary.DiskError{Fault: boundary.DiskFull, Err: syscall.ENOSPC}
	errBusy    = &boundary.DiskError{Fault: boundary.DiskBusy, Err: syscall.EMFILE}
	errChanged = &boundary.DiskError{Fault: boundary.DiskChanged, Err: errors.New("the file was changed")}
	errIO      = errors.New("input/output error")
)

// unchokedSeed is a peer that has everything, and has unchoked us.
func (w *world) unchokedSeed(id string) *remote {
	p := w.fastPeer(id)
	p.sends(msg(wire.HaveAll), msg(wire.Unchoke))
	return p
}

// downloads answers requests until there are none.
func (r *remote) downloads() {
	for r.answers(r.take()) > 0 {
	}
}

func requestsIn(msgs []wire.Message) (n int) {
	for _, m := range msgs {
		if m.Kind == wire.Request {
			n++
		}
	}
	return n
}

// A full disk: the blocks go back, nothing is asked for until there is room, and
// then one block shows whether there is. Nobody calls Start.
func TestFullDiskIsWaitedFor(t *testing.T) {
	w := newWorld(t, 256*kib, 64*kib)
	p := w.unchokedSeed("1")
	asked := p.take()
	p.answers(asked[:3]) // interested, and two requests
	p.take()
	w.writeErr, w.free = errFull, 0
	p.answers(asked[3:4])
	tor := w.s.Torrent(torrentID)
	if count[boundary.DiskWaits](w) != 1 || tor.State() != boundary.Active || count[boundary.FileFailed](w) > 0 {
		t.Fatalf("a full disk: state %v, notices %v", tor.State(), w.notices)
	}
	if s := tor.Status(w.now.Add(10 * time.Second)); !strings.Contains(s.Why, "the disk is full") {
		t.Errorf("says that it waits for %q", s.Why)
	}
	p.take() // what was asked for before the disk has answered, and its cancels
	w.advance(time.Minute)
	if n := requestsIn(p.take()); n > 0 || w.probes < 10 || w.probes > 16 {
		t.Errorf("in a minute with a full disk: %d requests, looked for room %d times", n, w.probes)
	}
	w.writeErr, w.free = nil, 1<<30
	w.advance(5 * time.Second)
	if trial := p.take(); requestsIn(trial) != 1 {
		t.Errorf("with room again: %v, want one request", trial)
	} else {
		p.answers(trial)
	}
	if count[boundary.DiskWorks](w) != 1 {
		t.Error("that there is room was not told")
	}
	p.downloads()
	if !tor.Complete() {
		t.Errorf("has not gone on: %s", tor.Status(w.now).Why)
	}
	if s := tor.Status(w.now); s.Wasted != 16*kib || count[boundary.PieceFailed](w) > 0 {
		t.Errorf("%d bytes wasted, want those of the block that did not fit", s.Wasted)
	}
}

// A quota may be spent though there is room: what is tried fails, and is tried
// again less and less often.
func TestFullDiskThatDoesNotSaySo(t *testing.T) {
	w := newWorld(t, 256*kib, 64*kib)
	p := w.unchokedSeed("1")
	w.writeErr, w.free = errFull, -1
	p.answers(p.take())
	asked := 0
	for range 120 {
		w.advance(time.Second)
		asked += p.answers(p.take())
	}
	if asked < 4 || asked > 14 {
		t.Errorf("asked for %d blocks in two minutes, to find the quota spent", asked)
	}
	if count[boundary.DiskWaits](w) != 1 {
		t.Errorf("told of one trouble %d times", count[boundary.DiskWaits](w))
	}
}

// Whoever is on the same filesystem waits too; who is on another one goes on.
func TestFullDiskIsOneFilesystem(t *testing.T) {
	w := newWorld(t, 64*kib, 64*kib)
	others := []struct {
		id     boundary.TorrentID
		volume string
		waits  bool
	}{{2, "a", true}, {3, "b", false}, {4, "", false}}
	w.handle(boundary.FilesOpened{Torrent: torrentID, Present: w.onDisk, Stamps: w.stamps(), Volume: "a"})
	for _, o := range others {
		meta := *w.meta
		meta.InfoHash[0] ^= byte(o.id)
		w.handle(boundary.AddTorrent{ID: o.id, Meta: &meta})
		w.handle(boundary.FilesOpened{Torrent: o.id, Present: w.onDisk, Stamps: w.stamps(), Volume: o.volume})
	}
	waiting := func(id boundary.TorrentID) bool { _, full := w.s.Torrent(id).Volume(); return full }
	w.writeErr = errFull
	p := w.unchokedSeed("1")
	p.answers(p.take())
	for _, o := range others {
		if waiting(o.id) != o.waits {
			t.Errorf("torrent %d on %q waits: %v", o.id, o.volume, waiting(o.id))
		}
	}
	w.free = 1 << 30
	w.advance(2 * time.Second)
	if waiting(2) {
		t.Error("one has found room, and the other on the same filesystem waits on")
	}
}

// Without handles the same is tried again; when that does not help for long, the
// disk is broken.
func TestBusyDisk(t *testing.T) {
	w := newWorld(t, 64*kib, 64*kib)
	p := w.unchokedSeed("1")
	w.writeErr = errBusy
	p.answers(p.take())
	if count[boundary.DiskWaits](w) != 1 || w.s.Torrent(torrentID).State() != boundary.Active {
		t.Fatalf("no handles: %v", w.notices)
	}
	w.writeErr = nil
	w.advance(2 * time.Second)
	p.downloads()
	if !w.s.Torrent(torrentID).Complete() {
		t.Error("does not go on with handles")
	}

	w = newWorld(t, 64*kib, 64*kib)
	p = w.unchokedSeed("1")
	w.writeErr = errBusy
	for range 300 {
		if p.closed {
			break
		}
		p.answers(p.take())
		w.advance(time.Second)
	}
	if count[boundary.FileFailed](w) != 1 || w.s.Torrent(torrentID).State() != boundary.Stopped {
		t.Errorf("a disk that is busy for ever: %v", w.s.Torrent(torrentID).State())
	}
}

// A disk that refuses to write stops the torrent. What was verified stays, and
// Start goes on with what is missing.
func TestBrokenDiskLosesNothing(t *testing.T) {
	w := newWorld(t, 128*kib, 64*kib)
	p := w.unchokedSeed("1")
	asked := p.take()
	p.answers(asked) // a whole piece
	w.writeErr = errIO
	p.answers(p.take())
	tor := w.s.Torrent(torrentID)
	if tor.State() != boundary.Stopped || count[boundary.FileFailed](w) != 1 {
		t.Fatalf("an I/O error: %v", tor.State())
	}
	w.writeErr = nil
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	have := tor.Have()
	if have.Count() != 1 {
		t.Errorf("%d pieces had after Start, want 1", have.Count())
	}
	w.unchokedSeed("2").downloads()
	if !tor.Complete() || tor.Status(w.now).Wasted > 5*16*kib {
		t.Errorf("after Start: complete %v, wasted %d", tor.Complete(), tor.Status(w.now).Wasted)
	}
}

// asksFor requests the first block of a piece.
func (r *remote) asksFor(piece int) {
	r.sends(wire.Block{Index: uint32(piece), Length: 16 * kib}.Message(wire.Request))
}

// A piece that cannot be read is rejected, and checked before it is served again.
// The others are served.
func TestUnreadablePiece(t *testing.T) {
	w := newSeed(t, 64*kib, 16*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.Interested))
	p.take()
	w.holdDisk = true
	w.readErr = errIO
	p.asksFor(1)
	p.want("a block that cannot be read", wire.Block{Index: 1, Length: 16 * kib}.Message(wire.Reject))
	w.readErr = nil
	p.asksFor(1)
	p.want("the same piece, before it was checked", wire.Block{Index: 1, Length: 16 * kib}.Message(wire.Reject))
	p.asksFor(2)
	if got := p.take(); len(got) != 1 || got[0].Kind != wire.Piece {
		t.Errorf("another piece: %v", got)
	}
	if count[boundary.ReadFailed](w) != 1 || w.s.Torrent(torrentID).State() != boundary.Active {
		t.Errorf("told %d times; %v", count[boundary.ReadFailed](w), w.s.Torrent(torrentID).State())
	}
	w.releaseDisk()
	p.asksFor(1)
	if got := p.take(); len(got) != 1 || got[0].Kind != wire.Piece {
		t.Errorf("after the check: %v", got)
	}

	// When it cannot be read for its check either, it is tried again, and in the end
	// it is lost, and nothing else.
	w.readErr, w.checkErr = errIO, errIO
	p.asksFor(3)
	for _, held := range []bool{true, true, false} {
		have := w.s.Torrent(torrentID).Have()
		if have.Has(3) != held || have.Count() < 3 || w.s.Torrent(torrentID).State() != boundary.Active {
			t.Errorf("at %v has %d pieces, the unreadable one: %v", w.now, have.Count(), have.Has(3))
		}
		p.take()
		p.asksFor(3)
		p.want("what cannot be read", wire.Block{Index: 3, Length: 16 * kib}.Message(wire.Reject))
		w.advance(30 * time.Second)
	}
}

// A piece that was given up, and is readable again when somebody sends it, is not
// written over. What is still unreadable is.
func TestLostPieceIsSpared(t *testing.T) {
	for _, readable := range []bool{true, false} {
		w := newSeed(t, 64*kib, 16*kib)
		p := w.fastPeer("1")
		p.sends(msg(wire.Interested))
		p.take()
		w.readErr, w.checkErr = errIO, errIO
		p.asksFor(3)
		w.advance(time.Minute)
		tor := w.s.Torrent(torrentID)
		if have := tor.Have(); have.Has(3) {
			t.Fatal("a piece that cannot be read for a minute is not lost")
		}
		if readable {
			w.checkErr = nil
		}
		p.sends(w.all(), msg(wire.Unchoke))
		p.take()
		poison := wire.Block{Index: 3, Length: 16 * kib}.Message(wire.Piece)
		poison.Data = make([]byte, 16*kib)
		p.sends(poison)
		if have := tor.Have(); have.Has(3) != readable {
			t.Errorf("readable again: %v, had: %v", readable, have.Has(3))
		}
		if readable && tor.Status(w.now).Wasted != 16*kib {
			t.Errorf("%d bytes wasted", tor.Status(w.now).Wasted)
		}
		if !readable && bytes.Equal(w.disk[3], w.piece(3)) {
			t.Error("what is unreadable was not written over")
		}
	}
}

// A piece is held until its check; when a disk failure has called that off, Start
// makes up for it.
func TestHeldPieceIsCheckedAfterStart(t *testing.T) {
	const pieces = 12 // more than are checked at the same time
	w := newSeed(t, pieces*16*kib, 16*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.Interested))
	w.readErr, w.holdDisk = errIO, true
	for piece := range pieces {
		p.asksFor(piece)
	}
	w.handle(boundary.BlocksWritten{Torrent: torrentID, Err: errIO})
	w.readErr = nil
	w.releaseDisk()
	if state := w.s.Torrent(torrentID).State(); state != boundary.Stopped {
		t.Fatalf("a broken disk leaves the torrent %v", state)
	}
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	p = w.fastPeer("2")
	p.sends(msg(wire.Interested))
	p.take()
	p.asksFor(pieces - 1)
	if got := p.take(); len(got) != 1 || got[0].Kind != wire.Piece {
		t.Errorf("after Start: %v", got)
	}
}

// After a failed sync all that was written since the last good one is written
// again, also what was verified only later, and is not noted down before a sync
// that began after that.
func TestFailedSyncIsNotDurable(t *testing.T) {
	w := newWorld(t, 64*kib, 16*kib)
	p := w.fastPeer("1")
	has := w.all()
	has.Data[0] = 0b1100_0000
	p.sends(has, msg(wire.Unchoke))
	w.syncErr = errIO
	p.downloads()
	w.advance(time.Second)
	tor := w.s.Torrent(torrentID)
	if count[boundary.SyncFailed](w) != 1 || tor.State() != boundary.Active {
		t.Fatalf("a failed sync: %v", tor.State())
	}
	if !slices.Equal(w.rewrites, []int{0, 1}) {
		t.Errorf("pieces %v were written again, want 0 and 1", w.rewrites)
	}
	if s := tor.Saved(); s != nil && s.Pieces.Count() > 0 {
		t.Errorf("claims %d pieces after a failed sync", s.Pieces.Count())
	}
	w.syncErr = nil
	w.advance(31 * time.Second)
	if s := tor.Saved(); s == nil || s.Pieces.Count() != 2 {
		t.Errorf("a good sync later: %+v", s)
	}

	// A second failure in a row ends it.
	w.syncErr = errIO
	w.handle(boundary.Hashcheck{Torrent: torrentID})
	p.sends(wire.Message{Kind: wire.Have, Index: 2}, wire.Message{Kind: wire.Have, Index: 3})
	p.downloads()
	w.advance(62 * time.Second)
	if tor.State() != boundary.Stopped || count[boundary.FileFailed](w) == 0 {
		t.Errorf("two failed syncs: %v", tor.State())
	}
}

// Somebody shortens the file: what was had is not served until it was checked, and
// what is not there is fetched again.
func TestChangedFile(t *testing.T) {
	w := newSeed(t, 64*kib, 16*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.Interested))
	p.take()
	w.readErr = errChanged
	w.changes = []boundary.FileChange{{File: 0, How: boundary.FileShorter}}
	w.disk[2][0] ^= 1
	p.asksFor(0)
	if got := p.take(); len(got) != 1 || got[0].Kind != wire.Reject {
		t.Errorf("a block of a changed file: %v", got)
	}
	w.readErr = nil
	if count[boundary.FileChanged](w) != 1 || w.looks != 1 {
		t.Errorf("told %d times of the change, looked %d times", count[boundary.FileChanged](w), w.looks)
	}
	have := w.s.Torrent(torrentID).Have()
	if have.Has(2) || have.Count() != 3 || w.checked < 4+4 {
		t.Errorf("had %d pieces after %d checks", have.Count(), w.checked)
	}
	p.asksFor(2)
	if got := p.take(); len(got) != 1 || got[0].Kind != wire.Reject {
		t.Errorf("a piece that is not there: %v", got)
	}
}

// Files are looked at now and then, as long as somebody is connected.
func TestFilesAreLookedAt(t *testing.T) {
	w := newSeed(t, 64*kib, 16*kib)
	w.advance(2 * time.Minute)
	if w.looks != 0 {
		t.Errorf("looked at the files of a lonely seed %d times", w.looks)
	}
	p := w.fastPeer("1")
	p.sends(msg(wire.Interested))
	w.advance(2 * time.Minute)
	if w.looks < 3 || w.looks > 5 {
		t.Errorf("looked at the files %d times in two minutes", w.looks)
	}
}

// While we do not read from a peer, its silence is ours.
func TestDeafnessIsNotBlamed(t *testing.T) {
	w := newWorld(t, 256*kib, 64*kib)
	p := w.unchokedSeed("1")
	asked := requestsIn(p.take())
	w.handle(boundary.ReadsPaused{Conn: p.id, Paused: true})
	w.advance(5 * time.Minute)
	for _, m := range p.take() {
		if m.Kind != wire.KeepAlive {
			t.Errorf("heard %v from a client that does not read", m)
		}
	}
	status := w.s.Torrent(torrentID).PeerStatuses(w.now)
	if len(status) != 1 || status[0].Snubbed || status[0].Requests != asked {
		t.Fatalf("after five minutes: %+v", status)
	}
	w.handle(boundary.ReadsPaused{Conn: p.id})
	w.advance(5 * time.Second)
	if got := w.s.Torrent(torrentID).PeerStatuses(w.now); len(got) != 1 || got[0].Requests != asked {
		t.Errorf("five seconds later: %+v", got)
	}
	w.advance(time.Minute)
	if got := w.s.Torrent(torrentID).PeerStatuses(w.now); len(got) == 1 && got[0].Requests == asked {
		t.Error("its silence counts no more, though we listen")
	}
}
