package scenarios

import (
	"maps"
	"slices"
	"time"

	"bt/client"
	"bt/client/wire"
)

// closeSweep closes the victim, or stops, pauses or removes its torrent, between
// any two events. It obeys at once, nothing of it is left (L3), and when it is
// taken up again it completes.
func closeSweep() Sweep {
	seed := smallWorld("seed", 0)
	seed.victim = "seed"
	return Sweep{
		Name:    "close",
		About:   "the client is closed, or its torrent stopped, paused or removed, at each event",
		worlds:  []world{smallWorld("fast", 1), raisedWorld(), resumedWorld(), seed},
		survey:  surveyEvents,
		disturb: disturbEvent,
	}
}

// closing is an order that a user may give at any time, and how the user goes
// back on it later.
type closing struct {
	do, undo Verb
	keeps    bool // files and connections stay open meanwhile
}

var closings = map[string]closing{
	"close":  {do: DoLeave, undo: DoRestart},
	"stop":   {do: DoStop, undo: DoStart},
	"pause":  {do: DoPause, undo: DoStart, keeps: true},
	"remove": {do: DoRemove, undo: DoRestart},
}

// surveyEvents lists all events of a run while the victim's client lives, up to
// when nothing more is waited for. A place is the time before an event.
func surveyEvents(r *run, w *world) func() []Point {
	var points []Point
	n := r.victimOf(w)
	r.between = func(event uint64) {
		if !n.running() || n.program.closing {
			return
		}
		for _, how := range slices.Sorted(maps.Keys(closings)) {
			points = append(points, Point{Place: int(event), How: how})
		}
	}
	return func() []Point { return points }
}

func disturbEvent(r *run, w *world, p Point) {
	o := &obedience{
		watch: &watch{run: r, expect: &Expectation{Check: "obeys"}, waits: true},
		node:  r.victimOf(w), order: closings[p.How],
	}
	r.waiting++
	o.check = o
	r.watches = append(r.watches, o.watch)
	r.noticers = append(r.noticers, o)
	r.listen([]listener{o})
	r.between = func(event uint64) {
		if event == uint64(p.Place) {
			r.between = nil
			o.give()
		}
	}
}

// When an order is given, and when it has been obeyed: closing takes an exchange
// with the tracker.
const (
	obeyTime = 2 * Second // after the order
	undoTime = 6 * Second // after the order
)

// obedience holds a client to an order: from then on it requests nothing; soon
// nothing moves any more, and nothing is open; and when the order is taken back,
// it completes.
type obedience struct {
	*watch
	node  *node
	order closing

	given  bool
	at     time.Duration // when the order was given
	undone bool
	moved  int64
}

func (o *obedience) give() {
	o.given, o.at = true, o.run.now()
	o.perform(o.order.do)
	now := Duration(o.run.now())
	o.run.at(now+obeyTime, func() {
		o.moved = o.node.total(transferred)
		o.expectNothing()
	})
	o.run.at(now+undoTime, func() {
		if moved := o.node.total(transferred) - o.moved; moved != 0 {
			o.fail(o.node.name, "moved %d bytes after the order", moved)
		}
		o.undone = true
		o.perform(o.order.undo)
		o.look()
	})
}

func (o *obedience) perform(v Verb) {
	o.run.perform(&Action{Do: v, Who: []string{o.node.name}})
}

// expectNothing looks at what the client has open.
func (o *obedience) expectNothing() {
	n := o.node
	if o.order.keeps {
		return
	}
	if n.running() && n.program.closing {
		o.fail(n.name, "has not closed within %v", obeyTime)
	}
	if open := n.host.OpenStreams(); open > 0 {
		o.fail(n.name, "%d connections are open %v after the order", open, obeyTime)
	}
	if open := n.fs.OpenHandles(); len(open) > 0 {
		o.fail(n.name, "files are open %v after the order: %v", obeyTime, open)
	}
}

// look says whether the client has come back and completed.
func (o *obedience) look() {
	if o.undone && o.node.running() && !o.node.program.closing && o.node.program.torrent.Complete() {
		o.satisfied()
	}
}

func (o *obedience) notice(n *node, _ client.Notice) {
	if n == o.node {
		o.look()
	}
}

func (o *obedience) sent(m message) {
	// What came to the client at the same instant it may have heard before.
	if o.given && m.at > o.at && !o.undone && m.Kind == wire.Request && m.from == o.node.name {
		o.fail(m.from, "requests %v of %s after the order", m.Block(), m.to)
	}
}

func (o *obedience) hungUp(string, string) {}

func (o *obedience) finish() {
	if o.look(); o.waits {
		o.fail(o.node.name, "has not come back: %s", o.node.standing())
	}
}
