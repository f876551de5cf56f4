package wire

import (
	"crypto/sha1"
	"encoding/binary"
	"net/netip"
)

// AllowedFastSet returns k pieces which the peer at ip may request while we choke
// it (BEP 6), fewer when the torrent has fewer, in the order of generation. The
// set follows from its arguments alone, so a peer cannot get more pieces by
// connecting again.
//
// For an IPv6 address it returns nil. BEP 6: "We currently have no provisions
// for IPv6." A rule of our own would differ from what other clients do, and who
// has a whole IPv6 network could then collect a set for each of its addresses.
func AllowedFastSet(ip netip.Addr, infoHash [20]byte, pieces, k int) []uint32 {
	ip = ip.Unmap()
	if !ip.Is4() || pieces <= 0 {
		return nil
	}
	k = min(k, pieces)
	// BEP 6: "x = 0xFFFFFF00 & ip [...] We do this to prevent a user that
	// obtains more than one IP address on the same network from obtaining more
	// than one allowed fast set."
	v4 := ip.As4()
	v4[3] = 0
	x := sha1.Sum(append(v4[:], infoHash[:]...))
	var set []uint32
	seen := make(map[uint32]bool, k) // a look at set itself would cost its length for each draw
	for ; len(set) < k; x = sha1.Sum(x[:]) {
		for i := 0; i < len(x) && len(set) < k; i += 4 {
			// BEP 6: "index = y % sz"
			index := binary.BigEndian.Uint32(x[i:]) % uint32(pieces)
			if !seen[index] {
				seen[index] = true
				set = append(set, index)
			}
		}
	}
	return set
}
