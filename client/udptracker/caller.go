// Package udptracker talks to trackers over UDP (BEP 15): it knows the
// connection ids that trackers have given, repeats what gets no answer, and
// takes no word from anybody but who was asked. It sends nothing itself. The
// owner asks by Ask, gives it every datagram that comes by HandlePacket, and
// calls HandleTick at Deadline; after each of these it sends what NextPacket returns
// and looks at what NextResult does:
//
//	c.Ask(now, id, request)
//	for p, ok := c.NextPacket(); ok; p, ok = c.NextPacket() {
//		send(p)
//	}
//	for r, ok := c.NextResult(); ok; r, ok = c.NextResult() {
//		…
//	}
//	wakeAt(c.Deadline())
//
// One Caller serves all torrents of a client, which share connection ids. It is
// not safe for concurrent use.
package udptracker

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"bt/client/tracker"
)

const (
	// retryFirst is the wait for the first answer. BEP 15: "If a response is not
	// received after 15 * 2 ^ n seconds, the client should retransmit the
	// request, where n starts at 0 and is increased up to 8 (3840 seconds) after
	// every retransmission."
	retryFirst = 15 * time.Second
	// retriesMax is the largest n. With it the tenth wait would begin; a tracker
	// that was silent for two hours is given up.
	retriesMax = 8

	// RetriesElsewhere is how often a request is repeated when there is another
	// tracker to turn to: once, which makes 45 seconds. One lost datagram
	// does not make a tracker a dead one; and who waited longer than that
	// for the first of ten trackers would have no peers for minutes.
	RetriesElsewhere = 1

	// connectionLife is how long a connection id may be used. BEP 15: "A client
	// can use a connection ID until one minute after it has received it."
	connectionLife = time.Minute

	// addrsMax bounds the addresses of one tracker that are tried in turn.
	addrsMax = 4

	// connectionsMax bounds the connection ids that are remembered. Expired
	// ones are dropped then; no client asks more trackers within a minute.
	connectionsMax = 1024
)

// ErrSilent says that a tracker has not answered.
var ErrSilent = errors.New("no answer from the tracker")

// ID names a request of the owner's.
type ID uint64

// Request is one announce, or one scrape.
type Request struct {
	// To are addresses of the tracker, of one family. The first is asked, the
	// others in turn when no answer comes; those beyond the fourth never.
	To []netip.AddrPort
	// Body is an announce or a scrape, without connection and transaction.
	Body tracker.UDPRequest
	// Retries is how often the request is repeated, 8 times at most, which is
	// what 0 stands for too; below 0: never.
	Retries int
}

// Result is what has come of a request.
type Result struct {
	ID ID
	// Err says that there is no answer, and none will come any more if Retry is
	// zero. Else the request was sent once more, and has that long to be
	// answered.
	Err   error
	Retry time.Duration
	// Response is an announce or a scrape, as was asked for, or an error of the
	// tracker's.
	Response tracker.UDPResponse
}

// Packet is a datagram to be sent.
type Packet struct {
	To   netip.AddrPort
	Data []byte
}

// Caller is all conversations with UDP trackers of a client.
type Caller struct {
	rng         *rand.Rand
	calls       []*call // in the order they were asked for
	connections map[netip.AddrPort]*connection
	packets     []Packet
	results     []Result

	// due is when the first call is, or zero. It is found out anew only when it
	// may have changed: with many torrents and a dead tracker there are many
	// calls, and every event of the client asks.
	due      time.Time
	dueStale bool
}

// call is a request under way.
type call struct {
	Request
	id       ID
	to       netip.AddrPort // who was asked last
	sent     int            // transmissions so far, of either kind
	due      time.Time      // of the next one, or of giving up
	connects bool           // waits for a connection id of to, asked for by it or another
	tx       uint32         // of the announce or scrape that was sent last
	asked    netip.AddrPort // whom that was sent to; invalid: none was
	used     uint64         // the connection id that was sent with it
	reused   bool           // which is older than the call
	renewed  bool           // the tracker has refused that one, and was asked for another
}

// connection is what is known of one address of a tracker.
type connection struct {
	id    uint64
	until time.Time // the id is good before; zero: there is none
	tx    uint32    // of the last connect request
	asker *call     // who has sent that; nil: it was answered
	due   time.Time // it has time to be answered until then
}

// New makes a Caller. Its transaction ids are drawn from rng, so that nobody who
// cannot read our datagrams can answer in a tracker's place.
func New(rng rand.Source) *Caller {
	return &Caller{rng: rand.New(rng), connections: make(map[netip.AddrPort]*connection)}
}

// Ask begins a request. An id that is under way already, or nobody to ask, is a
// mistake of the owner and panics.
func (c *Caller) Ask(now time.Time, id ID, r Request) {
	if len(r.To) == 0 || c.find(id) != nil {
		panic(fmt.Sprintf("udptracker: request %d of %d addresses is under way, or goes nowhere", id, len(r.To)))
	}
	if r.Retries == 0 || r.Retries > retriesMax {
		r.Retries = retriesMax
	}
	r.To = slices.Clone(r.To[:min(len(r.To), addrsMax)])
	a := &call{Request: r, id: id}
	c.calls = append(c.calls, a)
	c.transmit(now, a)
}

// Revise has a request that is under way say something else when it is repeated,
// of the same Action. An answer to what was sent before counts as well.
func (c *Caller) Revise(id ID, body tracker.UDPRequest) {
	if a := c.find(id); a != nil {
		a.Body = body
	}
}

// Forget gives a request up. Nothing more is heard of it.
func (c *Caller) Forget(id ID) {
	c.calls = slices.DeleteFunc(c.calls, func(a *call) bool { return a.id == id })
	c.dueStale = true
	c.results = slices.DeleteFunc(c.results, func(r Result) bool { return r.ID == id })
}

// Deadline returns when HandleTick wants to be called, false if nothing is under
// way.
func (c *Caller) Deadline() (at time.Time, ok bool) {
	if c.dueStale {
		c.due, c.dueStale = time.Time{}, false
		for _, a := range c.calls {
			if c.due.IsZero() || a.due.Before(c.due) {
				c.due = a.due
			}
		}
	}
	return c.due, !c.due.IsZero()
}

// HandleTick repeats what has waited for its answer for long enough, or gives it
// up. Answers that are there already come first: whose computer was asleep finds
// both at once.
func (c *Caller) HandleTick(now time.Time) {
	if at, ok := c.Deadline(); !ok || now.Before(at) {
		return
	}
	for _, a := range slices.Clone(c.calls) {
		if !now.Before(a.due) {
			c.timeOut(now, a)
		}
	}
}

// NextPacket returns a datagram that is to be sent now, until it returns false.
func (c *Caller) NextPacket() (Packet, bool) {
	if len(c.packets) == 0 {
		return Packet{}, false
	}
	p := c.packets[0]
	c.packets = c.packets[1:]
	return p, true
}

// NextResult returns what has come of a request, until it returns false.
func (c *Caller) NextResult() (Result, bool) {
	if len(c.results) == 0 {
		return Result{}, false
	}
	r := c.results[0]
	c.results = c.results[1:]
	return r, true
}

// timeOut repeats a request that got no answer, or gives it up.
func (c *Caller) timeOut(now time.Time, a *call) {
	if a.sent > a.Retries {
		c.end(a, Result{ID: a.id, Err: ErrSilent})
		return
	}
	c.transmit(now, a)
	c.results = append(c.results, Result{ID: a.id, Err: ErrSilent, Retry: a.due.Sub(now)})
}

// transmit sends what the request has come to: itself if there is a connection
// id, or else the request for one. n counts both: BEP 15 has it go on from one
// to the other, "because connection ID expired".
func (c *Caller) transmit(now time.Time, a *call) {
	if a.sent > 0 {
		c.distrust(a)
	}
	a.to = a.To[a.sent%len(a.To)]
	a.sent++
	c.wait(now, a)
	conn := c.connection(now, a.to)
	if !now.Before(conn.until) {
		c.connect(now, a, conn)
		return
	}
	a.reused = a.reused || a.used != conn.id || a.sent == 1
	c.request(a, conn)
}

// wait sets the time by which what was just sent wants an answer.
func (c *Caller) wait(now time.Time, a *call) {
	a.due = now.Add(retryFirst << (a.sent - 1))
	c.dueStale = true
}

// distrust gives up the connection id of a request that was not answered, if it
// is older than that: a tracker that was restarted does not know it, and need
// not say so.
func (c *Caller) distrust(a *call) {
	if conn := c.connections[a.to]; !a.connects && a.reused && conn.id == a.used {
		conn.until = time.Time{}
	}
}

// request sends the announce or scrape.
func (c *Caller) request(a *call, conn *connection) {
	a.tx, a.asked, a.used, a.connects = c.rng.Uint32(), a.to, conn.id, false
	body := a.Body
	body.Connection, body.Transaction = conn.id, a.tx
	c.packets = append(c.packets, Packet{a.to, body.Append(nil)})
}

// connect asks for a connection id, unless another request has just done so.
func (c *Caller) connect(now time.Time, a *call, conn *connection) {
	a.connects, a.reused = true, false
	if conn.asker != nil && conn.asker != a && now.Before(conn.due) {
		return
	}
	conn.tx, conn.asker, conn.due = c.rng.Uint32(), a, a.due
	request := tracker.UDPRequest{Action: tracker.UDPConnect, Transaction: conn.tx}
	c.packets = append(c.packets, Packet{a.to, request.Append(nil)})
}

// connection returns what is known of an address.
func (c *Caller) connection(now time.Time, to netip.AddrPort) *connection {
	conn := c.connections[to]
	if conn == nil {
		if len(c.connections) >= connectionsMax {
			c.forgetExpired(now)
		}
		conn = &connection{}
		c.connections[to] = conn
	}
	return conn
}

// forgetExpired drops the connection ids that are of no use, where none is being
// asked for.
func (c *Caller) forgetExpired(now time.Time) {
	for to, conn := range c.connections { // order: each on its own
		busy := slices.ContainsFunc(c.calls, func(a *call) bool { return a.to == to })
		if !busy && !now.Before(conn.until) {
			delete(c.connections, to)
		}
	}
}

func (c *Caller) find(id ID) *call {
	if i := slices.IndexFunc(c.calls, func(a *call) bool { return a.id == id }); i >= 0 {
		return c.calls[i]
	}
	return nil
}

// end takes a call out and tells what came of it.
func (c *Caller) end(a *call, r Result) {
	c.calls = slices.DeleteFunc(c.calls, func(b *call) bool { return b == a })
	c.dueStale = true
	c.results = append(c.results, r)
}
