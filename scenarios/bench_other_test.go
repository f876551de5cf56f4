//go:build !unix

package scenarios

import "time"

// processorTime is the time that has passed, for want of a better one.
func processorTime() time.Duration { return time.Since(startedAt) }
