//go:build plant

package scenarios

import (
	"slices"
	"strings"
	"testing"

	"bt/client"
	"bt/client/boundary"
	"bt/client/wire"
)

// TestPlantedWaste plants a client that asks everybody for every block, and cancels
// what another one has sent. D4 must say that too much comes twice; what a cut delivers
// late is excused, and nothing else for its sake.
func TestPlantedWaste(t *testing.T) {
	calm := Scenario{
		Name: "waste", Until: 2 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Count: 4, Link: &Link{Up: 64 * KiBps, Latency: 50 * Millisecond}},
			{Name: "leech", Kind: Leech},
		},
		Expect: completes,
	}
	cut := calm
	cut.Name = "waste-beside-a-cut"
	cut.Actions = []Action{{At: 5 * Second, Do: DoPartition, Who: []string{"seed-1"}, For: 10 * Second}}
	for _, s := range []Scenario{calm, cut} {
		if fired := oraclesFired(s, "", nil); len(fired) > 0 {
			t.Errorf("%s without a bug: %v", s.Name, fired)
		}
		if fired := oraclesFired(s, "leech", asksEverybody); !slices.ContainsFunc(fired, func(f Failure) bool {
			return f.Rule == "oracle D4" && strings.Contains(f.Detail, "came twice")
		}) {
			t.Errorf("%s: D4 does not see what comes twice; heard: %v", s.Name, fired)
		}
	}
}

// asksEverybody sends each request to all who have unchoked it, takes the first answer
// for that of the one whom the core has asked, and cancels the others.
func asksEverybody(*client.Client) plant {
	type ask struct {
		conn  boundary.ConnID
		block wire.Block
	}
	var unchoked []boundary.ConnID
	var cancels []ask
	open := make(map[ask]bool)                    // requests on the wire
	first := make(map[wire.Block]boundary.ConnID) // whom the core has asked
	drop := func(r *boundary.Received, m wire.Message) bool {
		own := ask{r.Conn, m.Block()}
		switch m.Kind {
		case wire.Unchoke:
			unchoked = append(unchoked, r.Conn)
		case wire.Choke:
			unchoked = slices.DeleteFunc(unchoked, func(c boundary.ConnID) bool { return c == r.Conn })
		case wire.Reject:
			return !open[own] || first[own.block] != r.Conn
		case wire.Piece:
			if !open[own] {
				return true // cancelled
			}
			delete(open, own)
			for _, c := range unchoked {
				cancels = append(cancels, ask{c, own.block})
			}
			r.Conn = first[own.block]
		}
		return false
	}
	seen := 0 // of the sends of this turn
	return plant{
		event: func(e boundary.Event) boundary.Event {
			if r, ok := e.(*boundary.Received); ok {
				r.Msgs = slices.DeleteFunc(r.Msgs, func(m wire.Message) bool { return drop(r, m) })
			}
			return e
		},
		effects: func(_ boundary.Event, out *boundary.Effects) {
			if len(out.Send) < seen {
				seen = 0
			}
			for _, s := range slices.Clone(out.Send[seen:]) {
				if s.Hello != nil || s.Msg.Kind != wire.Request {
					continue
				}
				b := s.Msg.Block()
				first[b], open[ask{s.Conn, b}] = s.Conn, true
				for _, c := range unchoked {
					if a := (ask{c, b}); !open[a] {
						open[a] = true
						out.Send = append(out.Send, boundary.Send{Conn: c, Msg: s.Msg})
					}
				}
			}
			for _, a := range cancels {
				if open[a] {
					delete(open, a)
					out.Send = append(out.Send, boundary.Send{Conn: a.conn, Msg: a.block.Message(wire.Cancel)})
				}
			}
			cancels, seen = cancels[:0], len(out.Send)
		},
	}
}
