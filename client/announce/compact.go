package announce

import (
	"encoding/binary"
	"net/netip"
)

// CompactPeers returns Peers as trackers send them, 6 bytes each. BEP 23: "The
// first 4 bytes contain the 32-bit ipv4 address. The remaining two bytes
// contain the port number. Both address and port use network-byte order."
func (s *Status) CompactPeers() []byte { return compact(s.Peers) }

// CompactPeers6 returns Peers6 as trackers send them, 18 bytes each (BEP 7).
func (s *Status) CompactPeers6() []byte { return compact(s.Peers6) }

func compact(peers []netip.AddrPort) (b []byte) {
	for _, p := range peers {
		b = append(b, p.Addr().AsSlice()...)
		b = binary.BigEndian.AppendUint16(b, p.Port())
	}
	return b
}
