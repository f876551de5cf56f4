// Package transport says how bytes travel between addresses. It holds the
// interfaces that the client is written against; package sockets implements
// them with the operating system, package simnet with a simulated internet.
//
// No call in this package blocks. What comes of a call is told to a Handler,
// from any goroutine; calls for one Stream never overlap and keep their order:
// Opened once, then Received and Sent any number of times, then Closed once and
// nothing after it. A Dial that fails is Closed without Opened. No Handler is
// called from inside a call of this package, so that a caller may hold a lock
// which its Handler takes too, and a Handler may call any method of its Stream.
//
// Package transporttest holds the contract as a test suite, which every
// implementation passes.
package transport

import (
	"errors"
	"net/netip"
	"time"
)

// Network opens streams and packet sockets.
type Network interface {
	// Listen accepts streams on addr until stop is called. Port 0 lets the
	// system pick; bound is the address in use. An unspecified address means
	// both address families where the system has both. accept is called for
	// every incoming stream, before its Opened, and must not block; a nil
	// Handler refuses the stream. stop may be called more than once; streams
	// that were accepted stay. A port that is taken is ErrAddrInUse.
	Listen(addr netip.AddrPort, accept func(Stream) Handler) (bound netip.AddrPort, stop func(), err error)

	// Dial opens a stream to addr. The stream may be sent to at once; bytes
	// leave when it has opened. Another goroutine may call h before Dial has
	// returned.
	Dial(addr netip.AddrPort, h Handler) Stream

	// ListenPacket receives datagrams on addr until the PacketConn is closed.
	// p is only valid during the call of recv.
	ListenPacket(addr netip.AddrPort, recv func(from netip.AddrPort, p []byte)) (PacketConn, error)
}

// Stream is one reliable, ordered connection in both directions.
type Stream interface {
	// Send queues bufs, which belong to the stream until Sent has reported
	// that many bytes, or until Closed. The slice that holds them may be used
	// again at once. The queue has no limit of its own: Sent tells the caller
	// when to go on. Bytes sent to a closed stream are dropped.
	Send(bufs ...[]byte)

	// PauseReads stops (true) or resumes (false) delivery by Received; what
	// arrives meanwhile pushes back on the remote end. At most one Received
	// that was already under way may still follow. As long as reads are
	// paused, the end of the stream may go unnoticed.
	PauseReads(bool)

	// LimitReads bounds what one Received delivers from now on, in bytes; 0 is
	// no bound. One that was already under way may still be larger. With
	// PauseReads, a caller can keep to a rate: what it cannot take at once must
	// not come at once.
	LimitReads(most int)

	// Close ends the stream: queued bytes that the network does not take at
	// once are dropped. But for a call already under way, the Handler is told
	// nothing but Closed(nil). The other side hears ErrRemoteClosed, or
	// ErrReset when it had sent bytes that were not received. Close may be
	// called more than once.
	Close()

	// LocalAddr and RemoteAddr are valid from Opened on; IPv4 addresses are
	// never in their IPv4-mapped IPv6 form.
	LocalAddr() netip.AddrPort
	RemoteAddr() netip.AddrPort
}

// Handler hears what happens to one Stream.
type Handler interface {
	Opened()
	// Received delivers bytes; p is only valid during the call.
	Received(p []byte)
	// Sent reports that n more bytes have left: they are the network's, and
	// their buffers may be used again.
	Sent(n int)
	// Closed is the last call. err is nil after our own Close, ErrRemoteClosed
	// after an orderly close by the other side, else what went wrong. Buffers
	// of Send that Sent has not reported may be used again.
	Closed(err error)
}

// PacketConn sends datagrams. They may be lost, like any datagram.
type PacketConn interface {
	Send(to netip.AddrPort, p []byte) // p may be used again after the call
	LocalAddr() netip.AddrPort
	Close() // at most one recv that is already under way may still follow
}

// Placer is what a Handler may be that knows ahead where bytes belong, and wants
// them there rather than copied from the argument of Received. A Stream need not
// make use of it.
type Placer interface {
	// Place is asked right before bytes are read, which are at hand or may be:
	// they go into the buffers it returns, the first one first. Without any,
	// Received delivers them. None may be empty. They belong to the stream until
	// Placed, which is sure to follow. Place may be called during other calls of
	// the Handler, though not during Received or Placed.
	Place() [][]byte
	// Placed delivers n bytes in the place of Received; they lie in the buffers
	// that Place has returned. 0 is none: there was nothing to read, or the stream
	// is closed.
	Placed(n int)
}

// ErrAddrInUse says that the address of Listen or ListenPacket is taken.
var ErrAddrInUse = errors.New("address already in use")

// Reasons for Closed. Errors of the system are wrapped, so that errors.Is with
// a syscall.Errno works on them too.
var (
	ErrRemoteClosed = errors.New("closed by the remote side")
	ErrRefused      = errors.New("connection refused")
	ErrReset        = errors.New("connection reset")
	ErrUnreachable  = errors.New("host unreachable")
	ErrDialTimeout  = errors.New("no answer to the connection attempt")
)

// DialTimeout bounds the wait for an answer to Dial, in every Network: twice
// what a SYN and two retransmissions take would still be within it.
const DialTimeout = 20 * time.Second

// Fetcher performs HTTP GET requests: trackers and web seeds.
type Fetcher interface {
	// Fetch starts a request; done is called exactly once, from any
	// goroutine, also after cancel, but never from inside Fetch or cancel.
	// Redirects are followed, but only to http and https.
	Fetch(r FetchRequest, done func(FetchResponse, error)) (cancel func())
}

// FetchRequest is one HTTP GET.
type FetchRequest struct {
	URL     string
	Timeout time.Duration // for the whole exchange, redirects included
	MaxBody int64         // a larger body is ErrBodyTooLarge; counted after decompression

	// Addrs, unless empty, are dialled in the place of those that the host of
	// the URL has, one after the other until a connection opens. The request is
	// the same, with the host's name in it. It is how one family is chosen, or a
	// host asked at an address already known. A host that a redirect names is
	// looked up as ever.
	Addrs []netip.Addr
}

// FetchRedirectsMax bounds the redirects followed for one request, in every
// Fetcher. Trackers that moved need one or two; more is a loop.
const FetchRedirectsMax = 5

// FetchResponse is what came back; a status of 400 and above is no error here.
type FetchResponse struct {
	Status int
	Body   []byte
}

// Errors of Fetch beside those of the network.
var (
	ErrBodyTooLarge  = errors.New("response body too large")
	ErrFetchTimeout  = errors.New("no complete response in time")
	ErrFetchCanceled = errors.New("request cancelled")
)

// Resolver finds the addresses of names.
type Resolver interface {
	// Resolve looks up name, which may be an address too; done is called exactly
	// once, from any goroutine, also after cancel, but never from inside Resolve
	// or cancel. Without an error there is at least one address, and none twice,
	// in the order in which they should be tried, IPv4 addresses never in their
	// IPv4-mapped IPv6 form. Addresses of a family that this host has none of
	// are left out: they could not be reached.
	Resolve(name string, done func([]netip.Addr, error)) (cancel func())
}

// ResolveTimeout bounds a Resolve, in every Resolver: systems ask two name
// servers twice, and wait five seconds a time.
const ResolveTimeout = 20 * time.Second

// Errors of Resolve.
var (
	ErrNoSuchHost      = errors.New("no such host")
	ErrResolveTimeout  = errors.New("no answer from the name servers")
	ErrResolveCanceled = errors.New("look-up cancelled")
)
