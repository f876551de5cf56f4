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
// promised to one peer at a time, by a suggestion or by its own request; when all
// are out, the seed falls silent.
type suggester struct {
	order  []int                   // of the pieces, at random; nil before the first promise
	next   int                     // place in order of the next piece to look at
	held   []int                   // pieces before that which nobody had when last looked at
	owners map[int]boundary.ConnID // whom a piece is promised to
	rng    *rand.Rand
}

// heldMax bounds the pieces that were promised and are not out yet. Who does not
// tell a seed what it has gets them only on paper, so that there might be as many
// as the torrent has; the oldest are then taken to be out.
const heldMax = 256

// begin draws the order.
func (s *suggester) begin(pieces int) {
	if s.order == nil {
		s.order, s.owners = s.rng.Perm(pieces), make(map[int]boundary.ConnID)
	}
}

// done says that there is nothing left to suggest.
func (s *suggester) done() bool {
	return s.order != nil && s.next == len(s.order) && len(s.held) == 0
}

// pick returns a piece that nobody has, and that is promised to nobody here, and
// promises it.
func (s *suggester) pick(to boundary.ConnID, nobodyHas func(piece int) bool, here func(boundary.ConnID) bool) (piece int, ok bool) {
	if piece, ok = s.again(nobodyHas, here); !ok {
		piece, ok = s.first(nobodyHas, here)
	}
	if ok {
		s.owners[piece] = to
	}
	return piece, ok
}

// again is pick from the pieces that were promised before.
func (s *suggester) again(nobodyHas func(piece int) bool, here func(boundary.ConnID) bool) (piece int, ok bool) {
	kept := s.held[:0]
	for _, i := range s.held {
		if !nobodyHas(i) {
			delete(s.owners, i)
			continue
		}
		kept = append(kept, i)
		if !ok && !s.promised(i, here) {
			piece, ok = i, true
		}
	}
	s.held = kept
	return piece, ok
}

// first is pick from the others.
func (s *suggester) first(nobodyHas func(piece int) bool, here func(boundary.ConnID) bool) (piece int, ok bool) {
	for !ok && s.next < len(s.order) {
		i := s.order[s.next]
		s.next++
		if !nobodyHas(i) {
			delete(s.owners, i)
			continue
		}
		s.hold(i)
		piece, ok = i, !s.promised(i, here)
	}
	return piece, ok
}

func (s *suggester) hold(piece int) {
	if len(s.held) == heldMax {
		delete(s.owners, s.held[0])
		s.held = append(s.held[:0], s.held[1:]...)
	}
	s.held = append(s.held, piece)
}

func (s *suggester) promised(piece int, here func(boundary.ConnID) bool) bool {
	owner, ok := s.owners[piece]
	return ok && here(owner)
}

// asked notes that a peer asks for a piece, suggested or not.
func (s *suggester) asked(piece int, by boundary.ConnID, here func(boundary.ConnID) bool) {
	if !s.promised(piece, here) {
		s.owners[piece] = by
	}
}

// release takes back what was promised to a peer and is not going to be sent.
func (s *suggester) release(pieces []int, by boundary.ConnID) {
	for _, i := range pieces {
		if s.owners[i] == by {
			delete(s.owners, i)
		}
	}
}

// maybeSuggest hints at the pieces that p should ask us for next.
func (t *Torrent) maybeSuggest(now time.Time, p *peer.Peer, out *boundary.Effects) {
	if !t.suggests() {
		return
	}
	stale := func(piece int) bool { return !t.nobodyHas(piece) }
	for p.WantsHint(stale) {
		t.suggester.begin(t.info.NumPieces())
		piece, ok := t.suggester.pick(p.ID, t.nobodyHas, t.connected)
		if !ok {
			return
		}
		p.Suggest(now, piece, out)
	}
}

// notePromise notes that p is going to have a piece of us that nobody has.
func (t *Torrent) notePromise(p *peer.Peer, piece int) {
	if t.suggests() && t.nobodyHas(piece) {
		t.suggester.begin(t.info.NumPieces())
		t.suggester.asked(piece, p.ID, t.connected)
	}
}

// breakPromises lets others have what p is not going to be sent: call it before
// its requests are dropped.
func (t *Torrent) breakPromises(p *peer.Peer) {
	if t.suggests() {
		t.suggester.release(p.Unsent(), p.ID)
	}
}

// suggests says whether it can matter who is sent what: we have everything, and
// there are several to have it.
func (t *Torrent) suggests() bool {
	return t.pieces.seed() && len(t.peers) >= 2 && !t.suggester.done()
}

// nobodyHas says that none of our peers has the piece, as far as we were told.
func (t *Torrent) nobodyHas(piece int) bool { return t.picker.Availability(piece) == 0 }

func (t *Torrent) connected(id boundary.ConnID) bool { return t.byID[id] != nil }
