package scenarios

import (
	"math"
	"time"

	"bt/simnet"
)

// instant is a moment of the simulated time, in nanoseconds since 1970. The zero value
// is none, as that of a time.Time, which it stands for where moments are remembered for
// each of many connections: it has a third of its size.
type instant int64

// instantOf keeps the zero value what it is.
func instantOf(t time.Time) instant {
	if t.IsZero() {
		return 0
	}
	return instant(t.UnixNano())
}

// epoch is the start of every run.
var epoch = instantOf(simnet.Epoch)

func (i instant) IsZero() bool                { return i == 0 }
func (i instant) Equal(o instant) bool        { return i == o }
func (i instant) Before(o instant) bool       { return i < o }
func (i instant) After(o instant) bool        { return i > o }
func (i instant) Sub(o instant) time.Duration { return time.Duration(i - o) }

// Add is the last instant there is where there is none so late.
func (i instant) Add(d time.Duration) instant {
	if d > 0 && i > math.MaxInt64-instant(d) {
		return math.MaxInt64
	}
	return i + instant(d)
}
