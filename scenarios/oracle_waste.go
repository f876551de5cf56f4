package scenarios

import (
	"bytes"
	"time"

	"bt/client"
	"bt/client/wire"
)

// wasteShare and wasteFree bound what a client downloads twice, as a part of what
// its torrent has and at least so much: in the endgame a block is asked of another
// peer when the first one is late, and what is on its way when it comes from one,
// comes again. wasteFree is for small torrents, the last blocks of which are all of
// them: two for each of sixteen peers, what a sender hands to its network at once.
const (
	wasteShare = 20 // one twentieth
	wasteFree  = 32 * wire.BlockSize
)

// wasteWatch is D4: each byte of payload that a client is sent is of use, or
// there is a reason why it is not. The client counts as wasted what is; what is
// its own doing, to ask for the same block twice, is bounded; and a piece fails
// its hash only if a byte of it was not the truth when it arrived, or the disk is
// known to have damaged it.
type wasteWatch struct {
	pieces map[int]*progress // that some block has come of, and that are not had

	// Bytes of blocks, by why they are of no use.
	again   int64 // asked for, and had before
	crossed int64 // cancelled when another peer had sent it
	late    int64 // given up, or held up by the network, and had by now
	unasked int64 // never asked for
	unread  int64 // of these: came in the instant in which the connection was ended
	refused int64 // came in a pause
	failed  int64 // of pieces that were not right

	peers int // at a time, at most, since the disk has first made the client wait
}

// progress is what has come of a piece since it was begun, or has failed.
type progress struct {
	got    map[uint32]uint32 // blocks, by where they begin: their length
	held   int64             // bytes that are in no file yet
	untrue bool              // some of its bytes were not the truth
}

// unsettle: the disk has failed, or works again, and what had come may be nowhere.
// Or it may be on disk all the same, so that what was not the truth is remembered.
func (w *wasteWatch) unsettle() {
	for p, g := range w.pieces { // each on its own: the order has no effect
		if g.untrue {
			w.pieces[p] = &progress{got: make(map[uint32]uint32), untrue: true}
		} else {
			delete(w.pieces, p)
		}
	}
}

// begin makes the progress of a piece of which nothing has come.
func (w *wasteWatch) begin(p int) *progress {
	if w.pieces == nil {
		w.pieces = make(map[int]*progress)
	}
	g := &progress{got: make(map[uint32]uint32)}
	w.pieces[p] = g
	return g
}

// has says whether a block has come; nothing has come of nil.
func (g *progress) has(b wire.Block) bool { return g != nil && g.got[b.Begin] > 0 }

// hasBlock says whether a block has come, or is had.
func (w *watched) hasBlock(b wire.Block) bool {
	return w.had.has(int(b.Index)) || w.waste.pieces[int(b.Index)].has(b)
}

// wasteRule hears the blocks of one connection.
type wasteRule struct {
	untrue  bool // the block that is arriving is not the truth
	givenUp map[wire.Block]gaveUp

	unasked   int64   // bytes never asked for that came at unaskedAt
	unaskedAt instant //
}

// gaveUp is a request that was cancelled, or voided by a choke.
type gaveUp struct {
	n       int  // times
	crossed bool // as another peer had sent the block, and nothing kept the cancel from arriving
}

// dataHeard compares what arrives with the truth.
func (r *wasteRule) dataHeard(v *view, b wire.Block, off int, p []byte) {
	v.who.stall.heard = v.now
	t := v.who.o.truth
	at := int64(b.Index)*t.meta.Info.PieceLength + int64(b.Begin) + int64(off)
	end := at + int64(len(p))
	if end > int64(len(t.content)) || !bytes.Equal(p, t.content[at:end]) {
		r.untrue = true
		v.who.bans.handleUntrue(v)
	}
}

func (r *wasteRule) giveUp(v *view, b wire.Block) {
	if r.givenUp == nil {
		r.givenUp = make(map[wire.Block]gaveUp)
	}
	r.givenUp[b] = gaveUp{r.givenUp[b].n + 1, v.who.hasBlock(b) && !v.cutOff()}
}

// cutOff says that the network stops what one end sends to the other. All that was on
// its way then comes when it is healed, whatever is said meanwhile.
func (v *view) cutOff() bool {
	return v.host != nil && (v.host.CutOffFrom(v.who.host) || v.who.host.CutOffFrom(v.host))
}

func (r *wasteRule) frameSent(v *view, f *frame) {
	v.who.buffers.asks(v.who, f)
	// What crosses a choke is void without BEP 6; an unchoke that follows at once may
	// have it answered all the same.
	void := f.kind == wire.Request && v.facts.peerChoking && !v.facts.fast()
	if f.kind == wire.Cancel || void {
		r.giveUp(v, f.block)
	}
}

func (r *wasteRule) frameHeard(v *view, f *frame) {
	switch {
	case f.kind == wire.Choke && !v.facts.fast():
		for _, l := range v.requests.live {
			r.giveUp(v, l.block)
		}
	case f.kind == wire.Piece && int64(f.block.Index) < int64(v.who.o.truth.meta.Info.NumPieces()):
		v.who.sort(r, v, f.block)
		r.untrue = false
	}
}

// handleEnded: whoever sends what nobody has asked for is sent away, and what has come
// in that instant, perhaps all that has piled up while the client was frozen, may be
// unread.
func (r *wasteRule) handleEnded(v *view) {
	if r.unaskedAt.Equal(v.now) {
		v.who.waste.unread += r.unasked
	}
}

// sort finds out what has become of a block, before the client does.
func (w *watched) sort(r *wasteRule, v *view, b wire.Block) {
	n := int64(b.Length)
	given, p := r.givenUp[b], w.waste.pieces[int(b.Index)]
	asked := v.requests.find(b) >= 0
	if !asked && given.n > 0 {
		r.givenUp[b] = gaveUp{given.n - 1, given.crossed}
	}
	switch {
	case !asked && given.n == 0 && !v.requests.mayBeOpen(b):
		w.waste.unasked += n
		if !r.unaskedAt.Equal(v.now) {
			r.unasked, r.unaskedAt = 0, v.now
		}
		r.unasked += n
	case w.state != client.Active:
		w.waste.refused += n
	case !w.had.has(int(b.Index)) && !p.has(b):
		if p == nil {
			p = w.waste.begin(int(b.Index))
		}
		p.got[b.Begin] = b.Length
		p.held += n
		w.buffers.take(w, n)
		p.untrue = p.untrue || r.untrue
	case asked:
		w.waste.again += n
		if p != nil {
			p.untrue = p.untrue || r.untrue // the first one may have been dropped, as the disk was full
		}
	case given.crossed:
		w.waste.crossed += n
	default:
		w.waste.late += n
	}
	if w.errors.waits > 0 {
		w.waste.peers = max(w.waste.peers, len(w.views))
	}
	if most := int64(len(w.o.truth.content)/wasteShare+wasteFree) + w.trialCost(); w.waste.again+w.waste.crossed > most {
		w.violation("D4", "more than %d bytes came twice: %+v", most, w.waste.reasons())
	}
}

// trialsSoon is how many trials of a disk that waits there are at most before there is
// one a minute: their pauses double from a second to a minute.
const trialsSoon = 7

// trialCost is what it may have cost so far to find out whether disks take something
// again where only a write can tell, as with a quota: a block of each peer each time.
func (w *watched) trialCost() int64 {
	trials := trialsSoon*w.errors.waits + int(w.errors.waited(w.o.now())/time.Minute)
	return int64(trials*w.waste.peers) * wire.BlockSize
}

// wasteSlack is how far the client's own count may be off: blocks that arrive in
// the instant of a pause, or of a new priority, are of use or not as it comes.
const wasteSlack = 16 * wire.BlockSize

// checkWaste compares the client's count of what was of no use with the
// referee's. Where the disk has failed, blocks come once more, and some of those
// that had come were of use after all.
func (w *watched) checkWaste() {
	counted := w.torrent.Status().Wasted
	diff := counted - w.waste.total()
	if w.errors.count == 0 && (diff > wasteSlack || diff < -wasteSlack-w.waste.unread) {
		w.violation("D4", "counts %d bytes as wasted, the referee %+v", counted, w.waste.reasons())
	}
}

// reasons are the bytes that were of no use, for people.
func (w *wasteWatch) reasons() map[string]int64 {
	return map[string]int64{
		"again": w.again, "crossed": w.crossed, "late": w.late,
		"unasked": w.unasked, "refused": w.refused, "failed": w.failed,
	}
}

func (w *wasteWatch) total() int64 {
	return w.again + w.crossed + w.late + w.unasked + w.refused + w.failed
}

// handleFailed takes the client's word that a piece is not right.
func (w *wasteWatch) handleFailed(who *watched, n client.PieceFailed) {
	p := w.pieces[n.Piece]
	if !n.Download || p == nil {
		return // a hash check beside its download: what has come of it stays
	}
	who.forget(n.Piece)
	for _, length := range p.got { // a sum: the order has no effect
		w.failed += int64(length)
	}
	if !p.untrue && !who.damage().pieces.has(n.Piece) {
		who.violation("D4", "piece %d has failed, and each byte that came of it was the truth", n.Piece)
	}
}
