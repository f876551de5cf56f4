package simnet

import (
	"context"
	"time"

	"github.com/benbjohnson/clock"
)

// virtualClock tells a host's wall clock. It cannot build a working *clock.Timer:
// that type has no constructor for others, and the one of clock.Mock fires from
// goroutines. Programs in a simulation use Host.At; whoever asks for a timer
// here is told loudly.
type virtualClock struct{ host *Host }

var _ clock.Clock = virtualClock{}

func (c virtualClock) Now() time.Time                  { return c.host.wallTime() }
func (c virtualClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }
func (c virtualClock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// skew is how far a host's clock is from the truth.
type skew struct {
	set    bool  // SetClock was ever called
	offset int64 // nanoseconds, at since
	drift  int64 // gained per million since then
	since  int64
}

// SetClock jumps the host's clock to what it would be with an offset from the
// virtual time, and from there on lets it gain drift parts per million; below 0
// it loses. Only Clock of this host is concerned, which is its wall clock. The
// timers of At are those of a monotonic clock: they keep their distance, whatever
// the wall clock does, and do not drift.
func (h *Host) SetClock(offset time.Duration, drift int64) {
	h.skew = skew{true, int64(offset), drift, h.net.now}
}

// ClockOffset is how far the host's clock is ahead of the virtual time now.
func (h *Host) ClockOffset() time.Duration {
	passed := h.net.now - h.skew.since
	// In two parts, so that a run of years does not overflow.
	gained := passed/perMillion*h.skew.drift + passed%perMillion*h.skew.drift/perMillion
	return time.Duration(h.skew.offset + gained)
}

// ClockSetAt is when SetClock was last called, and the zero time if it never was.
func (h *Host) ClockSetAt() time.Time {
	if !h.skew.set {
		return time.Time{}
	}
	return Epoch.Add(time.Duration(h.skew.since))
}

func (h *Host) wallTime() time.Time { return h.net.Now().Add(h.ClockOffset()) }

func refuseTimer(method string) {
	panic("simnet: clock." + method + " cannot be simulated; use Host.At")
}

func (virtualClock) After(time.Duration) <-chan time.Time { refuseTimer("After"); return nil }
func (virtualClock) AfterFunc(time.Duration, func()) *clock.Timer {
	refuseTimer("AfterFunc")
	return nil
}
func (virtualClock) Sleep(time.Duration)                 { refuseTimer("Sleep") }
func (virtualClock) Tick(time.Duration) <-chan time.Time { refuseTimer("Tick"); return nil }
func (virtualClock) Ticker(time.Duration) *clock.Ticker  { refuseTimer("Ticker"); return nil }
func (virtualClock) Timer(time.Duration) *clock.Timer    { refuseTimer("Timer"); return nil }
func (virtualClock) WithDeadline(context.Context, time.Time) (context.Context, context.CancelFunc) {
	refuseTimer("WithDeadline")
	return nil, nil
}
func (virtualClock) WithTimeout(context.Context, time.Duration) (context.Context, context.CancelFunc) {
	refuseTimer("WithTimeout")
	return nil, nil
}
