package simnet

import (
	"errors"
	"math"
	"net/netip"
	"time"

	"bt/transport"
)

const (
	// StallTimeout is how long sent bytes may fail to arrive, because of a
	// partition or a killed host, before the stream is closed with ErrTimeout.
	StallTimeout = 2 * time.Minute

	// KeepaliveTimeout is after how long an end that sends nothing notices that
	// the remote host was killed.
	KeepaliveTimeout = 10 * time.Minute

	// lastWord is how many queued bytes the network takes at once when a stream
	// is closed, like the buffer of a socket would: enough for a message that says
	// why, and too little to matter for the rate of the link.
	lastWord = 512
)

// ErrTimeout closes a stream whose bytes do not arrive for StallTimeout, or
// whose remote host has been silent for KeepaliveTimeout.
var ErrTimeout = errors.New("connection timed out")

type streamState uint8

const (
	unborn streamState = iota // the far end of a dial which has not been accepted
	dialing
	accepting // within the listener's accept
	open
	closing  // the Handler is going to be told Closed
	closed   // and has been told, or never was there
	vanished // with its host
)

// conn is a connection: the dialer's end and the listener's.
type conn struct{ ends [2]stream }

// hindrance is what a connection has on its way that most have not.
type hindrance struct {
	severed bool        // nothing gets through any more
	nat     [2]*mapping // in front of each end; nil: none
}

const (
	dialerEnd   = 0
	listenerEnd = 1
)

// stream is one end of a connection.
//
// There may be tens of thousands of them, and most of the time of a message goes into
// waiting for memory that no cache holds. Hence the order of the fields, in lines of a
// cache, of 64 bytes: the first is all that it takes to receive; the second is what both
// ends look at, the third what else it takes to send. Before it there are 56 bytes, as
// the allocator puts eight in front of large objects. What most streams never need lies
// elsewhere.
type stream struct {
	err   error   // for Closed; while dialing, for when timer finds it so
	timer eventID // until open: for the dial; then: for a remote host that was killed
	stall eventID // runs while bytes fail to arrive
	lost  int64   // of sent

	conn     *conn
	host     *Host
	handler  transport.Handler
	hinders  *hindrance // of the connection; nil: nothing does
	in       *inbox     // nil: nothing has ever had to wait
	readMost int32      // bytes of a Received; 0: the program sets no bound
	index    int32      // in host.streams
	side     uint8
	state    streamState
	waiting  bool // for a turn at the uplink, or for room at the remote downlink
	paused   bool
	drains   bool // an event to deliver the unread is scheduled
	closes   bool // Close was called within accept
	tapped   bool // the taps know of it
	ghost    bool // no program knows of it

	id      uint64 // the same number for both ends
	queued  int64  // sent by the program, not taken by the network: what sendQueue has
	unread  int64  // on the way, or arrived and not read by the other end
	unacked int64  // delivered, but the acknowledgement is lost, see unhear
	limits  limits

	sendQueue fifo[[]byte]
	sent      int64     // taken by the network: delivered, lost or unread
	lastTime  int64     // when the last segment arrives: no later one may overtake it
	to        *Host     // of the other end; nil when a dial found no host
	passages  *passages // nil until there is an interceptor

	path          *path // to the other end; nil when a dial found no host
	local, remote netip.AddrPort
}

// hindered is what hinders the connection from now on.
func (c *conn) hindered() *hindrance {
	if c.ends[dialerEnd].hinders == nil {
		h := new(hindrance)
		c.ends[dialerEnd].hinders, c.ends[listenerEnd].hinders = h, h
	}
	return c.ends[dialerEnd].hinders
}

// inbox is what waits at one end of a connection.
type inbox struct {
	unread fifo[*segment] // has arrived
	held   fifo[*segment] // is held back by a partition
	untold int64          // bytes that have left, and the frozen program was not told
}

// inbox makes it when something has to wait for the first time.
func (s *stream) inbox() *inbox {
	if s.in == nil {
		s.in = new(inbox)
	}
	return s.in
}

func (s *stream) hasUnread() bool { return s.in != nil && s.in.unread.len() > 0 }
func (s *stream) hasHeld() bool   { return s.in != nil && s.in.held.len() > 0 }

// limits is what follows from the links at both ends.
type limits struct {
	epoch   uint32 // of the links, plus one
	quantum int32  // bytes that the remote downlink takes at a time
	window  int64  // for unread
	load    int64  // for the load of the remote downlink
	delay   int64  // of the way; -1: it differs from message to message
}

func (c *conn) init(id uint64) {
	c.ends[listenerEnd].side = listenerEnd
	for i := range c.ends {
		c.ends[i].conn, c.ends[i].id = c, id
	}
}

func (s *stream) peer() *stream              { return &s.conn.ends[1-s.side] }
func (s *stream) delivered() int64           { return s.sent - s.lost - s.unread }
func (s *stream) net() *Internet             { return s.host.net }
func (s *stream) ended() bool                { return s.state >= closing }
func (s *stream) LocalAddr() netip.AddrPort  { return s.local }
func (s *stream) RemoteAddr() netip.AddrPort { return s.remote }

// Send implements transport.Stream.
func (s *stream) Send(bufs ...[]byte) {
	if s.ended() {
		return
	}
	for _, b := range bufs {
		if len(b) == 0 {
			continue
		}
		s.net().sendRings.lend(&s.sendQueue)
		s.sendQueue.push(b)
		s.queued += int64(len(b))
		if s.state == open {
			s.tap(TapSent, b, nil)
		}
	}
	s.wantUplink()
}

// PauseReads implements transport.Stream.
func (s *stream) PauseReads(on bool) {
	s.paused = on
	if !on {
		s.wantDrain()
	}
}

// LimitReads implements transport.Stream.
func (s *stream) LimitReads(most int) { s.readMost = int32(min(max(most, 0), math.MaxInt32)) }

// Close implements transport.Stream.
func (s *stream) Close() {
	switch s.state {
	case accepting:
		s.closes = true
	case dialing, open:
		// Also after a dial that has not been answered: the listener may accept it.
		if s.state == open && 0 < s.queued && s.queued <= lastWord {
			s.put(s.queued)
		}
		s.letGo()
		s.transmit(segClose)
		s.shut(nil)
	}
}
