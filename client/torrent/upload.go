package torrent

import (
	"time"

	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/wire"
)

// requestMax is the longest block we send. BEP 3: "All current implementations
// use 2^14 (16 kiB), and close connections which request an amount greater than
// that"; older clients ask for up to 128 KiB, and cost us nothing by it.
const requestMax = 128 << 10

// answersMax is how many bytes that are no blocks may wait for the network when a
// peer asks for more: HAVE of a hundred thousand pieces, rejects of thirty times
// what it may ask for. Blocks wait to be read until there is room; rejects cannot,
// and who does not take them must not have us keep them.
const answersMax = 1 << 20

// handleRequest takes a request of the remote side.
func (t *Torrent) handleRequest(now time.Time, p *peer.Peer, b wire.Block, out *boundary.Effects) {
	if !t.serveable(b) {
		t.drop(now, p, boundary.MalformedPacket, errRequest(b), out)
		return
	}
	if p.Untaken() > answersMax {
		t.drop(now, p, boundary.Idle, errUntaken, out)
		return
	}
	if t.state != boundary.Active || !t.serves(p, int(b.Index)) {
		p.Refuse(now, b, out)
		return
	}
	if p.AmChoking && !t.admitGuest(p) {
		p.Refuse(now, b, out)
		return
	}
	p.HandleRequest(now, b, out)
	t.wantProof(int(b.Index))
	t.notePromise(p, int(b.Index))
	t.maybeSuggest(now, p, out)
}

// admitGuest says whether a choked peer may have the pieces that it is allowed
// fast (BEP 6): one at a time. Served to all who ask, they would take the whole
// uplink of a seed in a flash crowd, and nobody would have a first piece for
// long.
func (t *Torrent) admitGuest(p *peer.Peer) bool {
	guest := t.byID[t.guest]
	if guest == nil || !guest.AmChoking || guest.Uploads.Len() == 0 {
		t.guest = p.ID
	}
	return t.guest == p.ID
}

// serveable says whether a request names bytes that exist.
func (t *Torrent) serveable(b wire.Block) bool {
	return int64(b.Index) < int64(t.info.NumPieces()) &&
		b.Length > 0 && b.Length <= requestMax &&
		int64(b.Begin)+int64(b.Length) <= t.info.PieceSize(int(b.Index))
}

// serve reads the next blocks for a peer from disk.
func (t *Torrent) serve(now time.Time, p *peer.Peer, out *boundary.Effects) {
	if t.state != boundary.Active || !t.files.open() {
		return
	}
	for p.Uploads.Waiting() {
		if t.limits.allowUp(now) <= 0 {
			t.limits.heldUp = true
			return
		}
		b, ok := p.NextRead(now, t.proven)
		if !ok {
			return
		}
		t.limits.spendUp(now, int(b.Length))
		out.Read = append(out.Read, boundary.ReadBlock{Torrent: t.cfg.ID, Conn: p.ID, Block: b})
	}
}

// HandleBlockRead sends a block that was read for a peer, or has it wait for the
// limit behind those that do already.
func (t *Torrent) HandleBlockRead(now time.Time, e boundary.BlockRead, out *boundary.Effects) {
	t.sendReady(now, out)
	if e.Err == nil && t.byID[e.Conn] != nil && (len(t.limits.ready) > 0 || !t.limits.maySend(now)) {
		t.limits.ready = append(t.limits.ready, e)
	} else {
		t.sendRead(now, e, out)
	}
	if e.Err != nil {
		t.readFailed(now, int(e.Block.Index), e.Err, out)
	}
	t.settle(now, out)
}

// sendReady sends what was read and the limit allows now.
func (t *Torrent) sendReady(now time.Time, out *boundary.Effects) {
	l := &t.limits
	for len(l.ready) > 0 && l.maySend(now) {
		e := l.ready[0]
		l.ready[0] = boundary.BlockRead{}
		if l.ready = l.ready[1:]; len(l.ready) == 0 {
			l.ready = nil
		}
		t.sendRead(now, e, out)
	}
}

// sendRead answers a request with what was read for it, if it is still there and
// still wants it.
func (t *Torrent) sendRead(now time.Time, e boundary.BlockRead, out *boundary.Effects) {
	p := t.byID[e.Conn]
	if p == nil {
		return
	}
	if p.HandleRead(now, e.Block, e.Data, e.Err, out) && e.Err == nil {
		t.limits.spendSent(now, len(e.Data))
	}
	t.serve(now, p, out)
}

// HandleSent notes that bytes have left, which makes room for more.
func (t *Torrent) HandleSent(now time.Time, p *peer.Peer, e boundary.Sent, out *boundary.Effects) {
	t.transfer.uploaded += int64(p.HandleSent(now, e.N))
	t.serve(now, p, out)
	t.maybeDropSeed(now, p, out)
	t.settle(now, out)
}
