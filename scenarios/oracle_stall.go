package scenarios

import (
	"fmt"
	"time"

	"bt/client"
	"bt/client/wire"
)

const (
	// askGrace is how long a client may ask nobody for anything, although it
	// could. Whoever rejects all it is asked for is left alone for a second; all
	// else that it waits for is a turn away.
	askGrace = 10 * time.Second

	// stallGrace is how long nothing at all may come, although somebody honest
	// waits to be asked: requests that others do not answer count as lost after a
	// minute at the latest.
	stallGrace = 2 * time.Minute

	// slowLimit is the limit of a download below which waiting is what it is
	// for: a block takes a second.
	slowLimit = 16 << 10
)

// stallWatch is L4: where there is something wanted, a peer that has it and lets
// the client download, and room for it, there are requests and there are bytes.
type stallWatch struct {
	asked     instant // when something was last asked for
	worked    instant // when its disk was last at work in one of its turns: it may be opening the files
	heard     instant // when some byte of a block has last arrived
	patrolled bool    // a look is on the agenda
}

// stallRule notes since when a connection could be asked.
type stallRule struct {
	unchoked instant // by the remote side; zero: it chokes
	spare    instant // since when nothing is asked of it
}

func (r *stallRule) frameSent(v *view, f *frame) {
	switch f.kind {
	case wire.Request:
		v.who.stall.asked = v.now
		r.spare = 0
	case wire.Interested:
		v.who.patrolStall()
	}
}

func (r *stallRule) frameHeard(v *view, f *frame) {
	switch f.kind {
	case wire.Choke:
		r.unchoked = 0
	case wire.Unchoke:
		if r.unchoked.IsZero() {
			r.unchoked = v.now
		}
		v.who.patrolStall()
	}
}

// ready says that something could be asked of the connection, and was so for all
// of the grace.
func (r *stallRule) ready(v *view, now instant) bool {
	return !r.unchoked.IsZero() && now.Sub(r.unchoked) >= askGrace && v.facts.amInterested && !v.over() &&
		v.who.lacked.meets(v.facts.has)
}

// patrolStall plans a look, unless there is one.
func (w *watched) patrolStall() {
	if !w.stall.patrolled {
		w.stall.patrolled = true
		w.o.later(askGrace, w.lookForStall)
	}
}

func (w *watched) lookForStall() {
	w.stall.patrolled = false
	if !w.alive() || w.isClosed || w.lacked.empty() {
		return
	}
	now, asked := w.o.now(), 0
	var unchoked, could, spare *view
	for _, v := range w.views {
		if !v.stall.unchoked.IsZero() {
			unchoked = v
		}
		asked += len(v.requests.live)
		if !v.stall.ready(v, now) {
			v.stall.spare = 0
			continue
		}
		could = v
		switch {
		case len(v.requests.live) > 0 || !w.o.isHonest(v):
			v.stall.spare = 0
		case v.stall.spare.IsZero():
			v.stall.spare = now
		case now.Sub(v.stall.spare) >= stallGrace:
			spare = v
		}
	}
	switch {
	case unchoked == nil:
		return // the next unchoke begins anew
	case could == nil:
	case w.waits(now):
	case asked == 0 && now.Sub(w.stall.asked) >= askGrace:
		w.violation("L4", "asks nobody for anything since %v: %s unchokes it, has %s that it lacks, and the disk is idle",
			now.Sub(w.stall.asked), could.remote, w.lackedOf(could))
		return // once is enough
	case spare != nil && now.Sub(w.stall.heard) >= stallGrace:
		w.violation("L4", "no byte has come for %v, %d blocks are asked for, and of %s, which has %s, nothing is",
			now.Sub(w.stall.heard), asked, spare.remote, w.lackedOf(spare))
		return
	}
	w.patrolStall()
}

// waits says that there is a reason to ask for nothing.
func (w *watched) waits(now instant) bool {
	limit := w.rates.down.limit
	return w.state != client.Active || w.errors.waiting || now.Sub(w.stateAt) < askGrace || now.Sub(w.stall.worked) < askGrace || w.jobs > 0 ||
		limit > 0 && limit < slowLimit
}

// isHonest says that the remote side is a client under watch.
func (o *oracles) isHonest(v *view) bool {
	u := o.at[v.host]
	return u != nil && u.alive() && !u.isClosed
}

// lackedOf names a piece that the remote side has and the client lacks.
func (w *watched) lackedOf(v *view) string {
	for p := range w.o.truth.meta.Info.NumPieces() {
		if w.lacked.has(p) && v.facts.has.has(p) {
			return fmt.Sprintf("piece %d", p)
		}
	}
	return "nothing"
}
