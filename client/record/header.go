package record

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"bt/client/session"
)

// Header is what a run begins with.
type Header struct {
	// Start is the time of the wall clock. All times of a recording count from it.
	Start time.Time
	// Session is the configuration, without its Rand and its Filter.
	Session session.Config
	// Seeds are those of the PCG that Rand is.
	Seeds [2]uint64
	// Effects says that beside the checksum of each turn's effects there are words
	// for each of them.
	Effects bool
}

// session makes the session that was recorded, with a filter of what it was told.
func (h *Header) session(filter func(netip.Addr) bool) *session.Session {
	cfg := h.Session
	cfg.Rand, cfg.Filter = rand.NewPCG(h.Seeds[0], h.Seeds[1]), filter
	return session.New(cfg)
}
