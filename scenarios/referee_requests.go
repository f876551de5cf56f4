package scenarios

import (
	"slices"

	"bt/client/wire"
)

// cancelGrace is how long a request may stay that another peer has answered, or
// that is not wanted any more: the turn that hears of it withdraws it.
const cancelGrace = 0

// requestRule is about what a client asks for. W3: never while choked, as far as
// it knows, but for pieces allowed fast. W4: a block that exists, of at most 16
// KiB, of a piece that the remote side has and some wanted file has a part in,
// not outstanding already, not of a piece that we have told it to have. W7:
// CANCEL only for what is outstanding, and for every block that another peer has
// sent, or that has ceased to be wanted. W12: no
// more at once than the remote side takes, by its own word.
type requestRule struct {
	live []liveRequest
	// withdrawn counts the requests for a block that were cancelled and are still to
	// be answered (BEP 6): a reject is first of all for one of them.
	withdrawn map[wire.Block]int
	gone      []wire.Block // answered or voided at goneAt: the client may not know yet
	goneAt    instant
	crossed   []wire.Block // sent at crossedAt, in which a choke was heard
	crossedAt instant
	stray     []wire.Block // rejects that answered nothing came for them at strayAt
	strayAt   instant
	open      []wire.Block    // sent in the instant of such a reject, which may be taken for their answer
	allowed   map[uint32]bool // pieces that may be asked for while choked (BEP 6)
	serial    int
}

type liveRequest struct {
	block  wire.Block
	serial int     // tells a repeated request from the first
	at     instant // when it was sent
}

func (r *requestRule) find(b wire.Block) int {
	for i := range r.live {
		if r.live[i].block == b {
			return i
		}
	}
	return -1
}

func (r *requestRule) frameSent(v *view, f *frame) {
	switch f.kind {
	case wire.Request:
		r.judge(v, f)
		if r.strayAt.Equal(v.now) && slices.Contains(r.stray, f.block) {
			// The client may take for its answer what was there before it.
			r.noteGone(v.now, f.block)
			r.open = append(r.open, f.block)
			return
		}
		if v.facts.peerChoking && !v.facts.fast() {
			// It has crossed a choke that the client was about to hear of, and is void.
			r.noteGone(v.now, f.block)
			return
		}
		r.enliven(v, f.block)
		if most := v.extended.requestsMax(v.now); len(r.live) > most {
			v.violation("W12", "%d requests outstanding, the remote side takes %d", len(r.live), most)
		}
	case wire.Cancel:
		r.handleCancel(v, f)
	}
}

// judge looks at a request before it counts as outstanding.
func (r *requestRule) judge(v *view, f *frame) {
	b, info := f.block, &v.who.o.truth.meta.Info
	if v.facts.peerChoking && !v.facts.peerChokedAt.Equal(v.now) && !r.allowed[b.Index] {
		v.violation("W3", "%v while choked", f)
	}
	p := int(b.Index)
	switch {
	case p >= info.NumPieces() || b.Length == 0 || int64(b.Begin)+int64(b.Length) > info.PieceSize(p):
		v.violation("W4", "%v does not exist", f)
		return
	case b.Length > wire.BlockSize:
		v.violation("W4", "%v is longer than a block", f)
	case !v.facts.has.has(p) && !v.facts.fewer.Equal(v.now):
		v.violation("W4", "%v, of a piece that it does not have", f)
	case v.haves.said.has(p):
		// It may be asked for in the turn in which it is lost, of which the news comes last.
		what := f.String()
		v.who.o.later(0, func() {
			if v.haves.said.has(p) {
				v.violationAt(v.who.o.now(), "W4", "%s, of a piece that we have said to have", what)
			}
		})
	case r.find(b) >= 0:
		v.violation("W4", "%v is outstanding already", f)
	case !v.who.wanted.has(p) && !v.who.prioAt.Equal(v.now) && !v.who.frozenUntil().Equal(v.now):
		// Who wakes up in this instant hears of it only now, perhaps behind other orders.
		v.violation("W4", "%v, of files of priority 0 alone", f)
	}
}

func (r *requestRule) handleCancel(v *view, f *frame) {
	if i := r.find(f.block); i >= 0 {
		r.remove(v, i)
		if v.facts.fast() {
			if r.withdrawn == nil {
				r.withdrawn = make(map[wire.Block]int)
			}
			r.withdrawn[f.block]++
		}
		return
	}
	if r.goneAt.Equal(v.now) {
		for i, b := range r.gone {
			if b == f.block {
				r.gone = append(r.gone[:i], r.gone[i+1:]...)
				return
			}
		}
	}
	if !r.mayBeOpen(f.block) {
		v.violation("W7", "%v, which is not outstanding", f)
	}
}

func (r *requestRule) frameHeard(v *view, f *frame) {
	switch f.kind {
	case wire.Piece, wire.Reject:
		i := r.find(f.block)
		if n := r.withdrawn[f.block]; n > 0 && (f.kind == wire.Reject || i < 0) {
			r.withdrawn[f.block]--
			return
		}
		if i < 0 {
			r.noteStray(v.now, f)
			return
		}
		elsewhere := r.remove(v, i)
		r.noteGone(v.now, f.block)
		if f.kind == wire.Piece && elsewhere > 0 {
			r.expectCancels(v, f.block)
		}
	case wire.Choke:
		// BEP 6 changes what BEP 3 says: "a choke [...] no longer implicitly
		// rejects all pending requests".
		if !v.facts.fast() {
			r.noteCrossed(v)
			r.voidAll(v)
		}
	case wire.Unchoke:
		r.handleUnchoke(v)
	case wire.AllowedFast:
		if r.allowed == nil {
			r.allowed = make(map[uint32]bool)
		}
		r.allowed[f.block.Index] = true
	}
}

// expectCancels holds the client to withdraw a block that has come from all
// other peers that were asked for it.
func (r *requestRule) expectCancels(v *view, b wire.Block) {
	now := v.now
	for _, u := range v.who.views {
		i := u.requests.find(b)
		if u == v || i < 0 {
			continue
		}
		serial := u.requests.live[i].serial
		v.who.o.later(cancelGrace, func() {
			i := u.requests.find(b)
			dropped := v.ended.Equal(now) // with the connection, perhaps unread
			if i >= 0 && u.requests.live[i].serial == serial && !dropped && !u.over() {
				u.violationAt(v.who.o.now(), "W7", "no cancel of %v, which %s has sent", b, v.remote)
			}
		})
	}
}

// noteCrossed remembers what has been asked for in the instant in which a choke is heard.
func (r *requestRule) noteCrossed(v *view) {
	if !r.crossedAt.Equal(v.now) {
		r.crossed, r.crossedAt = r.crossed[:0], v.now
	}
	for _, l := range r.live {
		if l.at.Equal(v.now) {
			r.crossed = append(r.crossed, l.block)
		}
	}
}

// handleUnchoke: the remote side had taken back its choke before it could see those.
func (r *requestRule) handleUnchoke(v *view) {
	if !r.crossedAt.Equal(v.now) {
		return
	}
	for _, b := range r.crossed {
		if r.find(b) < 0 {
			r.enliven(v, b)
		}
	}
	r.crossed = r.crossed[:0]
}

// mayBeOpen reports, once, whether a request for a block may be outstanding that is
// none of the live ones.
func (r *requestRule) mayBeOpen(b wire.Block) bool {
	i := slices.Index(r.open, b)
	if i >= 0 {
		r.open = slices.Delete(r.open, i, i+1)
	}
	return i >= 0
}

// enliven notes that a block is outstanding.
func (r *requestRule) enliven(v *view, b wire.Block) {
	r.serial++
	r.live = append(r.live, liveRequest{b, r.serial, v.now})
	v.who.asked[b]++
}

func (r *requestRule) voidAll(v *view) {
	for len(r.live) > 0 {
		b := r.live[len(r.live)-1].block
		r.remove(v, len(r.live)-1)
		r.noteGone(v.now, b)
	}
}

// end forgets what was outstanding on a connection that has ended.
func (r *requestRule) end(v *view) { r.voidAll(v) }

// remove takes a request off the live ones, and returns how many there still are for
// the same block, on all connections.
func (r *requestRule) remove(v *view, i int) (left int) {
	b := r.live[i].block
	r.live = append(r.live[:i], r.live[i+1:]...)
	if left = v.who.asked[b] - 1; left != 0 {
		v.who.asked[b] = left
	} else {
		delete(v.who.asked, b)
	}
	return left
}

func (r *requestRule) noteStray(now instant, f *frame) {
	if !r.strayAt.Equal(now) {
		r.stray, r.strayAt = r.stray[:0], now
	}
	if f.kind == wire.Reject {
		r.stray = append(r.stray, f.block)
	}
}

func (r *requestRule) noteGone(now instant, b wire.Block) {
	if !r.goneAt.Equal(now) {
		r.gone, r.goneAt = r.gone[:0], now
	}
	r.gone = append(r.gone, b)
}
