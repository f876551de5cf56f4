package sockets

import "time"

// The pause after an error that is not likely to go away at once.
const (
	backoffMin = 50 * time.Millisecond
	backoffMax = time.Second
)

// backoff waits longer each time, up to backoffMax.
type backoff struct{ last time.Duration }

func (b *backoff) reset() { b.last = 0 }

func (b *backoff) wait(stopped <-chan struct{}) {
	b.last = min(max(2*b.last, backoffMin), backoffMax)
	timer := time.NewTimer(b.last)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-stopped:
	}
}
