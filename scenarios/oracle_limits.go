package scenarios

import "time"

const (
	// The limits that client.Config documents.
	connsDefault    = 500
	peersDefault    = 100
	halfOpenDefault = 32

	// connsGrace is how long there may be more connections: those that are sent
	// away again take a moment for it.
	connsGrace = time.Second

	// openMost is how many files may be open: what storage keeps at hand, the
	// part file, its index, and a directory that is synced.
	openMost = 128 + 3
)

// handleWatch counts what a client keeps open. R1: connections, and attempts at
// them. R2: files.
type handleWatch struct {
	ends  int  // of streams, to peers and others, that were opened and not closed
	files int  // open
	due   bool // too many peers: a second look is planned
}

// orElse is a limit of a configuration, where 0 stands for the default.
func orElse(n, standard int) int {
	if n == 0 {
		return standard
	}
	return max(n, 0)
}

// checkHalfOpen counts the attempts under way. Each tracker may be announced to
// and scraped besides.
func (w *watched) checkHalfOpen() {
	n, most := w.host.OpenStreams()-w.handles.ends, orElse(w.config.MaxHalfOpen, halfOpenDefault)
	if n <= most {
		return
	}
	if most += 2 * w.askable(); n > most && w.alive() {
		w.violation("R1", "%d connections are being attempted at once, more than %d", n, most)
	}
}

// checkPeers looks whether there are more connections than there may be.
func (w *watched) checkPeers() {
	if w.handles.due || !w.tooMany() {
		return
	}
	w.handles.due = true
	w.o.later(connsGrace, func() {
		w.handles.due = false
		if w.alive() && w.tooMany() {
			w.violation("R1", "%d connections, %d of them past the handshake, more than %d and %d",
				len(w.views), w.peers(), orElse(w.config.MaxConns, connsDefault), w.peersMost())
		}
	})
}

func (w *watched) peersMost() int { return orElse(w.config.MaxPeers, peersDefault) }

func (w *watched) tooMany() bool {
	if len(w.views) <= min(w.peersMost(), orElse(w.config.MaxConns, connsDefault)) {
		return false // and so none of the two can be exceeded
	}
	return len(w.views) > orElse(w.config.MaxConns, connsDefault) || w.peers() > w.peersMost()
}

// peers counts the connections past the handshake.
func (w *watched) peers() (n int) {
	for _, v := range w.views {
		if v.facts.helloSent && v.facts.helloHeard {
			n++
		}
	}
	return n
}

// opened and released count files.
func (w *watched) opened(name string) {
	if w.handles.files++; w.handles.files > openMost {
		w.violation("R2", "%d files are open with %s, more than %d", w.handles.files, name, openMost)
	}
}

func (w *watched) released() { w.handles.files-- }
