package torrent

import (
	"fmt"
	"time"

	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/picker"
	"bt/client/wire"
)

// Limits of a download.
const (
	// unwrittenMax is how much may wait for the disk before nothing more is
	// asked for.
	unwrittenMax = 32 << 20
	// unrequestedMax is how many blocks and rejects that answer nothing a peer may
	// send. Some are innocent: a cancelled request whose memory we have dropped.
	unrequestedMax = 16
)

// transfer counts bytes.
type transfer struct {
	downloaded, uploaded int64 // payload of blocks
	wasted               int64 // of downloaded: came twice, or failed the hash
	unwritten            int   // with the disk and not yet written
	key                  uint32
	before               carried
}

// carried is what earlier instances have transferred.
type carried struct{ down, up int64 }

// fill asks a peer for as many blocks as its pipeline has room for.
func (t *Torrent) fill(now time.Time, p *peer.Peer, out *boundary.Effects) {
	if t.state != boundary.Active || !t.files.open() || !p.AmInterested {
		return
	}
	only, ok := p.MayAsk()
	if only != nil && t.pieces.have.Count() >= peer.AllowedFastCount {
		ok = false // they are for those who have nothing to trade yet
	}
	if !ok {
		return
	}
	most := t.roomOnDisk(p)
	if most <= 0 || p.Requests.Rejecting(now) {
		return
	}
	room := t.roomUnderLimit(now, most)
	t.scratch = t.scratch[:0]
	if room > 0 {
		t.scratch = t.picker.Pick(t.scratch, p.ID, &p.Has, room, picker.PickOptions{
			Only: only, Slow: p.Requests.Stalled(), Suggested: p.Suggested(),
			Busy:   p.Requests.Len() > 0 || !t.overtakesAny(now, p),
			Sooner: func(holder picker.PeerID, b wire.Block) bool { return t.overtakes(now, p, holder, b) },
		})
	}
	if room < most && len(t.scratch) == room {
		// Only then is it the limit that we wait for. Who finds nothing to ask for
		// would be let go at once, and again, for ever.
		t.limits.heldDown = true
	}
	for _, b := range t.scratch {
		t.limits.spendDown(now, int(b.Length))
	}
	if len(t.scratch) > 0 {
		t.watchdog.moved()
	}
	p.Ask(now, t.scratch, out)
}

// fillAll asks all peers. Whoever has kept us waiting gets what the others leave: else
// what has just been taken away from it would go to it again, and again.
func (t *Torrent) fillAll(now time.Time, out *boundary.Effects) {
	for _, stalled := range [...]bool{false, true} {
		for _, p := range t.peers {
			if p.Requests.Stalled() == stalled {
				t.fill(now, p, out)
			}
		}
	}
}

// handlePiece takes a block that has arrived.
func (t *Torrent) handlePiece(now time.Time, p *peer.Peer, m wire.Message, out *boundary.Effects) {
	b := m.Block()
	t.transfer.downloaded += int64(b.Length)
	p.Down.Add(now, int(b.Length))
	requested, late := p.Requests.HandleBlock(now, b, &p.Down)
	if !requested && !late {
		t.transfer.wasted += int64(b.Length)
		t.handleUnrequested(now, p, b, out)
		return
	}
	if requested {
		p.CancelTwin(now, b, out)
	}
	if t.state != boundary.Active || t.disk.closed() {
		// Paused, or the disk full, with the block on its way: the picker has it
		// as free again.
		t.transfer.wasted += int64(b.Length)
		return
	}
	var wanted, complete bool
	t.cancels, wanted, complete = t.picker.Received(t.cancels[:0], p.ID, b)
	for _, id := range t.cancels {
		t.byID[id].Cancel(now, b, out)
		t.refill = true
	}
	if !wanted {
		t.transfer.wasted += int64(b.Length)
		return
	}
	piece, begin := int(b.Index), int(b.Begin)
	t.blame.sent(piece, begin/wire.BlockSize, t.blocksOf(piece), p.Addr.Addr())
	t.transfer.unwritten += len(m.Data)
	out.Write = append(out.Write, boundary.WriteBlock{
		Torrent: t.cfg.ID, Piece: piece, Begin: begin, Data: m.Data, Spare: t.doubts.unread.Has(piece),
	})
	t.watchdog.moved()
	if complete {
		t.watchdog.asked(piece)
		out.Check = append(out.Check, boundary.CheckPiece{
			Torrent: t.cfg.ID, Piece: piece, Download: true, Digests: t.blame.doubts(piece),
		})
	}
}

// handleUnrequested takes a block that answers nothing we know of.
func (t *Torrent) handleUnrequested(now time.Time, p *peer.Peer, b wire.Block, out *boundary.Effects) {
	p.Unrequested++
	// BEP 6: "if a peer receives a piece that was never requested, the peer MUST
	// close the connection." With BEP 6 every request has its answer, so that we
	// know which are open; without, a block may cross a choke, or our cancel.
	if p.Fast && !p.Requests.Forgot() || p.Unrequested > unrequestedMax {
		t.drop(now, p, boundary.UnrequestedPiece, fmt.Errorf("block %v", b), out)
	}
}

func (t *Torrent) blocksOf(piece int) int {
	return int((t.info.PieceSize(piece) + wire.BlockSize - 1) / wire.BlockSize)
}

// HandleBlocksWritten frees the memory of blocks that are on disk, or need not be.
func (t *Torrent) HandleBlocksWritten(now time.Time, e boundary.BlocksWritten, out *boundary.Effects) {
	t.transfer.unwritten -= e.N
	if e.Unread != nil {
		out.Notify = append(out.Notify, boundary.ReadFailed{Torrent: t.cfg.ID, Piece: e.Piece, Err: e.Unread})
	}
	switch {
	case e.Err != nil:
		t.giveBack(e.Lost)
		t.diskFailed(now, e.Err, out)
	case e.Right:
		t.transfer.wasted += int64(e.N)
		t.havePiece(now, boundary.PieceChecked{CheckPiece: boundary.CheckPiece{Torrent: e.Torrent, Piece: e.Piece}, OK: true}, out)
	default:
		t.doubts.overwritten(e.Piece)
		t.diskWorked(now, out)
	}
	if t.transfer.unwritten+e.N >= unwrittenMax && t.transfer.unwritten < unwrittenMax {
		t.refill = true
	}
	t.settle(now, out)
}

// maybeTimeOut takes the requests of a peer that does not answer away from it,
// so that others can be asked. It stays connected, and is tried with one
// request at a time.
func (t *Torrent) maybeTimeOut(now time.Time, p *peer.Peer, out *boundary.Effects) {
	if !p.Requests.TimedOut(now, &p.Down) {
		return
	}
	p.Requests.Stall(now)
	t.lost(p, p.WithdrawAll(now, out))
}

// HandleReadsPaused notes whether we listen to a peer. While we do not, because
// too much waits for our own disk, its silence is not held against it.
func (t *Torrent) HandleReadsPaused(now time.Time, p *peer.Peer, e boundary.ReadsPaused) {
	p.HandleReadsPaused(now, e.Paused)
}

// lost gives requests of p back to the picker.
func (t *Torrent) lost(p *peer.Peer, blocks []wire.Block) {
	for _, b := range blocks {
		t.picker.Lost(p.ID, b)
	}
	t.refill = t.refill || len(blocks) > 0
}

// recount works out anew how many pieces p has that we lack.
func (t *Torrent) recount(now time.Time, p *peer.Peer, out *boundary.Effects) {
	p.Wanted = 0
	for i := p.Has.Next(0); i >= 0; i = p.Has.Next(i + 1) {
		if t.pieces.wants(i) {
			p.Wanted++
		}
	}
	p.Interest(now, out)
}
