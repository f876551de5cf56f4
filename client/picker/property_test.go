package picker

import (
	"math/rand/v2"
	"slices"
	"testing"

	"bt/client/bitfield"
	"bt/client/wire"
	"pgregory.net/rapid"
)

// machine drives a Picker and the reference through the same history.
type machine struct {
	geo    geometry
	picker *Picker
	ref    *reference
	peers  []PeerID // present, in join order
	nextID PeerID
}

func TestAgainstReference(t *testing.T) {
	geometries := []struct {
		name        string
		pieces      int
		pieceLength int64
		last        int64 // bytes of the last piece
	}{
		{"one block", 1, 1000, 1000},
		{"one piece", 1, 5 * wire.BlockSize, 4*wire.BlockSize + 1},
		{"two pieces", 2, 4 * wire.BlockSize, 4 * wire.BlockSize},
		{"three pieces", 3, 3*wire.BlockSize + 1, 17},
		{"a block each", 12, wire.BlockSize, wire.BlockSize - 1},
		{"less than a block each", 12, 1, 1},
		{"two blocks each", 8, 40000 - wire.BlockSize, wire.BlockSize + 1},
		{"many", 30, 2 * wire.BlockSize, wire.BlockSize},
	}
	for _, g := range geometries {
		cfg := Config{
			Pieces:      g.pieces,
			PieceLength: g.pieceLength,
			Length:      int64(g.pieces-1)*g.pieceLength + g.last,
		}
		t.Run(g.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { history(t, cfg) })
		})
	}
}

// history lets a random one happen. An action that does not apply to what there is
// calls t.Skip; rapid draws another one then, and nothing goes unchecked.
func history(t *rapid.T, cfg Config) {
	cfg.Rand = rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)
	geo := newGeometry(cfg.Pieces, cfg.PieceLength, cfg.Length)
	m := &machine{geo: geo, picker: New(cfg), ref: newReference(geo)}
	for range 3 { // Repeat by itself is short
		t.Repeat(map[string]func(*rapid.T){
			"":             m.check,
			"join":         m.join,
			"leave":        m.leave,
			"have":         m.have,
			"replace":      m.replace,
			"pick":         m.pick,
			"pick again":   m.pick, // more often than the rest
			"receive":      m.receive,
			"deliver":      m.deliver,
			"lose":         m.lose,
			"reject":       m.reject,
			"prioritise":   m.prioritise,
			"verify":       m.verify,
			"fail":         m.fail,
			"lose a piece": m.clearHave,
			"unreceive":    m.unreceive,
			"restart":      m.restart,
		})
	}
	m.checkNoLeak(t)
}

func (m *machine) piece(t *rapid.T) int { return rapid.IntRange(0, m.geo.pieces-1).Draw(t, "piece") }

func (m *machine) block(t *rapid.T) wire.Block {
	i := m.piece(t)
	return m.geo.block(i, rapid.IntRange(0, m.geo.blocks(i)-1).Draw(t, "block"))
}

// peer draws one of those present, or skips the action.
func (m *machine) peer(t *rapid.T) PeerID {
	if len(m.peers) == 0 {
		t.Skip("no peer")
	}
	return rapid.SampledFrom(m.peers).Draw(t, "peer")
}

func (m *machine) pieceSet(t *rapid.T) bitfield.Bitfield {
	has := bitfield.New(m.geo.pieces)
	switch rapid.IntRange(0, 3).Draw(t, "set") {
	case 0:
		has.SetAll()
	case 1:
		has.Set(m.piece(t))
	default:
		for i := range m.geo.pieces {
			if rapid.Bool().Draw(t, "has") {
				has.Set(i)
			}
		}
	}
	return has
}

func (m *machine) join(t *rapid.T) {
	if len(m.peers) == 5 {
		t.Skip("full house")
	}
	has := m.pieceSet(t)
	m.nextID += PeerID(len(barren{}) / 2) // every other one shares its place there
	m.peers = append(m.peers, m.nextID)
	m.ref.peers[m.nextID] = &has
	m.picker.AddPeer(&has)
}

func (m *machine) leave(t *rapid.T) { m.remove(m.peer(t)) }

func (m *machine) remove(peer PeerID) {
	for _, b := range m.outstanding(peer) {
		m.picker.Lost(peer, b)
		m.ref.lost(peer, b)
	}
	m.picker.RemovePeer(m.ref.peers[peer])
	delete(m.ref.peers, peer)
	m.peers = slices.DeleteFunc(m.peers, func(id PeerID) bool { return id == peer })
}

func (m *machine) have(t *rapid.T) {
	has, piece := m.ref.peers[m.peer(t)], m.piece(t)
	if has.Has(piece) {
		t.Skip("has it already")
	}
	has.Set(piece)
	m.picker.PeerHas(piece)
}

// replace lets a peer say anew what it has, as a late BITFIELD does.
func (m *machine) replace(t *rapid.T) {
	peer := m.peer(t)
	has := m.pieceSet(t)
	m.picker.RemovePeer(m.ref.peers[peer])
	m.picker.AddPeer(&has)
	m.ref.peers[peer] = &has
}

func (m *machine) pick(t *rapid.T) {
	peer := m.peer(t)
	n := rapid.IntRange(1, 6).Draw(t, "n")
	opt := PickOptions{
		Slow: rapid.IntRange(0, 3).Draw(t, "slow") == 0,
		Busy: rapid.IntRange(0, 3).Draw(t, "busy") == 0,
	}
	if rapid.Bool().Draw(t, "some are late") {
		opt.Sooner = func(holder PeerID, b wire.Block) bool { return (uint32(holder)+b.Index+b.Begin/wire.BlockSize)%3 > 0 }
	}
	if rapid.IntRange(0, 4).Draw(t, "choked") == 0 {
		only := m.pieceSet(t)
		opt.Only = &only
	}
	m.pickFor(t, peer, n, opt)
}

func (m *machine) pickFor(t *rapid.T, peer PeerID, n int, opt PickOptions) {
	got := m.picker.Pick(nil, peer, m.ref.peers[peer], n, opt)
	duplicates := 0
	for _, b := range got {
		if legal := m.ref.legal(peer, opt); !slices.Contains(legal, b) {
			t.Fatalf("picked %v of %v, legal is %v", b, got, legal)
		}
		if m.ref.held(b) {
			duplicates++
		}
		m.ref.request(peer, b)
		// Whoever was given something else is busy with that.
		opt.Busy = opt.Busy || duplicates == 0 || duplicates == duplicatesMax
	}
	if len(got) > n {
		t.Fatalf("picked %d blocks, %d asked for", len(got), n)
	}
	if legal := m.ref.legal(peer, opt); len(got) < n && legal != nil {
		t.Fatalf("picked %v and not %v", got, legal)
	}
}

// outstanding returns the blocks that peer is asked for.
func (m *machine) outstanding(peer PeerID) (blocks []wire.Block) {
	for i := range m.ref.pieces {
		for n, b := range m.ref.pieces[i].blocks {
			if slices.Contains(b.holders, peer) {
				blocks = append(blocks, m.geo.block(i, n))
			}
		}
	}
	return blocks
}

// deliver answers a request.
func (m *machine) deliver(t *rapid.T) {
	peer := m.peer(t)
	blocks := m.outstanding(peer)
	if len(blocks) == 0 {
		t.Skip("nothing requested")
	}
	m.arrive(t, peer, rapid.SampledFrom(blocks).Draw(t, "which"))
}

// receive takes any block, requested or not.
func (m *machine) receive(t *rapid.T) { m.arrive(t, m.peer(t), m.block(t)) }

func (m *machine) arrive(t *rapid.T, peer PeerID, b wire.Block) {
	cancel, wanted, complete := m.picker.Received(nil, peer, b)
	wantCancel, wantWanted, wantComplete := m.ref.received(peer, b)
	if !slices.Equal(cancel, wantCancel) || wanted != wantWanted || complete != wantComplete {
		t.Fatalf("received %v from %d: got %v, %v, %v, want %v, %v, %v", b, peer,
			cancel, wanted, complete, wantCancel, wantWanted, wantComplete)
	}
}

// unreceive loses a block, whether it had come or not.
func (m *machine) unreceive(t *rapid.T) {
	b := m.block(t)
	m.picker.Unreceived(b)
	m.ref.pieces[b.Index].blocks[b.Begin/wire.BlockSize].arrived = false
}

// restart loses all that has come of a piece.
func (m *machine) restart(t *rapid.T) {
	piece := m.piece(t)
	m.picker.Restart(piece)
	m.ref.forget(piece)
}

// reject takes back a request that was made.
func (m *machine) reject(t *rapid.T) {
	peer := m.peer(t)
	blocks := m.outstanding(peer)
	if len(blocks) == 0 {
		t.Skip("nothing requested")
	}
	b := rapid.SampledFrom(blocks).Draw(t, "which")
	m.picker.Lost(peer, b)
	m.ref.lost(peer, b)
}

// lose takes a request back, whether there is one or not.
func (m *machine) lose(t *rapid.T) {
	peer, b := m.peer(t), m.block(t)
	m.picker.Lost(peer, b)
	m.ref.lost(peer, b)
}

func (m *machine) prioritise(t *rapid.T) {
	piece, prio := m.piece(t), rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 1000}).Draw(t, "priority")
	m.picker.SetPriority(piece, prio)
	m.ref.pieces[piece].prio = prio
}

func (m *machine) verify(t *rapid.T) {
	piece := m.piece(t)
	p := &m.ref.pieces[piece]
	if p.arrived() < len(p.blocks) && rapid.IntRange(0, 4).Draw(t, "found on disk") > 0 {
		t.Skip("not complete")
	}
	m.picker.SetHave(piece)
	m.ref.forget(piece)
	p.have, p.suspect = true, false
}

func (m *machine) fail(t *rapid.T) {
	piece := m.piece(t)
	p := &m.ref.pieces[piece]
	m.picker.Failed(piece)
	if !p.have {
		m.ref.forget(piece)
		p.suspect = true
	}
	p.have = false
}

func (m *machine) clearHave(t *rapid.T) {
	piece := m.piece(t)
	m.picker.ClearHave(piece)
	m.ref.pieces[piece].have = false
}

// check compares all that can be asked, and the inner order.
func (m *machine) check(t *rapid.T) {
	var left int64
	for i := range m.ref.pieces {
		p := &m.ref.pieces[i]
		if got, want := m.picker.Availability(i), m.ref.availability(i); got != want {
			t.Fatalf("availability of %d: %d, want %d", i, got, want)
		}
		if got := m.picker.WantedPiece(i); got != p.wanted() {
			t.Fatalf("piece %d wanted: %v", i, got)
		}
		if p.wanted() {
			left += m.geo.pieceSize(i)
		}
		if got, want := m.picker.order.fresh(i), p.wanted() && !p.started(); got != want {
			t.Fatalf("piece %d fresh: %v, want %v", i, got, want)
		}
		if got := m.picker.started.slotOf[i] != none; got != p.started() {
			t.Fatalf("piece %d started: %v", i, got)
		}
		for n := range p.blocks {
			b := m.geo.block(i, n)
			if got, want := m.picker.Requested(b), len(p.blocks[n].holders) > 0; got != want {
				t.Fatalf("block %v requested: %v, want %v", b, got, want)
			}
		}
	}
	if got := m.picker.Left(); got != left || m.picker.Wanted() != (left > 0) {
		t.Fatalf("left %d, wanted %v; want %d", got, m.picker.Wanted(), left)
	}
	if got, want := m.picker.InEndgame(), m.ref.endgame(); got != want {
		t.Fatalf("endgame: %v, want %v", got, want)
	}
	for _, has := range m.ref.peers {
		want := false
		for i := range m.ref.pieces {
			want = want || has.Has(i) && m.ref.pieces[i].wanted()
		}
		if got := m.picker.Interesting(has); got != want {
			t.Fatalf("interesting: %v, want %v", got, want)
		}
	}
	m.checkOrder(t)
	m.audit(t)
}

// audit: whatever has happened, there is nothing to find.
func (m *machine) audit(t *rapid.T) {
	c := Census{Have: func(p int) bool { return m.ref.pieces[p].have }, Judged: func(int) bool { return true }}
	for i := range m.ref.pieces {
		c.Prio = append(c.Prio, m.ref.pieces[i].prio)
	}
	for _, peer := range m.peers {
		c.Has = append(c.Has, m.ref.peers[peer])
		for _, b := range m.outstanding(peer) {
			c.Asked = append(c.Asked, Asked{peer, b})
		}
	}
	if counts, requests, stuck := m.picker.Audit(c); counts || requests || len(stuck) > 0 {
		t.Fatalf("the audit finds counts %v, requests %v, stuck %v", counts, requests, stuck)
	}
}

// checkOrder: levels fall in priority, buckets rise in availability.
func (m *machine) checkOrder(t *rapid.T) {
	o := &m.picker.order
	count := 0
	for i, l := range o.levels {
		if len(l.pieces) == 0 || i > 0 && l.prio >= o.levels[i-1].prio {
			t.Fatalf("level %d of priority %d with %d pieces is out of place", i, l.prio, len(l.pieces))
		}
		for at, piece := range l.pieces {
			a := int(o.avail[piece])
			if int(o.pos[piece]) != at || o.prio[piece] != l.prio ||
				int(l.start(a)) > at || at >= int(l.ends[a]) {
				t.Fatalf("piece %d is out of place", piece)
			}
		}
		count += len(l.pieces)
	}
	if count != o.count {
		t.Fatalf("%d fresh pieces, counted %d", count, o.count)
	}
}

// checkNoLeak: when all peers have gone, whatever has not arrived can be had
// from the next one, once.
func (m *machine) checkNoLeak(t *rapid.T) {
	for len(m.peers) > 0 {
		m.remove(m.peers[0])
	}
	// All requests have been returned to the pool.
	r, spare := &m.picker.started.requests, 0
	for i := r.spare; i != none; i = r.pool[i].next {
		spare++
	}
	if spare != len(r.pool) {
		t.Fatalf("%d requests are left without any peer", len(r.pool)-spare)
	}

	seed := bitfield.New(m.geo.pieces)
	seed.SetAll()
	m.nextID++
	m.ref.peers[m.nextID] = &seed
	m.picker.AddPeer(&seed)
	m.pickFor(t, m.nextID, m.geo.pieces*m.geo.perPiece, PickOptions{})
	for i := range m.ref.pieces {
		if p := &m.ref.pieces[i]; p.wanted() && p.freeBlocks() > 0 {
			t.Fatalf("piece %d: a seed was asked for all but %d blocks", i, p.freeBlocks())
		}
	}
}
