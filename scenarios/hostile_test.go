package scenarios

import (
	"net/netip"
	"testing"
	"time"

	"bt/simnet"
)

// TestHostile lets each personality loose on a slow seed and a leech. The leech
// must complete all the same, no oracle may blame a client, and the counters
// must show that the peer has done what it is there for.
func TestHostile(t *testing.T) {
	tests := map[string]func(c hostileCounts) bool{
		"babbler":        func(c hostileCounts) bool { return c.Conns > 20 && c.Closed > 20 },
		"backer":         func(c hostileCounts) bool { return c.Served > 10 && c.Unchoked > 10*time.Second },
		"chaos":          func(c hostileCounts) bool { return c.Conns > 20 && c.Served > 10 && c.Pieces > 10 },
		"choker":         func(c hostileCounts) bool { return c.Served > chokerLate && c.Requests > c.Served },
		"cloner":         func(c hostileCounts) bool { return c.Dials > 20 && c.Served > 10 },
		"colluder":       func(c hostileCounts) bool { return c.Served > 0 && c.Closed > 0 },
		"contradictor":   func(c hostileCounts) bool { return c.Served > 10 },
		"corpse":         func(c hostileCounts) bool { return c.Conns > 0 && c.Served == 0 && c.Pieces == 0 },
		"deaf":           func(c hostileCounts) bool { return c.Served > 10 && c.Cancels > 0 },
		"deaf-slow":      func(c hostileCounts) bool { return c.Served > 2 && c.Cancels > 0 },
		"dribbler":       func(c hostileCounts) bool { return c.Requests > 0 && c.Served == 0 },
		"extender":       func(c hostileCounts) bool { return c.Conns > 20 && c.Served > 10 },
		"flapper":        func(c hostileCounts) bool { return c.Served > 0 && c.Requests > c.Served },
		"freerider":      func(c hostileCounts) bool { return c.Pieces > 10 && c.Served == 0 },
		"garbage":        func(c hostileCounts) bool { return c.Closed > 0 },
		"giant":          func(c hostileCounts) bool { return c.Closed > 0 && c.Requests == 0 },
		"glutton":        func(c hostileCounts) bool { return c.Conns > 0 && c.Closed > 0 && c.Pieces == 0 },
		"granter":        func(c hostileCounts) bool { return c.Requests > 0 && c.Served == 0 },
		"guest":          func(c hostileCounts) bool { return c.Grants > 0 && c.Pieces > 0 && c.Rejects > 0 },
		"half-hello":     func(c hostileCounts) bool { return c.Dials > 2 && c.Conns == 0 },
		"have-spammer":   func(c hostileCounts) bool { return c.Conns > 0 && c.Served == 0 },
		"hoarder":        func(c hostileCounts) bool { return c.Dials > 500 && c.Conns == 0 },
		"idle":           func(c hostileCounts) bool { return c.Unchoked > 30*time.Second && c.Pieces == 0 },
		"liar":           func(c hostileCounts) bool { return c.Requests > 0 && c.Requests < 500 && c.Served == 0 },
		"lurker":         func(c hostileCounts) bool { return c.Conns > 0 && c.Requests == 0 && c.Unchokes == 0 },
		"mirror":         func(c hostileCounts) bool { return c.Dials > 20 && c.Served == 0 },
		"mistaken":       func(c hostileCounts) bool { return c.Served > 0 && c.Closed > 0 },
		"mute":           func(c hostileCounts) bool { return c.Conns == 0 },
		"opener":         func(c hostileCounts) bool { return c.Dials > 2 && c.Served > 10 },
		"over-requester": func(c hostileCounts) bool { return c.Closed > 0 && c.Rejects > 0 },
		"pinger":         func(c hostileCounts) bool { return c.Conns > 0 && c.Requests == 0 },
		"poisoner":       func(c hostileCounts) bool { return c.Served > 0 && c.Closed > 0 },
		"repeater":       func(c hostileCounts) bool { return c.Served > c.Requests && c.Closed > 0 },
		"resetter":       func(c hostileCounts) bool { return c.Closed > 20 && c.Served > 10 },
		"silent":         func(c hostileCounts) bool { return c.Requests > 0 && c.Served == 0 },
		"slow":           func(c hostileCounts) bool { return c.Served > 0 && c.Cancels > 0 },
		"snubber":        func(c hostileCounts) bool { return c.Served == snubberServes && c.Requests > c.Served },
		"suggester":      func(c hostileCounts) bool { return c.Served > 10 },
		"trickler":       func(c hostileCounts) bool { return c.Dials > 0 && c.Conns == 0 },
		"unsolicited":    func(c hostileCounts) bool { return c.Served > 0 && c.Closed > 0 },
		"withdrawer":     func(c hostileCounts) bool { return c.Served > chokersQueue/2 && c.Requests > c.Served },
	}
	for _, name := range personalities() {
		t.Run(name, func(t *testing.T) {
			counts, failures := beHostile(t, name)
			for _, f := range failures {
				t.Error(f)
			}
			if did := tests[name]; did == nil || !did(counts) {
				t.Errorf("has not done what it is there for: %+v", counts)
			}
		})
	}
}

// beHostile runs two minutes with a hostile peer that knows a seed and a leech.
func beHostile(t *testing.T, personality string) (hostileCounts, []Failure) {
	t.Helper()
	s := Scenario{
		Name: "hostile-" + personality, Until: 2 * Minute,
		Torrent: Torrent{Piece: 64 * KiB, Size: 3*MiB + 1},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Link: &Link{Up: 64 * KiBps, Latency: 20 * Millisecond}},
			{Name: "leech", Kind: Leech},
		},
		Expect: []Expectation{{Check: "complete", Who: []string{"leech"}}},
	}
	r := &run{scenario: &s, net: simnet.New(1), hostiles: make(map[string]*hostile)}
	if err := r.prepare(1); err != nil {
		t.Fatal(err)
	}
	host := r.net.NewHost("hostile", netip.MustParseAddr("10.9.9.9"), simnet.LinkConfig{Latency: 10 * time.Millisecond})
	var h *hostile
	r.net.At(time.Second, func() {
		var err error
		if h, err = newHostile(host, r.truth, personality, host.Rand("hostile"), r.addrsOf([]string{"seed", "leech"})); err != nil {
			t.Fatal(err)
		}
	})
	r.net.RunUntil(simnet.Epoch.Add(2 * time.Minute))
	r.finish()
	if len(h.missed) > 0 {
		t.Errorf("has expected in vain: %v", h.missed)
	}
	return h.counts, r.failures
}

func TestHostileUnknown(t *testing.T) {
	host := simnet.New(1).NewHost("h", netip.MustParseAddr("10.9.9.9"), simnet.LinkConfig{})
	if _, err := newHostile(host, &truth{}, "polite", host.Rand("hostile"), nil); err == nil {
		t.Error("a personality that does not exist was accepted")
	}
}
