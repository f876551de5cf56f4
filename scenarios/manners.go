package scenarios

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"bt/transport"
)

// manners are the ways in which a tracker fails those who ask it, by name. Each
// begins to serve on the tracker's host, and returns what ends it.
var manners = map[string]func(*station) (stop func()){
	"failure":     answers(http.StatusOK, "d14:failure reason18:you are not wantede"),
	"warning":     answers(http.StatusOK, "d8:intervali60e5:peers0:15:warning message16:closing tomorrowe"),
	"unavailable": answers(http.StatusServiceUnavailable, "try again later"),
	"not-found":   answers(http.StatusNotFound, "there is nothing here"),
	"garbage":     answers(http.StatusOK, "<html><body>It works!</body></html>"),
	"crowd":       func(s *station) func() { return s.host.ServeHTTP(trackerPort, crowd5000{s}) },

	"truncated": raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nd8:interval", hangUp),
	"squeezed":  raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 14\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x4a\x4c\x4a\x4e", hangUp),
	"endless":   raw("HTTP/1.1 200 OK\r\n\r\n", flood),
	"redirects": raw("HTTP/1.1 302 Found\r\nLocation: /announce?again\r\nContent-Length: 0\r\n\r\n", hangUp),
	"drip":      raw("HTTP/1.1 200 OK\r\nX-Wait: ", drip),
	"mute":      raw("", func(*rawConn) {}),
	"late":      raw("", late),

	"empty": answers(http.StatusOK, ""),
	"cut":   answers(http.StatusOK, "d8:intervali60e5:peers60:\x0a\x01"),

	"escapes":       answers(http.StatusOK, "d8:intervali60e5:peers0:15:warning message"+bencoded(escapes)+"e"),
	"rude":          answers(http.StatusOK, "d14:failure reason"+bencoded(escapes)+"e"),
	"restless":      lists("i0e", "12:min intervali0e"),
	"backwards":     lists("i-3600e", "12:min intervali-9223372036854775808e"),
	"sleepy":        lists("i9223372036854775808e", "12:min intervali9223372036854775807e"),
	"boastful":      lists("i60e", "8:completei9223372036854775808e10:downloadedi-1e10:incompletei18446744073709551615e"),
	"long-id":       lists("i60e", "10:tracker id"+bencoded(strings.Repeat("x", 100_000))),
	"fickle":        adapts(fickle),
	"narcissist":    adapts(narcissist),
	"looking-glass": adapts(lookingGlass),
}

// mannersOf are the manners of trackers that are asked by HTTP, or by UDP.
func mannersOf(udp bool) map[string]func(*station) (stop func()) {
	if udp {
		return packetManners
	}
	return manners
}

func mannerNames(udp bool) []string { return slices.Sorted(maps.Keys(mannersOf(udp))) }

// answers gives everybody the same answer.
func answers(status int, body string) func(*station) func() {
	return func(s *station) func() {
		return s.host.ServeHTTP(trackerPort, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}))
	}
}

// crowd5000 adds to a tracker's answer five thousand addresses of which none is
// any good: that of whoever asks, again and again, and such as nobody can have.
type crowd5000 struct{ *station }

// crowdSize is a hundred times what a client asks for.
const crowdSize = 5000

// ServeHTTP implements http.Handler.
func (c crowd5000) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.tracker.ServeHTTP(nowhere{}, r) // for its log
	var list []netip.AddrPort
	for _, e := range c.tracker.Log() {
		list = append(list, e.Addr)
	}
	self := netip.MustParseAddrPort(r.RemoteAddr).Addr()
	bogus := []netip.AddrPort{
		netip.AddrPortFrom(self, clientPort),
		netip.AddrPortFrom(self, 0),
		netip.MustParseAddrPort("127.0.0.1:6881"),
		netip.MustParseAddrPort("0.0.0.0:6881"),
		netip.MustParseAddrPort("255.255.255.255:6881"),
		netip.MustParseAddrPort("224.0.0.1:6881"),
	}
	for i := len(list); i < crowdSize; i++ {
		if i%10 < len(bogus) {
			list = append(list, bogus[i%10])
			continue
		}
		// TEST-NET-3 and what follows it: nobody is there.
		list = append(list, netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113 + byte(i>>8), byte(i)}), clientPort))
	}
	var compact strings.Builder
	for _, a := range list {
		if a.Addr().Is4() {
			ip := a.Addr().As4()
			compact.Write(binary.BigEndian.AppendUint16(ip[:], a.Port()))
		}
	}
	fmt.Fprintf(w, "d8:intervali60e5:peers%d:%se", compact.Len(), compact.String())
}

// nowhere is an http.ResponseWriter for what nobody is to read.
type nowhere struct{}

// Header implements http.ResponseWriter.
func (nowhere) Header() http.Header { return make(http.Header) }

// Write implements http.ResponseWriter.
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (nowhere) WriteHeader(int) {}

// raw answers a request by bytes that need not be HTTP, and goes on from there.
func raw(head string, then func(*rawConn)) func(*station) func() {
	return func(s *station) func() {
		addr := netip.AddrPortFrom(netip.IPv6Unspecified(), trackerPort)
		_, stop, err := s.host.Net().Listen(addr, func(stream transport.Stream) transport.Handler {
			return &rawConn{station: s, stream: stream, head: head, then: then}
		})
		if err != nil {
			panic(fmt.Sprintf("scenarios: tracker %s: %v", s.name, err))
		}
		return stop
	}
}

// rawConn is one connection to such a tracker. It implements transport.Handler.
type rawConn struct {
	*station
	stream   transport.Stream
	head     string
	then     func(*rawConn)
	request  []byte // the first bytes that have come
	answered bool
	closed   bool
	unsent   int
	total    int
	drained  func() // called when all has left; may be nil
}

// Opened implements transport.Handler.
func (c *rawConn) Opened() {}

// Received implements transport.Handler.
func (c *rawConn) Received(b []byte) {
	if c.answered {
		return
	}
	c.answered = true
	c.request = bytes.Clone(b)
	if c.head != "" {
		c.send([]byte(c.head))
	}
	c.then(c)
}

// Sent implements transport.Handler.
func (c *rawConn) Sent(n int) {
	if c.unsent -= n; c.unsent == 0 && c.drained != nil && !c.closed {
		c.drained()
	}
}

// Closed implements transport.Handler.
func (c *rawConn) Closed(error) { c.closed = true }

func (c *rawConn) send(p []byte) {
	c.unsent += len(p)
	c.total += len(p)
	c.stream.Send(p)
}

// hangUp closes when the answer has left.
func hangUp(c *rawConn) { c.drained = c.stream.Close }

// latePause is most of what a client waits for an answer.
const latePause = 15 * time.Second

// late answers as it should, after a pause.
func late(c *rawConn) {
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.request)))
	if err != nil {
		c.stream.Close()
		return
	}
	request.RemoteAddr = c.stream.RemoteAddr().String()
	c.host.At(latePause, func() {
		if c.closed {
			return
		}
		answer := heldBody{}
		c.tracker.ServeHTTP(&answer, request)
		hangUp(c)
		c.send(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", answer.Len(), answer.String()))
	})
}

// flood sends a hundred megabytes, as fast as they are taken.
func flood(c *rawConn) {
	const (
		most  = 100 << 20
		chunk = 64 << 10
	)
	c.drained = func() {
		if c.total >= most {
			c.stream.Close()
			return
		}
		c.send(make([]byte, chunk))
	}
}

// drip sends a byte a second, for ever.
func drip(c *rawConn) {
	c.host.At(time.Second, func() {
		if !c.closed {
			c.send([]byte("."))
			drip(c)
		}
	})
}
