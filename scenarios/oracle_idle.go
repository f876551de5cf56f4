package scenarios

import "time"

// idleTurns is how often a client may wake up within a second in which nothing
// happens to it. Time-outs are looked at once a second, and there is a handful of
// other things to be on time for: announces, dials, checkpoints, choker rounds.
const idleTurns = 20

// idleWatch is the half of L2 that the simulator cannot see: no storm of timers.
// Each turn that a client takes because its own timer has run off is counted, as
// long as it gives the network nothing and hears nothing from it, and its disk
// does nothing. That time stands still between such turns, simnet finds by itself
// (SpinError).
type idleWatch struct {
	since instant // of what is counted
	turns int
	slow  bool // the client's clock loses: each wait takes several turns, each a part of the rest
}

// busy notes that something happens to the client.
func (i *idleWatch) busy() { i.since, i.turns = 0, 0 }

// turned tells the oracles that a client has taken a turn, and whether for
// nothing but its own timer.
func (o *oracles) turned(s *subject, timer bool) {
	o.catchUp()
	w := s.watched
	if w.retired {
		return
	}
	w.checkHalfOpen()
	was := w.jobs
	if w.jobs = w.worker.Pending(); max(was, w.jobs) > 0 {
		w.stall.worked = o.now()
	}
	i, now := &w.idle, o.now()
	switch {
	case !timer || w.jobs > 0 || i.slow:
		i.busy()
		return
	case i.since.IsZero() || now.Sub(i.since) > time.Second:
		i.since, i.turns = now, 0
	}
	if i.turns++; i.turns == idleTurns {
		w.violation("L2", "wakes up %d times in %v for nothing", i.turns, now.Sub(i.since))
	}
}
