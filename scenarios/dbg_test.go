package scenarios

import ("testing";"fmt";"bt/simnet";"net/netip")

func TestDbgLiar(t *testing.T) {
	s := Scenario{
		Name: "liar", Until: 2 * Minute,
		Torrent: Torrent{Piece: 64 * KiB, Size: 3*MiB + 1},
		Actors: []Actor{
			{Name: "leech", Kind: Leech, Link: &Link{Up: 100*MiBps, Down: 100*MiBps}},
		},
		Expect: []Expectation{{Check: "complete", Who: []string{"leech"}}},
	}
	r := &run{scenario: &s, net: simnet.New(1), hostiles: make(map[string]*hostile)}
	if err := r.prepare(1); err != nil { t.Fatal(err) }
	host := r.net.NewHost("hostile", netip.MustParseAddr("10.9.9.9"), simnet.LinkConfig{})
	h, _ := newHostile(host, r.truth, "liar", host.Rand("hostile"), r.addrsOf([]string{"leech"}))
	r.play()
	fmt.Printf("%v %+v %v\n", r.now(), h.counts, r.net.Err())
	r.finish()
	fmt.Println(r.failures)
}
