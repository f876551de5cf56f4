package scenarios

import (
	"fmt"
	"time"

	"bt/simnet"
)

// observe writes the trace, if one is wanted. It only looks: the run is the
// same without it.
func (r *run) observe() {
	if r.opt.Trace == nil {
		return
	}
	r.net.SetTrace(func(e simnet.TraceEvent) {
		line := e.Kind.String()
		if e.Stream != 0 {
			line += fmt.Sprintf(" stream %d", e.Stream)
		}
		if e.Len != 0 {
			line += fmt.Sprintf(" %d bytes", e.Len)
		}
		r.traceLine(e.Host, "%s", line)
	})
}

// traceLine writes what happens now on a host, or to the swarm.
func (r *run) traceLine(host, format string, args ...any) {
	if r.opt.Trace == nil {
		return
	}
	if host == "" {
		host = "-"
	}
	// An observer that cannot write must not stop what it observes; whoever
	// opened the file learns of it when closing.
	fmt.Fprintf(r.opt.Trace, "%15v %s %s\n", r.now().Round(time.Nanosecond), host, fmt.Sprintf(format, args...))
}
