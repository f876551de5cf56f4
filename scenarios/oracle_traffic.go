package scenarios

import "bt/client/wire"

// D3, conservation: every byte sent is delivered, lost or on its way, and a
// client's own account of the payload it moved agrees with the referee's.

// traffic is the payload a client has moved on connections that have ended.
// What happened at the instant in which the client ended one may have been left
// unread or uncounted: hence two bounds.
type traffic struct{ down, up bounds }

type bounds struct{ low, high int64 }

// connTraffic is the payload of one connection.
type connTraffic struct {
	sent, delivered int64 // bytes, all messages
	queue           []sentBlock
	down            int64 // payload heard
	downNow         int64 // of it, at downAt
	downAt          instant
	up              bounds
}

// sentBlock is a Piece which ends at a byte of what was sent.
type sentBlock struct{ end, payload int64 }

func (c *connTraffic) frameSent(v *view, f *frame) {
	if f.kind == wire.Piece {
		n := int64(f.block.Length)
		c.up.high += n
		v.who.rates.up.add(v.who, v.now, n, n)
		c.queue = append(c.queue, sentBlock{v.sent.total, n})
	}
}

func (c *connTraffic) frameHeard(v *view, f *frame) {
	if f.kind != wire.Piece {
		return
	}
	if !c.downAt.Equal(v.now) {
		c.downAt, c.downNow = v.now, 0
	}
	n := int64(f.block.Length)
	c.down += n
	c.downNow += n
}

// handleDelivered notes that bytes have reached the remote side. What arrives
// after the client has ended the connection may not have counted, nor what arrives
// while it is frozen, if the connection breaks before it is told.
func (c *connTraffic) handleDelivered(v *view, n int) {
	c.delivered += int64(n)
	if len(c.queue) == 0 {
		return
	}
	v.answers.moved = v.who.o.now()
	if until := v.who.frozenUntil(); !until.IsZero() && !until.Before(v.who.o.now()) {
		return
	}
	for len(c.queue) > 0 && c.queue[0].end <= c.delivered && v.ended.IsZero() {
		c.up.low += c.queue[0].payload
		c.queue = c.queue[1:]
	}
}

func (c *connTraffic) handleEnded(v *view) {
	t := &v.who.traffic
	t.down.add(c.downBounds(v.now))
	t.up.add(c.up)
}

// downBounds is what the client must have counted by now, and what it may.
func (c *connTraffic) downBounds(now instant) bounds {
	b := bounds{c.down, c.down}
	if c.downAt.Equal(now) {
		b.low -= c.downNow
	}
	return b
}

func (b *bounds) add(o bounds) {
	b.low += o.low
	b.high += o.high
}

func (b bounds) hold(n int64) bool { return b.low <= n && n <= b.high }

// checkTraffic compares the client's totals with the referee's.
func (w *watched) checkTraffic() {
	t := w.traffic
	for _, v := range w.views {
		t.down.add(v.traffic.downBounds(w.o.now()))
		t.up.add(v.traffic.up)
	}
	if n := w.torrent.Downloaded(); !t.down.hold(n) {
		w.violation("D3", "counts %d bytes downloaded, the referee %d to %d", n, t.down.low, t.down.high)
	}
	if n := w.torrent.Uploaded(); !t.up.hold(n) {
		w.violation("D3", "counts %d bytes uploaded, the referee %d to %d", n, t.up.low, t.up.high)
	}
}

// checkTotals compares the network's totals with what was seen.
func (o *oracles) checkTotals() {
	t := o.net.Totals()
	if t.Sent != t.Delivered+t.Lost+t.InFlight {
		o.violation(o.now(), "D3", "", "%d bytes sent, but %d delivered, %d lost and %d on their way", t.Sent, t.Delivered, t.Lost, t.InFlight)
	}
	if t.Delivered != o.heard {
		o.violation(o.now(), "D3", "", "%d bytes delivered, %d seen", t.Delivered, o.heard)
	}
}
