package sockets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"bt/transport"
)

// listener is one TCP port that accepts.
type listener struct {
	net    *Network
	tcp    *net.TCPListener
	accept func(transport.Stream) transport.Handler

	stop    sync.Once
	stopped chan struct{}
}

// Listen implements transport.Network. On an unspecified address of either
// family it listens on both, where the system has both.
func (n *Network) Listen(addr netip.AddrPort, accept func(transport.Stream) transport.Handler) (netip.AddrPort, func(), error) {
	cfg := net.ListenConfig{KeepAlive: noKeepAlive}
	// Multipath TCP, which Go listens for by default, costs throughput, and
	// BitTorrent peers do not speak it.
	cfg.SetMultipathTCP(false)
	ln, err := cfg.Listen(context.Background(), "tcp", listenAddr(addr))
	if err != nil {
		return netip.AddrPort{}, nil, fmt.Errorf("listen on TCP %v: %w", addr, listenError(err))
	}
	l := &listener{net: n, tcp: ln.(*net.TCPListener), accept: accept, stopped: make(chan struct{})}
	bound := plain(ln.Addr().(*net.TCPAddr).AddrPort())
	if !n.start(l, l.run) {
		l.Close()
		return netip.AddrPort{}, nil, fmt.Errorf("listen on TCP %v: %w", addr, errNetworkClosed)
	}
	return bound, l.Close, nil
}

// Close returns once the port is free. An accept may still be under way.
func (l *listener) Close() {
	l.stop.Do(func() {
		close(l.stopped)
		_ = l.tcp.Close() // nothing is buffered that could be lost
	})
}

func (l *listener) run() {
	var pause backoff
	for {
		conn, err := l.tcp.AcceptTCP()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			// Mostly EMFILE: there are no more file descriptors until a stream
			// ends. The connection stays in the queue of the system meanwhile.
			l.net.log.Warn("cannot accept", "addr", l.tcp.Addr(), "err", err)
			pause.wait(l.stopped)
		default:
			pause.reset()
			l.welcome(conn)
		}
	}
}

// welcome lets the user decide about one connection.
func (l *listener) welcome(conn *net.TCPConn) {
	s := newStream(plain(conn.RemoteAddr().(*net.TCPAddr).AddrPort()))
	s.attach(conn)
	if s.handler = l.accept(s); s.handler == nil || !l.net.start(s, s.run) {
		// A reset rather than an orderly close: it leaves nothing behind in
		// TIME_WAIT, however often somebody tries.
		_ = conn.SetLinger(0)
		_ = conn.Close()
	}
}

// noKeepAlive turns off the probes of TCP, one every 15 s by default. Protocols
// on top of us have their own, which also notice a remote end that hangs.
const noKeepAlive = -1
