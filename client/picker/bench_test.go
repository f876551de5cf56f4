package picker

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"bt/client/bitfield"
	"bt/client/wire"
)

// BenchmarkBlock is the life of a block: picked, received, and its piece
// verified and, so that it can go on for ever, lost again. Its cost must not
// depend on how many pieces there are.
func BenchmarkBlock(b *testing.B) {
	for _, pieces := range []int{100, 1000, 100_000} {
		for _, peers := range []int{1, 50} {
			b.Run(fmt.Sprintf("pieces=%d/peers=%d", pieces, peers), func(b *testing.B) {
				benchmarkBlock(b, pieces, peers)
			})
		}
	}
}

func benchmarkBlock(b *testing.B, pieces, peers int) {
	d := newDownload(pieces, peers)
	for i := range 2 * pieces { // until nothing grows any more
		d.block(PeerID(i % peers))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		d.block(PeerID(i % peers))
	}
}

// download has half of its pieces at any time, from peers with two thirds each.
type download struct {
	p       *Picker
	has     []bitfield.Bitfield
	queue   [][]wire.Block // requests of each peer, oldest first
	scratch []PeerID
	done    []int // ring of verified pieces, the oldest of which is lost next
	at      int
}

func newDownload(pieces, peers int) *download {
	d := &download{
		p:     newTest(pieces, 16),
		has:   make([]bitfield.Bitfield, peers),
		queue: make([][]wire.Block, peers),
		done:  make([]int, pieces/2),
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for i := range d.has {
		d.has[i] = bitfield.New(pieces)
		for k := range pieces {
			if peers == 1 || rnd.IntN(3) > 0 {
				d.has[i].Set(k)
			}
		}
		d.p.AddPeer(&d.has[i])
	}
	for i := range d.done {
		d.done[i] = i
		d.p.SetHave(i)
	}
	return d
}

// block lets a peer deliver one block, and fills its pipeline.
func (d *download) block(peer PeerID) {
	const pipeline = 10
	q := d.queue[peer]
	if len(q) > 0 {
		var complete bool
		d.scratch, _, complete = d.p.Received(d.scratch[:0], peer, q[0])
		if complete {
			piece := int(q[0].Index)
			d.p.SetHave(piece)
			d.p.ClearHave(d.done[d.at])
			d.done[d.at] = piece
			d.at = (d.at + 1) % len(d.done)
		}
		q = q[:copy(q, q[1:])]
	}
	d.queue[peer] = d.p.Pick(q, peer, &d.has[peer], pipeline-len(q), PickOptions{})
}

// In steady state no block costs an allocation.
func TestBlocksDoNotAllocate(t *testing.T) {
	const peers = 20
	d, i := newDownload(500, peers), 0
	next := func() {
		d.block(PeerID(i % peers))
		i++
	}
	for range 20_000 {
		next()
	}
	if n := testing.AllocsPerRun(5000, next); n != 0 {
		t.Errorf("%v allocations a block", n)
	}
}

// BenchmarkNothingLeft asks for a peer that has room, and nothing to give.
func BenchmarkNothingLeft(b *testing.B) {
	const pieces = 100_000
	p := newTest(pieces, 16)
	has := bitfield.New(pieces)
	for i := range pieces / 2 {
		has.Set(i)
		p.SetHave(i)
	}
	p.AddPeer(all(pieces))
	p.AddPeer(&has)
	for b.Loop() {
		if got := p.Pick(nil, 1, &has, 1, PickOptions{}); got != nil {
			b.Fatalf("picked %v", got)
		}
	}
}

// BenchmarkHave counts a piece more and less.
func BenchmarkHave(b *testing.B) {
	const pieces = 100_000
	p := newTest(pieces, 16)
	for range 50 {
		p.AddPeer(only(pieces, 1))
	}
	for i := 0; b.Loop(); i++ {
		p.PeerHas(i % pieces)
		if i%pieces == pieces-1 {
			b.StopTimer()
			p.RemovePeer(all(pieces))
			p.peers++
			b.StartTimer()
		}
	}
}
