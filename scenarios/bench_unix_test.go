//go:build unix

package scenarios

import (
	"syscall"
	"time"
)

// processorTime is the time that this process has spent on processors.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return time.Since(startedAt)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
