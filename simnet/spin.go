package simnet

import (
	"fmt"
	"strings"
	"time"
)

// SpinLimit is how many events of its program a host may have without time
// passing. A thousand streams that all have something to say at the same instant
// stay far below; a timer that re-arms itself with zero does not.
const SpinLimit = 100_000

// spinSample is how many of the last events before the limit are counted by
// kind, for the error.
const spinSample = 1000

// SpinError says that a program went round in circles: the run has stopped.
type SpinError struct {
	Host  string // "" for the callbacks of the Internet itself
	At    time.Time
	Kinds [numKinds]int // of the last events before the limit
}

func (e *SpinError) Error() string {
	var kinds []string
	for k, n := range e.Kinds {
		if n > 0 {
			kinds = append(kinds, fmt.Sprintf("%s ×%d", Kind(k), n))
		}
	}
	return fmt.Sprintf("simnet: host %q had more than %d events at %s without time passing; the last were: %s",
		e.Host, SpinLimit, e.At.Format(time.RFC3339Nano), strings.Join(kinds, ", "))
}

// spinMeter counts a host's events at one instant.
type spinMeter struct {
	at    int64
	n     int
	kinds [numKinds]int
}

// count reports whether the host spins. Only events of the program count: bytes
// on their way are bounded by the streams' windows, and take time to arrive.
func (m *spinMeter) count(at int64, k Kind) bool {
	if at != m.at {
		m.at, m.n = at, 0
	}
	m.n++
	if m.n > SpinLimit-spinSample {
		if m.n == SpinLimit-spinSample+1 {
			m.kinds = [numKinds]int{}
		}
		m.kinds[k]++
	}
	return m.n > SpinLimit
}
