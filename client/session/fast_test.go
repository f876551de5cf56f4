package session

import (
	"slices"
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

// The sentences of BEP 6, in its order.

// "Exactly one of Have All, Have None, or Have Bitfield MUST appear and only
// immediately after the handshake."
func TestBEP6FirstWord(t *testing.T) {
	newWorld(t, 64*kib, 16*kib).hearsFirst("nothing had", msg(wire.HaveNone))
	newSeed(t, 64*kib, 16*kib).hearsFirst("all had", msg(wire.HaveAll))

	w := newWorld(t, 64*kib, 16*kib)
	p := w.peer("9")
	p.sends(w.all(), msg(wire.Unchoke))
	p.answers(p.take()[:2]) // interested, and one block
	w.hearsFirst("some had", wire.Message{Kind: wire.Bitfield, Data: w.have()})
}

func (w *world) have() []byte {
	have := w.s.Torrent(torrentID).Have()
	return have.Bytes()
}

func (w *world) hearsFirst(what string, m wire.Message) {
	w.t.Helper()
	w.accepted("10.0.0.1:1000", w.hello("1", true)).want(what, m)
}

// Who sends none of the three has nothing, and is a starting peer; what it says
// later counts.
func TestBEP6NoFirstWord(t *testing.T) {
	w := newSeed(t, 640*kib, 16*kib, func(c *Config, _ *boundary.AddTorrent) { c.Slots, c.Optimistic = 0, 0 })
	p := w.fastPeer("1")
	p.sends(msg(wire.Interested))
	if got := p.take(); len(got) != 10 || got[0].Kind != wire.AllowedFast {
		t.Errorf("heard %v, want ten pieces allowed fast", got)
	}

	w = newWorld(t, 64*kib, 16*kib)
	p = w.fastPeer("2")
	p.sends(msg(wire.Unchoke))
	p.wantIdle("of who has nothing, nothing is wanted")
	p.sends(wire.Message{Kind: wire.Have, Index: 2})
	if got := p.take(); len(got) != 2 || got[0].Kind != wire.Interested || got[1].Index != 2 {
		t.Errorf("heard %v, want interest and a request of piece 2", got)
	}
	p.sends(msg(wire.HaveAll), msg(wire.HaveNone))
	if p.closed || p.status().Pieces != 0 {
		t.Errorf("closed %v, has %d pieces: the last word counts", p.closed, p.status().Pieces)
	}
}

// "When the fast extension is disabled, if a peer receives [one of its messages]
// the peer MUST close the connection."
func TestBEP6MessagesWithoutIt(t *testing.T) {
	for _, kind := range []wire.Kind{wire.HaveAll, wire.HaveNone, wire.Suggest, wire.Reject, wire.AllowedFast} {
		p := newWorld(t, 64*kib, 16*kib).peer("1")
		p.sends(wire.Message{Kind: kind, Length: 16 * kib})
		p.wantClosed(kind.String(), boundary.MalformedPacket)
	}
}

// "if a peer receives a piece that was never requested, the peer MUST close the
// connection." Without BEP 6 one may cross a choke or a cancel.
func TestBEP6UnrequestedPiece(t *testing.T) {
	w := newWorld(t, 64*kib, 16*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveAll))
	p.sends(p.block(wire.Block{Index: 1, Length: 16 * kib}))
	p.wantClosed("with BEP 6", boundary.UnrequestedPiece)

	p = w.peer("2")
	p.sends(w.all())
	for n := 0; !p.closed; n++ {
		if n > 100 {
			t.Fatal("never closed")
		}
		if p.sends(p.block(wire.Block{Index: 1, Length: 16 * kib})); n < 10 && p.closed {
			t.Fatalf("closed after %d blocks", n+1)
		}
	}
	p.wantClosed("without", boundary.UnrequestedPiece)
}

// Every request has its answer: one that is cancelled, and then served all the
// same, was requested.
func TestBEP6ServedInSpiteOfCancel(t *testing.T) {
	w := newWorld(t, 16*kib, 16*kib)
	slow, quick := w.fastPeer("1"), w.fastPeer("2")
	slow.sends(msg(wire.HaveAll), msg(wire.Unchoke))
	asked := requests(slow.take())
	w.advance(time.Minute) // it has fallen silent: its requests are withdrawn
	if !slices.ContainsFunc(slow.take(), func(m wire.Message) bool { return m.Kind == wire.Cancel }) {
		t.Fatal("nothing was cancelled")
	}
	quick.sends(msg(wire.HaveNone))
	slow.sends(slow.block(asked[0]))
	if !w.s.Torrent(torrentID).Complete() {
		t.Error("a late block is of no use")
	}
	if reason, closed := w.reason(slow.addr); closed && reason != boundary.SeedToSeed {
		t.Errorf("closed for %v", reason)
	}
}

// "every request is guaranteed to result in EXACTLY ONE response": the same one
// made twice has two.
func TestBEP6RequestedTwice(t *testing.T) {
	w := newSeed(t, 200*kib, 64*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveNone), msg(wire.Interested))
	p.take()
	b := wire.Block{Index: 1, Length: 16 * kib}
	p.sends(b.Message(wire.Request), b.Message(wire.Request))
	p.want("one rejected, one served", b.Message(wire.Reject), p.block(b))

	q := w.peer("2")
	q.sends(msg(wire.Interested))
	q.take()
	q.sends(b.Message(wire.Request), b.Message(wire.Request))
	q.want("without BEP 6 there are no rejects", q.block(b))
}

// pending makes p ask for blocks that the disk does not deliver yet.
func (w *world) pending(p *remote, blocks ...wire.Block) {
	w.t.Helper()
	var asks []wire.Message
	for _, b := range blocks {
		asks = append(asks, b.Message(wire.Request))
	}
	w.out.Reset()
	w.s.Handle(w.now, &boundary.Received{Conn: p.id, Msgs: asks}, &w.out)
	if len(w.out.Read) == 0 || len(w.out.Send) > 0 {
		w.t.Fatalf("reads %v and sends %v, want some blocks under way and no answer", w.out.Read, w.out.Send)
	}
}

// "If a peer sends a choke, it MUST reject all requests from the peer to whom
// the choke was sent except it SHOULD NOT reject requests for pieces that are in
// the allowed fast set. A peer SHOULD choke first and then reject requests".
func TestBEP6ChokeRejects(t *testing.T) {
	w := newSeed(t, 4<<20, 64*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveNone), msg(wire.Interested))
	allowed := slices.DeleteFunc(p.take(), func(m wire.Message) bool { return m.Kind != wire.AllowedFast })
	if len(allowed) != 10 {
		t.Fatalf("%d pieces allowed fast, want 10", len(allowed))
	}
	free := allowed[0].Index
	other := uint32(0)
	for slices.ContainsFunc(allowed, func(m wire.Message) bool { return m.Index == other }) {
		other++
	}
	a, b := wire.Block{Index: other, Length: 16 * kib}, wire.Block{Index: free, Length: 16 * kib}
	c := wire.Block{Index: other, Begin: 16 * kib, Length: 16 * kib}
	w.pending(p, a, b, c)
	// Four rivals take the slots when its turn is over.
	for _, id := range []string{"2", "3", "4", "5", "6"} {
		w.fastPeer(id).sends(msg(wire.HaveNone), msg(wire.Interested))
	}
	w.advance(5 * time.Minute)
	heard := slices.DeleteFunc(p.take(), func(m wire.Message) bool { return m.Kind == wire.Suggest })
	if len(heard) < 3 || heard[0].Kind != wire.Choke {
		t.Fatalf("heard %v, want a choke first", heard)
	}
	for i, x := range []wire.Block{a, c} {
		if m := heard[1+i]; m.Kind != wire.Reject || m.Block() != x {
			t.Errorf("heard %v, want a reject of %v", m, x)
		}
	}
	if slices.ContainsFunc(heard, func(m wire.Message) bool { return m.Kind == wire.Reject && m.Index == free }) {
		t.Error("a piece of the allowed fast set was rejected")
	}
}

// "If a peer receives a request from a peer its choking, the peer receiving the
// request SHOULD send a reject unless the piece is in the allowed fast set."
func TestBEP6RequestWhileChoked(t *testing.T) {
	w := newSeed(t, 4<<20, 64*kib, func(c *Config, _ *boundary.AddTorrent) { c.Slots, c.Optimistic = 0, 0 })
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveNone), msg(wire.Interested))
	allowed := p.take()
	for i := range uint32(w.meta.Info.NumPieces()) {
		b := wire.Block{Index: i, Length: 16 * kib}
		p.sends(b.Message(wire.Request))
		want := b.Message(wire.Reject)
		if slices.ContainsFunc(allowed, func(m wire.Message) bool { return m.Index == i }) {
			want = p.block(b)
		}
		p.want("while choked", want)
	}
}

// "The receiver MUST NOT interpret an Allowed Fast message as meaning that the
// message sender has the piece."
func TestBEP6AllowedFastIsNoHave(t *testing.T) {
	w := newWorld(t, 640*kib, 64*kib)
	p := w.fastPeer("1")
	p.sends(wire.Message{Kind: wire.Bitfield, Data: []byte{0b1000_0000, 0}},
		wire.Message{Kind: wire.AllowedFast, Index: 3}, wire.Message{Kind: wire.AllowedFast, Index: 0})
	w.wantAsked(p, 0)
	p.sends(wire.Message{Kind: wire.Have, Index: 3}, wire.Message{Kind: wire.Have, Index: 4})
	w.wantAsked(p, 3) // choked as we are, 4 is out of reach
}

// wantAsked serves all that p is asked for, and requires that to be one piece.
func (w *world) wantAsked(p *remote, piece uint32) {
	w.t.Helper()
	served := 0
	for range 20 {
		for _, b := range requests(p.take()) {
			if b.Index != piece {
				w.t.Fatalf("asked for %v, want blocks of piece %d", b, piece)
			}
			p.sends(p.block(b))
			served++
		}
	}
	if want := w.s.Torrent(torrentID).Have(); served == 0 || !want.Has(int(piece)) {
		w.t.Fatalf("%d blocks of piece %d were asked for, want all", served, piece)
	}
}

// "If a peer receives a reject for a request that was never sent then the peer
// SHOULD close the connection." The reason tells whether we were at the piece.
func TestBEP6RejectOfNothing(t *testing.T) {
	for _, test := range []struct {
		what  string
		index uint32
		want  boundary.Reason
	}{
		{"of a piece that is not begun", 1, boundary.RejectNotInProgress},
		{"of a piece that does not exist", 1 << 31, boundary.RejectNotInProgress},
		{"of a piece that is", 0, boundary.UnrequestedReject},
	} {
		w := newWorld(t, 64*kib, 32*kib)
		p := w.fastPeer("1")
		p.sends(wire.Message{Kind: wire.Bitfield, Data: []byte{0b1000_0000}}, msg(wire.Unchoke))
		if len(requests(p.take())) != 2 {
			t.Fatal("piece 0 was not asked for")
		}
		nothing := wire.Block{Index: test.index, Begin: 3, Length: 16 * kib}.Message(wire.Reject)
		p.sends(nothing)
		if p.closed {
			t.Errorf("%s: closed for one", test.what)
		}
		for range 100 {
			if !p.closed {
				p.sends(nothing)
			}
		}
		p.wantClosed(test.what, test.want)
	}
}

// A piece that turns out to be damaged is not sent to who has asked for it
// before, and not dropped in silence either.
func TestBEP6DamagedPieceIsRejected(t *testing.T) {
	w := newSeed(t, 64*kib, 16*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveNone), msg(wire.Interested))
	p.take()
	bad, good := wire.Block{Index: 1, Length: 16 * kib}, wire.Block{Index: 2, Length: 16 * kib}
	w.pending(p, bad, good)
	w.disk[1][0] ^= 1
	w.handle(boundary.Hashcheck{Torrent: torrentID, Pieces: []int{1}})
	heard := p.take()
	if len(heard) == 0 || heard[0].Kind != wire.Reject || heard[0].Block() != bad {
		t.Errorf("heard %v, want a reject of %v", heard, bad)
	}
	if slices.ContainsFunc(heard, func(m wire.Message) bool { return m.Block() == good && m.Kind == wire.Reject }) {
		t.Error("the other piece was rejected too")
	}
}
