package main

import (
	"os"
	"runtime/debug"
)

// A run makes much garbage and keeps little. To collect it when there is four times
// as much garbage as there is to keep takes a tenth off the time of a catalogue; the
// limit has the largest swarms collect sooner, and is no bound: what is not garbage
// may be more.
const (
	gcPercent   = 400
	memoryLimit = 3 << 30 // bytes
)

// tuneGC sets up the garbage collector, unless the user has.
func tuneGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
