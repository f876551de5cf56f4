package client

import (
	"net/netip"
	"testing"

	"bt/client/tracker"
)

// TestPacketsAreBounded: whoever floods us with datagrams fills no memory.
func TestPacketsAreBounded(t *testing.T) {
	c := &Client{}
	from := netip.MustParseAddrPort("192.0.2.1:1")
	c.packetIn(from, make([]byte, packetMax+1))
	for range 10 * packetsQueue {
		c.packetIn(from, make([]byte, tracker.MaxUDPPacket))
	}
	if n := len(c.inbox.take()); n != packetsQueue {
		t.Errorf("%d datagrams wait, want %d", n, packetsQueue)
	}
}
