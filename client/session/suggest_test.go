package session

import (
	"slices"
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

// suggestions takes what was heard since the last look, and returns the pieces
// suggested in it.
func (r *remote) suggestions() (pieces []uint32) {
	for _, m := range r.take() {
		if m.Kind == wire.Suggest {
			pieces = append(pieces, m.Index)
		}
	}
	return pieces
}

// wantPieces fails unless these are n pieces, and none of them in not. It returns
// all of both.
func wantPieces(t *testing.T, what string, pieces []uint32, n int, not []uint32) []uint32 {
	t.Helper()
	all := slices.Concat(not, pieces)
	slices.Sort(all)
	if len(pieces) != n || len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Fatalf("%s: suggested are %v, want %d and none of %v", what, pieces, n, not)
	}
	return all
}

// asksForPiece requests the first block of a piece.
func (r *remote) asksForPiece(i uint32) {
	r.w.t.Helper()
	r.sends(wire.Block{Index: i, Length: 16 * kib}.Message(wire.Request))
}

// A seed hands out what nobody has, each piece to one peer at a time. BEP 6 names
// that use: "'super-seeding' without throughput reduction, to avoid redundant
// downloads".
func TestBEP6Suggestions(t *testing.T) {
	w := newSeed(t, 16*64*kib, 64*kib, func(c *Config, _ *boundary.AddTorrent) { c.Slots, c.Optimistic = 2, 0 })
	p, q := w.fastPeer("1"), w.fastPeer("2")
	p.sends(msg(wire.HaveNone), msg(wire.Interested))
	q.sends(msg(wire.HaveNone), msg(wire.Interested))
	out := wantPieces(t, "to the first", p.suggestions(), 1, nil)
	second := q.suggestions()
	out = wantPieces(t, "to the second", second, 1, out)

	unbidden := uint32(0)
	for slices.Contains(out, unbidden) {
		unbidden++
	}
	p.asksForPiece(unbidden)
	out = wantPieces(t, "while one is not taken up", p.suggestions(), 0, append(out, unbidden))
	q.asksForPiece(second[0])
	taken := q.suggestions()
	out = wantPieces(t, "when it is taken up", taken, 1, out)
	p.sends(wire.Message{Kind: wire.Have, Index: taken[0]})
	q.asksForPiece(second[0])
	next := q.suggestions()
	out = wantPieces(t, "when somebody else has it", next, 1, out)
	for len(next) > 0 {
		q.asksForPiece(next[0])
		next = q.suggestions()
		out = wantPieces(t, "to the end", next, len(next), out)
	}
	if len(out) != w.meta.Info.NumPieces() {
		t.Errorf("in the end only %v were suggested or asked for", out)
	}
}

// Who is choked before it has asked for what was suggested to it leaves that to
// others, but not what it was sent.
func TestSuggestionsOfWhoIsChoked(t *testing.T) {
	const pieces = 4
	w := newSeed(t, pieces*16*kib, 16*kib, func(c *Config, _ *boundary.AddTorrent) { c.Slots, c.Optimistic = 1, 0 })
	w.fastPeer("3") // wants nothing; but a peer alone needs no suggestions
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveNone), msg(wire.Interested))
	promised := p.suggestions()
	if len(promised) != 1 {
		t.Fatalf("suggested are %v, want a piece", promised)
	}
	p.asksForPiece(promised[0])
	promised = append(promised, p.suggestions()...)

	q := w.fastPeer("2")
	q.sends(msg(wire.HaveNone), msg(wire.Interested))
	var got []uint32
	for range 10 {
		w.advance(10 * time.Second)
		for _, i := range q.suggestions() {
			got = append(got, i)
			q.asksForPiece(i)
		}
	}
	slices.Sort(got)
	if slices.Contains(got, promised[0]) || len(got) != pieces-1 {
		t.Errorf("the second is suggested %v, want all but %d, which the first was sent", got, promised[0])
	}
}

// A seed is told what we have, though it has it: it goes by that.
func TestSeedIsToldHave(t *testing.T) {
	w := newWorld(t, 2*16*kib, 16*kib)
	seed, other := w.fastPeer("1"), w.fastPeer("2")
	other.sends(wire.Message{Kind: wire.Bitfield, Data: []byte{0b1000_0000}})
	seed.sends(msg(wire.HaveAll), msg(wire.Unchoke))
	other.take()
	seed.answers(seed.take())
	told := func(r *remote) (n int) {
		for _, m := range r.take() {
			if m.Kind == wire.Have {
				n++
			}
		}
		return n
	}
	if n := told(seed); n != 2 {
		t.Errorf("the seed is told of %d pieces, want both", n)
	}
	if n := told(other); n != 1 {
		t.Errorf("who has one piece is told of %d, want the other one", n)
	}
}

// A peer that had everything may have lost some: it is served if it is interested.
func TestInterestedSeedIsUnchoked(t *testing.T) {
	w := newWorld(t, 2*16*kib, 16*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveAll))
	p.take()
	p.sends(msg(wire.Interested))
	if !slices.ContainsFunc(p.take(), func(m wire.Message) bool { return m.Kind == wire.Unchoke }) {
		t.Error("not unchoked")
	}
}
