package client

import (
	"io"
	"net/netip"
	"slices"
	"time"

	"bt/client/boundary"
	"bt/client/record"
	"bt/client/session"
)

// recorder writes down what the core is told. Without Config.Record there is
// none, and all methods of a nil recorder do nothing.
type recorder struct {
	out     io.Writer
	header  record.Header
	w       *record.Writer // from the first event on
	refused []netip.Addr   // while the event under way is handled
	inTurn  bool
	ended   bool // nothing more is recorded
}

// newRecorder makes the recorder of a session that is to be made of core, and
// listens to the answers of its filter.
func newRecorder(cfg *Config, core *session.Config, seeds [2]uint64) *recorder {
	if cfg.Record == nil {
		return nil
	}
	r := &recorder{out: cfg.Record, header: record.Header{Session: *core, Seeds: seeds, Effects: cfg.RecordEffects}}
	if filter := core.Filter; filter != nil {
		core.Filter = func(a netip.Addr) bool {
			ok := filter(a)
			if !ok {
				r.refuse(a)
			}
			return ok
		}
	}
	return r
}

// event takes an event that is about to be handled.
func (r *recorder) event(now time.Time, e boundary.Event) {
	if r == nil || r.ended {
		return
	}
	if r.w == nil {
		r.header.Start = now
		r.w = record.NewWriter(r.out, r.header)
	}
	r.inTurn, r.refused = true, r.refused[:0]
	r.w.Event(now, e)
}

// refuse notes an answer of the filter, which is the same while an event is
// handled.
func (r *recorder) refuse(a netip.Addr) {
	if r.inTurn && !slices.Contains(r.refused, a) {
		r.refused = append(r.refused, a)
		r.w.Refused(a)
	}
}

// settle ends a turn. An error ends the recording.
func (r *recorder) settle(out *boundary.Effects, deadline time.Time) error {
	if r == nil || r.ended || r.w == nil {
		return nil
	}
	r.inTurn = false
	err := r.w.Settle(out, deadline)
	r.ended = err != nil
	return err
}

// rescue hands on what was recorded of a turn in which the core has panicked: the
// event over which it has is the one that matters.
func (r *recorder) rescue() {
	if r != nil && r.inTurn && !r.ended {
		r.ended = true
		_ = r.w.Flush() // the panic says what there is to say
	}
}

// flush hands on what was recorded, and with end says that it was all.
func (r *recorder) flush(end bool) error {
	if r == nil || r.ended || r.w == nil {
		return nil
	}
	var err error
	if end {
		err = r.w.End()
	} else {
		err = r.w.Flush()
	}
	r.ended = end || err != nil
	return err
}

// settleRecord ends the turn under way in the record. c.mu must be held.
func (c *Client) settleRecord() {
	if c.recorder == nil {
		return
	}
	deadline, _ := c.session.Deadline()
	if err := c.recorder.settle(c.effects, deadline); err != nil {
		c.notices = append(c.notices, RecordFailed{Err: err})
	}
}

// closeRecord hands on every turn of a client that is closing, which may be
// waited for only so long, and ends the record behind the last one.
func (c *Client) closeRecord() {
	if err := c.recorder.flush(c.gone()); err != nil {
		c.notices = append(c.notices, RecordFailed{Err: err})
	}
}
