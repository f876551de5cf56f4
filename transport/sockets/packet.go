package sockets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"bt/transport"
)

// packetQueueMax is how many datagrams wait for the system to take them; more
// are lost, as in any full queue of the network. At the size of an Ethernet
// frame this is a third of a megabyte.
const packetQueueMax = 256

// datagramMax is the largest payload that UDP has room for.
const datagramMax = 64 << 10

// packetConn implements transport.PacketConn. A second goroutine sends, since a
// write waits when the network interface is slower than we are.
type packetConn struct {
	udp   *net.UDPConn
	local netip.AddrPort
	recv  func(from netip.AddrPort, p []byte)
	queue chan datagram

	stop    sync.Once
	stopped chan struct{}
}

type datagram struct {
	to netip.AddrPort
	p  []byte
}

// ListenPacket implements transport.Network. On an unspecified address of
// either family it serves both, where the system has both.
func (n *Network) ListenPacket(addr netip.AddrPort, recv func(from netip.AddrPort, p []byte)) (transport.PacketConn, error) {
	var cfg net.ListenConfig
	conn, err := cfg.ListenPacket(context.Background(), "udp", listenAddr(addr))
	if err != nil {
		return nil, fmt.Errorf("listen on UDP %v: %w", addr, listenError(err))
	}
	udp := conn.(*net.UDPConn)
	c := &packetConn{
		udp: udp, local: plain(udp.LocalAddr().(*net.UDPAddr).AddrPort()), recv: recv,
		queue: make(chan datagram, packetQueueMax), stopped: make(chan struct{}),
	}
	if !n.start(c, c.run) {
		c.Close()
		return nil, fmt.Errorf("listen on UDP %v: %w", addr, errNetworkClosed)
	}
	return c, nil
}

// Send implements transport.PacketConn.
func (c *packetConn) Send(to netip.AddrPort, p []byte) {
	select {
	case c.queue <- datagram{plain(to), bytes.Clone(p)}:
	default: // full: the datagram is lost
	}
}

// LocalAddr implements transport.PacketConn.
func (c *packetConn) LocalAddr() netip.AddrPort { return c.local }

// Close implements transport.PacketConn.
func (c *packetConn) Close() {
	c.stop.Do(func() {
		close(c.stopped)
		_ = c.udp.Close() // what is queued may be lost
	})
}

func (c *packetConn) run() {
	var sending sync.WaitGroup
	sending.Go(c.sendLoop)
	defer sending.Wait()

	var pause backoff
	buf := make([]byte, datagramMax)
	for {
		n, from, err := c.udp.ReadFromUDPAddrPort(buf)
		switch {
		case err == nil:
			pause.reset()
			c.recv(plain(from), buf[:n])
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(errnoError(err), transport.ErrReset), errors.Is(errnoError(err), transport.ErrRefused):
			// Some systems report here that nobody listens where an earlier
			// datagram went. That is no news about this socket.
		default:
			pause.wait(c.stopped)
		}
	}
}

func (c *packetConn) sendLoop() {
	for {
		select {
		case <-c.stopped:
			return
		case d := <-c.queue:
			// An error is a lost datagram: too large, or no route.
			_, _ = c.udp.WriteToUDPAddrPort(d.p, d.to)
		}
	}
}
