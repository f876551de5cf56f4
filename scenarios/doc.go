// Package scenarios runs whole swarms of real clients in a simulated internet.
//
// A Scenario is plain data: a torrent, trackers, actors and their links, what is
// done to them and when, and what is expected. It is written in Go, as the
// catalogue of Builtin is, or in YAML:
//
//	name: pause
//	torrent: {piece: 64KiB, size: 8MiB}
//	actors:
//	  - {name: seed, kind: seed, link: {up: 2Mbit, latency: 20ms}}
//	  - {name: leech, kind: leech, count: 3}
//	actions:
//	  - {at: 5s, do: pause, who: [leech-1]}
//	  - {at: 30s, do: start, who: [leech-1]}
//	expect:
//	  - {check: complete, who: [leech], within: 90s}
//
// Parse reads such a file, and says line, column and what is allowed where it is
// wrong; Schema is for editors. In Go the same is a Scenario, and a test of it is
//
//	func TestPause(t *testing.T) {
//		scenarios.Check(t, scenarios.Scenario{
//			Name:    "pause",
//			Torrent: scenarios.Torrent{Piece: 64 * scenarios.KiB, Size: 8 * scenarios.MiB},
//			Actors: []scenarios.Actor{
//				{Name: "seed", Kind: scenarios.Seed},
//				{Name: "leech", Kind: scenarios.Leech, Count: 3},
//			},
//			Actions: []scenarios.Action{{At: 5 * scenarios.Second, Do: scenarios.DoPause, Who: []string{"leech-1"}, For: 25 * scenarios.Second}},
//			Expect:  []scenarios.Expectation{{Check: "complete", Who: []string{"leech"}, Within: 90 * scenarios.Second}},
//		})
//	}
//
// To write one: take the smallest torrent and the fewest actors that show what you
// are after; say what is done to them, and what must come of it. A check has a time
// Within which something comes about; or it holds at all times, or never, or at the
// end, as its comment says. With "sometimes" it need not hold in each run, but in one
// of several with different seeds: {check: reached, reason: endgame, sometimes: true}
// says that a scenario is not about nothing. See it fail first: with a Within of a
// millisecond, or without the action that matters.
//
// Run is a pure function of scenario and seed: its Hash covers every event and
// every byte, and is the same on every machine. What can fail is of two kinds.
// Expectations are the scenario's own; each names a check, which is a type in
// one of the files check_*.go, whose comment says which fields it reads. Oracles
// watch every run: they decode the wire independently of the client, and know
// the rules of the protocol, the truth about the content, and what a closed
// client may leave behind.
package scenarios
