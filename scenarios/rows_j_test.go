package scenarios

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client"
	"bt/simnet"
	"bt/simtracker"
)

// find is a scenario of the catalogue that must be there.
func find(t *testing.T, name string) Scenario {
	t.Helper()
	s, ok := Find(name)
	if !ok {
		t.Fatalf("no scenario is called %q", name)
	}
	return s
}

// TestJ01Swizzle clogs random halves of a swarm in random orders. Whatever came
// back first, all complete when all are back, and no piece is fetched twice.
func TestJ01Swizzle(t *testing.T) {
	s := find(t, "swizzle")
	clogged := make(map[string]bool)
	seeds := 50
	if testing.Short() || raceEnabled {
		seeds = 10
	}
	for seed := range uint64(seeds) {
		mustPass(t, Run(s, seed+1, Options{disturb: func(r *run) {
			r.net.At(25*time.Second, func() { // all of the half are cut off by now
				var who []string
				for _, h := range r.net.Hosts() {
					if alone(r.net, h) {
						who = append(who, h.Name())
					}
				}
				if len(who) < 4 || len(who) > 5 {
					t.Errorf("seed %d: %v are clogged", seed+1, who)
				}
				clogged[fmt.Sprint(who)] = true
			})
		}}))
	}
	if len(clogged) < seeds/2 {
		t.Errorf("%d seeds clog only %d different halves", seeds, len(clogged))
	}
}

// alone says that a host is cut off from all others.
func alone(net *simnet.Internet, h *simnet.Host) bool {
	return !slices.ContainsFunc(net.Hosts(), func(o *simnet.Host) bool { return o != h && !h.CutOffFrom(o) })
}

// TestJ03Resets breaks each connection of a download at one of its messages, in
// front of it, within and behind: whatever it was, nobody is blamed, nothing is
// left behind and the download completes.
func TestJ03Resets(t *testing.T) {
	for _, kind := range []string{handshakeName, "have all", "bitfield", "extended", "interested", "unchoke", "request", "piece", "have", "cancel"} {
		for _, fate := range []string{fateBefore, fateWithin, fateBehind} {
			s := Scenario{
				Name: "reset-at-" + kind, Until: 5 * Minute, Torrent: Torrent{Piece: 32 * KiB, Size: 600_000},
				Actors: crowd(2),
				Actions: []Action{
					{Do: DoMeddle, Who: []string{"seed", "leech"}, With: []string{"seed", "leech"}, Message: &Message{Kind: kind, Nth: 2, Fate: fate}},
				},
				Expect: []Expectation{{Check: "complete", Who: theLeech, Within: 3 * Minute}, {Check: "spared"}},
			}
			s.Name = strings.ReplaceAll(s.Name, " ", "-") + "-" + fate
			t.Run(s.Name, func(t *testing.T) { mustPass(t, Run(s, 1, Options{})) })
		}
	}
}

// TestJ03AtByte: the connection breaks right behind the byte, and one of its bytes
// more or less is no matter.
func TestJ03AtByte(t *testing.T) {
	s := find(t, "reset-at-byte")
	heard := make(map[string]int64)
	broken := make(map[string]bool)
	mustPass(t, Run(s, 1, Options{disturb: func(r *run) {
		r.net.Tap(func(e *simnet.TapEvent) {
			switch from, to := e.From.Name(), e.To.Name(); {
			case from == "seed" && !broken[to] && e.Kind == simnet.TapDelivered:
				heard[to] += int64(len(e.Data))
			case to == "seed" && e.Kind == simnet.TapClosed:
				broken[from] = true
			}
		})
	}}))
	for _, leech := range []string{"leech-1", "leech-2"} {
		if heard[leech] != 99_999 {
			t.Errorf("%s has heard %d bytes on its first connection", leech, heard[leech])
		}
	}
}

// TestJ06Matrix: who has connected to whom is what theory allows without punching
// holes: to whoever is in the open, and to whoever is behind the same NAT.
func TestJ06Matrix(t *testing.T) {
	s := find(t, "nat-matrix")
	// Two behind each NAT, who know each other's addresses there.
	for i := range s.Actors {
		if a := &s.Actors[i]; a.NAT != "" {
			a.Count, a.Knows = 2, []string{a.Name}
		}
	}
	s.Until = 5 * Minute
	s.Torrent.Size = 32 * MiB // for time to meet
	s.Expect = []Expectation{{Check: "complete", Within: 4 * Minute}}
	met := make(map[[2]string]bool)
	var names []string
	behind := make(map[string]string)
	mustPass(t, Run(s, 1, Options{disturb: func(r *run) {
		for _, h := range r.hosts {
			names = append(names, h.Name())
			behind[h.Name()] = r.actors[h.Name()].NAT
		}
		r.net.Tap(func(e *simnet.TapEvent) {
			if e.Kind == simnet.TapOpened && e.ToAddr().Port() == clientPort {
				met[[2]string{e.From.Name(), e.To.Name()}] = true
			}
		})
	}}))
	for _, from := range names {
		for _, to := range names {
			open := behind[to] == ""
			home := behind[from] == behind[to]
			either := met[[2]string{from, to}] || met[[2]string{to, from}]
			switch can := open || home; {
			case from == to:
			case met[[2]string{from, to}] && !can:
				t.Errorf("%s behind %q has connected to %s behind %q", from, behind[from], to, behind[to])
			case can && !either:
				t.Errorf("%s behind %q and %s behind %q have not met", from, behind[from], to, behind[to])
			}
		}
	}
}

// vitals are what must stay sane in a client whose time or place changes.
type vitals struct {
	t     *testing.T
	r     *run
	turns map[string]int // callbacks since it was last looked, by host
	most  int            // callbacks within one second
}

// watchVitals looks at every client once a second: rates are not negative and
// not above what the links carry, and nobody runs in circles.
func watchVitals(t *testing.T, r *run, linkRate int64) *vitals {
	v := &vitals{t: t, r: r, turns: make(map[string]int)}
	r.net.SetTrace(func(e simnet.TraceEvent) {
		if e.Kind == simnet.KindCallback {
			v.turns[e.Host]++
		}
	})
	r.every(Second, func() {
		for _, n := range r.nodes {
			v.look(n, linkRate)
		}
		clear(v.turns)
	})
	return v
}

func (v *vitals) look(n *node, linkRate int64) {
	v.most = max(v.most, v.turns[n.name])
	if !n.running() || !n.host.FrozenUntil().IsZero() && n.host.FrozenUntil().Equal(v.r.net.Now()) {
		return
	}
	s := n.program.torrent.Status()
	if s.DownRate < 0 || s.UpRate < 0 || s.DownRate > linkRate*3/2 || s.UpRate > linkRate*3/2 {
		v.t.Errorf("%s at %v: rates of %d and %d bytes a second, of %d", n.name, v.r.now(), s.DownRate, s.UpRate, linkRate)
	}
	for _, p := range n.program.torrent.Peers() {
		if p.DownRate < 0 || p.UpRate < 0 || p.DownRate > linkRate*3/2 {
			v.t.Errorf("%s at %v: rates of %d and %d with %v", n.name, v.r.now(), p.DownRate, p.UpRate, p.Addr)
		}
	}
	for _, tier := range n.program.torrent.Trackers() {
		// What is over by a clock that has just jumped ahead is due now.
		if next := tier.Next; next.After(n.host.Clock().Now().Add(time.Hour)) {
			v.t.Errorf("%s at %v: the next announce is at %v, by a clock that says %v", n.name, v.r.now(), next, n.host.Clock().Now())
		}
	}
}

// TestJ07Clock: whatever happens to its clock, a client announces itself, its
// connections are of use, its rates are sane, and it does not wake up more often
// than it would have.
func TestJ07Clock(t *testing.T) {
	wakes := func(name string, c Clock) int {
		s := find(t, "clock-ahead")
		s.Name, s.Actions[0].Clock = name, &c
		s.Until = 10 * Minute
		var v *vitals
		announced := make(map[string]int)
		mustPass(t, Run(s, 1, Options{disturb: func(r *run) {
			r.waiting++ // to the very end
			v = watchVitals(t, r, int64(1*MiBps))
			r.noticers = append(r.noticers, noticerFunc(func(n *node, x client.Notice) {
				if _, ok := x.(client.TrackerAnswered); ok && r.now() > 20*time.Second {
					announced[n.name]++
				}
			}))
		}}))
		for _, who := range []string{"seed", "leech-1", "leech-2"} {
			if n := announced[who]; n < 9 || n > 13 {
				t.Errorf("%s: %s announces itself %d times in ten minutes", name, who, n)
			}
		}
		return v.most
	}
	usual := wakes("clock-right", Clock{})
	for _, c := range []Clock{{Ahead: day}, {Back: day}, {Back: Second}, {Ahead: 365 * day}, {Back: 10 * 365 * day}, {Drift: -200}} {
		name := strings.ReplaceAll(fmt.Sprintf("clock%+v", c), " ", "-")
		if most := wakes(name, c); most > 2*usual {
			t.Errorf("%s: up to %d callbacks a second, usually up to %d", name, most, usual)
		}
	}
}

type noticerFunc func(*node, client.Notice)

func (f noticerFunc) notice(n *node, x client.Notice) { f(n, x) }
func (noticerFunc) finish()                           {}

// TestJ07BackAndForth sets a clock wrong by a day every few seconds, in either
// direction: the download goes on.
func TestJ07BackAndForth(t *testing.T) {
	s := find(t, "clock-back")
	s.Name, s.Actions = "clock-dances", nil
	for i := range 10 {
		c := Clock{Ahead: day}
		if i%2 == 1 {
			c = Clock{Back: day}
		}
		s.Actions = append(s.Actions, Action{At: Duration(5+5*i) * Second, Do: DoClock, Who: []string{"leech", "seed"}, Clock: &c})
	}
	s.Expect = []Expectation{{Check: "complete", Who: theLeech, Within: 8 * Minute}}
	mustPass(t, Run(s, 1, Options{disturb: func(r *run) { watchVitals(t, r, int64(1*MiBps)) }}))
}

// wakesMax is how often a client of these swarms may be woken within a second: a
// thousand times are twice of what a fast download takes.
const wakesMax = 1000

// TestJ07Away: whoever slept, stood still or moved is sane afterwards, and known
// to the tracker where it is now.
func TestJ07Away(t *testing.T) {
	for _, name := range []string{"suspend", "suspend-seed", "freeze", "address-change"} {
		s := find(t, name)
		var v *vitals
		var last *run
		mustPass(t, Run(s, 1, Options{disturb: func(r *run) {
			last = r
			v = watchVitals(t, r, int64(4*MiBps))
		}}))
		if v.most > wakesMax {
			t.Errorf("%s: up to %d callbacks a second", name, v.most)
		}
		for _, n := range last.nodes {
			if !slices.ContainsFunc(last.stations[0].tracker.Log(), func(e simtracker.Entry) bool { return e.Addr.Addr() == n.host.Addr() }) {
				t.Errorf("%s: the tracker has never heard of %s at %v", name, n.name, n.host.Addr())
			}
		}
	}
}

// TestJ10BitFlips: bits are really flipped, the hash finds each piece that they
// have spoiled, and no disk has any of them.
func TestJ10BitFlips(t *testing.T) {
	s := find(t, "bit-flips")
	failed := 0
	for seed := range uint64(10) {
		mustPass(t, Run(s, seed+1, Options{disturb: func(r *run) {
			r.noticers = append(r.noticers, noticerFunc(func(_ *node, x client.Notice) {
				if f, ok := x.(client.PieceFailed); ok && f.Download {
					failed++
				}
			}))
		}}))
	}
	if failed < 50 {
		t.Errorf("only %d pieces were spoiled in ten runs", failed)
	}
}

// hostTraces is a hash of all that happens on each host, and of all bytes that
// it sends and receives. Streams are not numbered by host, so that their numbers
// are no part of it.
type hostTraces map[string]uint32

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func traceHosts(r *run) hostTraces {
	traces := make(hostTraces)
	add := func(host string, at time.Time, kind uint64, p []byte) {
		var b [24]byte
		binary.LittleEndian.PutUint64(b[:], uint64(at.UnixNano()))
		binary.LittleEndian.PutUint64(b[8:], kind)
		binary.LittleEndian.PutUint64(b[16:], uint64(len(p)))
		traces[host] = crc32.Update(crc32.Update(traces[host], castagnoli, b[:]), castagnoli, p)
	}
	r.net.SetTrace(func(e simnet.TraceEvent) { add(e.Host, e.At, uint64(e.Kind)<<32|uint64(e.Len), nil) })
	r.net.Tap(func(e *simnet.TapEvent) {
		add(e.From.Name(), e.At, 1000+uint64(e.Kind), e.Data)
		add(e.To.Name(), e.At, 2000+uint64(e.Kind), e.Data)
	})
	return traces
}

// TestO02Stability: a host more that does nothing, and faults that never strike,
// change nothing that happens on any other host.
func TestO02Stability(t *testing.T) {
	idle := func(r *run) []*simnet.Host {
		link := simnet.LinkConfig{Up: 1000, Down: 1000, Latency: time.Second, Jitter: time.Second, Loss: 1000, Corrupt: 1000}
		return []*simnet.Host{r.net.NewHost("idle", hostAddr(r.scenario, 9, 0), link)}
	}
	everybody := func(s *Scenario) (names []string) {
		for i := range s.Actors {
			names = append(names, s.Actors[i].Name)
		}
		return names
	}
	variants := []struct {
		name    string
		disturb func(r *run)
	}{
		{"an idle host", func(r *run) { idle(r) }},
		{"an idle host in all kinds of trouble", func(r *run) {
			h := idle(r)
			r.net.At(3*time.Second, func() {
				cuts := []*simnet.Cut{r.net.Partition(h, r.net.Hosts()), r.net.PartitionOneWay(h, r.net.Hosts()), r.net.Stall(h, r.net.Hosts())}
				r.net.At(3*time.Second, func() {
					for _, c := range cuts {
						c.Heal()
					}
				})
				h[0].Freeze()
				h[0].SetClock(time.Hour, 1000)
				h[0].SetIncoming(simnet.HalfOpen)
				h[0].RemoveAddr(h[0].Addr())
			})
			r.net.At(7*time.Second, h[0].Suspend)
			r.net.At(9*time.Second, h[0].Wake)
			r.net.At(10*time.Second, h[0].Kill)
		}},
		{"faults of probability 0", func(r *run) {
			everyone := everybody(r.scenario)
			for _, a := range []Action{
				{At: Second, Do: DoClock, Who: everyone, Clock: &Clock{}},
				{At: Second, Do: DoRefuse, Who: everyone, Incoming: &Incoming{How: "ignore", Limit: 100_000}},
			} {
				r.net.At(a.At.std(), func() { r.perform(&a) })
			}
			r.net.Intercept(func(p simnet.Passage) simnet.Verdict { return simnet.Verdict{N: len(p.Data)} })
			for _, h := range r.hosts {
				r.net.At(2*time.Second, func() {
					l := h.Link()
					l.Loss, l.Corrupt, l.Duplicate, l.Reorder, l.HeavyTail = 0, 0, 0, 0, false
					h.SetLink(l)
				})
			}
		}},
		{"meddling with two that have nothing to say", func(r *run) {
			h := idle(r)
			r.overhear(h, h)
			r.meddlers = append(r.meddlers, func(p *passing) ruling { return ruling{do: simnet.Drop} })
		}},
	}
	for _, name := range []string{"leeches-only", "tracker-failover", "pause-resume", "resets", "swizzle", "poisoner", "address-change"} {
		s := find(t, name)
		traced := func(disturb func(r *run)) (traces hostTraces, result Result) {
			result = Run(s, 1, Options{disturb: func(r *run) {
				traces = traceHosts(r)
				disturb(r)
			}})
			return traces, result
		}
		want, result := traced(func(*run) {})
		mustPass(t, result)
		for _, v := range variants {
			got, result := traced(v.disturb)
			mustPass(t, result)
			for host, hash := range want {
				if host != "" && got[host] != hash { // "" has the actions
					t.Errorf("%s with %s: the trace of %s is another", name, v.name, host)
				}
			}
		}
	}
}

// TestO01Twice: the same seed, the same run: for a sample of the catalogue, all
// its faults of the network among them. TestBuiltin does it for the whole.
func TestO01Twice(t *testing.T) {
	sample := slices.Concat(netFaults(), lostWords(), awayFaults(), natted())
	for i, s := range Builtin() {
		if i%10 == 0 && !strings.HasPrefix(s.Name, "kumar") {
			sample = append(sample, s)
		}
	}
	for _, s := range sample {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			const seed = 7
			first, second := Run(s, seed, Options{}), Run(s, seed, Options{})
			if first.Hash != second.Hash || first.Events != second.Events {
				t.Errorf("hash %x after %d events, then %x after %d", first.Hash, first.Events, second.Hash, second.Events)
			}
		})
	}
}
