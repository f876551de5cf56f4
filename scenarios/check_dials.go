package scenarios

import (
	"net/netip"
	"time"

	"bt/client"
	"bt/simnet"
)

// halfOpen (R1): no more than Count connection attempts to peers are under way
// at a time on each of Who, whenever one looks, which is once a second.
type halfOpen struct {
	*watch
	opened map[uint64]bool // streams that are no attempts any more
	most   map[*node]int
}

func newHalfOpen(w *watch) check {
	w.satisfied()
	c := &halfOpen{w, make(map[uint64]bool), make(map[*node]int)}
	w.run.net.Tap(func(e *simnet.TapEvent) {
		if e.Kind == simnet.TapOpened {
			c.opened[e.Stream] = true
		}
	})
	return c
}

func (c *halfOpen) sample() {
	now := make(map[*simnet.Host]int)
	for s := range c.run.net.Streams() {
		if s.Dialer && !c.opened[s.Stream] && s.Remote.Port() != trackerPort {
			now[s.Host]++
		}
	}
	for _, n := range c.who {
		c.most[n] = max(c.most[n], now[n.host])
	}
}

func (c *halfOpen) finish() {
	for _, n := range c.who {
		if c.most[n] > c.expect.Count {
			c.fail(n.name, "%d connection attempts at a time, more than %d", c.most[n], c.expect.Count)
		}
	}
}

// avoids: none of Who ever tries an address that no peer can have.
type avoids struct{ *watch }

func newAvoids(w *watch) check {
	w.satisfied()
	return &avoids{w}
}

func (c *avoids) notice(n *node, x client.Notice) {
	d, ok := x.(client.PeerDisconnected)
	if !ok || d.Incoming {
		return
	}
	ip := d.Addr.Addr().Unmap()
	if d.Addr.Port() == 0 || ip.IsUnspecified() || ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		c.fail(n.name, "has tried %v", d.Addr)
	}
}

func (c *avoids) finish() {}

// endings: of the connections of each of Who with each of Of, at most Count end
// for Reason.
type endings struct {
	*watch
	count map[[2]string]int
}

func newEndings(w *watch) check {
	w.satisfied()
	return &endings{w, make(map[[2]string]int)}
}

func (c *endings) notice(n *node, x client.Notice) {
	if d, ok := x.(client.PeerDisconnected); ok && d.Reason.String() == c.expect.Reason {
		c.count[[2]string{n.name, c.run.nameAt(d.Addr.Addr())}]++
	}
}

func (c *endings) finish() {
	for _, n := range c.who {
		for _, h := range c.run.hostsOf(c.expect.Of) {
			if got := c.count[[2]string{n.name, h.Name()}]; got > c.expect.Count {
				c.fail(n.name, "%d connections with %s have ended because of %q, more than %d", got, h.Name(), c.expect.Reason, c.expect.Count)
			}
		}
	}
}

// nameAt is the name of the host at an address, "" if there is none.
func (r *run) nameAt(a netip.Addr) string {
	if h := r.hostAt(a); h != nil {
		return h.Name()
	}
	return ""
}

// introduced (W16): each address that Who try was announced to a tracker before.
type introduced struct{ *watch }

func newIntroduced(w *watch) check {
	w.satisfied()
	return &introduced{w}
}

func (c *introduced) notice(n *node, x client.Notice) {
	var addr netip.AddrPort
	switch x := x.(type) {
	case client.PeerConnected:
		if !x.Incoming {
			addr = x.Addr
		}
	case client.PeerDisconnected:
		if !x.Incoming {
			addr = x.Addr
		}
	}
	if addr.IsValid() && !c.announced(addr) {
		c.fail(n.name, "has tried %v, which no tracker knows", addr)
	}
}

func (c *introduced) announced(addr netip.AddrPort) bool {
	for _, s := range c.run.stations {
		for _, e := range s.tracker.Log() {
			if e.Addr == addr {
				return true
			}
		}
	}
	return false
}

func (c *introduced) finish() {}

// lasts: connections of each of Who with each of Of end for Reason, and when they
// do, they have lasted for Time, or Slack longer at most.
type lasts struct {
	*watch
	since map[lasting]time.Duration
	seen  map[[2]string]bool
}

type lasting struct {
	who  *node
	addr netip.AddrPort
}

func newLasts(w *watch) check {
	return &lasts{w, make(map[lasting]time.Duration), make(map[[2]string]bool)}
}

func (c *lasts) notice(n *node, x client.Notice) {
	now := c.run.now()
	switch x := x.(type) {
	case client.PeerConnected:
		c.since[lasting{n, x.Addr}] = now
	case client.PeerDisconnected:
		since, ok := c.since[lasting{n, x.Addr}]
		if !ok || x.Reason.String() != c.expect.Reason {
			return
		}
		name := c.run.nameAt(x.Addr.Addr())
		if !c.of(name) {
			return
		}
		c.seen[[2]string{n.name, name}] = true
		if d := now - since; d < c.expect.Time.std() || d > (c.expect.Time+c.expect.Slack).std() {
			c.fail(n.name, "a connection with %s has ended because of %q after %v", name, x.Reason, d)
		}
	}
}

func (c *lasts) finish() {
	for _, n := range c.who {
		for _, h := range c.run.hostsOf(c.expect.Of) {
			if !c.seen[[2]string{n.name, h.Name()}] {
				c.fail(n.name, "no connection with %s has ended because of %q", h.Name(), c.expect.Reason)
			}
		}
	}
}

// redials: after each end of a connection that it has made, and each attempt in
// vain, each of Who leaves Of alone for a time that doubles, from Time to half an
// hour, less a quarter at most; anew from Time when something was moved. What
// comes of the next attempt shows within Slack. This is to be seen at least
// Count times.
type redials struct {
	*watch
	seen map[lasting]*redialling
}

type redialling struct {
	failures int
	endedAt  time.Duration
	moved    int64
	waits    bool // for the next attempt to show
	times    int
}

func newRedials(w *watch) check { return &redials{w, make(map[lasting]*redialling)} }

func (c *redials) notice(n *node, x client.Notice) {
	switch x := x.(type) {
	case client.PeerConnected:
		if !x.Incoming && c.of(c.run.nameAt(x.Addr.Addr())) {
			c.attempt(n, x.Addr)
		}
	case client.PeerDisconnected:
		if !x.Incoming && c.of(c.run.nameAt(x.Addr.Addr())) {
			c.attempt(n, x.Addr).end(c.run.now(), n.total(transferred))
		}
	}
}

// attempt notes that a connection has come up, or is over if it has not.
func (c *redials) attempt(n *node, addr netip.AddrPort) *redialling {
	key := lasting{n, addr}
	r := c.seen[key]
	if r == nil {
		r = &redialling{}
		c.seen[key] = r
	}
	if !r.waits {
		return r
	}
	r.waits = false
	r.times++
	wait, slack := c.run.now()-r.endedAt, c.expect.Slack.std()
	if most := min(c.expect.Time.std()<<min(max(r.failures-1, 0), 20), longestWait); wait < most*3/4 || wait > most+slack {
		c.fail(n.name, "is back at %v after %v, %d failures in a row", addr, wait, r.failures)
	}
	return r
}

func (r *redialling) end(now time.Duration, moved int64) {
	r.waits, r.endedAt = true, now
	if r.failures++; moved > r.moved {
		r.failures, r.moved = 0, moved
	}
}

func (c *redials) finish() {
	for _, n := range c.who {
		times := 0
		for key, r := range c.seen { // a sum: the order has no effect
			if key.who == n {
				times += r.times
			}
		}
		if times < c.expect.Count {
			c.fail(n.name, "has come back %d times, fewer than %d", times, c.expect.Count)
		}
	}
}
