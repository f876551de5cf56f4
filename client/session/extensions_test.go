package session

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client/addrbook"
	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/torrent"
	"bt/client/wire"
)

// extPeer is an incoming peer that speaks the extension protocol, and the Fast
// extension if fast, past the handshakes.
func (w *world) extPeer(id string, fast bool) *remote {
	w.t.Helper()
	h := w.hello(id, fast)
	h.SetExtended()
	return w.accepted("10.0.0."+id+":1000", h)
}

// tells is an extended handshake.
func tells(h wire.ExtendedHandshake) wire.Message {
	return wire.Message{Kind: wire.Extended, Sub: wire.ExtendedHandshakeID, Data: h.Append(nil)}
}

// told takes the one extended handshake that was heard, and requires it to come
// after the given messages.
func (r *remote) told(what string, before ...wire.Message) wire.ExtendedHandshake {
	r.w.t.Helper()
	var h wire.ExtendedHandshake
	var err error
	heard := r.take()
	if n := len(heard); n == 0 || heard[n-1].Kind != wire.Extended || heard[n-1].Sub != wire.ExtendedHandshakeID {
		r.w.t.Fatalf("%s: heard %v, want an extended handshake at the end", what, heard)
	}
	last := heard[len(heard)-1]
	if h, err = wire.ParseExtendedHandshake(last.Data); err != nil {
		r.w.t.Fatalf("%s: %v", what, err)
	}
	r.heard = heard[:len(heard)-1]
	r.want(what, before...)
	return h
}

// status is how the torrent shows a peer.
func (r *remote) status() torrent.PeerStatus {
	r.w.t.Helper()
	all := r.w.s.Torrent(torrentID).PeerStatuses(r.w.now)
	i := slices.IndexFunc(all, func(s torrent.PeerStatus) bool { return s.Addr == r.addr })
	if i < 0 {
		r.w.t.Fatalf("%v is no peer", r.addr)
	}
	return all[i]
}

func versioned(c *Config, _ *boundary.AddTorrent) { c.Version = "bt/1.2.3" }

func TestBEP10WeIntroduceOurselves(t *testing.T) {
	w := newWorld(t, 64*kib, 16*kib, versioned)
	p := w.extPeer("1", true)
	if !p.hello.SupportsExtended() {
		t.Error("the extension protocol is not offered")
	}
	got := p.told("a leech, after its word of what it has", msg(wire.HaveNone))
	want := wire.ExtendedHandshake{Version: "bt/1.2.3", Reqq: 2000, YourIP: p.addr.Addr()}
	if got != want {
		t.Errorf("said %+v, want %+v", got, want)
	}

	// BEP 10: who was dialled has its port known.
	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.6:6")}})
	h := w.hello("other", false)
	h.SetExtended()
	if got := w.dialled(h).told("who has nothing says nothing before, without BEP 6"); got.Port != 6881 {
		t.Errorf("who was dialled by us is told port %d, want 6881", got.Port)
	}

	w.fastPeer("3").wantIdle("a peer without the extension protocol is told nothing of it")

	seed := newSeed(t, 64*kib, 16*kib, versioned)
	if h := seed.extPeer("1", false).told("a seed", seed.all()); !h.UploadOnly {
		t.Error("a seed does not say that it is upload-only")
	}
}

func TestBEP10WhatTheyTell(t *testing.T) {
	w := newWorld(t, 64*kib, 16*kib)
	p := w.extPeer("1", true)
	p.sends(tells(wire.ExtendedHandshake{Version: "Other\x1b 2.0"}))
	if got := p.status().Client; got != "Other? 2.0" {
		t.Errorf("client %q", got)
	}
	p.sends(tells(wire.ExtendedHandshake{Version: "Other 2.1"}))
	if got := p.status().Client; got != "Other 2.1" {
		t.Errorf("client %q after a second handshake", got)
	}
	p.sends(wire.Message{Kind: wire.Extended, Sub: 7, Data: []byte("of an extension that we have not offered")})
	plain := w.fastPeer("2")
	plain.sends(wire.Message{Kind: wire.Extended, Data: []byte("no dictionary, and never agreed upon")})
	if p.closed || plain.closed {
		t.Error("closed for what is to be ignored")
	}
	p.sends(wire.Message{Kind: wire.Extended, Data: []byte("3:abc")})
	p.wantClosed("a handshake that is none", boundary.MalformedPacket)
}

// outstandingMax serves a download as fast as it asks, and returns how many
// requests were outstanding at most.
func outstandingMax(w *world, p *remote) (most int) {
	var open []wire.Message
	for range 5000 {
		open = append(open, slices.DeleteFunc(p.take(), func(m wire.Message) bool { return m.Kind != wire.Request })...)
		most = max(most, len(open))
		if len(open) == 0 || p.closed {
			return most
		}
		// Half of them in one read, as they come from a fast peer.
		n := (len(open) + 1) / 2
		var blocks []wire.Message
		for _, m := range open[:n] {
			blocks = append(blocks, p.block(m.Block()))
		}
		open = open[n:]
		p.sends(blocks...)
	}
	w.t.Fatal("the download does not end")
	return 0
}

func TestBEP10RequestsWithinReqq(t *testing.T) {
	for _, test := range []struct {
		what        string
		reqq        int
		least, most int
	}{
		{"one", 1, 1, 1},
		{"few", 3, 3, 3},
		{"as many as are taken for granted", 250, 250, 250},
		{"not said", 0, 250, 250},
		{"many", 2000, 251, 1000},
	} {
		t.Run(test.what, func(t *testing.T) {
			w := newWorld(t, 12<<20, 256*kib)
			p := w.extPeer("1", true)
			p.sends(tells(wire.ExtendedHandshake{Reqq: test.reqq}), msg(wire.HaveAll), msg(wire.Unchoke))
			if got := outstandingMax(w, p); got < test.least || got > test.most {
				t.Errorf("%d requests outstanding, want %d to %d", got, test.least, test.most)
			}
		})
	}
	t.Run("lowered later", func(t *testing.T) {
		w := newWorld(t, 12<<20, 256*kib)
		p := w.extPeer("1", true)
		p.sends(msg(wire.HaveAll), msg(wire.Unchoke))
		p.answers(p.take())
		p.answers(p.take())
		p.sends(tells(wire.ExtendedHandshake{Reqq: 2}))
		p.answers(p.take())
		if got := outstandingMax(w, p); got > 2 {
			t.Errorf("%d requests outstanding, want at most 2", got)
		}
	})
}

func TestBEP21ToldWhenItChanges(t *testing.T) {
	w := newWorld(t, 32*kib, 16*kib)
	watcher := w.extPeer("9", true)
	if watcher.told("", msg(wire.HaveNone)).UploadOnly {
		t.Error("a leech says that it is upload-only")
	}
	p := w.fastPeer("1")
	p.sends(msg(wire.HaveAll), msg(wire.Unchoke))
	p.answers(p.take())
	have := func(i uint32) wire.Message { return wire.Message{Kind: wire.Have, Index: i} }
	heard := watcher.take()
	if len(heard) != 3 || heard[2].Kind != wire.Extended {
		t.Fatalf("heard %v, want two HAVEs and a handshake", heard)
	}
	watcher.heard = heard[2:]
	if !watcher.told("complete").UploadOnly {
		t.Error("complete, and does not say so")
	}

	w.disk[1][0] ^= 1
	w.handle(boundary.Hashcheck{Torrent: torrentID})
	if watcher.told("damaged").UploadOnly {
		t.Error("damaged, and still upload-only")
	}
	q := w.fastPeer("2")
	q.sends(msg(wire.HaveAll), msg(wire.Unchoke))
	q.answers(q.take())
	if !watcher.told("mended", have(1)).UploadOnly && !watcher.closed {
		t.Error("mended, and does not say so")
	}
}

func TestBEP21UploadOnlyMeetsUploadOnly(t *testing.T) {
	partial := wire.ExtendedHandshake{UploadOnly: true}
	half := wire.Message{Kind: wire.Bitfield, Data: []byte{0b1100_0000}}

	w := newSeed(t, 64*kib, 16*kib)
	p := w.extPeer("1", true)
	p.sends(half, tells(partial))
	p.wantClosed("a seed meets a partial seed", boundary.SeedToSeed)

	w = newSeed(t, 64*kib, 16*kib)
	p = w.extPeer("2", true)
	p.sends(half, tells(wire.ExtendedHandshake{}))
	if p.closed {
		t.Fatal("closed though it downloads")
	}
	p.sends(tells(partial))
	p.wantClosed("who becomes one later", boundary.SeedToSeed)

	w = newWorld(t, 64*kib, 16*kib)
	p = w.extPeer("3", true)
	p.sends(half, tells(partial))
	if p.closed {
		t.Fatal("a partial seed is of use to a leech")
	}
	w.handle(boundary.SetPriorities{Torrent: torrentID, Priorities: []int{0}})
	p.wantClosed("nothing is wanted on either side", boundary.SeedToSeed)
}

// A partial seed that says that it is interested gets no slot: others could use
// it.
func TestBEP21UploadOnlyIsNotUnchoked(t *testing.T) {
	w := newWorld(t, 64*kib, 16*kib, func(c *Config, _ *boundary.AddTorrent) { c.Slots, c.Optimistic = 1, 0 })
	p := w.extPeer("1", true)
	p.take()
	p.sends(msg(wire.HaveNone), tells(wire.ExtendedHandshake{UploadOnly: true}), msg(wire.Interested))
	w.advance(time.Minute)
	for _, m := range p.take() {
		if m.Kind == wire.Unchoke {
			t.Error("unchoked")
		}
	}
	if !p.status().UploadOnly {
		t.Error("not shown as upload-only")
	}
	p.sends(tells(wire.ExtendedHandshake{UploadOnly: false}))
	w.advance(time.Minute)
	if !slices.ContainsFunc(p.take(), func(m wire.Message) bool { return m.Kind == wire.Unchoke }) {
		t.Error("not unchoked after it has taken it back")
	}
}

// Seeds that were sent away are dialled again when something more is wanted.
func TestBEP21SeedsComeBack(t *testing.T) {
	w := newWorld(t, 64*kib, 16*kib)
	addr := netip.MustParseAddrPort("10.0.0.6:6")
	w.handle(boundary.AddPeers{Torrent: torrentID, Peers: []netip.AddrPort{addr}})
	p := w.dialled(w.hello("1", true))
	p.sends(msg(wire.HaveAll))
	w.handle(boundary.SetPriorities{Torrent: torrentID, Priorities: []int{0}})
	p.wantClosed("nothing is wanted", boundary.SeedToSeed)
	w.advance(time.Hour)
	if len(w.dials) > 0 {
		t.Fatal("dialled though nothing is wanted of it")
	}
	w.handle(boundary.SetPriorities{Torrent: torrentID, Priorities: []int{1}})
	if len(w.dials) != 1 || w.dials[0].Addr != addr {
		t.Errorf("dialled %v, want %v", w.dials, addr)
	}
}

// BEP 27: private torrents are spoken of to their trackers only. We have neither
// DHT nor PEX, so that nothing of the kind may be offered for any torrent.
func TestBEP27NothingIsOffered(t *testing.T) {
	for _, private := range []bool{false, true} {
		w := newWorld(t, 64*kib, 16*kib, func(_ *Config, a *boundary.AddTorrent) {
			b := metainfo.Builder{
				Name: "x", Single: true, PieceLength: 16 * kib, Private: private,
				Files: []metainfo.BuildFile{{Path: []string{"x"}, Length: 16 * kib}},
			}
			raw, err := b.Encode(make([]metainfo.Hash, 1))
			if err != nil {
				t.Fatal(err)
			}
			if a.Meta, err = metainfo.Parse(raw); err != nil || a.Meta.Info.Private != private {
				t.Fatalf("private %v, %v", a.Meta.Info.Private, err)
			}
		})
		h := &wire.Handshake{InfoHash: w.s.Torrent(torrentID).InfoHash(), PeerID: [20]byte{'1'}}
		h.SetExtended()
		h.SetDHT()
		p := w.accepted("10.0.0.1:1", h)
		if p.hello.SupportsDHT() {
			t.Errorf("private %v: offers a DHT", private)
		}
		if m := p.told("").Messages; m != (wire.ExtendedIDs{}) {
			t.Errorf("private %v: offers %+v", private, m)
		}
	}
}

// The order in which addresses are dialled is that of their priority (BEP 40) as
// soon as two peers agree on what our address is.
func TestBEP40AddressByTwoWitnesses(t *testing.T) {
	self := netip.MustParseAddr("203.0.113.7")
	says := tells(wire.ExtendedHandshake{YourIP: self})
	var addrs []netip.AddrPort
	for i := range byte(20) {
		addrs = append(addrs, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9 + i, 3 * i, i}), 7000))
	}
	byPriority := slices.SortedFunc(slices.Values(addrs), func(a, b netip.AddrPort) int {
		pa, pb := addrbook.Priority(netip.AddrPortFrom(self, 6881), a), addrbook.Priority(netip.AddrPortFrom(self, 6881), b)
		switch {
		case pa > pb:
			return -1
		case pa < pb:
			return 1
		}
		return 0
	})
	if slices.Equal(byPriority, addrs) {
		t.Fatal("this test can not tell the orders apart")
	}
	h := func(w *world, id string) *wire.Handshake {
		h := w.hello(id, true)
		h.SetExtended()
		return h
	}
	for _, test := range []struct {
		what      string
		witnesses func(w *world)
		want      []netip.AddrPort
	}{
		{"nobody", func(*world) {}, addrs},
		{"one", func(w *world) { w.extPeer("1", true).sends(says, says) }, addrs},
		{"two at one address", func(w *world) {
			w.accepted("10.0.0.1:1", h(w, "1")).sends(says)
			w.accepted("10.0.0.1:2", h(w, "2")).sends(says)
		}, addrs},
		{"two that differ", func(w *world) {
			w.extPeer("1", true).sends(says)
			w.extPeer("2", true).sends(tells(wire.ExtendedHandshake{YourIP: netip.MustParseAddr("198.51.100.1")}))
		}, addrs},
		{"two that say nonsense", func(w *world) {
			w.extPeer("1", true).sends(tells(wire.ExtendedHandshake{YourIP: netip.IPv4Unspecified()}))
			w.extPeer("2", true).sends(tells(wire.ExtendedHandshake{YourIP: netip.IPv4Unspecified()}))
		}, addrs},
		{"two", func(w *world) {
			w.extPeer("1", true).sends(says)
			w.extPeer("2", true).sends(says)
		}, byPriority},
	} {
		t.Run(test.what, func(t *testing.T) {
			w := newWorld(t, 64*kib, 64*kib, func(c *Config, _ *boundary.AddTorrent) { c.MaxHalfOpen = 1 })
			test.witnesses(w)
			// One dial is under way while the others become known.
			w.handle(boundary.AddPeers{Torrent: torrentID, Peers: []netip.AddrPort{netip.MustParseAddrPort("10.0.9.9:1")}})
			w.handle(boundary.AddPeers{Torrent: torrentID, Peers: addrs})
			var got []netip.AddrPort
			for len(w.dials) > 0 && len(got) < len(addrs) {
				d := w.dials[0]
				w.dials = w.dials[1:]
				if d.Addr.Port() == 7000 {
					got = append(got, d.Addr)
				}
				w.handle(boundary.Closed{Conn: d.Conn, Err: errors.New("refused")})
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("dialled %v, want %v", got, test.want)
			}
		})
	}
}

func TestBEP48ScrapeWhereTheAnnounceDoesNotTell(t *testing.T) {
	w := newWorld(t, 16*kib, 16*kib)
	fetched := func(body string) {
		t.Helper()
		f := w.fetches[0]
		w.fetches = w.fetches[1:]
		w.handle(boundary.Fetched{ID: f.ID, Status: 200, Body: []byte(body)})
	}
	fetched("d8:intervali1800e5:peers0:e")
	if len(w.fetches) != 1 || !strings.HasPrefix(w.fetches[0].URL, "http://tracker.example/scrape?info_hash=") {
		t.Fatalf("asks %v, want a scrape", w.fetches)
	}
	hash := string(w.meta.InfoHash[:])
	fetched(fmt.Sprintf("d5:filesd20:%sd8:completei11e10:downloadedi13772e10:incompletei19eeee", hash))
	tiers := w.s.Torrent(torrentID).Trackers()
	if tiers[0].Complete != 11 || tiers[0].Incomplete != 19 {
		t.Errorf("%d seeds and %d leeches, want 11 and 19", tiers[0].Complete, tiers[0].Incomplete)
	}
	if len(w.fetches) > 0 {
		t.Errorf("asks on: %v", w.fetches)
	}

	// Answers that tell nothing change nothing, and are no failure of the tracker.
	for _, answer := range []boundary.Fetched{
		{Status: 404, Body: []byte("not here")},
		{Status: 200, Body: []byte("d14:failure reason2:noe")},
		{Status: 200, Body: []byte("d5:filesdee")},
	} {
		w.advance(30 * time.Minute)
		fetched("d8:intervali1800e5:peers0:e")
		if len(w.fetches) != 1 {
			t.Fatalf("asks %v, want a scrape", w.fetches)
		}
		answer.ID, w.fetches = w.fetches[0].ID, nil
		w.handle(answer)
		if got := w.s.Torrent(torrentID).Trackers()[0]; got.Complete != 11 || got.Err != nil {
			t.Errorf("after %q: %d seeds, error %v", answer.Body, got.Complete, got.Err)
		}
	}
	w.advance(30 * time.Minute)
	fetched("d8:intervali1800e5:peers0:e")
	if len(w.fetches) > 0 {
		t.Errorf("asks %v after three scrapes in vain", w.fetches)
	}
	if n := count[boundary.TrackerFailed](w); n > 0 {
		t.Errorf("%d failures told", n)
	}
}
