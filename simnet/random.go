package simnet

import (
	"math/bits"
	"math/rand/v2"
)

// newStream derives a stream of random numbers from the seed and the names of
// who draws what for. No stream depends on another: a host more, or a draw
// more elsewhere, shifts nothing.
func newStream(seed uint64, names ...string) *rand.PCG {
	var d digest
	d.word(seed)
	for _, name := range names {
		d.string(name)
	}
	high := d.sum()
	d.word(mixD)
	return rand.NewPCG(high, d.sum())
}

// below draws a number in [0, bound), with a bias of at most bound/2^64.
func below(s *rand.PCG, bound uint64) uint64 {
	high, _ := bits.Mul64(s.Uint64(), bound)
	return high
}
