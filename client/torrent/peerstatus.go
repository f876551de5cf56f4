package torrent

import (
	"fmt"
	"strings"
)

// Host returns the address of the remote side, without its port.
func (p PeerStatus) Host() string { return p.Addr.Addr().String() }

// Port returns the port of the remote side. For an incoming connection that is
// not the one on which it can be reached.
func (p PeerStatus) Port() int { return int(p.Addr.Port()) }

// Known says that the handshakes are through: before, nobody knows the peer id
// and the reserved bytes.
func (p PeerStatus) Known() bool { return p.PeerID != [20]byte{} }

// String names the peer in one line.
func (p PeerStatus) String() string {
	if !p.Known() {
		return fmt.Sprintf("%v (handshake under way)", p.Addr)
	}
	return fmt.Sprintf("%v (%q)", p.Addr, p.PeerID[:])
}

// Dump describes the peer for printing, in several lines.
func (p PeerStatus) Dump() string {
	var b strings.Builder
	direction := "outgoing"
	if p.Incoming {
		direction = "incoming"
	}
	fmt.Fprintf(&b, "%v\n", p)
	fmt.Fprintf(&b, "  %s, learned from: %v\n", direction, p.Source)
	fmt.Fprintf(&b, "  reserved bytes: %x\n", p.Reserved)
	fmt.Fprintf(&b, "  we: %s, %s\n", either(p.AmChoking, "choking", "not choking"), either(p.AmInterested, "interested", "not interested"))
	fmt.Fprintf(&b, "  they: %s, %s\n", either(p.PeerChoking, "choking", "not choking"), either(p.PeerInterested, "interested", "not interested"))
	fmt.Fprintf(&b, "  pieces: %d\n", p.Pieces)
	fmt.Fprintf(&b, "  downloaded: %d bytes at %d bytes/s\n", p.Downloaded, p.DownRate)
	fmt.Fprintf(&b, "  uploaded: %d bytes at %d bytes/s\n", p.Uploaded, p.UpRate)
	fmt.Fprintf(&b, "  requests outstanding: %d%s\n", p.Requests, either(p.Snubbed, ", snubbed", ""))
	return b.String()
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}
