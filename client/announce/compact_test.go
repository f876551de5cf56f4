package announce

import (
	"net/netip"
	"testing"
)

func TestCompactPeers(t *testing.T) {
	s := Status{
		Peers:  []netip.AddrPort{netip.MustParseAddrPort("10.10.0.1:2570"), netip.MustParseAddrPort("1.2.3.4:80")},
		Peers6: []netip.AddrPort{netip.MustParseAddrPort("[2001:db8::1]:6881")},
	}
	if got, want := string(s.CompactPeers()), "\x0a\x0a\x00\x01\x0a\x0a\x01\x02\x03\x04\x00\x50"; got != want {
		t.Errorf("IPv4: %q, want %q", got, want)
	}
	if got, want := string(s.CompactPeers6()), "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x1a\xe1"; got != want {
		t.Errorf("IPv6: %q, want %q", got, want)
	}
	if got := new(Status).CompactPeers(); len(got) != 0 {
		t.Errorf("no peers: %q", got)
	}
}
