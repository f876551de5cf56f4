package session

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/peer"
	"bt/client/wire"

	"pgregory.net/rapid"
)

const kib = 1 << 10

func msg(k wire.Kind) wire.Message { return wire.Message{Kind: k} }

// all is a bitfield message of a peer that has every piece.
func (w *world) all() wire.Message {
	b := bitfield.New(w.meta.Info.NumPieces())
	b.SetAll()
	return wire.Message{Kind: wire.Bitfield, Data: b.Bytes()}
}

func TestDownloadFromOnePeer(t *testing.T) {
	w := newWorld(t, 100*kib, 32*kib)
	p := w.peer("1")
	p.wantIdle("who has nothing says nothing without BEP 6")
	p.sends(w.all())
	p.want("an interesting peer is told so", msg(wire.Interested))
	p.sends(msg(wire.Unchoke))
	for rounds := 0; !w.s.Torrent(torrentID).Complete(); rounds++ {
		if rounds > 20 {
			t.Fatal("does not complete")
		}
		p.answers(p.take())
	}
	for i := range w.meta.Info.NumPieces() {
		if !slices.Equal(w.disk[i], w.piece(i)) {
			t.Errorf("piece %d is wrong on disk", i)
		}
	}
	p.wantClosed("two seeds have nothing to say to each other", boundary.SeedToSeed)
	if n := count[boundary.Completed](w); n != 1 {
		t.Errorf("completed %d times", n)
	}
	if _, _, left := w.s.Torrent(torrentID).Transferred(); left != 0 {
		t.Errorf("left %d", left)
	}
}

func TestNoRequestsWhileChoked(t *testing.T) {
	w := newWorld(t, 512*kib, 64*kib)
	p := w.peer("1")
	p.sends(w.all())
	p.want("", msg(wire.Interested))
	w.advance(2 * time.Minute)
	for _, m := range p.take() {
		if m.Kind == wire.Request {
			t.Fatalf("requested %v while choked", m)
		}
	}
	p.sends(msg(wire.Unchoke))
	asked := len(p.take())
	w.advance(time.Millisecond) // see TestR11ChokesMetAtOnce
	p.sends(msg(wire.Choke))
	p.wantIdle("choked again")
	p.sends(msg(wire.Unchoke))
	if again := len(p.take()); asked == 0 || again != asked {
		t.Errorf("asked for %d blocks, and for %d after a choke: without BEP 6 it voids them all", asked, again)
	}
}

// With BEP 6 a choke voids nothing; each request is answered by itself.
func TestChokeWithFastKeepsRequests(t *testing.T) {
	w := newWorld(t, 128*kib, 64*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveAll))
	p.sends(msg(wire.Unchoke))
	requests := p.take()[1:]
	p.sends(msg(wire.Choke))
	other := w.peer("2")
	other.sends(w.all(), msg(wire.Unchoke))
	asked := other.take()
	for _, m := range asked {
		if m.Kind == wire.Request && slices.ContainsFunc(requests, func(r wire.Message) bool { return r.Block() == m.Block() }) && len(requests) < 8 {
			t.Fatalf("%v was asked of another while still outstanding", m)
		}
	}
	for _, m := range requests {
		p.sends(m.Block().Message(wire.Reject))
	}
	other.answers(asked)
	w.advance(time.Second)
	if got := other.answers(other.take()); got == 0 && !w.s.Torrent(torrentID).Complete() {
		t.Error("rejected blocks were not asked of another")
	}
}

func TestR13HaveOnlyAfterDisk(t *testing.T) {
	w := newWorld(t, 64*kib, 16*kib)
	watcher := w.peer("9")
	p := w.peer("1")
	p.sends(w.all())
	w.holdDisk = true
	p.sends(msg(wire.Unchoke))
	p.answers(p.take())
	if h := watcher.take(); len(h) > 0 {
		t.Fatalf("said %v before the disk had answered", h)
	}
	w.releaseDisk()
	heard := watcher.take()
	if len(heard) != 4 {
		t.Fatalf("heard %v, want a HAVE for each of 4 pieces", heard)
	}
	for _, m := range heard {
		if m.Kind != wire.Have {
			t.Errorf("heard %v", m)
		}
	}
}

func TestEndgameCancels(t *testing.T) {
	w := newWorld(t, 16*kib, 16*kib)
	a, b := w.peer("1"), w.peer("2")
	for _, p := range []*remote{a, b} {
		p.sends(w.all(), msg(wire.Unchoke))
	}
	w.advance(time.Second)
	ra, rb := a.take(), b.take()
	block := ra[len(ra)-1].Block()
	if last := len(rb) - 1; last >= 0 && rb[last].Kind == wire.Request {
		t.Errorf("asked %v of the second, although the first is not late", rb)
	}
	w.advance(3 * time.Second) // the second is asked too, at the latest by the tick
	rb = b.take()
	if len(rb) == 0 || rb[len(rb)-1].Block() != block {
		t.Fatalf("asked %v of one and %v of the other, want the last block of both", ra, rb)
	}
	a.sends(a.block(block))
	if !slices.ContainsFunc(b.take(), func(m wire.Message) bool { return m.Kind == wire.Cancel && m.Block() == block }) {
		t.Error("the other holder was not told to cancel")
	}
	b.sends(b.block(block)) // it was on its way
	if b.closed {
		if r, _ := w.reason(b.addr); r != boundary.SeedToSeed {
			t.Errorf("closed for %v: a block that crosses its CANCEL is no offence", r)
		}
	}
}

func TestServing(t *testing.T) {
	w := newSeed(t, 200*kib, 64*kib)
	p := w.accepted("10.0.0.1:1", w.hello("1", false))
	if p.hello == nil || p.hello.InfoHash != w.meta.InfoHash {
		t.Fatal("no handshake in return")
	}
	p.want("a seed says what it has", w.all())
	p.sends(msg(wire.Interested))
	p.want("a free slot is given at once", msg(wire.Unchoke))
	r := wire.Block{Index: 3, Begin: 0, Length: 8 * kib}
	p.sends(r.Message(wire.Request))
	p.want("a request is served", p.block(r))
}

func TestR12Requests(t *testing.T) {
	request := func(index, begin, length uint32) wire.Message {
		return wire.Message{Kind: wire.Request, Index: index, Begin: begin, Length: length}
	}
	for _, test := range []struct {
		what   string
		m      wire.Message
		closes bool
	}{
		{"no such piece", request(4, 0, 1), true},
		{"beyond the end of the piece", request(0, 63*kib, 2*kib), true},
		{"overflow", request(0, 1<<32-1, 1<<32-1), true},
		{"more than 128 KiB", request(0, 0, 129*kib), true},
		{"nothing", request(0, 0, 0), true},
	} {
		w := newSeed(t, 200*kib, 64*kib)
		p := w.fastPeer("1")
		p.sends(msg(wire.Interested))
		p.take()
		p.sends(test.m)
		if p.closed != test.closes {
			t.Errorf("%s: closed %v", test.what, p.closed)
		}
	}

	w := newSeed(t, 200*kib, 64*kib)
	p := w.fastPeer("1")
	p.sends(request(0, 0, 16*kib))
	p.want("choked: rejected", request(0, 0, 16*kib).Block().Message(wire.Reject))

	w = newWorld(t, 200*kib, 64*kib)
	p = w.fastPeer("1")
	p.sends(msg(wire.Interested))
	p.take()
	p.sends(request(0, 0, 16*kib))
	p.want("not had: rejected", request(0, 0, 16*kib).Block().Message(wire.Reject))
}

func TestRequestFloodIsBounded(t *testing.T) {
	w := newSeed(t, 200*kib, 64*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.Interested))
	p.take()
	// The network takes nothing, so that nothing is served.
	w.out.Reset()
	var flood []wire.Message
	for i := range 10000 {
		flood = append(flood, wire.Message{Kind: wire.Request, Index: 0, Begin: uint32(i % 60000), Length: 1 + uint32(i/60000)})
	}
	w.s.Handle(w.now, &boundary.Received{Conn: p.id, Msgs: flood}, &w.out)
	rejects := 0
	for _, s := range w.out.Send {
		if s.Msg.Kind == wire.Reject {
			rejects++
		}
	}
	if rejects < 7000 {
		t.Errorf("%d of 10000 requests rejected", rejects)
	}
}

func TestCancelledRequestIsNotServed(t *testing.T) {
	w := newSeed(t, 64*kib, 64*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.Interested))
	p.take()
	r := wire.Block{Length: 16 * kib}
	p.sends(r.Message(wire.Request), r.Message(wire.Cancel))
	p.want("BEP 6: a cancelled request is answered by a reject", r.Message(wire.Reject))
}

func TestFailedPieceIsFetchedAgain(t *testing.T) {
	w := newWorld(t, 32*kib, 32*kib)
	bad, good := w.peer("1"), w.peer("2")
	bad.sends(w.all(), msg(wire.Unchoke))
	requests := bad.take()
	for i, m := range requests {
		if m.Kind == wire.Request {
			b := bad.block(m.Block())
			if i == len(requests)-1 {
				b.Data[0] ^= 1
			}
			bad.sends(b)
		}
	}
	bad.wantClosed("who sent all of a bad piece is banned", boundary.Banned)
	good.sends(w.all(), msg(wire.Unchoke))
	good.answers(good.take())
	if !w.s.Torrent(torrentID).Complete() {
		t.Error("not complete")
	}
	again := w.accepted("10.0.0.1:9", w.hello("other id", false))
	again.wantClosed("banned by address", boundary.Banned)
	if count[boundary.PieceFailed](w) != 1 || count[boundary.PeerBanned](w) != 1 {
		t.Errorf("%d pieces failed, %d peers banned", count[boundary.PieceFailed](w), count[boundary.PeerBanned](w))
	}
}

// Two peers share a bad piece; only the one that sent the bad block is banned,
// when the piece has come out right.
func TestInnocentSharerIsNotBanned(t *testing.T) {
	w := newWorld(t, 64*kib, 64*kib)
	bad, innocent := w.peer("1"), w.peer("2")
	bad.sends(w.all(), msg(wire.Unchoke))
	requests := slices.DeleteFunc(bad.take(), func(m wire.Message) bool { return m.Kind != wire.Request })
	first := bad.block(requests[0].Block())
	first.Data[5] ^= 1
	bad.sends(first)
	bad.sends(msg(wire.Choke))
	innocent.sends(w.all(), msg(wire.Unchoke))
	for range 10 {
		innocent.answers(innocent.take())
		w.advance(time.Second)
	}
	if !w.s.Torrent(torrentID).Complete() {
		t.Fatal("not complete")
	}
	bad.wantClosed("the guilty", boundary.Banned)
	if r, _ := w.reason(innocent.addr); r == boundary.Banned {
		t.Error("the innocent was banned")
	}
}

// What our own disk has not kept is held against nobody. A disk that keeps nothing
// stops the torrent.
func TestDiskThatKeepsNothing(t *testing.T) {
	w := newWorld(t, 32*kib, 32*kib)
	w.notKept = &boundary.DiskError{Fault: boundary.DiskCorrupt, Err: errors.New("what is read is not what was written")}
	p := w.peer("1")
	p.sends(w.all(), msg(wire.Unchoke))
	tor := w.s.Torrent(torrentID)
	for n := 1; tor.State() == boundary.Active; n++ {
		if n > 100 {
			t.Fatal("the torrent is never stopped")
		}
		p.answers(p.take())
	}
	if n := count[boundary.PieceFailed](w); n != 8 || count[boundary.ReadFailed](w) != n || count[boundary.FileFailed](w) != 1 {
		t.Errorf("%d pieces failed, told %d times, stopped %d times", n, count[boundary.ReadFailed](w), count[boundary.FileFailed](w))
	}
	if count[boundary.PeerBanned](w) != 0 {
		t.Error("the peer was banned")
	}
}

// A piece that is begun anew while it is checked is asked for once.
func TestBegunAnewWhileChecked(t *testing.T) {
	w := newWorld(t, 32*kib, 32*kib)
	p := w.peer("1")
	p.sends(w.all(), msg(wire.Unchoke))
	w.holdDisk = true
	p.answers(p.take())
	w.disk[0][5] ^= 1
	w.handle(boundary.FilesLooked{Torrent: torrentID, Changes: []boundary.FileChange{{How: boundary.FileShorter}}})
	asked := slices.DeleteFunc(p.take(), func(m wire.Message) bool { return m.Kind != wire.Request })
	if len(asked) != 2 {
		t.Fatalf("asked for %d blocks", len(asked))
	}
	w.releaseDisk()
	p.wantIdle("what was asked for is not asked for twice")
	p.answers(asked)
	if !w.s.Torrent(torrentID).Complete() {
		t.Error("not complete")
	}
}

func TestSilentPeerLosesItsRequests(t *testing.T) {
	w := newWorld(t, 64*kib, 64*kib)
	silent, other := w.peer("1"), w.peer("2")
	silent.sends(w.all(), msg(wire.Unchoke))
	asked := len(silent.take()) - 1
	if asked == 0 {
		t.Fatal("nothing asked")
	}
	w.advance(15 * time.Second)
	cancels := 0
	for _, m := range silent.take() {
		if m.Kind == wire.Cancel {
			cancels++
		}
	}
	if cancels != asked {
		t.Errorf("%d of %d requests cancelled", cancels, asked)
	}
	other.sends(w.all(), msg(wire.Unchoke))
	for range 20 {
		other.answers(other.take())
		w.advance(time.Second)
	}
	if !w.s.Torrent(torrentID).Complete() {
		t.Error("a silent peer holds up the download")
	}
	if silent.closed {
		if r, _ := w.reason(silent.addr); r != boundary.SeedToSeed {
			t.Errorf("closed for %v", r)
		}
	}
}

func TestR16Handshakes(t *testing.T) {
	w := newWorld(t, 64*kib, 64*kib)

	mute := w.accepted("10.0.0.1:1", nil)
	w.advance(peer.HandshakeTimeout - time.Millisecond)
	if mute.closed {
		t.Error("closed too early")
	}
	w.advance(time.Millisecond)
	mute.wantClosed("silent handshake", boundary.TimeoutHandshake)

	h := w.hello("x", false)
	h.InfoHash[0]++
	w.accepted("10.0.0.2:1", h).wantClosed("another torrent", boundary.NoSuchTorrent)

	own := w.accepted("10.0.0.3:1", &wire.Handshake{InfoHash: w.meta.InfoHash, PeerID: w.s.cfg.PeerID})
	own.wantClosed("ourselves", boundary.Loopback)

	garbage := w.accepted("10.0.0.4:1", nil)
	w.handle(&boundary.Received{Conn: garbage.id, Err: wire.ErrHandshake})
	garbage.wantClosed("garbage", boundary.MalformedHandshake)

	first := w.accepted("10.0.0.5:1", w.hello("twin", false))
	w.accepted("10.0.0.5:2", w.hello("twin", false)).wantClosed("a second connection of the same side", boundary.Preexisting)
	if first.closed {
		t.Error("the first was closed")
	}

	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.6:6")}})
	wrong := w.dialled(h)
	wrong.wantClosed("dialled, another torrent", boundary.HandshakeInfohash)
	if wrong.hello == nil {
		t.Error("who dials speaks first")
	}

	first.sends(w.all())
	w.handle(&boundary.Received{Conn: first.id, Err: wire.ErrMalformed})
	first.wantClosed("garbage later", boundary.MalformedPacket)

	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Stopped})
	w.accepted("10.0.0.7:1", w.hello("late", false)).wantClosed("stopped", boundary.NoSuchTorrent)
}

// When both sides have opened a connection, both keep the one that the lower
// peer id has opened.
func TestSimultaneousOpen(t *testing.T) {
	for _, id := range []string{"a lower id", "z higher id"} {
		w := newWorld(t, 64*kib, 64*kib)
		w.handle(boundary.AddPeers{Torrent: torrentID, Peers: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.6:6")}})
		out := w.dialled(nil)
		in := w.accepted("10.0.0.6:7777", w.hello(id, false))
		w.handle(&boundary.Received{Conn: out.id, Hello: w.hello(id, false)})
		theyAreLower := id < "me"
		if in.closed == theyAreLower || out.closed != theyAreLower {
			t.Errorf("%s: theirs closed %v, ours closed %v", id, in.closed, out.closed)
		}
	}
}

func TestLimits(t *testing.T) {
	w := newWorld(t, 64*kib, 64*kib, func(c *Config, _ *boundary.AddTorrent) { c.MaxPeers, c.MaxHalfOpen = 2, 1 })
	w.peer("1")
	w.peer("2")
	w.accepted("10.0.0.3:1", w.hello("3", false)).wantClosed("the third of two", boundary.TooMany)

	w = newWorld(t, 64*kib, 64*kib, func(c *Config, _ *boundary.AddTorrent) { c.MaxHalfOpen = 3 })
	var addrs []netip.AddrPort
	for i := range 20 {
		addrs = append(addrs, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}), 1))
	}
	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: addrs})
	for seen := 0; seen < 20; seen++ {
		if len(w.dials) == 0 || len(w.dials) > 3 {
			t.Fatalf("%d dials under way after %d ended, the limit is 3", len(w.dials), seen)
		}
		d := w.dials[0]
		w.dials = w.dials[1:]
		w.handle(boundary.Closed{Conn: d.Conn, Err: errors.New("refused")})
	}
}

func TestPauseAndStop(t *testing.T) {
	w := newWorld(t, 512*kib, 64*kib)
	p := w.peer("1")
	p.sends(w.all(), msg(wire.Unchoke))
	asked := len(p.take()) - 1
	fetches := len(w.fetches)
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Paused})
	cancels := p.take()
	if len(cancels) != asked {
		t.Errorf("paused: heard %v, want %d cancels", cancels, asked)
	}
	w.advance(time.Minute)
	for _, m := range p.take() {
		if m.Kind == wire.Request {
			t.Fatal("requests while paused")
		}
	}
	if len(w.fetches) != fetches {
		t.Error("a pause tells trackers nothing")
	}
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	if p.answers(p.take()) == 0 {
		t.Error("no requests after the pause")
	}
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Stopped})
	p.wantClosed("stopped", boundary.LocalStop)
}

func TestTrackerEvents(t *testing.T) {
	w := newWorld(t, 16*kib, 16*kib)
	event := func() string {
		t.Helper()
		if len(w.fetches) != 1 {
			t.Fatalf("%d announces, want one", len(w.fetches))
		}
		f := w.fetches[0]
		w.fetches = nil
		w.handle(boundary.Fetched{ID: f.ID, Status: 200, Body: []byte("d8:completei1e8:intervali1800e5:peers0:e")})
		for _, e := range []string{"started", "completed", "stopped"} {
			if strings.Contains(f.URL, "event="+e) {
				return e
			}
		}
		return ""
	}
	if e := event(); e != "started" {
		t.Errorf("first %q", e)
	}
	p := w.peer("1")
	p.sends(w.all(), msg(wire.Unchoke))
	p.answers(p.take())
	if e := event(); e != "completed" {
		t.Errorf("then %q", e)
	}
	w.advance(30 * time.Minute)
	if e := event(); e != "" {
		t.Errorf("later %q", e)
	}
	w.handle(boundary.RemoveTorrent{Torrent: torrentID})
	if e := event(); e != "stopped" {
		t.Errorf("last %q", e)
	}
	if count[boundary.TorrentRemoved](w) != 1 || w.s.Torrent(torrentID) != nil {
		t.Error("not removed")
	}
}

func TestShutdownLeavesNothing(t *testing.T) {
	w := newWorld(t, 64*kib, 64*kib)
	w.peer("1")
	w.accepted("10.0.0.2:1", nil)
	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.6:6")}})
	w.handle(boundary.Shutdown{})
	w.advance(10 * time.Second) // the tracker does not answer
	if !w.s.Closed() {
		t.Error("not closed")
	}
	if at, why := w.s.Deadline(); !at.IsZero() {
		t.Errorf("still waits for %s", why)
	}
	for _, r := range w.remotes {
		if !r.closed {
			t.Errorf("%v is still connected", r.addr)
		}
	}
	w.accepted("10.0.0.3:1", w.hello("3", false)).wantClosed("after the end", boundary.TooMany)
}

func TestResumeFromDisk(t *testing.T) {
	w := newWorld(t, 64*kib, 16*kib, func(_ *Config, a *boundary.AddTorrent) { a.State = boundary.Stopped })
	w.onDisk.SetAll()
	for p := range 4 {
		w.disk[p] = w.piece(p)
	}
	w.disk[2][7] ^= 1
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	p := w.accepted("10.0.0.1:1", w.hello("1", false))
	p.want("what is on disk and right", wire.Message{Kind: wire.Bitfield, Data: []byte{0b1101_0000}})
	if !strings.Contains(w.fetches[0].URL, "left=16384") {
		t.Errorf("announced %s", w.fetches[0].URL)
	}
	if count[boundary.Completed](w) != 0 {
		t.Error("nothing was completed")
	}
}

func TestHashcheckFindsDamage(t *testing.T) {
	w := newSeed(t, 64*kib, 16*kib)
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveAll))
	p.wantClosed("two seeds", boundary.SeedToSeed)
	w.disk[1][0] ^= 1
	w.handle(boundary.Hashcheck{Torrent: torrentID})
	if w.s.Torrent(torrentID).Seed() || count[boundary.PieceFailed](w) != 1 {
		t.Error("damage was not found")
	}
	q := w.fastPeer("2")
	q.sends(msg(wire.HaveAll))
	q.sends(msg(wire.Unchoke))
	q.answers(q.take())
	if !w.s.Torrent(torrentID).Seed() {
		t.Error("damage was not mended")
	}
}

func TestDiskFailureStops(t *testing.T) {
	w := newWorld(t, 64*kib, 64*kib)
	p := w.peer("1")
	p.sends(w.all(), msg(wire.Unchoke))
	w.holdDisk = true
	asked := p.take()[:2]
	p.answers(asked)
	blocks := []wire.Block{asked[1].Block()}
	w.held = []boundary.Event{boundary.BlocksWritten{Torrent: torrentID, N: 16 * kib, Lost: blocks, Err: errors.New("input/output error")}}
	w.releaseDisk()
	p.wantClosed("no disk, no download", boundary.LocalStop)
	if count[boundary.FileFailed](w) != 1 || w.s.Torrent(torrentID).State() != boundary.Stopped {
		t.Error("failure was not told")
	}
	w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
	q := w.peer("2")
	q.sends(w.all(), msg(wire.Unchoke))
	for range 5 {
		q.answers(q.take())
	}
	if !w.s.Torrent(torrentID).Complete() {
		t.Error("does not go on after Start")
	}
}

// TestAnything throws random protocol at a session: whatever peers say, it
// neither panics nor breaks its bounds, and an honest seed still completes it.
func TestAnything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, rapid.IntRange(1, 150*kib).Draw(rt, "size"), 32*kib)
		pieces := w.meta.Info.NumPieces()
		kinds := []wire.Kind{
			wire.Choke, wire.Unchoke, wire.Interested, wire.NotInterested, wire.Have, wire.Bitfield, wire.Request, wire.Piece,
			wire.Cancel, wire.Port, wire.Suggest, wire.HaveAll, wire.HaveNone, wire.Reject, wire.AllowedFast, wire.Extended, wire.KeepAlive,
		}
		var open []*remote
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			open = slices.DeleteFunc(open, func(r *remote) bool { return r.closed })
			switch n := rapid.IntRange(0, 9).Draw(rt, "what"); {
			case n == 0 || len(open) == 0:
				id := rapid.StringMatching("[a-e]").Draw(rt, "id")
				open = append(open, w.accepted("10.1.0.1:"+[]string{"1", "2", "3"}[len(open)%3], w.hello(id, rapid.Bool().Draw(rt, "fast"))))
			case n == 1:
				w.advance(rapid.SampledFrom([]time.Duration{time.Second, 30 * time.Second, 3 * time.Minute}).Draw(rt, "time"))
			case n == 2:
				r := rapid.SampledFrom(open).Draw(rt, "leaves")
				r.closed = true
				w.handle(boundary.Closed{Conn: r.id, Errno: rapid.SampledFrom([]int{0, 104}).Draw(rt, "errno")})
			case n == 3:
				w.handle(boundary.SetState{Torrent: torrentID, State: rapid.SampledFrom([]boundary.State{boundary.Active, boundary.Paused, boundary.Stopped}).Draw(rt, "state")})
			case n == 4:
				r := rapid.SampledFrom(open).Draw(rt, "who")
				r.answers(r.take())
			default:
				m := wire.Message{Kind: rapid.SampledFrom(kinds).Draw(rt, "kind"), Index: uint32(rapid.IntRange(0, pieces).Draw(rt, "index")), Begin: uint32(rapid.SampledFrom([]int{0, 16 * kib, 5}).Draw(rt, "begin")), Length: 16 * kib}
				switch m.Kind {
				case wire.Piece:
					m.Data = make([]byte, m.Length)
				case wire.Bitfield:
					m.Data = rapid.SliceOfN(rapid.Byte(), (pieces+7)/8, (pieces+7)/8).Draw(rt, "bits")
				}
				rapid.SampledFrom(open).Draw(rt, "who").sends(m)
			}
			if n := len(w.s.conns) + len(w.s.pending.list); n > w.s.cfg.MaxConns {
				rt.Fatalf("%d connections", n)
			}
		}
		w.handle(boundary.SetState{Torrent: torrentID, State: boundary.Active})
		honest := w.accepted("10.2.0.1:1", w.hello("honest", false))
		honest.sends(w.all(), msg(wire.Unchoke))
		for range 600 {
			if w.s.Torrent(torrentID).Complete() {
				return
			}
			honest.answers(honest.take())
			w.advance(time.Second)
		}
		rt.Fatalf("an honest seed could not complete it: %+v", w.s.Torrent(torrentID).Status(w.now))
	})
}

// The same events give the same effects.
func TestSameSeedSameAnswers(t *testing.T) {
	run := func(seed uint64) (heard []string) {
		w := newWorld(t, 1024*kib, 32*kib, func(c *Config, _ *boundary.AddTorrent) { c.Rand = rand.NewPCG(seed, 0) })
		for _, id := range []string{"1", "2", "3"} {
			p := w.peer(id)
			p.sends(w.all(), msg(wire.Unchoke))
			for _, m := range p.take() {
				heard = append(heard, m.String())
			}
		}
		return heard
	}
	if !slices.Equal(run(1), run(1)) {
		t.Error("same seed, other answers")
	}
	if slices.Equal(run(1), run(2)) {
		t.Error("other seed, same answers: nothing is random")
	}
}
