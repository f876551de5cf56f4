package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

const (
	// gcPercent lets the heap grow by half before garbage is collected, where Go would
	// have it double. Blocks are used again and make no garbage, so that a collection
	// is rare and small; the memory would be taken all the same.
	gcPercent = 50

	// firstPercent puts the first collection off. Go makes it at 4 MiB for a hundred
	// percent, at 12 MiB for this: what a download comes to in any case, most of it
	// blocks. On the way there gcPercent would have it seven times, each of which
	// wakes threads on all cores and finds next to nothing; that was a seventh of the
	// processor time of a download of 40 MiB.
	firstPercent = 300
)

// saveMemory sets what is fitting for bt, unless the user knows better.
func saveMemory() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(firstPercent)
	// What nobody holds is cleaned up behind the first collection.
	runtime.AddCleanup(new([64]byte), func(percent int) { debug.SetGCPercent(percent) }, gcPercent)
}
