package scenarios

import (
	"cmp"
	"time"
)

// rateWatch is R6, on every connection of a client together: where payload is
// limited to r bytes a second, no window of one second, or of ten, sees more of
// it than r × window and one block, wherever it begins. Upward it counts the
// blocks that the client gives to the network; downward the bytes of blocks as
// they are delivered, since of each connection a block may have begun long ago.
type rateWatch struct {
	up, down flowWatch
	epoch    int  // of the limits
	settling bool // they are new: whether they hold by now is not known
	gain     int  // of the client's clock, per million: its seconds are shorter
}

// clockSet begins anew: over a clock that jumps ahead a debt is forgiven.
func (r *rateWatch) clockSet(gain int) {
	r.gain = gain
	for _, f := range []*flowWatch{&r.up, &r.down} {
		*f = flowWatch{way: f.way, limit: f.limit}
	}
}

// rateWindows are the windows in which a rate is measured.
var rateWindows = [...]time.Duration{time.Second, 10 * time.Second}

// flowWatch measures one direction.
type flowWatch struct {
	way     string
	limit   int64 // bytes per second; 0: none
	passed  []passed
	windows [len(rateWindows)]flowWindow
	largest int64 // block
}

// passed is a block, or a part of one, that has gone by.
type passed struct {
	at instant
	n  int64
}

// flowWindow is what a window holds, which ends now.
type flowWindow struct {
	first int // index of the oldest one
	sum   int64
}

func (r *rateWatch) begin(s *subject) {
	r.up = flowWatch{way: "sent", limit: lowerLimit(s.config.UpLimit, s.spec.UpLimit)}
	r.down = flowWatch{way: "received", limit: lowerLimit(s.config.DownLimit, s.spec.DownLimit)}
}

// limitsGrace is how long a client may take to keep to limits that are new: what
// it has asked for under the old ones still comes.
const limitsGrace = 2 * time.Second

// limits notes that a client was given other limits, in bytes per second.
func (o *oracles) limits(s *subject, up, down int64) {
	w := o.at[s.host]
	w.rates.epoch++
	epoch := w.rates.epoch
	w.rates.up, w.rates.down, w.rates.settling = flowWatch{}, flowWatch{}, true
	o.later(limitsGrace, func() {
		if w.rates.epoch != epoch {
			return // they have changed again
		}
		w.rates.settling = false
		w.rates.up = flowWatch{way: "sent", limit: lowerLimit(s.config.UpLimit, up)}
		w.rates.down = flowWatch{way: "received", limit: lowerLimit(s.config.DownLimit, down)}
	})
}

// mayPutOff says whether a limit may make a client wait with what it sends.
func (r *rateWatch) mayPutOff() bool { return r.settling || r.up.limit != 0 }

// lowerLimit is the limit that holds of two, 0 being none.
func lowerLimit(a, b int64) int64 {
	if a == 0 || b == 0 {
		return cmp.Or(a, b)
	}
	return min(a, b)
}

// add counts n bytes of a block, and looks at the windows that end with them.
func (f *flowWatch) add(w *watched, now instant, n, block int64) {
	if f.limit == 0 {
		return
	}
	f.passed = append(f.passed, passed{now, n})
	f.largest = max(f.largest, block)
	for i, length := range rateWindows {
		win := &f.windows[i]
		win.sum += n
		for now.Sub(f.passed[win.first].at) > length {
			win.sum -= f.passed[win.first].n
			win.first++
		}
		limit := f.limit + f.limit*int64(w.rates.gain)/1_000_000
		if most := limit*int64(length/time.Second) + f.largest; win.sum > most {
			w.violation("R6", "%d bytes %s within %v, more than %d", win.sum, f.way, length, most)
		}
	}
	f.forget()
}

// forget drops what no window holds any more.
func (f *flowWatch) forget() {
	oldest := f.windows[len(rateWindows)-1].first // the longest window is the last
	if oldest <= len(f.passed)/2 {
		return
	}
	f.passed = append(f.passed[:0], f.passed[oldest:]...)
	for i := range f.windows {
		f.windows[i].first -= oldest
	}
}
