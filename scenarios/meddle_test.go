package scenarios

import (
	"fmt"
	"slices"
	"testing"

	"bt/simnet"
)

// TestMeddleSeesEveryMessage compares what a meddler is shown with what the
// checks' decoder makes of the same bytes, in a swarm with writes of odd sizes.
func TestMeddleSeesEveryMessage(t *testing.T) {
	s := Scenario{
		Name: "meddled", Until: Minute, Torrent: Torrent{Piece: 32 * KiB, Size: 300_000},
		Link:   &Link{Up: 512 * KiBps, Down: 4 * MiBps, Latency: 20 * Millisecond, MaxWrite: 3},
		Actors: crowd(2), Expect: []Expectation{{Check: "complete", Within: Minute}},
	}
	seen := make(map[string][]string)
	sent := make(map[string][]string)
	note := func(list map[string][]string, from, to, what string) {
		list[from+" to "+to] = append(list[from+" to "+to], what)
	}
	r := Run(s, 1, Options{disturb: func(r *run) {
		r.meddle(func(p *passing) ruling {
			if !p.hello {
				note(seen, p.from.Name(), p.to.Name(), p.name())
			}
			return ruling{}
		})
		r.listen([]listener{listenerFunc(func(m message) { note(sent, m.from, m.to, m.Kind.String()) })})
	}})
	mustPass(t, r)
	if len(sent) != 6 {
		t.Errorf("%d directions", len(sent))
	}
	for way, list := range sent {
		if n := len(seen[way]); n < 5 || !slices.Equal(seen[way], list[:n]) || len(list)-n > 3 {
			t.Errorf("%s: saw %d messages of %d: %q and %q", way, n, len(list), seen[way], list)
		}
	}
}

// TestMeddleResets breaks a connection at each place of its first messages: the
// download completes on the next one.
func TestMeddleResets(t *testing.T) {
	for nth := range 4 {
		for _, at := range []int{0, 1, 4, 5, 1 << 20} {
			t.Run(fmt.Sprintf("message %d at %d", nth, at), func(t *testing.T) {
				s := Scenario{
					Name: "meddled", Until: 3 * Minute, Torrent: Torrent{Piece: 32 * KiB, Size: 100_000},
					Actors: pair(), Expect: []Expectation{{Check: "complete", Within: 2 * Minute}},
				}
				struck := false
				r := Run(s, 1, Options{disturb: func(r *run) {
					r.meddle(func(p *passing) ruling {
						if struck || p.from.Name() != "seed" || p.nth != nth {
							return ruling{}
						}
						struck = true
						return ruling{do: simnet.Reset, at: min(at, p.size)}
					})
				}})
				mustPass(t, r)
				if !struck {
					t.Error("nothing was broken")
				}
			})
		}
	}
}

// FuzzFraming: whatever is said, and however it is cut, the verdicts are about
// bytes that are there, all bytes are decided about, and what is held at the end
// is less than the head of a message.
func FuzzFraming(f *testing.F) {
	f.Add([]byte(refereeProtocol+"8 bytes.and twenty bytes twice and then some"+"\x00\x00\x00\x01\x01"), uint8(3))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, cut uint8) {
		r := &run{meddlers: []meddler{func(p *passing) ruling {
			return [...]ruling{{}, {do: simnet.Drop}, {late: Second}}[p.nth%3]
		}}}
		fr := &framing{p: passing{from: new(simnet.Host), to: new(simnet.Host)}}
		var held []byte
		for len(data) > 0 {
			n := min(len(data), int(cut)+1)
			held, data = append(held, data[:n]...), data[n:]
			for len(held) > 0 {
				v := fr.decide(r, held)
				if v.Do == simnet.Hold {
					break
				}
				if v.N < 1 || v.N > len(held) {
					t.Fatalf("decides about %d of %d bytes", v.N, len(held))
				}
				held = held[v.N:]
			}
		}
		if len(held) > len(refereeProtocol) {
			t.Errorf("%d bytes are held", len(held))
		}
	})
}
