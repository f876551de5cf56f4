package transporttest

import (
	"bytes"
	"errors"
	"net/netip"
	"sync"

	"bt/transport"
)

var packetCases = []testCase{
	{"RoundTrip", packetRoundTrip},
	{"IPv6", packetIPv6},
	{"Unspecified", packetUnspecified},
	{"AddrInUse", packetAddrInUse},
	{"NobodyThere", packetNobodyThere},
	{"Close", packetClose},
	{"CloseInRecv", packetCloseInRecv},
}

// mailbox keeps the datagrams that a PacketConn receives.
type mailbox struct {
	conn transport.PacketConn

	mu  sync.Mutex
	got []datagram
}

type datagram struct {
	from netip.AddrPort
	text string
}

// mailbox opens a PacketConn on addr. The lock is held meanwhile, so that recv
// finds conn in its place.
func (s *suite) mailbox(n transport.Network, addr netip.AddrPort) *mailbox {
	s.t.Helper()
	m := new(mailbox)
	m.mu.Lock()
	defer m.mu.Unlock()
	conn, err := n.ListenPacket(addr, func(from netip.AddrPort, p []byte) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.got = append(m.got, datagram{from, string(p)})
	})
	if err != nil {
		s.t.Fatalf("ListenPacket(%v): %v", addr, err)
	}
	m.conn = conn
	s.t.Cleanup(conn.Close)
	return m
}

func (m *mailbox) all() []datagram {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got[:len(m.got):len(m.got)]
}

// post sends text in a buffer that is overwritten at once.
func (m *mailbox) post(to netip.AddrPort, text string) {
	p := []byte(text)
	m.conn.Send(to, p)
	clear(p)
}

// wantPost wants a datagram each way between two addresses.
func (s *suite) wantPost(a, b *mailbox, addrA, addrB netip.AddrPort) {
	s.t.Helper()
	for _, dir := range []struct {
		from, to         *mailbox
		fromAddr, toAddr netip.AddrPort
	}{{a, b, addrA, addrB}, {b, a, addrB, addrA}} {
		before := len(dir.to.all())
		dir.from.post(dir.toAddr, "a datagram")
		s.await("a datagram arrives", func() bool { return len(dir.to.all()) > before })
		if got, want := dir.to.all()[before], (datagram{dir.fromAddr, "a datagram"}); got != want {
			s.t.Errorf("received %v, want %v", got, want)
		}
	}
}

func packetRoundTrip(s *suite) {
	a := s.mailbox(s.A.Net, netip.AddrPortFrom(s.A.Addr, 0))
	b := s.mailbox(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0))
	for _, m := range []struct {
		local, want netip.AddrPort
	}{{a.conn.LocalAddr(), netip.AddrPortFrom(s.A.Addr, 0)}, {b.conn.LocalAddr(), netip.AddrPortFrom(s.B.Addr, 0)}} {
		if m.local.Addr() != m.want.Addr() || m.local.Port() == 0 {
			s.t.Errorf("local address %v, want a port of %v", m.local, m.want.Addr())
		}
	}
	s.wantPost(a, b, a.conn.LocalAddr(), b.conn.LocalAddr())

	// 1472 bytes fill an Ethernet frame; nothing we send is larger.
	large := string(bytes.Repeat([]byte{'x'}, 1472))
	a.post(b.conn.LocalAddr(), large)
	s.await("a large datagram arrives", func() bool { return len(b.all()) == 2 })
	if got := b.all()[1].text; got != large {
		s.t.Errorf("received %d bytes, want %d", len(got), len(large))
	}
}

func packetIPv6(s *suite) {
	if !s.B.Addr6.IsValid() {
		s.t.Skip("no IPv6 in this world")
	}
	a := s.mailbox(s.A.Net, netip.AddrPortFrom(s.A.Addr6, 0))
	b := s.mailbox(s.B.Net, netip.AddrPortFrom(s.B.Addr6, 0))
	s.wantPost(a, b, a.conn.LocalAddr(), b.conn.LocalAddr())
}

// packetUnspecified wants one socket for both families, and IPv4 senders named
// by their IPv4 address.
func packetUnspecified(s *suite) {
	b := s.mailbox(s.B.Net, netip.AddrPortFrom(netip.IPv6Unspecified(), 0))
	port := b.conn.LocalAddr().Port()
	for _, host := range []struct{ a, b netip.Addr }{{s.A.Addr, s.B.Addr}, {s.A.Addr6, s.B.Addr6}} {
		if !host.a.IsValid() {
			continue
		}
		a := s.mailbox(s.A.Net, netip.AddrPortFrom(host.a, 0))
		s.wantPost(a, b, a.conn.LocalAddr(), netip.AddrPortFrom(host.b, port))
	}
}

func packetAddrInUse(s *suite) {
	b := s.mailbox(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0))
	_, err := s.B.Net.ListenPacket(b.conn.LocalAddr(), func(netip.AddrPort, []byte) {})
	if !errors.Is(err, transport.ErrAddrInUse) {
		s.t.Errorf("second ListenPacket on %v: %v, want %v", b.conn.LocalAddr(), err, transport.ErrAddrInUse)
	}
}

// packetNobodyThere wants a datagram to a closed port to vanish, and the
// answer that the system may get to it not to disturb the socket.
func packetNobodyThere(s *suite) {
	a := s.mailbox(s.A.Net, netip.AddrPortFrom(s.A.Addr, 0))
	b := s.mailbox(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0))
	gone := s.mailbox(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0))
	gone.conn.Close()
	for range 3 {
		a.post(gone.conn.LocalAddr(), "anyone?")
		s.Settle()
	}
	s.wantPost(a, b, a.conn.LocalAddr(), b.conn.LocalAddr())
}

func packetClose(s *suite) {
	a := s.mailbox(s.A.Net, netip.AddrPortFrom(s.A.Addr, 0))
	b := s.mailbox(s.B.Net, netip.AddrPortFrom(s.B.Addr, 0))
	local := b.conn.LocalAddr()
	b.conn.Close()
	b.conn.Close()
	a.post(local, "too late")
	b.post(a.conn.LocalAddr(), "from the grave")
	s.Settle()
	if len(a.all())+len(b.all()) != 0 {
		s.t.Errorf("received %v and %v by way of a closed socket", a.all(), b.all())
	}
	// The port is free again.
	again := s.mailbox(s.B.Net, local)
	s.wantPost(a, again, a.conn.LocalAddr(), local)
}

func packetCloseInRecv(s *suite) {
	var (
		mu   sync.Mutex
		conn transport.PacketConn
		got  int
	)
	mu.Lock()
	conn, err := s.B.Net.ListenPacket(netip.AddrPortFrom(s.B.Addr, 0), func(netip.AddrPort, []byte) {
		mu.Lock()
		defer mu.Unlock()
		got++
		conn.Close()
	})
	mu.Unlock()
	if err != nil {
		s.t.Fatal(err)
	}
	a := s.mailbox(s.A.Net, netip.AddrPortFrom(s.A.Addr, 0))
	for range 5 {
		a.post(conn.LocalAddr(), "one is enough")
	}
	s.await("a datagram arrives", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return got > 0
	})
	s.Settle()
	mu.Lock()
	defer mu.Unlock()
	if got != 1 {
		s.t.Errorf("%d datagrams received, want the one that closed the socket", got)
	}
}
