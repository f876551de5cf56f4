package simnet

import "time"

// Timer calls a function of a host's program, once each time it is set. What At
// does once, a Timer does again and again, without memory for each time; and to put
// off a deadline costs next to nothing.
type Timer struct {
	host *Host
	fn   func()
	id   eventID
	life uint32 // of the host, when it was set
}

// NewTimer makes a timer that is not set.
func (h *Host) NewTimer(fn func()) *Timer { return &Timer{host: h, fn: fn} }

// Set has the function called after d, in an event of its own, unless the host is
// killed meanwhile. If that was already to come, it comes then instead.
func (t *Timer) Set(d time.Duration) {
	h := t.host
	if h.dead {
		return
	}
	n := h.net
	if t.life == h.life {
		if id, ok := n.queue.move(t.id, n.after(max(int64(d), 0))); ok {
			t.id = id
			return
		}
	}
	t.Stop()
	h.timers++
	t.life = h.life
	t.id = n.schedule(int64(d), event{kind: KindCallback, host: h, fn: t.fn})
}

// Stop has the function not called. Doing so after it was, or twice, does nothing.
func (t *Timer) Stop() {
	t.host.cancelTimer(t.id)
	t.id = eventID{}
}
