package client_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"bt/client"
	"bt/simtracker"
	"bt/transport/sockets"
)

// both is a name server for which every name stands for this machine, over IPv4
// and IPv6.
type both struct{}

var thisMachine = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}

// Resolve implements transport.Resolver.
func (both) Resolve(_ string, done func([]netip.Addr, error)) (cancel func()) {
	go done(thisMachine, nil)
	return func() {}
}

// TestDualStackForReal: over real sockets too, there is one announce a family,
// by HTTP and by UDP, and nothing is left of the client when it is closed.
func TestDualStackForReal(t *testing.T) {
	for _, scheme := range []string{"http", "udp"} {
		t.Run(scheme, func(t *testing.T) {
			tracker := simtracker.New(simtracker.Config{Now: time.Now})
			port := serveBoth(t, scheme, tracker)
			meta, _ := makeTorrent(t, t.TempDir(), 1000, 16<<10)
			meta.Trackers = [][]string{{fmt.Sprintf("%s://tracker.example:%d/announce", scheme, port)}}
			world := realWorld(t, 1)
			world.Names = both{}
			c, err := client.New(world, client.Config{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Add(client.Spec{Meta: meta, Dir: t.TempDir()}); err != nil {
				t.Fatal(err)
			}
			heard := func() (list []string) {
				var key uint32
				for _, e := range tracker.Log() {
					if key != 0 && e.Key != key {
						t.Errorf("key %x, and before %x", e.Key, key)
					}
					key = e.Key
					list = append(list, fmt.Sprint(e.Addr.Addr(), " ", e.Event))
				}
				slices.Sort(list)
				return list
			}
			turn := func(what string, until func() bool) {
				for deadline := time.Now().Add(20 * time.Second); !until(); time.Sleep(time.Millisecond) {
					if c.Turn(); time.Now().After(deadline) {
						t.Fatalf("%s: the tracker has heard %q", what, heard())
					}
				}
			}
			turn("two announces", func() bool { return len(heard()) == 2 })
			// Answers are on their way: who leaves before they come says goodbye to
			// nobody who has not answered.
			for range 100 {
				c.Turn()
				time.Sleep(time.Millisecond)
			}
			c.Close()
			turn("the end", c.Closed)
			want := []string{"127.0.0.1 started", "127.0.0.1 stopped", "::1 started", "::1 stopped"}
			if got := heard(); !slices.Equal(got, want) {
				t.Errorf("the tracker has heard %q", got)
			}
		})
	}
}

// serveBoth serves a tracker on one port of both loopback addresses.
func serveBoth(t *testing.T, scheme string, tracker *simtracker.Tracker) (port uint16) {
	t.Helper()
	if scheme == "http" {
		for _, a := range thisMachine {
			bound, stop, err := sockets.Serve(netip.AddrPortFrom(a, port), tracker)
			if err != nil {
				t.Skipf("no tracker on both families: %v", err)
			}
			t.Cleanup(stop)
			port = bound.Port()
		}
		return port
	}
	network := sockets.New(sockets.Config{})
	t.Cleanup(network.Close)
	conn, err := network.ListenPacket(netip.AddrPortFrom(netip.IPv6Unspecified(), 0), func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	port = conn.LocalAddr().Port()
	conn.Close()
	for _, a := range thisMachine {
		answers := make(chan func(netip.AddrPort, []byte), 1)
		conn, err := network.ListenPacket(netip.AddrPortFrom(a, port), func(from netip.AddrPort, p []byte) {
			send := <-answers
			answers <- send
			if answer := tracker.ServePacket(from, p); answer != nil {
				send(from, answer)
			}
		})
		if err != nil {
			t.Skipf("no tracker on both families: %v", err)
		}
		answers <- conn.Send
	}
	return port
}
