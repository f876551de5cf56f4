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
// Run is a pure function of scenario and seed: its Hash covers every event and
// every byte, and is the same on every machine. What can fail is of two kinds.
// Expectations are the scenario's own; each names a check, which is a type in
// one of the files check_*.go, whose comment says which fields it reads. Oracles
// watch every run: they decode the wire independently of the client, and know
// the rules of the protocol, the truth about the content, and what a closed
// client may leave behind.
package scenarios
