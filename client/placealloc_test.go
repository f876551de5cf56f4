//go:build !race

// With the race detector pools forget things, to be forgetful at all times.

package client

import (
	"testing"

	"bt/client/wire"
)

// In the steady state a block costs no memory from the socket to the core: it lies in
// a buffer of the pool, and so does all that it takes to tell of it.
func TestReceiveDoesNotAllocate(t *testing.T) {
	receive, _ := receiver(t)
	receive()
	if n := testing.AllocsPerRun(100, receive); n != 0 {
		t.Errorf("%d blocks took %v allocations, want 0", wire.PlaceBlocks, n)
	}
}
