package scenarios

import (
	"net/url"
	"strconv"
	"strings"

	"bt/client"
)

// account is what the referee has counted for a client.
type account struct {
	down, up bounds
	left     int64 // the length of the pieces that it wants and lacks
}

func (w *watched) account() account {
	l := account{w.traffic.down, w.traffic.up, 0}
	for _, v := range w.views {
		l.down.add(v.traffic.downBounds(w.o.now()))
		l.up.add(v.traffic.up)
	}
	info := &w.o.truth.meta.Info
	for p := range info.NumPieces() {
		if w.lacked.has(p) {
			l.left += info.PieceSize(p)
		}
	}
	return l
}

// handleAsked keeps what was counted when an announce was made up. Its bytes are
// seen later, when there is a connection to the tracker.
func (w *watched) handleAsked(n client.TrackerAsked) {
	if w.accounts == nil {
		w.accounts = make(map[string]account)
	}
	w.accounts[strings.TrimPrefix(n.URL, "http://")] = w.account()
}

// judgeLedger is T4: what a client tells a tracker of its traffic is what the
// referee has counted since it was started, between the time when it was made up
// and now, and so is what is left.
func (w *watched) judgeLedger(tracker string, q url.Values) {
	number := func(name string) int64 {
		n, err := strconv.ParseInt(q.Get(name), 10, 64)
		if err != nil {
			w.violation("T4", "to %s: %s is %q", tracker, name, q.Get(name))
		}
		return n
	}
	was, ok := w.accounts[tracker]
	now := w.account()
	if !ok {
		w.violation("T4", "to %s: an announce out of nowhere", tracker)
		return
	}
	if n, b := number("downloaded"), (bounds{was.down.low, now.down.high}); !b.hold(n) {
		w.violation("T4", "to %s: %d bytes downloaded, the referee counts %d to %d", tracker, n, b.low, b.high)
	}
	if n, b := number("uploaded"), (bounds{was.up.low, now.up.high}); !b.hold(n) {
		w.violation("T4", "to %s: %d bytes uploaded, the referee counts %d to %d", tracker, n, b.low, b.high)
	}
	if n, b := number("left"), (bounds{min(was.left, now.left), max(was.left, now.left)}); !b.hold(n) {
		w.violation("T4", "to %s: %d bytes left, and it lacks %d to %d", tracker, n, b.low, b.high)
	}
}
