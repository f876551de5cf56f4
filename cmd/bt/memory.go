package main

import (
	"os"
	"runtime/debug"
)

// gcPercent lets the heap grow by half before garbage is collected, where Go would
// have it double. Blocks are used again and make no garbage, so that a collection
// is rare and small; the memory would be taken all the same.
const gcPercent = 50

// saveMemory sets what is fitting for bt, unless the user knows better.
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
