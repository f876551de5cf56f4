package scenarios

import (
	"bytes"
	"time"

	"bt/client/wire"
)

const (
	// answerGrace is how long the answer to what cannot be served may take.
	answerGrace = time.Second
	// turnGrace is how long an unchoked peer may wait in its turn while the disk is
	// idle: half of the turn of one that takes nothing.
	turnGrace = 30 * time.Second
	// serveGrace is how long a request may wait while nothing at all moves.
	serveGrace = 2 * time.Minute
)

// answerRule is about how a client serves. W5: with the Fast extension each
// request gets exactly one answer, PIECE or REJECT, and at once when it was
// cancelled or the remote side is choked. W6: no PIECE that was not asked for,
// none for what was withdrawn or answered, none while choking but of pieces that
// were allowed fast. D2: what is sent is the truth.
type answerRule struct {
	owed      map[wire.Block]*owed
	granted   map[uint32]bool     // pieces served while choking (BEP 6)
	withdrawn map[wire.Block]bool // cancelled at withdrawnAt, without Fast
	at        instant             // of withdrawn
	untrue    bool                // the block that is being sent is not the truth
	moved     instant             // when an answer was last sent, or a part of one delivered
	patrolled bool                // a look at starving requests is on the agenda
}

// owed is a block that the remote side has asked for.
type owed struct {
	n        int // times, less the answers
	answered bool
	choked   bool // asked for while we choked
	vain     bool // asked for without BEP 6, where nothing says no: of a piece that we had not or could not read, or who asked has lost interest
	at       instant
}

// dataSent compares what is sent with the truth.
func (r *answerRule) dataSent(v *view, b wire.Block, off int, p []byte) {
	t := v.who.o.truth
	at := int64(b.Index)*t.meta.Info.PieceLength + int64(b.Begin) + int64(off)
	end := at + int64(len(p))
	if end > int64(len(t.content)) || !bytes.Equal(p, t.content[at:end]) {
		r.untrue = true
	}
}

func (r *answerRule) frameSent(v *view, f *frame) {
	switch f.kind {
	case wire.Choke:
		r.handleChoke(v)
	case wire.AllowedFast:
		if r.granted == nil {
			r.granted = make(map[uint32]bool)
		}
		r.granted[f.block.Index] = true
	case wire.Piece:
		r.handlePiece(v, f)
	case wire.Reject:
		if !r.answer(v, f.block) {
			v.violation("W5", "%v answers no request", f)
		}
	}
}

func (r *answerRule) handlePiece(v *view, f *frame) {
	if r.untrue {
		r.untrue = false
		if !v.who.damage().silent.has(int(f.block.Index)) {
			v.violation("D2", "%v is not the truth", f)
		}
	}
	e := r.owed[f.block]
	if v.facts.amChoking && !r.granted[f.block.Index] && !(v.facts.fast() && e != nil && !e.choked) {
		v.violation("W6", "%v while choking", f)
	}
	if !r.answer(v, f.block) {
		v.violation("W6", "%v, which is not asked for or was answered before", f)
	}
}

// answer takes one answer off what is owed. It is false when nothing was.
func (r *answerRule) answer(v *view, b wire.Block) bool {
	r.moved = v.now
	e := r.owed[b]
	if e == nil {
		// A cancel that came in this instant may be unread.
		ok := r.withdrawn[b] && r.at.Equal(v.now)
		delete(r.withdrawn, b)
		return ok
	}
	e.answered = true
	if e.n--; e.n == 0 {
		delete(r.owed, b)
	}
	return true
}

func (r *answerRule) frameHeard(v *view, f *frame) {
	switch f.kind {
	case wire.Request:
		r.handleRequest(v, f.block)
	case wire.Cancel:
		r.handleCancel(v, f.block)
	case wire.NotInterested:
		// Who is not interested has no use for what it has asked for, but has not taken
		// it back.
		if !v.facts.fast() {
			r.excuse(func(wire.Block) bool { return true })
		}
	}
}

func (r *answerRule) handleRequest(v *view, b wire.Block) {
	e := r.owed[b]
	if e == nil {
		e = &owed{}
		r.owed[b] = e
	}
	e.n++
	e.at, e.choked = v.now, v.facts.amChoking
	e.vain = !v.facts.fast() && (!v.haves.told(b.Index) || v.who.unread.has(int(b.Index)))
	switch {
	case !e.choked, r.granted[b.Index]:
		r.patrol(v)
	case v.facts.fast():
		r.expectAnswer(v, b, e, "made while choked")
	}
}

func (r *answerRule) handleCancel(v *view, b wire.Block) {
	e := r.owed[b]
	switch {
	case e == nil:
	case v.facts.fast():
		r.expectAnswer(v, b, e, "cancelled")
	default:
		if !r.at.Equal(v.now) || r.withdrawn == nil {
			r.withdrawn, r.at = make(map[wire.Block]bool), v.now
		}
		r.withdrawn[b] = true
		delete(r.owed, b)
	}
}

// handleChoke: BEP 3 voids all requests by it; BEP 6 wants each answered.
func (r *answerRule) handleChoke(v *view) {
	if !v.facts.fast() {
		r.checkTurn(v)
		clear(r.owed)
		return
	}
	if len(r.owed) == 0 {
		return
	}
	choke := v.now
	v.who.o.later(answerGrace, func() {
		n := 0
		for b, e := range r.owed {
			if !e.answered && !e.at.After(choke) && !r.granted[b.Index] {
				n++
			}
		}
		if n > 0 && !v.over() {
			v.violationAt(v.who.o.now(), "W5", "%d requests without an answer after a choke", n)
		}
	})
}

// readFailed: a piece could not be read, as the user was told.
func (r *answerRule) readFailed(v *view, piece int) {
	if !v.facts.fast() {
		r.excuse(func(b wire.Block) bool { return int(b.Index) == piece })
	}
}

// excuse lets requests stay without an answer, of one without BEP 6.
func (r *answerRule) excuse(what func(wire.Block) bool) {
	for b, e := range r.owed { // each on its own: the order has no effect
		e.vain = e.vain || what(b)
	}
}

// checkTurn looks at a turn that ends: a peer without Fast that was unchoked, has
// asked, and was given nothing for turnGrace, has had it in vain. While the client
// waits for its disk, as the user knows, nobody is given anything.
func (r *answerRule) checkTurn(v *view) {
	w := v.who
	for _, e := range r.owed { // any of them tells: the order has no effect
		since := e.at
		if r.moved.After(since) {
			since = r.moved
		}
		waited := v.now.Sub(since)
		if !e.answered && !e.vain && !e.choked && waited >= turnGrace && w.jobs == 0 && !w.errors.waiting && w.rates.up.limit == 0 &&
			len(v.traffic.queue) == 0 && !v.over() {
			v.violation("W5", "choked after %v without an answer to a request", waited)
			return
		}
	}
}

// expectAnswer holds the client to answer a request within a second.
func (r *answerRule) expectAnswer(v *view, b wire.Block, e *owed, why string) {
	v.who.o.later(answerGrace, func() {
		switch {
		case r.owed[b] != e || e.answered || v.over():
		case e.choked && r.granted[b.Index] &&
			(v.who.o.now().Sub(r.moved) < answerGrace || v.traffic.sent != v.traffic.delivered || v.who.jobs > 0):
			// Granted at the sight of the request, it is served in its turn, as long as
			// anything moves, or the disk is at work.
			r.expectAnswer(v, b, e, why)
		case e.choked && r.granted[b.Index] && v.who.rates.mayPutOff():
			// Its turn comes when the limit lets it; that it comes is for the patrol.
			r.patrol(v)
		default:
			v.violationAt(v.who.o.now(), "W5", "no answer to the request for %v, %s", b, why)
		}
	})
}

// patrol looks for requests that starve: some are owed, all that was sent has
// arrived, and still nothing is sent.
func (r *answerRule) patrol(v *view) {
	if r.patrolled {
		return
	}
	r.patrolled = true
	v.who.o.later(serveGrace, func() {
		r.patrolled = false
		n, since := 0, r.moved
		for _, e := range r.owed {
			// Without Fast, twice asked is once answered, and nothing says no to what
			// crosses a choke.
			if !e.vain && (v.facts.fast() || !e.answered && !e.choked) {
				n++
			}
			if !e.answered && e.at.After(since) {
				since = e.at
			}
		}
		if n == 0 || v.over() {
			return
		}
		now := v.who.o.now()
		if now.Sub(since) >= serveGrace && v.traffic.sent == v.traffic.delivered {
			v.violationAt(now, "W5", "%d requests starve", n)
			return
		}
		r.patrol(v)
	})
}
