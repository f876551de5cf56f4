package record

import (
	"reflect"
	"time"

	"bt/client/boundary"
)

// sum is a checksum of all effects so far, in order, and of when the core wanted
// to be woken: FNV-1a, whose only enemy is chance. It is carried on from turn to
// turn, so that no difference is ever forgotten.
type sum struct {
	hash    uint64
	scratch []byte
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func newSum() sum { return sum{hash: fnvOffset} }

// scratchMax is what is kept of the memory of a turn with very much to do.
const scratchMax = 1 << 20

// add takes the effects of a turn, and returns the checksum with them. The bytes
// of blocks do not count, only their lengths.
func (s *sum) add(out *boundary.Effects, start, deadline time.Time) uint32 {
	b := appendValue(s.scratch[:0], reflect.ValueOf(out).Elem())
	if at := time.Duration(-1); deadline.IsZero() {
		b = appendValue(b, reflect.ValueOf(at))
	} else {
		b = appendValue(b, reflect.ValueOf(deadline.Sub(start)))
	}
	for _, c := range b {
		s.hash = (s.hash ^ uint64(c)) * fnvPrime
	}
	if s.scratch = b; cap(b) > scratchMax {
		s.scratch = nil
	}
	return uint32(s.hash ^ s.hash>>32)
}
