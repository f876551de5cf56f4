package report

import "bt/scenarios"

// Bits of the state of a connection, between the dialer a and b.
const (
	aChokes = 1 << iota
	aInterested
	bChokes
	bInterested

	// BEP 3: "Connections start out choked and not interested."
	connBegin = aChokes | bChokes
)

// conn is a connection. Those to trackers are followed too, as what they are shows
// only when the first bytes pass.
type conn struct {
	stream   uint64
	ends     [2]end // the dialer's first
	opened   *entry
	from, to int64 // to is never as long as it is open
	bits     int
	marks    [][2]int64 // when bits became what
}

// end is one end of a connection, and the last that it has heard.
type end struct {
	node     int
	onTheWay []*entry // sent, and not yet arrived
	asked    map[block]*entry

	greeted  *entry         // received, as all below: a handshake
	unchoked *entry         // nil while it is choked
	allowed  map[int]*entry // allowed fast, by piece
	interest *entry
	has      *entry
	heard    *entry // anything
}

// allowedMax bounds what is noted of a peer that allows any number of pieces, which
// are ten as a rule.
const allowedMax = 1000

// block is what a request is about.
type block struct {
	piece         int
	begin, length int64
}

// opened takes a new connection, which Host has dialled.
func (c *Collector) opened(at int64, o scenarios.Observation) {
	k := &conn{stream: o.Stream, from: at, to: never, bits: connBegin}
	for i, name := range [...]string{o.Host, o.Peer} {
		k.ends[i] = end{node: c.index(name), asked: make(map[block]*entry), allowed: make(map[int]*entry)}
	}
	c.conns[o.Stream] = k
	k.opened = c.enter(c.newEntry(at, o, "connected"))
}

// closed takes the end of a connection, as one of its ends is told. What that end
// heard last is the best guess at why.
func (c *Collector) closed(at int64, o scenarios.Observation) {
	e := c.newEntry(at, o, "disconnected")
	k := c.conns[o.Stream]
	if k != nil {
		e.cause = k.ends[side(o.Dialer)].heard
		if k.to != never {
			delete(c.conns, o.Stream) // both ends know
		}
		k.to = at
	}
	c.enter(e)
}

// sent takes a message on its way: an entry that knows what it answers.
func (c *Collector) sent(at int64, o scenarios.Observation) {
	k := c.conns[o.Stream]
	if k == nil {
		return
	}
	from, to := &k.ends[side(o.Dialer)], &k.ends[side(!o.Dialer)]
	e := c.newEntry(at, o, o.Name)
	what := block{o.Piece, o.Begin, o.Length}
	switch o.Name {
	case "handshake":
		if e.cause = from.greeted; e.cause == nil {
			e.cause = k.opened
		}
		c.list(k)
	case "request":
		// BEP 6 has pieces that may be asked for all the same.
		if e.cause = from.unchoked; e.cause == nil {
			e.cause = from.allowed[o.Piece]
		}
		from.asked[what] = e
		c.requests.Asked++
	case "piece", "reject":
		// Nil for what nobody has asked for: then it is the sender's own idea.
		e.cause = to.asked[what]
	case "cancel":
		e.cause = from.asked[what]
		c.requests.Cancelled++
	case "interested", "not interested":
		// What the other has decides, or what came in between from elsewhere; the
		// former is on this connection.
		e.cause = from.has
	case "choke", "unchoke":
		e.cause = from.interest
	case "have":
		// This leads out of the connection: to where the piece came from.
		e.cause = c.verified[place{e.node, e.piece}]
	default:
		e.cause = from.greeted
	}
	c.enter(e)
	from.onTheWay = append(from.onTheWay, e)
	c.mark(at, k, o)
}

// list puts a connection on the page: one between peers, as it begins with a
// handshake.
func (c *Collector) list(k *conn) {
	switch {
	case len(k.marks) > 0:
	case len(c.listed) == connsMax:
		c.lost.Conns++
	default:
		k.marks = append(k.marks, [2]int64{k.from, connBegin})
		c.listed = append(c.listed, k)
	}
}

// mark notes a change of choke or interest, as of its sending.
func (c *Collector) mark(at int64, k *conn, o scenarios.Observation) {
	chokes, interested := bChokes, bInterested
	if o.Dialer {
		chokes, interested = aChokes, aInterested
	}
	was := k.bits
	switch o.Name {
	case "choke":
		k.bits |= chokes
	case "unchoke":
		k.bits &^= chokes
	case "interested":
		k.bits |= interested
	case "not interested":
		k.bits &^= interested
	}
	switch {
	case k.bits == was || len(k.marks) == 0:
	case c.marks == marksMax:
		c.lost.Marks++
	default:
		c.marks++
		k.marks = append(k.marks, [2]int64{at, int64(k.bits)})
	}
}

// received takes a message that has arrived.
func (c *Collector) received(at int64, o scenarios.Observation) {
	k := c.conns[o.Stream]
	if k == nil {
		return
	}
	to, from := &k.ends[side(o.Dialer)], &k.ends[side(!o.Dialer)]
	e := c.arrival(at, from, o)
	to.heard = e
	switch o.Name {
	case "handshake":
		to.greeted = e
	case "unchoke":
		to.unchoked = e
	case "choke":
		to.unchoked = nil
	case "allowed fast":
		if len(to.allowed) < allowedMax {
			to.allowed[o.Piece] = e
		}
	case "interested", "not interested":
		to.interest = e
	case "have", "bitfield", "have all":
		to.has = e
	case "piece":
		c.arrivedFor[place{to.node, o.Piece}] = e
		c.settle(to, o, &c.requests.Answered)
	case "reject":
		c.settle(to, o, &c.requests.Rejected)
	}
}

// arrival finds the entry of a message that has arrived. What was damaged or made
// up on its way gets one of its own.
func (c *Collector) arrival(at int64, from *end, o scenarios.Observation) *entry {
	// Bytes arrive in the order in which they were sent, and so do messages.
	if len(from.onTheWay) > 0 {
		e := from.onTheWay[0]
		from.onTheWay = from.onTheWay[1:]
		if e.kind == o.Name && e.piece == o.Piece && e.begin == o.Begin && e.length == o.Length {
			e.arrived = at
			return e
		}
	}
	o.Host, o.Peer = o.Peer, o.Host
	o.Text = "arrived, and was not sent so"
	e := c.newEntry(at, o, o.Name)
	e.arrived = at
	return c.enter(e)
}

// settle counts a request as answered, the first time it is.
func (c *Collector) settle(asker *end, o scenarios.Observation, count *int) {
	what := block{o.Piece, o.Begin, o.Length}
	if o.Name == "piece" && asker.asked[what] == nil {
		return
	}
	if asker.asked[what] != nil {
		delete(asker.asked, what)
		*count++
	}
}

func side(dialer bool) int {
	if dialer {
		return 0
	}
	return 1
}
