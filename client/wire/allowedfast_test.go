package wire_test

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"

	"bt/client/wire"
)

func TestBEP6AllowedFastSet(t *testing.T) {
	hash := [20]byte(bytes.Repeat([]byte{0xaa}, 20))
	// The example of BEP 6.
	nine := []uint32{1059, 431, 808, 1217, 287, 376, 1188, 353, 508}
	tests := []struct {
		name      string
		ip        string
		pieces, k int
		want      []uint32
	}{
		{"BEP 6, k = 7", "80.4.4.200", 1313, 7, nine[:7]},
		{"BEP 6, k = 9", "80.4.4.200", 1313, 9, nine},
		{"same /24", "80.4.4.1", 1313, 9, nine},
		{"IPv4 in IPv6", "::ffff:80.4.4.200", 1313, 9, nine},
		{"IPv6", "2001:db8::1", 1313, 9, nil},
		{"one piece", "80.4.4.200", 1, 9, []uint32{0}},
		{"no pieces", "80.4.4.200", 0, 9, nil},
		{"none wanted", "80.4.4.200", 1313, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := wire.AllowedFastSet(netip.MustParseAddr(tt.ip), hash, tt.pieces, tt.k)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
	all := wire.AllowedFastSet(netip.MustParseAddr("80.4.4.200"), hash, 5, 10)
	slices.Sort(all)
	if !slices.Equal(all, []uint32{0, 1, 2, 3, 4}) {
		t.Errorf("5 pieces, k = 10: got %d, want each piece once", all)
	}
}
