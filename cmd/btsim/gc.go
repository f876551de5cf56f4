package main

import (
	"os"
	"runtime/debug"
)

// A run makes much garbage and keeps little, some runs more than others. Collecting
// by what is kept alone, the heap would grow and shrink all the time, and the system
// would have to clear the same memory for it again and again: a tenth of the time of
// a campaign. So collections are as far apart for small swarms as they are for those
// that keep 300 MiB. The limit has the largest swarms collect sooner, and is no
// bound: what is not garbage may be more.
const (
	gcPercent   = 50
	ballastSize = 300 << 20 // bytes
	memoryLimit = 3 << 30   // bytes
)

// tuneGC sets up the garbage collector, unless the user has. The ballast counts as
// memory that is kept, as long as the caller does. Nobody touches it, so that the
// system has never to find any for it.
func tuneGC() (ballast []byte) {
	if os.Getenv("GOGC") == "" {
		ballast = make([]byte, ballastSize)
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	return ballast
}
