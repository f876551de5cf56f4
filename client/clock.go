package client

import "time"

// steadyClock is the time that the core lives by: World.Clock, as far as that
// goes forward. In the real world a time.Time carries a monotonic reading, which
// no change of the system's clock touches, and this is of no effect. A clock
// without one may be set back, by a day or by a daylight saving that somebody
// got wrong; whoever waits for a time of day would wait for a day then. Here the
// time stands still until what asked for it next, and goes on from there.
//
// A jump ahead cannot be told from a computer that was asleep: the time has
// passed, and whatever was due is done, once.
type steadyClock struct {
	last time.Time     // that was told
	back time.Duration // how far the clock was set back, in all
}

// now takes a reading of World.Clock and returns the time, never before the
// last one.
func (s *steadyClock) now(reading time.Time) time.Time {
	now := reading.Add(s.back)
	if now.Before(s.last) {
		s.back += s.last.Sub(now)
		now = s.last
	}
	s.last = now
	return now
}

// time is the core's time. c.mu must be held.
func (c *Client) time() time.Time { return c.steady.now(c.world.Clock.Now()) }

// reading is what World.Clock says at a time of now.
func (s *steadyClock) reading(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(-s.back)
}
