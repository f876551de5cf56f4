package addrbook

import (
	"encoding/hex"
	"hash/crc32"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"bt/client/boundary"
)

func TestPriority(t *testing.T) {
	for _, test := range []struct{ a, b, hashed string }{
		// The examples of BEP 40.
		{"123.213.32.10:1", "98.76.54.32:2", "624C1400 7BD50000"},
		{"123.213.32.10:1", "123.213.32.234:2", "7BD5200A 7BD520EA"},

		{"123.213.32.10:1", "123.213.255.255:2", "7BD52000 7BD5FF55"},      // the same /16
		{"[::ffff:123.213.32.10]:1", "98.76.54.32:2", "624C1400 7BD50000"}, // IPv4 inside IPv6
		{"192.0.2.1:6881", "192.0.2.1:256", "0100 1AE1"},                   // the same address
		{"[2001:db8::1]:6881", "[2001:db8::1]:6882", "1AE1 1AE2"},          // the same
		{"[fe80::1%eth0]:1", "[fe80::1%eth1]:2", "0001 0002"},              // the same, but for our name of the interface
		{"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:1", "[::aa]:2", "000000000000 00000000000000000000 FFFFFFFFFFFF 55555555555555555555"},
		{"[2001:db8:1:ffff::f]:1", "[2001:db8:1:ff::f]:2", "20010DB80001 0055 0000000000000005 20010DB80001 FF55 0000000000000005"},        // the same /48
		{"[2001:db8:1:ffff::f]:1", "[2001:db8:1:ff00::f]:2", "20010DB80001 FF00 0000000000000005 20010DB80001 FFFF 0000000000000005"},      // the same /56
		{"[2001:db8:1:ffff:ff00::f]:1", "[2001:db8:1:ffff::f]:2", "20010DB80001FFFF 00 00000000000005 20010DB80001FFFF FF 00000000000005"}, // the same /64
		{"[2001:db8::ff]:1", "[2001:db8::fe]:2", "20010DB80000000000000000000000FE 20010DB80000000000000000000000FF"},                      // the same /120
	} {
		b, err := hex.DecodeString(string(slices.DeleteFunc([]byte(test.hashed), func(c byte) bool { return c == ' ' })))
		if err != nil {
			t.Fatal(err)
		}
		want := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
		if got := Priority(addr(test.a), addr(test.b)); got != want {
			t.Errorf("Priority(%s, %s) = %08x, want %08x, the CRC of %s", test.a, test.b, got, want, test.hashed)
		}
	}
	// Both as written in BEP 40.
	if got := Priority(addr("123.213.32.10:1"), addr("98.76.54.32:2")); got != 0xec2d7224 {
		t.Errorf("first example: %08x", got)
	}
	if got := Priority(addr("123.213.32.10:1"), addr("123.213.32.234:2")); got != 0x99568189 {
		t.Errorf("second example: %08x", got)
	}
}

func TestNoPriority(t *testing.T) {
	v4, v6 := addr("192.0.2.1:1"), addr("[2001:db8::1]:1")
	for _, pair := range [][2]netip.AddrPort{{v4, v6}, {v4, {}}, {{}, v6}, {{}, {}}} {
		if got := Priority(pair[0], pair[1]); got != 0 {
			t.Errorf("Priority(%v, %v) = %08x, want 0", pair[0], pair[1], got)
		}
	}
}

func TestPriorityIsSymmetric(t *testing.T) {
	for _, size := range []int{4, 16} {
		rapid.Check(t, func(t *rapid.T) {
			a := rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "a")
			b := slices.Clone(a)
			// Peers with something in common.
			for i := rapid.IntRange(0, size).Draw(t, "common"); i < size; i++ {
				b[i] = rapid.Byte().Draw(t, "byte")
			}
			addrOf := func(ip []byte) netip.AddrPort {
				addr, _ := netip.AddrFromSlice(ip)
				return netip.AddrPortFrom(addr, rapid.Uint16().Draw(t, "port"))
			}
			x, y := addrOf(a), addrOf(b)
			if Priority(x, y) != Priority(y, x) {
				t.Fatalf("Priority(%v, %v) = %08x, but %08x the other way", x, y, Priority(x, y), Priority(y, x))
			}
		})
	}
}

// byPriority returns addresses in the order in which self should dial them.
func byPriority(self netip.AddrPort, addrs ...netip.AddrPort) []netip.AddrPort {
	return slices.SortedStableFunc(slices.Values(addrs), func(a, b netip.AddrPort) int {
		return int(int64(Priority(self, b)) - int64(Priority(self, a)))
	})
}

func TestOrderAmongEquals(t *testing.T) {
	self, other := addr("123.213.32.10:6881"), addr("98.76.54.32:6881")
	var known []netip.AddrPort
	for n := range 20 {
		known = append(known, peer(n*251))
	}
	if slices.Equal(byPriority(self, known...), byPriority(other, known...)) {
		t.Fatal("the addresses of this test have one order for everyone")
	}
	newBook := func() *talk {
		c := newTalk(t, 0)
		for _, a := range known {
			c.learns(a, boundary.FromTracker)
		}
		return c
	}
	t.Run("unknown to ourselves", func(t *testing.T) {
		newBook().dials(known...)
	})
	t.Run("known before", func(t *testing.T) {
		c := newTalk(t, 0)
		c.SetSelf(self)
		for _, a := range known {
			c.learns(a, boundary.FromTracker)
		}
		c.dials(byPriority(self, known...)...)
	})
	t.Run("known after", func(t *testing.T) {
		c := newBook()
		c.SetSelf(self)
		c.dials(byPriority(self, known...)...)
	})
	t.Run("known better while some are due", func(t *testing.T) {
		c := newBook()
		c.SetSelf(self)
		order := byPriority(self, known...)
		c.dials(order[:3]...) // the others are in the ready queue now
		c.SetSelf(netip.AddrPortFrom(netip.AddrFrom16(other.Addr().As16()), other.Port()))
		c.SetSelf(addr("[2001:db8::1]:6881")) // of another family: not instead
		c.SetSelf(netip.AddrPort{})
		c.dials(byPriority(other, order[3:]...)...)
		c.wantIdle()
	})
	t.Run("of both families", func(t *testing.T) {
		self6 := addr("[2001:db8:1::1]:6881")
		v6 := []netip.AddrPort{addr("[2001:db8:2::1]:1"), addr("[2001:db8:3::1]:1"), addr("[2001:db8:4::1]:1"), addr("[2001:db8:5::1]:1")}
		c := newTalk(t, 0)
		c.SetSelf(self)
		c.SetSelf(self6)
		for _, a := range v6 {
			c.learns(a, boundary.FromTracker)
		}
		c.dials(byPriority(self6, v6...)...)
	})
	t.Run("only among equals", func(t *testing.T) {
		c := newTalk(t, 0)
		c.SetSelf(self)
		order := byPriority(self, known[:3]...)
		c.learns(order[2], boundary.FromUser)
		c.learns(order[0], boundary.FromTracker)
		c.now = c.now.Add(1)
		c.learns(order[1], boundary.FromUser)
		c.dials(order[2], order[0], order[1])
	})
}
