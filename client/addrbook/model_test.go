package addrbook

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bt/client/boundary"
)

// model is a Book that looks at everything every time.
type model struct {
	max     int
	rng     *rand.Rand
	entries []modelEntry // in order of insertion
	banned  []netip.Addr
	own     []netip.AddrPort
	self    netip.AddrPort
}

type modelEntry struct {
	addr     netip.AddrPort
	source   boundary.Source
	state    state
	failures int
	due      time.Time
}

func (m *model) find(a netip.AddrPort) int {
	return slices.IndexFunc(m.entries, func(e modelEntry) bool { return e.addr == a })
}

func (m *model) add(now time.Time, a netip.AddrPort, src boundary.Source) bool {
	if slices.Contains(m.banned, a.Addr()) || slices.Contains(m.own, a) {
		return false
	}
	if i := m.find(a); i >= 0 {
		m.entries[i].source = min(m.entries[i].source, src)
		return false
	}
	if len(m.entries) == m.max {
		worst := -1
		for i, e := range m.entries {
			if e.state == dialling || e.state == connected {
				continue
			}
			if worst < 0 || e.failures > m.entries[worst].failures ||
				e.failures == m.entries[worst].failures && e.source > m.entries[worst].source {
				worst = i
			}
		}
		if worst < 0 || m.entries[worst].failures == 0 && m.entries[worst].source <= src {
			return false
		}
		m.entries = slices.Delete(m.entries, worst, worst+1)
	}
	m.entries = append(m.entries, modelEntry{addr: a, source: src, due: now})
	return true
}

func (m *model) next(now time.Time) (netip.AddrPort, bool) {
	best := -1
	for i, e := range m.entries {
		if e.state != waiting || e.due.After(now) {
			continue
		}
		if best < 0 {
			best = i
			continue
		}
		b := m.entries[best]
		switch {
		case e.failures < b.failures,
			e.failures == b.failures && e.due.Before(b.due),
			e.failures == b.failures && e.due.Equal(b.due) && e.source < b.source,
			e.failures == b.failures && e.due.Equal(b.due) && e.source == b.source &&
				Priority(m.self, e.addr) > Priority(m.self, b.addr):
			best = i
		}
	}
	if best < 0 {
		return netip.AddrPort{}, false
	}
	m.entries[best].state = dialling
	return m.entries[best].addr, true
}

func (m *model) connected(a netip.AddrPort) {
	if i := m.find(a); i >= 0 && m.entries[i].state == dialling {
		m.entries[i].state = connected
	}
}

func (m *model) closed(now time.Time, a netip.AddrPort, r boundary.Reason, useful bool) {
	if r == boundary.Banned {
		m.ban(a.Addr())
	}
	i := m.find(a)
	if i < 0 || m.entries[i].state != dialling && m.entries[i].state != connected {
		return
	}
	e := &m.entries[i]
	if useful {
		e.failures = 0
	}
	if r == boundary.Loopback && !slices.Contains(m.banned, a.Addr()) {
		m.own = append(m.own, a)
	}
	switch {
	case r == boundary.Loopback || slices.Contains(m.banned, a.Addr()):
		m.entries = slices.Delete(m.entries, i, i+1)
		return
	case r == boundary.SeedToSeed:
		e.state = resting
		return
	}
	e.state, e.due = waiting, now
	if r == boundary.LocalStop {
		return
	}
	if !useful {
		e.failures++
	}
	wait := []int64{15, 15, 30, 60, 120, 240, 480, 960, 1800}[min(e.failures, 8)] * int64(time.Second)
	e.due = now.Add(time.Duration(wait - m.rng.Int64N(wait/4+1)))
}

func (m *model) ban(ip netip.Addr) {
	m.banned = append(m.banned, ip)
	m.entries = slices.DeleteFunc(m.entries, func(e modelEntry) bool {
		return e.addr.Addr() == ip && (e.state == waiting || e.state == resting)
	})
}

func (m *model) seedsWanted(now time.Time) {
	for i := range m.entries {
		if e := &m.entries[i]; e.state == resting {
			e.state, e.due = waiting, now
		}
	}
}

func (m *model) deadline() (at time.Time, ok bool) {
	for _, e := range m.entries {
		if e.state == waiting && (!ok || e.due.Before(at)) {
			at, ok = e.due, true
		}
	}
	return at, ok
}

func TestBookDoesWhatTheModelDoes(t *testing.T) {
	reasons := []boundary.Reason{
		boundary.ConnectFailed, boundary.ConnectFailed, boundary.ByRemote, boundary.UselessPeer,
		boundary.SeedToSeed, boundary.LocalStop, boundary.Loopback, boundary.Banned,
	}
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 12).Draw(t, "max")
		book := New(Config{Max: limit, Rand: rand.NewPCG(7, 7)})
		m := &model{max: limit, rng: rand.New(rand.NewPCG(7, 7))}
		now := start
		someone := rapid.Custom(func(t *rapid.T) netip.AddrPort {
			ip := netip.AddrFrom4([4]byte{10, 0, 0, rapid.Byte().Draw(t, "ip") % 10})
			return netip.AddrPortFrom(ip, 1+rapid.Uint16Max(1).Draw(t, "port"))
		})
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				a, src := someone.Draw(t, "addr"), rapid.SampledFrom([]boundary.Source{boundary.FromUser, boundary.FromTracker}).Draw(t, "source")
				if got, want := book.Add(now, a, src), m.add(now, a, src); got != want {
					t.Fatalf("Add(%v, %v) = %t, want %t", a, src, got, want)
				}
			},
			"next": func(t *rapid.T) {
				got, _, ok := book.Next(now)
				if want, wantOK := m.next(now); got != want || ok != wantOK {
					t.Fatalf("Next = %v, %t, want %v, %t", got, ok, want, wantOK)
				}
			},
			"connected": func(t *rapid.T) {
				a := someone.Draw(t, "addr")
				book.Connected(a)
				m.connected(a)
			},
			"closed": func(t *rapid.T) {
				a, r := someone.Draw(t, "addr"), rapid.SampledFrom(reasons).Draw(t, "reason")
				useful := rapid.Bool().Draw(t, "useful")
				book.Closed(now, a, r, useful)
				m.closed(now, a, r, useful)
			},
			"ban": func(t *rapid.T) {
				if len(m.banned) > 3 {
					t.Skip("enough are banned: somebody has to be left")
				}
				ip := someone.Draw(t, "addr").Addr()
				book.Ban(ip)
				m.ban(ip)
			},
			"know ourselves": func(t *rapid.T) {
				m.self = someone.Draw(t, "self")
				book.SetSelf(m.self)
			},
			"seeds wanted": func(*rapid.T) {
				book.SeedsWanted(now)
				m.seedsWanted(now)
			},
			"time passes": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second)
			},
			"": func(t *rapid.T) { compare(t, book, m, now) },
		})
	})
}

// compare looks at all that a Book shows, and at its inner bookkeeping.
func compare(t *rapid.T, book *Book, m *model, now time.Time) {
	if book.Len() != len(m.entries) {
		t.Fatalf("Len = %d, want %d", book.Len(), len(m.entries))
	}
	var want [numStates]int
	for _, e := range m.entries {
		want[e.state]++
	}
	if book.count != want {
		t.Fatalf("counts = %v, want %v", book.count, want)
	}
	at, ok := book.Deadline()
	wantAt, wantOK := m.deadline()
	switch {
	case ok != wantOK:
		t.Fatalf("Deadline ok = %t, want %t", ok, wantOK)
	case ok && !wantAt.After(now) && at.After(now):
		t.Fatalf("Deadline = %v, but one is due since %v", at, wantAt)
	case ok && wantAt.After(now) && !at.Equal(wantAt):
		t.Fatalf("Deadline = %v, want %v", at, wantAt)
	}
	if n := book.later.Len() + book.ready.Len(); n != want[waiting] {
		t.Fatalf("%d entries in queues, want %d", n, want[waiting])
	}
	for i, e := range book.all {
		if e.all != i || book.index[e.addr] != e || (e.queue != nil) != (e.state == waiting) {
			t.Fatalf("entry %v is lost: %+v", e.addr, e)
		}
	}
}
