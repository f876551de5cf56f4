package scenarios

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"bt/client/addrbook"
	"bt/simnet"
)

// TestG05Schedule: whichever datagrams get lost, and whenever the tracker comes
// back, requests leave when BEP 15 has them leave, and the state recovers.
func TestG05Schedule(t *testing.T) {
	due := []Duration{0, 15 * Second, 45 * Second, 105 * Second, 225 * Second, 465 * Second}
	for i := 1; i < len(due); i++ {
		// Down from the start, until shortly before a repetition.
		words := ""
		for _, at := range due[:i+1] {
			words += fmt.Sprintf("connect %v ", at)
		}
		s := Scenario{
			Name: "back-again", Until: 15 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 256 * KiB},
			Trackers: []Tracker{{UDP: true, Down: true}},
			Actors:   pair(),
			Actions:  []Action{{At: due[i] - Second, Do: DoTrackerUp, Who: theTracker}},
			Expect: []Expectation{
				{Check: "datagrams", Of: theTracker, Reason: words + fmt.Sprintf("announce %v", due[i]), Slack: Second},
				{Check: "complete", Who: theLeech, After: due[i], Within: due[i] + 2*Minute},
				{Check: "announces", Who: theLeech, Of: theTracker},
			},
		}
		if r := Run(s, 1, Options{}); !r.Pass() {
			t.Errorf("back %v before the request after %v: %v %v", Second, due[i], r.Failures, r.Err)
		}
	}
}

// TestG07InterfaceLoss takes the address of one family away from a client: it goes
// on over the other, and leaves in time.
func TestG07InterfaceLoss(t *testing.T) {
	for _, udp := range []bool{false, true} {
		for _, lost := range []int{0, 1} {
			t.Run(by(udp, fmt.Sprint("without address ", lost)), func(t *testing.T) {
				s := Scenario{
					Name: "interface-loss", Until: 5 * Minute, Dual: true, Torrent: Torrent{Piece: 64 * KiB, Size: 256 * KiB},
					Trackers: []Tracker{{UDP: udp, Host: "tracker.example"}},
					Actors:   pair(),
					Expect: []Expectation{
						{Check: "complete", Who: theLeech, Within: 15 * Second},
						{Check: "keyed", Of: theTracker, Count: 50},
						{Check: "closes", Time: 4 * Second},
					},
				}
				r := newRun(t, &s)
				r.at(90*Second, func() {
					for _, h := range r.hosts {
						h.RemoveAddr(h.Addrs()[lost])
					}
				})
				r.net.RunUntil(simnet.Epoch.Add(s.Until.std()))
				count := func(from time.Duration) (families [2]int) {
					for _, e := range r.stations[0].tracker.Log() {
						if e.Time.Sub(simnet.Epoch) > from {
							families[map[bool]int{true: 1}[e.Addr.Addr().Is6()]]++
						}
					}
					return families
				}
				if all, after := count(0), count(90*time.Second); all[lost] == 0 || after[lost] != 0 || after[1-lost] < 6 {
					t.Errorf("%v announces over IPv4 and IPv6, of them %v after the loss of one", all, after)
				}
				r.finish()
				if len(r.failures) > 0 {
					t.Error(r.failures)
				}
			})
		}
	}
}

// TestNameActions: what is wrong with a name is told, and where.
func TestNameActions(t *testing.T) {
	base := Scenario{
		Name: "names", Torrent: Torrent{Piece: 64 * KiB, Size: 256 * KiB}, Trackers: []Tracker{{Name: "a", Host: "a.example"}, {Name: "b"}},
		Actors: pair(), Expect: completesNow,
	}
	for _, tt := range []struct {
		action Action
		wrong  string
	}{
		{Action{Do: DoName, Who: []string{"a"}, Name: &Name{For: []string{"seed", "b"}, Addrs: []string{"fd00::1"}}}, ""},
		{Action{Do: DoName, Who: []string{"a"}, Name: &Name{}, For: Minute}, ""},
		{Action{Do: DoName, Who: []string{"a"}}, "actions[0].name: name needs it"},
		{Action{Do: DoName, Who: []string{"b"}, Name: &Name{}}, `actions[0].who[0]: nothing that fits is called "b"; there are a`},
		{Action{Do: DoName, Who: []string{"a"}, Name: &Name{For: []string{"c"}}}, `actions[0].name.for[0]: nothing that fits is called "c"; there are seed, leech, a, b`},
		{Action{Do: DoName, Who: []string{"a"}, Name: &Name{Addrs: []string{"x"}}}, `actions[0].name.addrs: "x" is no address`},
		{Action{Do: DoHeal, Name: &Name{}}, "actions[0].name: heal has none"},
	} {
		s := base
		s.Actions = []Action{tt.action}
		if got := fmt.Sprint(s.Validate()); got != tt.wrong && (tt.wrong != "" || got != "<nil>") {
			t.Errorf("%+v: %s, want %q", tt.action, got, tt.wrong)
		}
	}
	for _, bad := range []Scenario{{Trackers: []Tracker{{Host: "10.0.0.1"}}}, {Trackers: []Tracker{{Host: "a/b"}}}, {Trackers: []Tracker{{Manner: "deaf"}}}, {Trackers: []Tracker{{UDP: true, Manner: "garbage"}}}, {IPv6: true, Dual: true}} {
		s := base
		s.Trackers, s.IPv6, s.Dual = bad.Trackers, bad.IPv6, bad.Dual
		if s.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
}

var completesNow = []Expectation{{Check: "complete", Who: theLeech}}

// TestDualHosts: every host has an address of each family, wherever it moves.
func TestDualHosts(t *testing.T) {
	s := Scenario{
		Name: "dual", Dual: true, Torrent: Torrent{Piece: 64 * KiB, Size: 256 * KiB}, Actors: pair(),
		Actions: []Action{{At: Second, Do: DoMove, Who: theSeed}},
		Expect:  completesNow,
	}
	r := newRun(t, &s)
	r.net.RunUntil(simnet.Epoch.Add(2 * time.Second))
	for _, h := range r.net.Hosts() {
		addrs := h.Addrs()
		if len(addrs) != 2 || !addrs[0].Is4() || !addrs[1].Is6() {
			t.Errorf("%s has %v", h.Name(), addrs)
		}
		if h.Name() == "seed" && slices.Contains(addrs, netip.MustParseAddr("10.1.0.1")) {
			t.Errorf("the seed has not moved: %v", addrs)
		}
	}
}

// TestPacketSocketLeft: L3 sees a socket for datagrams that a closed client has
// left behind.
func TestPacketSocketLeft(t *testing.T) {
	s := Scenario{
		Name: "left-behind", Until: Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 256 * KiB}, Trackers: oneUDP,
		Actors: pair(), Expect: completesNow,
	}
	for _, leaves := range []bool{false, true} {
		r := newRun(t, &s)
		r.net.RunUntil(simnet.Epoch.Add(10 * time.Second))
		if leaves {
			if _, err := r.nodes[1].host.Net().ListenPacket(netip.MustParseAddrPort("0.0.0.0:9999"), func(netip.AddrPort, []byte) {}); err != nil {
				t.Fatal(err)
			}
		}
		r.finish()
		fired := slices.ContainsFunc(r.failures, func(f Failure) bool { return f.Rule == "oracle L3" && f.Node == "leech" })
		if fired != leaves || len(r.failures) > 0 != leaves {
			t.Errorf("leaves one %v: %v", leaves, r.failures)
		}
	}
}

// TestExternalIP: who was told its address by the tracker (BEP 24) turns to those
// first that BEP 40 has it prefer.
func TestExternalIP(t *testing.T) {
	best := 0
	for seed := range uint64(8) {
		s := Scenario{
			Name: "external-ip", Until: Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 256 * KiB}, Trackers: []Tracker{{TellIP: true}},
			Actors: []Actor{{Name: "seed", Kind: Seed, Count: 8}, {Name: "leech", Kind: Leech, Start: 5 * Second, MaxPeers: 1}},
			Expect: completesNow,
		}
		r := &run{scenario: &s, net: simnet.New(seed), hostiles: make(map[string]*hostile)}
		if err := r.prepare(seed); err != nil {
			t.Fatal(err)
		}
		leech := r.nodes[8]
		r.net.RunWhile(func() bool { return leech.program == nil || len(leech.program.torrent.Peers()) == 0 })
		self := netip.AddrPortFrom(leech.host.Addr(), clientPort)
		first, most := leech.program.torrent.Peers()[0], uint32(0)
		for _, n := range r.nodes[:8] {
			most = max(most, addrbook.Priority(self, netip.AddrPortFrom(n.host.Addr(), clientPort)))
		}
		if !first.Incoming && addrbook.Priority(self, first.Addr) == most {
			best++
		}
		r.net.RunUntil(simnet.Epoch.Add(s.Until.std()))
		r.finish()
		if len(r.failures) > 0 {
			t.Error(r.failures)
		}
	}
	// Now and then a seed is faster to dial than the leech.
	if best < 6 {
		t.Errorf("of 8 leeches, %d turn to the best peer first", best)
	}
}
