package scenarios

import "strings"

// checkGone is L3: of a client that says it is closed nothing is left.
func (w *watched) checkGone() {
	if !w.alive() {
		return
	}
	left := func(n int, what string) {
		if n > 0 {
			w.violation("L3", "closed, but %d %s left", n, what)
		}
	}
	left(w.host.OpenStreams(), "streams")
	left(w.host.OpenPackets(), "packet sockets")
	left(w.host.PendingTimers(), "timers")
	left(w.worker.Pending(), "jobs for the disk")
	if open := w.fs.OpenHandles(); len(open) > 0 {
		w.violation("L3", "closed, but files are open: %s", strings.Join(open, ", "))
	}
	if misuses := w.fs.Misuses(); len(misuses) > 0 {
		w.violation("L3", "files were used after they were closed: %s", strings.Join(misuses, ", "))
	}
}
