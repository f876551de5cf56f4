package scenarios

import "time"

// What a client can know of the time. Its clock may be set, and then it cannot tell
// how long it is since something that was before; of what was after, it can, and is
// held to it. A clock that goes fast or slow is what it goes by.

// clockRounding is what a reading of a clock that goes fast or slow is rounded by,
// and more.
const clockRounding = time.Microsecond

// clockSetSince says that the client's clock was set at that time or later.
func (w *watched) clockSetSince(t instant) bool {
	at := instantOf(w.host.ClockSetAt())
	return !at.IsZero() && !at.Before(t)
}

// measured is how long it is from a time to now by the client's clock. ok is false
// if that was set in between, so that the client may think anything.
func (w *watched) measured(since, now instant) (d time.Duration, ok bool) {
	if w.clockSetSince(since) {
		return 0, false
	}
	d = now.Sub(since)
	if drift := time.Duration(w.o.drift[w.host]); drift != 0 {
		const million = 1_000_000
		d += d/million*drift + d%million*drift/million
	}
	return d, true
}

// early says that by the client's clock less than d has passed since a time.
func (w *watched) early(since, now instant, d time.Duration) bool {
	passed, ok := w.measured(since, now)
	if w.o.drift[w.host] != 0 {
		passed += clockRounding
	}
	return ok && passed < d
}
