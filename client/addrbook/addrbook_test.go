package addrbook

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"bt/client/boundary"
)

var start = time.Date(2001, 7, 2, 0, 0, 0, 0, time.UTC)

// talk drives a Book with a clock of its own.
type talk struct {
	*Book
	t   *testing.T
	now time.Time
}

func newTalk(t *testing.T, limit int) *talk {
	return &talk{New(Config{Max: limit, Rand: rand.NewPCG(1, 2)}), t, start}
}

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// peer returns the n-th of many addresses.
func peer(n int) netip.AddrPort { return addr(fmt.Sprintf("10.0.%d.%d:6881", n/250, n%250+1)) }

func (c *talk) learns(a netip.AddrPort, src boundary.Source) {
	c.t.Helper()
	if !c.Add(c.now, a, src) {
		c.t.Fatalf("Add(%v, %v) = false", a, src)
	}
}

func (c *talk) refuses(a netip.AddrPort, src boundary.Source) {
	c.t.Helper()
	if c.Add(c.now, a, src) {
		c.t.Fatalf("Add(%v, %v) = true", a, src)
	}
}

func (c *talk) dials(want ...netip.AddrPort) {
	c.t.Helper()
	for _, a := range want {
		if got, _, ok := c.Next(c.now); !ok || got != a {
			c.t.Fatalf("Next = %v, %t, want %v", got, ok, a)
		}
	}
}

func (c *talk) wantIdle() {
	c.t.Helper()
	if a, _, ok := c.Next(c.now); ok {
		c.t.Fatalf("Next = %v, want nobody", a)
	}
}

// fails ends a dial that Next has given out.
func (c *talk) fails(a netip.AddrPort) { c.Closed(c.now, a, boundary.ConnectFailed, false) }

// waits moves the clock to the Deadline and returns how long that took.
func (c *talk) waits() time.Duration {
	c.t.Helper()
	at, ok := c.Deadline()
	if !ok || !at.After(c.now) {
		c.t.Fatalf("Deadline = %v, %t, want one ahead of %v", at, ok, c.now)
	}
	d := at.Sub(c.now)
	c.now = at.Add(-1)
	c.wantIdle()
	c.now = at
	return d
}

func TestAddRefusesWhatNobodyCanDial(t *testing.T) {
	for _, test := range []struct {
		addr string
		want bool
	}{
		{"192.0.2.1:6881", true},
		{"127.0.0.1:6881", true},
		{"192.168.1.1:1", true},
		{"[2001:db8::1]:6881", true},
		{"[::1]:6881", true},
		{"[fe80::1%eth0]:6881", true},
		{"[::ffff:192.0.2.1]:6881", true},
		{"192.0.2.1:0", false},
		{"0.0.0.0:6881", false},
		{"[::]:6881", false},
		{"[::ffff:0.0.0.0]:6881", false},
		{"224.0.0.1:6881", false},
		{"[ff02::1]:6881", false},
		{"255.255.255.255:6881", false},
		{"[::ffff:255.255.255.255]:6881", false},
	} {
		c := newTalk(t, 0)
		if got := c.Add(start, addr(test.addr), boundary.FromTracker); got != test.want {
			t.Errorf("Add(%s) = %t, want %t", test.addr, got, test.want)
		}
	}
	if newTalk(t, 0).Add(start, netip.AddrPort{}, boundary.FromUser) {
		t.Error("Add accepts no address at all")
	}
}

func TestOneNameForOnePeer(t *testing.T) {
	c := newTalk(t, 0)
	mapped, v4 := addr("[::ffff:192.0.2.1]:6881"), addr("192.0.2.1:6881")
	c.learns(mapped, boundary.FromTracker)
	c.refuses(v4, boundary.FromTracker)
	c.dials(v4)
	c.Connected(mapped)
	if got := c.Counts(); got != (Counts{Connected: 1}) {
		t.Fatalf("Counts = %+v", got)
	}
	c.Ban(mapped.Addr())
	if !c.Banned(v4.Addr()) || !c.Banned(mapped.Addr()) {
		t.Fatal("banned under one name only")
	}
}

func TestOrder(t *testing.T) {
	c := newTalk(t, 0)
	c.learns(peer(0), boundary.FromTracker)
	c.dials(peer(0))
	c.fails(peer(0))
	c.now = start.Add(time.Hour)
	c.learns(peer(1), boundary.FromTracker)
	c.learns(peer(2), boundary.FromTracker)
	c.learns(peer(3), boundary.FromUser)
	c.now = c.now.Add(time.Second)
	c.learns(peer(4), boundary.FromUser)

	// User first, but not before one that waits for longer; known first; and
	// last the one that has waited longest, but failed.
	c.dials(peer(3), peer(1), peer(2), peer(4), peer(0))
	c.wantIdle()
}

func TestUserVouchesForKnownAddress(t *testing.T) {
	c := newTalk(t, 0)
	c.learns(peer(1), boundary.FromTracker)
	c.learns(peer(2), boundary.FromTracker)
	c.learns(peer(3), boundary.FromTracker)
	c.dials(peer(1)) // the others are in the ready queue now
	c.refuses(peer(3), boundary.FromUser)
	c.refuses(peer(3), boundary.FromTracker)
	if a, src, _ := c.Next(c.now); a != peer(3) || src != boundary.FromUser {
		t.Fatalf("Next = %v, %v", a, src)
	}
}

func TestInUseIsNotHandedOut(t *testing.T) {
	c := newTalk(t, 0)
	c.learns(peer(1), boundary.FromTracker)
	c.dials(peer(1))
	c.refuses(peer(1), boundary.FromTracker)
	c.now = c.now.Add(24 * time.Hour)
	c.wantIdle()
	c.Connected(peer(1))
	c.wantIdle()
	if at, ok := c.Deadline(); ok {
		t.Fatalf("Deadline = %v, with nothing to wait for", at)
	}
}

func TestBackoffGrowsToItsLimitAndIsReset(t *testing.T) {
	c := newTalk(t, 0)
	c.learns(peer(1), boundary.FromTracker)
	c.dials(peer(1))
	for _, most := range []time.Duration{15, 30, 60, 120, 240, 480, 960, 1800, 1800, 1800} {
		most *= time.Second
		c.fails(peer(1))
		if d := c.waits(); d < most*3/4 || d > most {
			t.Fatalf("waits %v, want %v to %v", d, most*3/4, most)
		}
		c.dials(peer(1))
	}
	c.Connected(peer(1))
	c.Closed(c.now, peer(1), boundary.ByRemote, true)
	if d := c.waits(); d > retryMin {
		t.Fatalf("waits %v after a useful connection, want %v at most", d, retryMin)
	}
	c.dials(peer(1))
	c.fails(peer(1))
	if d := c.waits(); d > retryMin {
		t.Fatalf("waits %v after the first failure since, want %v at most", d, retryMin)
	}
}

func TestReasons(t *testing.T) {
	const again, never, forgotten = 0, -1, -2
	for _, test := range []struct {
		reason boundary.Reason
		useful bool
		most   time.Duration // waits three quarters to all of it; or again, never
	}{
		{boundary.ConnectFailed, false, 30 * time.Second},
		{boundary.ByRemote, false, 30 * time.Second},
		{boundary.Reason(104), false, 30 * time.Second},
		{boundary.MalformedPacket, false, 30 * time.Second},
		{boundary.Preexisting, false, 30 * time.Second},
		{boundary.ByRemote, true, 15 * time.Second},
		{boundary.TooMany, false, 15 * time.Second},
		{boundary.LocalStop, false, again},
		{boundary.LocalStop, true, again},
		{boundary.Hashchecking, false, again},
		{boundary.Loopback, false, never},
		{boundary.SeedToSeed, true, never},
		{boundary.Banned, true, never},
		{boundary.Filtered, true, forgotten},
	} {
		t.Run(fmt.Sprintf("%v useful=%t", test.reason, test.useful), func(t *testing.T) {
			c := newTalk(t, 0)
			c.learns(peer(1), boundary.FromTracker)
			c.dials(peer(1))
			c.fails(peer(1)) // so that the next failure is a second one
			c.waits()
			c.dials(peer(1))
			c.Connected(peer(1))
			c.Closed(c.now, peer(1), test.reason, test.useful)
			switch test.most {
			case again:
				c.dials(peer(1))
			case forgotten:
				c.wantIdle()
				c.learns(peer(1), boundary.FromTracker)
				c.dials(peer(1))
			case never:
				c.refuses(peer(1), boundary.FromUser)
				c.now = c.now.Add(1000 * time.Hour)
				c.wantIdle()
			default:
				if d := c.waits(); d < test.most*3/4 || d > test.most {
					t.Fatalf("waits %v, want %v to %v", d, test.most*3/4, test.most)
				}
				c.dials(peer(1))
			}
		})
	}
}

func TestClosedConcernsOnlyWhatWasDialled(t *testing.T) {
	c := newTalk(t, 0)
	c.learns(peer(1), boundary.FromTracker)
	c.Connected(peer(1)) // an incoming connection from the same port
	c.Closed(c.now, peer(1), boundary.ByRemote, false)
	c.Closed(c.now, peer(2), boundary.ByRemote, false)
	c.dials(peer(1))
	c.wantIdle()
}

func TestSeedsRestUntilWanted(t *testing.T) {
	c := newTalk(t, 0)
	for n := range 3 {
		c.learns(peer(n), boundary.FromTracker)
		c.dials(peer(n))
		c.Connected(peer(n))
		c.Closed(c.now, peer(n), boundary.SeedToSeed, true)
	}
	if got := c.Counts(); got != (Counts{Resting: 3}) {
		t.Fatalf("Counts = %+v", got)
	}
	if _, ok := c.Deadline(); ok {
		t.Fatal("Deadline waits for seeds")
	}
	c.now = c.now.Add(time.Hour)
	c.SeedsWanted(c.now)
	c.dials(peer(0), peer(1), peer(2))
}

func TestBanConcernsAllPortsOfAnIP(t *testing.T) {
	c := newTalk(t, 0)
	bad1, bad2, bad3 := addr("192.0.2.1:1"), addr("192.0.2.1:2"), addr("192.0.2.1:3")
	c.learns(bad1, boundary.FromTracker)
	c.learns(bad2, boundary.FromTracker)
	c.learns(peer(1), boundary.FromTracker)
	c.dials(bad1)
	c.Closed(c.now, bad1, boundary.Banned, true)
	c.refuses(bad1, boundary.FromUser)
	c.refuses(bad3, boundary.FromUser)
	c.dials(peer(1))
	c.wantIdle()

	c.Ban(peer(1).Addr()) // while it is dialled
	c.Closed(c.now, peer(1), boundary.ConnectFailed, false)
	if c.Len() != 0 {
		t.Fatalf("Len = %d, want 0", c.Len())
	}
}

func TestBansAreBounded(t *testing.T) {
	const more = 10
	c := newTalk(t, 0)
	for n := range bansMax + more {
		c.Ban(peer(n).Addr())
		c.Ban(peer(n).Addr()) // counts once
	}
	for n := range bansMax + more {
		if got, want := c.Banned(peer(n).Addr()), n >= more; got != want {
			t.Fatalf("ban %d of %d: %t, want %t", n, bansMax+more, got, want)
		}
	}
}

func TestFullBookKeepsTheBetterOnes(t *testing.T) {
	c := newTalk(t, 3)
	c.learns(peer(1), boundary.FromTracker)
	c.learns(peer(2), boundary.FromTracker)
	c.learns(peer(3), boundary.FromTracker)
	c.refuses(peer(4), boundary.FromTracker) // no better than any
	c.dials(peer(1))
	c.learns(peer(4), boundary.FromUser) // in place of 2, the oldest not in use
	c.dials(peer(4), peer(3))
	c.refuses(peer(5), boundary.FromUser) // all in use
	c.fails(peer(3))
	c.learns(peer(5), boundary.FromTracker) // in place of 3, which failed
	c.dials(peer(5))
	c.fails(peer(1))
	c.now = c.now.Add(time.Hour)
	c.dials(peer(1))
	c.wantIdle()
}

func BenchmarkNothingDue(b *testing.B) {
	book := New(Config{Rand: rand.NewPCG(1, 2)})
	for n := range maxDefault {
		book.Add(start, peer(n), boundary.FromTracker)
	}
	now := start
	for range maxDefault {
		a, _, _ := book.Next(now)
		book.Closed(now, a, boundary.ConnectFailed, false)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := book.Next(now); ok {
			b.Fatal("something is due")
		}
		book.Deadline()
	}
}

// TestUnname: who is not named any more is left alone until it is, and as long as
// before.
func TestUnname(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	b := New(Config{Rand: rand.NewPCG(1, 2)})
	user, failed, busy, fresh := at(1), at(2), at(3), at(4)
	b.Add(now, failed, boundary.FromTracker)
	b.Next(now)
	b.Closed(now, failed, boundary.ConnectFailed, false)
	b.Add(now, busy, boundary.FromTracker)
	b.Next(now)
	b.Add(now, user, boundary.FromUser)
	b.Add(now, fresh, boundary.FromTracker)

	b.Unname()
	if got := b.Counts(); got != (Counts{Waiting: 1, Dialling: 1, Aside: 2}) || b.Named(failed) || !b.Named(user) || b.Named(at(9)) {
		t.Fatalf("%+v", got)
	}
	b.Connected(busy)
	b.Closed(now, busy, boundary.OtherTracker, true)
	if got, _, ok := b.Next(now); !ok || got != user {
		t.Fatalf("dials %v, %v; want %v", got, ok, user)
	}
	if got, _, ok := b.Next(now.Add(time.Hour)); ok {
		t.Fatalf("dials %v, which nobody names", got)
	}
	b.SeedsWanted(now)
	b.Add(now, failed, boundary.FromTracker)
	if got, _, ok := b.Next(now.Add(10 * time.Second)); ok {
		t.Fatalf("dials %v too soon", got)
	}
	if got, _, ok := b.Next(now.Add(15 * time.Second)); !ok || got != failed {
		t.Fatalf("dials %v, %v; want %v", got, ok, failed)
	}
	b.Add(now, fresh, boundary.FromTracker)
	if got, _, ok := b.Next(now); !ok || got != fresh {
		t.Fatalf("dials %v, %v; want %v", got, ok, fresh)
	}
}

func at(i byte) netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, 9, i}), 9) }
