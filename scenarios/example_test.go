package scenarios_test

import (
	"fmt"

	"bt/scenarios"
)

// A scenario in ten lines, and what came of it.
func ExampleRun() {
	s := scenarios.Scenario{
		Name:    "pause",
		Torrent: scenarios.Torrent{Piece: 64 * scenarios.KiB, Size: 1 * scenarios.MiB},
		Actors: []scenarios.Actor{
			{Name: "seed", Kind: scenarios.Seed},
			{Name: "leech", Kind: scenarios.Leech, Count: 2},
		},
		Actions: []scenarios.Action{{At: scenarios.Second, Do: scenarios.DoPause, Who: []string{"leech-1"}, For: 5 * scenarios.Second}},
		Expect:  []scenarios.Expectation{{Check: "complete", Who: []string{"leech"}, Within: scenarios.Minute}},
	}
	result := scenarios.Run(s, s.DefaultSeed(), scenarios.Options{})
	fmt.Println(result.Pass(), result.Failures)
	// Output: true []
}

// The same run twice: its hash covers every event and every byte.
func ExampleRun_again() {
	s, _ := scenarios.Find("one-piece")
	first, again := scenarios.Run(s, 7, scenarios.Options{}), scenarios.Run(s, 7, scenarios.Options{})
	other := scenarios.Run(s, 8, scenarios.Options{})
	fmt.Println(first.Hash == again.Hash, first.Hash == other.Hash)
	// Output: true false
}

// A mistake in a file is told with its place.
func ExampleParse() {
	_, err := scenarios.Parse([]byte(`name: mine
torrent: {piece: 64KiB, size: 1MiB}
actors:
  - {name: seed, kind: sede}
expect:
  - {check: complete}
`))
	fmt.Println(err)
	// Output: 4:24: actors[0].kind: "sede" (did you mean seed?) is none of seed, leech, hostile
}

// What is written in Go can be kept as a file, which btsim runs.
func ExampleEncode() {
	text, _ := scenarios.Encode(scenarios.Scenario{
		Name:    "alone",
		Torrent: scenarios.Torrent{Piece: 16 * scenarios.KiB, Size: 100_000},
		Actors:  []scenarios.Actor{{Name: "leech", Kind: scenarios.Leech}},
		Expect:  []scenarios.Expectation{{Check: "incomplete"}},
	})
	fmt.Printf("%s", text)
	// Output:
	// name: alone
	// torrent:
	//   piece: 16KiB
	//   size: 100000
	// actors:
	//   - name: leech
	//     kind: leech
	// expect:
	//   - check: incomplete
}

// console stands for a *testing.T.
type console struct{}

func (console) Helper()                           {}
func (console) Errorf(format string, args ...any) { fmt.Printf(format, args...) }

// In a test, Check runs a scenario with several seeds. Of a failure it prints
// what failed, a file, and the command to see it again.
func ExampleCheck() {
	var t console // in a test of yours: func TestMine(t *testing.T)

	s, _ := scenarios.Find("one-piece")
	s.Torrent.Piece = 32 * scenarios.KiB
	scenarios.Check(t, s)
	// Output:
}
