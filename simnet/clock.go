package simnet

import (
	"context"
	"time"

	"github.com/benbjohnson/clock"
)

// virtualClock tells the virtual time. It cannot build a working *clock.Timer:
// that type has no constructor for others, and the one of clock.Mock fires from
// goroutines. Programs in a simulation use Host.At; whoever asks for a timer
// here is told loudly.
type virtualClock struct{ net *Internet }

var _ clock.Clock = virtualClock{}

func (c virtualClock) Now() time.Time                  { return c.net.Now() }
func (c virtualClock) Since(t time.Time) time.Duration { return c.net.Now().Sub(t) }
func (c virtualClock) Until(t time.Time) time.Duration { return t.Sub(c.net.Now()) }

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
