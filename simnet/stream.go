package simnet

import (
	"errors"
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
type conn struct {
	id      uint64
	severed bool // nothing gets through any more
	natted  bool // there is a NAT on the way
	ends    [2]stream
	nat     [2]*mapping // in front of each end; nil: none
}

const (
	dialerEnd   = 0
	listenerEnd = 1
)

// stream is one end of a connection.
type stream struct {
	conn    *conn
	side    uint8
	state   streamState
	waiting bool // for a turn at the uplink, or for room at the remote downlink
	paused  bool
	drains  bool // an event to deliver the unread is scheduled
	closes  bool // Close was called within accept
	tapped  bool // the taps know of it
	ghost   bool // no program knows of it

	host          *Host
	handler       transport.Handler
	local, remote netip.AddrPort
	path          *path   // to the other end; nil when a dial found no host
	index         int     // in host.streams
	err           error   // for Closed
	dialErr       error   // for Closed when timer finds the stream still dialing
	timer         eventID // until open: for the dial; then: for a remote host that was killed
	stall         eventID // runs while bytes fail to arrive

	// Out: what the program has sent and the network has not taken.
	sendQueue fifo[[]byte]
	queued    int64
	lastTime  int64 // when the last segment arrives: no later one may overtake it
	limits    limits
	passages  *passages // nil until there is an interceptor

	// Counters of this direction. sent = delivered + lost + unread, always.
	sent, delivered, lost int64
	unread                int64 // on the way, or arrived and not read by the other end
	unacked               int64 // of delivered: the acknowledgement is lost, see unhear
	untold                int64 // have left, and the frozen program was not told

	// In: what has arrived and is not read, and what a partition holds back.
	readQueue fifo[*segment]
	held      fifo[*segment]
	readMost  int // bytes of a Received; 0: the program sets no bound
}

// limits is what follows from the links at both ends.
type limits struct {
	epoch   uint32 // of the links, plus one
	window  int64  // for unread
	load    int64  // for the load of the remote downlink
	quantum int64  // that the remote downlink takes at a time
}

func (c *conn) init(id uint64) {
	c.id = id
	c.ends[listenerEnd].side = listenerEnd
	for i := range c.ends {
		c.ends[i].conn = c
	}
}

func (s *stream) peer() *stream              { return &s.conn.ends[1-s.side] }
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
func (s *stream) LimitReads(most int) { s.readMost = max(most, 0) }

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
