package torrent

import (
	"net/netip"
	"testing"

	"bt/client/metainfo"
)

var (
	honest = netip.MustParseAddr("10.0.0.1")
	other  = netip.MustParseAddr("10.0.0.2")
)

// sends lets addr send a whole piece of two blocks, with digests to tell them by.
func (b *blame) sends(piece int, addrs ...netip.Addr) []metainfo.Hash {
	digests := make([]metainfo.Hash, len(addrs))
	for i, a := range addrs {
		b.sent(piece, i, len(addrs), a)
		digests[i] = metainfo.Hash{byte(piece), byte(i)}
	}
	return digests
}

// TestFirstOffence: whoever has not sent anything good is not forgiven.
func TestFirstOffence(t *testing.T) {
	var b blame
	if guilty := b.failed(0, b.sends(0, other, other)); len(guilty) != 1 || guilty[0] != other {
		t.Errorf("guilty: %v", guilty)
	}
}

// TestPardon: good pieces buy pardons, a few and not more.
func TestPardon(t *testing.T) {
	var b blame
	for p := range 100 {
		if guilty := b.passed(p, b.sends(p, honest, honest)); len(guilty) > 0 {
			t.Fatalf("guilty of a good piece: %v", guilty)
		}
	}
	for i := range creditMax / pardonPrice {
		if guilty := b.failed(i, b.sends(i, honest, honest)); len(guilty) > 0 {
			t.Fatalf("guilty after %d bad pieces: %v", i+1, guilty)
		}
	}
	if guilty := b.failed(0, b.sends(0, honest, honest)); len(guilty) != 1 {
		t.Error("forgiven for ever")
	}
	for p := range pardonPrice {
		b.passed(p, b.sends(p, honest, honest))
	}
	if guilty := b.failed(0, b.sends(0, honest, honest)); len(guilty) > 0 {
		t.Errorf("not forgiven after %d more good pieces", pardonPrice)
	}
}

// TestPardonByDigest: of two who have sent a bad piece, one may be forgiven when
// the good one has shown who it was, and one not. A guilty one earns nothing.
func TestPardonByDigest(t *testing.T) {
	var b blame
	for p := range pardonPrice {
		b.passed(p, b.sends(p, honest, honest))
	}
	bad := b.sends(9, honest, other)
	bad[0][5], bad[1][5] = 1, 1
	if guilty := b.failed(9, bad); len(guilty) > 0 {
		t.Fatalf("guilty without proof: %v", guilty)
	}
	if guilty := b.passed(9, b.sends(9, honest, honest)); len(guilty) != 1 || guilty[0] != other {
		t.Errorf("guilty: %v, want %v alone", guilty, other)
	}
	if c := b.conduct.credit[honest]; c != 0 {
		t.Errorf("the forgiven one has a credit of %d left", c)
	}
}

func TestCreditsAreLimited(t *testing.T) {
	var c conduct
	for i := range 2 * creditsMax {
		c.good(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if len(c.credit) != creditsMax {
		t.Errorf("%d addresses are remembered", len(c.credit))
	}
}
