package scenarios

import (
	"slices"
	"strings"
	"testing"
)

// TestMarks: marks have names of their own, and say what they are.
func TestMarks(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range Marks() {
		if seen[m.Name] || m.About == "" || strings.ContainsAny(m.Name, " +") {
			t.Errorf("%q is there twice, is no single word, or says nothing about itself", m.Name)
		}
		seen[m.Name] = true
	}
}

// TestCover: what is asked for is told, and asking changes nothing.
func TestCover(t *testing.T) {
	for _, test := range []struct{ scenario, mark string }{
		{"endgame-last-piece", "endgame"}, {"poisoner", "peer-banned"}, {"disk-full", "disk-full-recovered"},
		{"resume", "resumed"}, {"tracker-failover", "tracker-failed-over"}, {"move-storage", "storage-moved"},
		{"seed-mode-damaged", "seed-mode-ended"}, {"udp-lost-announce", "udp-repeated"}, {"partition-heal", "partition-healed"},
	} {
		s, ok := Find(test.scenario)
		if !ok {
			t.Errorf("there is no scenario %s", test.scenario)
			continue
		}
		without := Run(s, s.DefaultSeed(), Options{})
		with := Run(s, s.DefaultSeed(), Options{Cover: true})
		if without.Coverage != nil || with.Coverage == nil {
			t.Fatalf("%s: coverage %v when nobody has asked, %v when somebody has", s.Name, without.Coverage, with.Coverage)
		}
		if with.Hash != without.Hash || with.Events != without.Events {
			t.Errorf("%s: hash %x, and %x if somebody looks", s.Name, without.Hash, with.Hash)
		}
		if !slices.Contains(with.Coverage.Marks, test.mark) || test.mark == "endgame" && len(with.Coverage.States) == 0 {
			t.Errorf("%s has not come to %s: %+v", s.Name, test.mark, with.Coverage)
		}
	}
}

// TestSometimes: an expectation with Sometimes fails no run, and the result says
// whether it has held.
func TestSometimes(t *testing.T) {
	s := Scenario{
		Name: "sometimes", Torrent: Torrent{Piece: 32 * KiB, Size: 256 * KiB}, Actors: pair(),
		Expect: []Expectation{
			{Check: "complete"},
			{Check: "complete", Within: Second / 10, Sometimes: true},
			{Check: reachedName, Reason: "closed-both-seeds", Who: theLeech, Sometimes: true},
			{Check: reachedName, Reason: "peer-banned", Sometimes: true},
			{Check: reachedName, Reason: "closed-both-seeds", Who: theSeed, Within: Second / 10, Sometimes: true},
		},
	}
	r := Run(s, 1, Options{})
	if !r.Pass() || !slices.Equal(r.Met, []int{2}) {
		t.Errorf("%v, of those with Sometimes %v have held, want number 2 alone", r.Failures, r.Met)
	}
	for i := range s.Expect {
		s.Expect[i].Sometimes = false
	}
	r = Run(s, 1, Options{})
	if len(r.Failures) != 3 || len(r.Met) != 0 {
		t.Errorf("without Sometimes: %v, want three failures", r.Failures)
	}
	s.Expect[2].Reason = "closed-both-sedes"
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "did you mean closed-both-seeds?") {
		t.Errorf("an unknown mark: %v", err)
	}
}

// TestUnknownMark: what reaches a mark that there is not is wrong itself.
func TestUnknownMark(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a mark that is in no table was reached")
		}
	}()
	(&marker{reached: make(map[string]bool)}).reach("no-such-mark", "")
}

// TestFindSwarm: generated swarms go by their names.
func TestFindSwarm(t *testing.T) {
	s, ok := FindSwarm("random-17")
	if !ok || s.Name != "random-17" || s.Seed != 17 {
		t.Errorf("random-17 is %v, %s with seed %d", ok, s.Name, s.Seed)
	}
	for _, name := range []string{"random-", "random-x", "random-017", "random--1", "random-18446744073709551616", "one-piece"} {
		if _, ok := FindSwarm(name); ok {
			t.Errorf("%s is a swarm", name)
		}
	}
	if kind := s.KindOf("seed0"); kind != "seed" {
		t.Errorf("seed0 is a %q", kind)
	}
	if kind := s.KindOf("tracker") + s.KindOf("nobody"); kind != "tracker" {
		t.Errorf("the tracker and nobody are %q", kind)
	}
}

// TestSimilar: who errs in a name is told which ones are like it.
func TestSimilar(t *testing.T) {
	for name, want := range map[string]string{
		"flash-crwod": "flash-crowd", "crowd-flash": "flash-crowd", "flashcrowd": "flash-crowd", "poison": "poisoner", "onepiece": "one-piece",
	} {
		if got := Similar(name); len(got) == 0 || got[0] != want || len(got) > similarMost {
			t.Errorf("%s is like %v, want %s first", name, got, want)
		}
	}
	if got := Similar("zzzzzzzz"); got != nil {
		t.Errorf("zzzzzzzz is like %v", got)
	}
}
