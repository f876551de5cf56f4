package session

import (
	"slices"
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/rate"
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

// allowance is the last AllowReads, which must be the only one since the last look.
func (w *world) allowance(what string) boundary.AllowReads {
	w.t.Helper()
	if len(w.allowed) != 1 {
		w.t.Fatalf("%s: allows reads as %v, want one word", what, w.allowed)
	}
	a := w.allowed[0]
	w.allowed = nil
	return a
}

// TestReadsAreLimited follows the core and a shell that reads all it may, and a
// block more each time.
func TestReadsAreLimited(t *testing.T) {
	for _, whose := range []boundary.TorrentID{torrentID, boundary.NoTorrent} {
		w := newWorld(t, 4<<20, 64*kib)
		if len(w.allowed) > 0 {
			t.Fatalf("no limit, and yet %v", w.allowed)
		}
		w.handle(boundary.SetLimits{Torrent: whose, Down: 64 * kib})
		a := w.allowance("a limit")
		if want := (boundary.AllowReads{Torrent: whose, Bytes: kib + 1, Chunk: 8 * kib}); a != want {
			t.Fatalf("a limit: %v, want %v", a, want)
		}
		read, begin := int64(0), w.now
		for range 40 {
			spent := a.Bytes + wire.BlockSize
			read += spent
			w.handle(boundary.ReadsSpent{Torrent: whose, Bytes: spent})
			if len(w.allowed) > 0 {
				t.Fatalf("a debt of a block, and yet %v", w.allowed)
			}
			if at, why := w.s.Deadline(); at.IsZero() || at.After(w.now.Add(time.Second)) {
				t.Fatalf("wants to be woken at %v for %q", at, why)
			}
			w.advance(time.Second)
			a = w.allowance("a second later")
		}
		if rate := read * int64(time.Second) / int64(w.now.Sub(begin)); rate > 64*kib {
			t.Errorf("%d bytes a second", rate)
		}
		w.handle(boundary.SetLimits{Torrent: whose})
		if a := w.allowance("no limit"); a.Bytes != rate.Unlimited || a.Chunk != 0 {
			t.Errorf("no limit: %v", a)
		}
		w.handle(boundary.ReadsSpent{Torrent: whose, Bytes: 1 << 20}) // was on its way
		if a := w.allowance("late news"); a.Bytes != rate.Unlimited {
			t.Errorf("late news, and no limit: %v", a)
		}
	}
}

// TestLimitedReadsAreSmall: a read is an eighth of a second's worth, a block at most,
// and never less than what is worth a read.
func TestLimitedReadsAreSmall(t *testing.T) {
	for limit, want := range map[int64]int{1: 512, 4096: 512, 80_000: 10_000, 1 << 30: wire.BlockSize} {
		w := newWorld(t, 1<<20, 64*kib, func(_ *Config, a *boundary.AddTorrent) { a.DownLimit = limit })
		if a := w.allowance("added"); a.Chunk != want {
			t.Errorf("%d bytes a second: reads of %d, want %d", limit, a.Chunk, want)
		}
	}
	w := newWorld(t, 100_000, 1000, func(c *Config, a *boundary.AddTorrent) { a.DownLimit = 80_000 })
	if a := w.allowance("added"); a.Chunk != 1000 {
		t.Errorf("pieces of 1000 bytes: reads of %d", a.Chunk)
	}
}

// TestSlowReadersArePatient: who reads 1 KiB/s cannot expect four blocks within ten
// seconds; but within 64 more.
func TestSlowReadersArePatient(t *testing.T) {
	w := newWorld(t, 1<<20, 64*kib)
	p := w.peer("1")
	p.sends(w.all(), msg(wire.Unchoke))
	if n := len(p.take()); n < 4 {
		t.Fatalf("%d requests", n)
	}
	w.handle(boundary.SetLimits{Torrent: torrentID, Down: kib})
	w.advance(70 * time.Second)
	for _, m := range p.take() {
		if m.Kind == wire.Cancel {
			t.Fatalf("%v, while the answer may lie unread", m)
		}
	}
	w.advance(10 * time.Second)
	if !slices.ContainsFunc(p.take(), func(m wire.Message) bool { return m.Kind == wire.Cancel }) {
		t.Error("a silent peer is waited for for ever")
	}
}
