package session

import (
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

// pieces counts the blocks heard since the last look.
func (r *remote) pieces() (n int) {
	for _, m := range r.take() {
		if m.Kind == wire.Piece {
			n++
		}
	}
	return n
}

func TestUploadLimit(t *testing.T) {
	for _, whose := range []boundary.TorrentID{torrentID, boundary.NoTorrent} {
		w := newSeed(t, 4<<20, 64*kib)
		w.handle(boundary.SetLimits{Torrent: whose, Up: 64 * kib})
		peers := []*remote{w.fastPeer("1"), w.fastPeer("2")}
		for _, p := range peers {
			p.sends(msg(wire.Interested))
			for i := range 100 {
				p.sends(wire.Block{Index: uint32(i / 4), Begin: uint32(i%4) * wire.BlockSize, Length: wire.BlockSize}.Message(wire.Request))
			}
		}
		got := []int{peers[0].pieces(), peers[1].pieces()}
		for range 10 {
			w.advance(time.Second)
			inSecond := 0
			for i, p := range peers {
				n := p.pieces()
				got[i] += n
				inSecond += n
			}
			if inSecond > 5 {
				t.Errorf("torrent %d: %d blocks in a second, the limit is 4 and one over", whose, inSecond)
			}
		}
		if total := got[0] + got[1]; total < 38 || total > 41 {
			t.Errorf("torrent %d: %d blocks in 10 s, want about 40", whose, total)
		}
		if got[0] < 10 || got[1] < 10 {
			t.Errorf("torrent %d: shared as %d to %d", whose, got[0], got[1])
		}
		w.handle(boundary.SetLimits{Torrent: whose})
		if peers[0].pieces()+peers[1].pieces() == 0 {
			t.Errorf("torrent %d: nothing goes on when the limit is lifted", whose)
		}
	}
}

func TestDownloadLimit(t *testing.T) {
	w := newWorld(t, 4<<20, 64*kib, func(_ *Config, a *boundary.AddTorrent) { a.DownLimit = 64 * kib })
	peers := []*remote{w.peer("1"), w.peer("2")}
	for _, p := range peers {
		p.sends(w.all(), msg(wire.Unchoke))
	}
	got := 0
	for range 100 {
		w.advance(100 * time.Millisecond)
		for _, p := range peers {
			got += p.answers(p.take())
		}
	}
	if got < 38 || got > 41 {
		t.Errorf("%d blocks in 10 s, want about 40", got)
	}
}

func TestPrioritiesInMidFlight(t *testing.T) {
	w := newWorld(t, 1<<20, 64*kib)
	p := w.peer("1")
	p.sends(w.all(), msg(wire.Unchoke))
	asked := 0
	for _, m := range p.take() {
		if m.Kind == wire.Request {
			asked++
		}
	}
	w.handle(boundary.SetPriorities{Torrent: torrentID, Priorities: []int{0}})
	cancels, uninterested := 0, false
	for _, m := range p.take() {
		switch m.Kind {
		case wire.Cancel:
			cancels++
		case wire.NotInterested:
			uninterested = true
		default:
			t.Errorf("heard %v", m)
		}
	}
	if cancels != asked || asked == 0 || !uninterested {
		t.Errorf("%d of %d requests cancelled, uninterested %v", cancels, asked, uninterested)
	}
	if !w.s.Torrent(torrentID).Complete() || w.s.Torrent(torrentID).Seed() {
		t.Error("nothing is wanted, so all that is wanted is had; but it is no seed")
	}
	p.wantClosed("of a seed nothing more is wanted", boundary.SeedToSeed)
	w.handle(boundary.SetPriorities{Torrent: torrentID, Priorities: []int{3}})
	p = w.peer("2")
	p.sends(w.all(), msg(wire.Unchoke))
	for range 100 {
		p.answers(p.take())
	}
	if !w.s.Torrent(torrentID).Seed() {
		t.Error("wanted again, and not downloaded")
	}
}
