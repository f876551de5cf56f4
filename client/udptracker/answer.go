package udptracker

import (
	"net/netip"
	"slices"
	"time"

	"bt/client/tracker"
)

// HandlePacket takes a datagram. What is no answer to anything that was asked of
// exactly this address is dropped without a word: anybody can send datagrams.
func (c *Caller) HandlePacket(now time.Time, from netip.AddrPort, p []byte) {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	r, err := tracker.ParseUDPResponse(p, from.Addr().Is6())
	if err != nil {
		return
	}
	if conn := c.connections[from]; conn != nil && conn.asker != nil && r.Transaction == conn.tx {
		c.handleConnected(now, from, conn, r)
		return
	}
	// BEP 15: "Check whether the transaction ID is equal to the one you chose."
	i := slices.IndexFunc(c.calls, func(a *call) bool { return a.asked == from && a.tx == r.Transaction })
	if i < 0 {
		return
	}
	a := c.calls[i]
	switch {
	case r.Action == a.Body.Action:
		// It counts, late as it may be: a connection id may have been asked for to say
		// the same once more.
		c.end(a, Result{ID: a.id, Response: r})
	case r.Action == tracker.UDPError && !a.connects:
		c.handleError(now, a, r)
	}
}

// handleConnected takes the answer to a connect request. BEP 15: "Check whether
// the action is connect."
func (c *Caller) handleConnected(now time.Time, from netip.AddrPort, conn *connection, r tracker.UDPResponse) {
	switch r.Action {
	case tracker.UDPConnect:
		*conn = connection{id: r.Connection, until: now.Add(connectionLife)}
	case tracker.UDPError:
		conn.asker = nil
	default:
		return
	}
	for _, a := range slices.Clone(c.calls) {
		switch {
		case !a.connects || a.to != from:
		case r.Action == tracker.UDPError:
			c.end(a, Result{ID: a.id, Response: r})
		default:
			// n stays as it is: a tracker that gives connections and no answers
			// is silent too.
			c.request(a, conn)
			c.wait(now, a)
		}
	}
}

// handleError takes a tracker's refusal. A connection id that a tracker does not
// know BEP 15 wants to be ignored, and some refuse it. The reason is for people, so that
// nobody can tell whether it is about a connection id that the tracker has
// forgotten, in a restart for example. An old id is therefore given up, and the
// request made once more by a new one; a refusal that follows counts.
func (c *Caller) handleError(now time.Time, a *call, r tracker.UDPResponse) {
	if !a.reused || a.renewed {
		c.end(a, Result{ID: a.id, Response: r})
		return
	}
	a.renewed = true
	c.wait(now, a) // the refusal may be a late one
	c.distrust(a)
	conn := c.connection(now, a.to)
	if now.Before(conn.until) { // another request has got a new one
		c.request(a, conn)
		return
	}
	c.connect(now, a, conn)
}

// HandleFailed tells that nothing can be sent to an address.
func (c *Caller) HandleFailed(to netip.AddrPort, err error) {
	for _, a := range slices.Clone(c.calls) {
		if a.to == to {
			c.end(a, Result{ID: a.id, Err: err})
		}
	}
}
