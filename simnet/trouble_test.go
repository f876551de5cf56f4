package simnet_test

import (
	"bytes"
	"math/bits"
	"net/netip"
	"slices"
	"testing"
	"time"

	"bt/simnet"
)

// TestHeavyTail: half of the packets are in time, and one in a thousand is later
// than any would be without the tail; nothing is later than the bound.
func TestHeavyTail(t *testing.T) {
	link := simnet.LinkConfig{Jitter: 10 * time.Millisecond, HeavyTail: true}
	w := newWorld(t, 1, link, simnet.LinkConfig{})
	var late []time.Duration
	w.mailbox(1, func(netip.AddrPort, []byte) { late = append(late, w.Now().Sub(simnet.Epoch)) })
	a := w.mailbox(0, nil)
	for range 20_000 {
		a.Send(addrPort("10.0.0.2:6881"), text(8))
	}
	w.drain()
	slices.Sort(late)
	if len(late) != 20_000 {
		t.Fatalf("%d datagrams have come", len(late))
	}
	median, tail, last := late[10_000], late[20_000-20], late[20_000-1]
	if median > 10*time.Millisecond || tail < 40*time.Millisecond || last > 10*time.Millisecond<<10 {
		t.Errorf("median %v, the thousandth %v, the last %v", median, tail, last)
	}
}

func TestSchedule(t *testing.T) {
	link := simnet.LinkConfig{Schedule: []simnet.RateStep{
		{For: time.Second, Up: 10_000}, {For: 2 * time.Second, Up: 1000}, {For: time.Second, Up: 0},
	}}
	w := newWorld(t, 1, link, simnet.LinkConfig{})
	a, b := w.connect(0, 1)
	a.send(text(1_000_000))
	at := func(d time.Duration, least, most int) {
		t.Helper()
		w.RunUntil(simnet.Epoch.Add(d))
		if n := b.got.Len(); n < least || n > most {
			t.Errorf("%d bytes after %v, want %d to %d", n, d, least, most)
		}
	}
	at(time.Second, 8_000, 10_000)
	at(3*time.Second, 11_500, 12_100)
	at(3*time.Second+time.Millisecond, 1_000_000, 1_000_000)
	a.send(text(1_000_000))
	w.run(time.Minute)
	if got := w.hosts[0].Link(); got.Up != 0 && got.Up != 1000 && got.Up != 10_000 {
		t.Errorf("the link is %+v", got)
	}
	w.hosts[0].SetLink(simnet.LinkConfig{Up: 7})
	w.run(time.Minute)
	if w.hosts[0].Link().Up != 7 {
		t.Error("an old schedule goes on")
	}
}

// TestCorrupt: single bits are flipped, as often as asked for, on the way of
// either link, and never on the way of a host to itself.
func TestCorrupt(t *testing.T) {
	w := newWorld(t, 1, simnet.LinkConfig{Corrupt: 20_000}, simnet.LinkConfig{Corrupt: 30_000})
	const size = 8 * mib
	a, b := w.connect(0, 1)
	want := text(size)
	a.send(want)
	own, self := w.connect(0, 0)
	own.send(want)
	w.run(time.Minute)
	flips := 0
	for i, c := range b.got.Bytes() {
		if n := bits.OnesCount8(c ^ want[i]); n > 1 {
			t.Errorf("%d bits of byte %d are wrong", n, i)
		} else {
			flips += n
		}
	}
	if mean := size * 50_000 / 1_000_000_000; b.got.Len() != size || flips < mean*3/4 || flips > mean*5/4 {
		t.Errorf("%d flips in %d bytes, want about %d", flips, b.got.Len(), mean)
	}
	if !bytes.Equal(self.got.Bytes(), want) {
		t.Error("what a host says to itself is damaged")
	}
	if !bytes.Equal(want, text(size)) {
		t.Error("the sender's own bytes are damaged")
	}
}

// TestPacketTroubles: each trouble does what it says, as often as asked for.
func TestPacketTroubles(t *testing.T) {
	const n = 10_000
	run := func(link simnet.LinkConfig, size int) (order []int) {
		link.Latency = 5 * time.Millisecond
		w := newWorld(t, 1, link, simnet.LinkConfig{})
		w.mailbox(1, func(_ netip.AddrPort, p []byte) { order = append(order, int(p[0])<<8|int(p[1])) })
		a := w.mailbox(0, nil)
		p := text(size)
		for i := range n {
			w.hosts[0].At(time.Duration(i)*time.Millisecond, func() {
				p[0], p[1] = byte(i>>8), byte(i)
				a.Send(addrPort("10.0.0.2:6881"), p)
			})
		}
		w.drain()
		return order
	}
	overtaken := func(order []int) (late int) {
		high := 0
		for _, i := range order {
			high = max(high, i)
			if i < high {
				late++
			}
		}
		return late
	}
	between := func(what string, got, least, most int) {
		t.Helper()
		if got < least || got > most {
			t.Errorf("%s: %d, want %d to %d", what, got, least, most)
		}
	}
	clean := run(simnet.LinkConfig{}, 100)
	between("without trouble", len(clean), n, n)
	between("without trouble, overtaken", overtaken(clean), 0, 0)

	between("duplicates", len(run(simnet.LinkConfig{Duplicate: 100_000}, 100)), n+900, n+1100)
	reordered := run(simnet.LinkConfig{Reorder: 100_000}, 100)
	between("reordered", len(reordered), n, n)
	between("overtaken", overtaken(reordered), 850, 1100)

	between("as large as the MTU", len(run(simnet.LinkConfig{MTU: 1400}, 1400-28)), n, n)
	between("larger than the MTU", len(run(simnet.LinkConfig{MTU: 1400}, 1401-28)), 0, 0)
}

// TestTroublesAreIndependent: what one trouble draws shifts no other.
func TestTroublesAreIndependent(t *testing.T) {
	lost := func(link simnet.LinkConfig) (got []byte) {
		link.Loss = 300_000
		w := newWorld(t, 3, link, simnet.LinkConfig{})
		seen := make(map[byte]bool)
		w.mailbox(1, func(_ netip.AddrPort, p []byte) { seen[p[0]] = true })
		a := w.mailbox(0, nil)
		for i := range 200 {
			a.Send(addrPort("10.0.0.2:6881"), []byte{byte(i)})
		}
		w.drain()
		for i := range 200 {
			if seen[byte(i)] {
				got = append(got, byte(i))
			}
		}
		return got
	}
	want := lost(simnet.LinkConfig{})
	all := simnet.LinkConfig{Duplicate: 500_000, Reorder: 500_000, Jitter: time.Second, HeavyTail: true, Corrupt: 1000}
	if got := lost(all); !bytes.Equal(got, want) {
		t.Errorf("other datagrams are lost with other troubles on:\n%v\n%v", got, want)
	}
}
