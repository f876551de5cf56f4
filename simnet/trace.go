package simnet

import (
	"fmt"
	"strings"
	"time"
)

// Kind says what an event of the simulation is.
type Kind uint8

// Kinds of events. Up to KindPacketIn, and from KindSent on, they belong to the
// program on a host, the rest to the network.
const (
	kindCancelled   Kind = iota // in the queue only
	KindCallback                // what Host.At and Internet.At asked for
	KindWork                    // a Worker's job starts or ends
	KindFetch                   // an HTTP exchange, or the look-up of a name, has ended
	KindReadable                // a stream delivers what waited for the end of a pause
	KindClosed                  // a Handler is told Closed
	KindReceived                // bytes are handed to a Handler, within another event
	KindPacketIn                // a datagram is handed to its receiver, within another event
	KindUplink                  // bytes have left a host
	KindArrive                  // bytes have come to a host's link
	KindDownlink                // bytes have come through a host's link
	KindDialTimeout             // a dial got no answer
	KindStall                   // a stream has waited too long for its bytes to arrive
	KindResume                  // a stream's bytes are sent again after a partition
	KindKeepalive               // a stream notices that the remote host is gone
	KindRate                    // a link's schedule goes on
	KindSent                    // a program that was frozen is told that bytes have left
	KindOpened                  // it is told that a dial has succeeded
	KindAccept                  // it accepts what its host has accepted for it
	KindDatagram                // it is given what waited in a socket's buffer
	numKinds
)

var kindNames = [numKinds]string{
	"cancelled", "callback", "work", "fetch", "readable", "closed", "received", "packet in", "uplink",
	"arrive", "downlink", "dial timeout", "stall", "resume", "keepalive",
	"rate", "sent", "opened", "accept", "datagram",
}

func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// ofProgram tells the events that die with the program on a host.
func (k Kind) ofProgram() bool { return k <= KindClosed || k >= KindSent }

// TraceEvent is one event of the run, as told to the observer of SetTrace.
type TraceEvent struct {
	At     time.Time
	Host   string // "" for events of the Internet itself
	Kind   Kind
	Stream uint64 // the stream's number, 0 when there is none
	Len    int    // bytes, where the event is about some
}

func (e TraceEvent) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s", e.At.Format("15:04:05.000000000"), e.Host, e.Kind)
	if e.Stream != 0 {
		fmt.Fprintf(&b, " stream %d", e.Stream)
	}
	if e.Len != 0 {
		fmt.Fprintf(&b, " %d bytes", e.Len)
	}
	return b.String()
}

// SetTrace tells f of every event from now on, before it happens; nil ends it.
// f must only look: the run and its Hash are the same with and without it.
func (n *Internet) SetTrace(f func(TraceEvent)) { n.trace = f }
