package report

import (
	"strings"
	"testing"
	"time"

	"bt/client"
	"bt/scenarios"
)

// TestTell: a failure is told from its first cause to the end, with what the scenario
// has done, and in no more sentences than wanted.
func TestTell(t *testing.T) {
	r := newTeller()
	r.tell(scenarios.Observation{Kind: scenarios.ObservedAction, Name: "slots", Text: "b", For: time.Second, Piece: client.NoPiece})
	r.open()
	r.says("b", "a", "have all", -1)
	r.says("a", "b", "interested", -1)
	r.says("b", "a", "unchoke", -1)
	r.says("a", "b", "request", 2)
	r.tell(withBlock(about(scenarios.ObservedSent, "b", "a", "piece"), 2))
	r.tell(scenarios.Observation{Kind: scenarios.ObservedFailure, Host: "b", Name: "oracle D2", Text: "to a: piece 2 is not the truth", Piece: client.NoPiece})
	r.tell(scenarios.Observation{Kind: scenarios.ObservedAction, Name: "heal", Piece: client.NoPiece}) // after it

	want := []string{
		"There are a (leech), b (seed), h (hostile); the torrent has 4 pieces.",
		"At 1ms the scenario does slots to b, until 1.001s.",
		"At 3ms b tells a that it has everything, which arrives at 4ms.",
		"At 5ms a tells b that it is interested, which arrives at 6ms.",
		"At 7ms b unchokes a, which arrives at 8ms.",
		"At 9ms a asks b for piece 2, 16384 bytes from 0, which arrives at 10ms.",
		"At 11ms b sends a piece 2, 16384 bytes from 0, which never arrives.",
		"At 12ms b breaks a rule: oracle D2: to a: piece 2 is not the truth.",
	}
	if got := r.Tell("oracle D2", "b", len(want)); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	short := r.Tell("oracle D2", "b", 5)
	if len(short) != 5 || short[0] != want[0] || short[len(short)-1] != want[len(want)-1] || !strings.Contains(strings.Join(short, " "), "are left out here") {
		t.Errorf("in five sentences:\n%s", strings.Join(short, "\n"))
	}
	if list := r.Tell("oracle D2", "a", 5); list != nil {
		t.Errorf("what has not failed: %v", list)
	}
}
