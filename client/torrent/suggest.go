package torrent

import (
	"math/rand/v2"
	"time"

	"bt/client/boundary"
	"bt/client/peer"
)

// suggester makes a seed hand out different pieces to different peers. Left to
// themselves, several would ask it for the same one, because none can know what
// the others are in the middle of; the seed would send every piece more than
// once before all were out. BEP 6 has Suggest Piece for this: "super-seeding
// without throughput reduction, to avoid redundant downloads". Each piece is
// suggested once, to one peer; when all are out, the seed falls silent.
type suggester struct {
	order []int // of the pieces, at random; nil before the first suggestion
	next  int
	rng   *rand.Rand
}

// pick returns the next piece that nobody has, and that p could take.
func (s *suggester) pick(pieces int, nobodyHas func(int) bool) (int, bool) {
	if s.order == nil {
		s.order = s.rng.Perm(pieces)
	}
	for s.next < len(s.order) {
		piece := s.order[s.next]
		s.next++
		if nobodyHas(piece) {
			return piece, true
		}
	}
	return 0, false
}

// maybeSuggest hints at the piece that p should ask us for next.
func (t *Torrent) maybeSuggest(now time.Time, p *peer.Peer, out *boundary.Effects) {
	if !t.pieces.seed() || !p.WantsHint() || len(t.peers) < 2 {
		return
	}
	piece, ok := t.suggester.pick(t.info.NumPieces(), func(i int) bool { return t.picker.Availability(i) == 0 })
	if ok {
		p.Suggest(now, piece, out)
	}
}
