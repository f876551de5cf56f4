package scenarios

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client/wire"
	"bt/simnet"
)

// These tests are what hostile peers do that takes a table, or a moment that no
// scenario can name. The oracles watch all of them.

// TestScript: a script is straight-line code that waits in simulated time, and is
// over when its connection is.
func TestScript(t *testing.T) {
	var log []string
	st := newStage(t, Torrent{Piece: 32 * KiB, Size: 128 * KiB}, Actor{Name: "client", Kind: Leech})
	note := func(format string, args ...any) {
		log = append(log, fmt.Sprintf("%v ", st.now().Truncate(100*time.Millisecond))+fmt.Sprintf(format, args...))
	}
	st.until(time.Second)
	h := st.join("10.9.9.9", func(p *player) {
		defer func() { note("over") }()
		p.greet(fastHello)
		p.claimAll()
		p.expectInterested(5 * time.Second)
		note("interested")
		p.sleep(2 * time.Second)
		p.unchoke()
		b := p.expectRequest(time.Second)
		note("request of %d bytes", b.Length)
		p.serve(b, good)
		for b := range p.requests(500 * time.Millisecond) {
			p.refuse(b)
		}
		p.sleep(3 * time.Second)
		note("a nap")
		p.expectUnchoke(time.Second)
		note("never said")
	}, "client")
	st.until(20 * time.Second)
	want := "1.1s interested, 3.2s request of 16384 bytes, 6.7s a nap, 7.7s over"
	if got := strings.Join(log, ", "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if len(h.plays) != 0 || len(h.conns) != 0 {
		t.Errorf("%d scripts are under way on %d connections", len(h.plays), len(h.conns))
	}
	st.end()
}

// TestScriptEnds: a run leaves no script behind, also of a host that was killed,
// and one that fails fails the run.
func TestScriptEnds(t *testing.T) {
	ended := 0
	st := newStage(t, Torrent{Piece: 32 * KiB, Size: 128 * KiB}, Actor{Name: "client", Kind: Leech})
	st.until(time.Second)
	for _, addr := range []string{"10.9.9.1", "10.9.9.2"} {
		st.join(addr, func(p *player) {
			defer func() { ended++ }()
			p.greet(fastHello)
			p.stay()
		}, "client")
	}
	st.until(3 * time.Second)
	st.hostiles["10.9.9.1"].host.Kill()
	st.end()
	if ended != 2 {
		t.Errorf("%d scripts have ended, want 2", ended)
	}

	st = newStage(t, Torrent{Piece: 32 * KiB, Size: 128 * KiB}, Actor{Name: "client", Kind: Leech})
	st.join("10.9.9.1", func(*player) { panic("a mistake in the script") }, "client")
	defer func() {
		if x := recover(); x != "a mistake in the script" {
			t.Errorf("the run goes on: %v", x)
		}
	}()
	st.until(3 * time.Second)
}

// TestMissed: what a script expects in vain is known, and the end of it.
func TestMissed(t *testing.T) {
	st := newStage(t, Torrent{Piece: 32 * KiB, Size: 128 * KiB}, Actor{Name: "client", Kind: Leech})
	st.until(time.Second)
	h := st.join("10.9.9.9", func(p *player) {
		p.greet(fastHello)
		p.claimNothing()
		p.expectInterested(2 * time.Second)
	}, "client")
	st.until(10 * time.Second)
	if want := []string{"no interest within 2s"}; !slices.Equal(h.missed, want) || h.counts.Closed != 1 {
		t.Errorf("missed %q, %d connections closed; want %q and 1", h.missed, h.counts.Closed, want)
	}
	st.end()
}

// TestB07Answers sends a client single answers to its first request.
func TestB07Answers(t *testing.T) {
	tests := []struct {
		name   string
		answer func(p *player, b wire.Block)
		want   string // the reason of a drop
	}{
		{"the block", func(p *player, b wire.Block) { p.serve(b, good) }, ""},
		{"half of it", func(p *player, b wire.Block) { b.Length /= 2; p.serve(b, good) }, "unrequested blocks"},
		{"the second half", func(p *player, b wire.Block) { b.Begin += b.Length / 2; b.Length /= 2; p.serve(b, good) }, "unrequested blocks"},
		{"nothing of it", func(p *player, b wire.Block) { p.give(wire.Block{Index: b.Index, Begin: b.Begin}, nil) }, "unrequested blocks"},
		{"more than it", func(p *player, b wire.Block) {
			b.Length++
			p.give(b, make([]byte, b.Length))
		}, "malformed message"},
		{"behind its piece", func(p *player, b wire.Block) {
			b.Begin = 1 << 20
			p.give(b, make([]byte, b.Length))
		}, "unrequested blocks"},
		{"of no piece", func(p *player, b wire.Block) {
			b.Index = 1 << 31
			p.give(b, make([]byte, b.Length))
		}, "unrequested blocks"},
		{"twice", func(p *player, b wire.Block) { p.serve(b, good); p.serve(b, good) }, "unrequested blocks"},
		{"after a reject", func(p *player, b wire.Block) { p.refuse(b); p.serve(b, good) }, "unrequested blocks"},
		{"a reject, twice", func(p *player, b wire.Block) { p.refuse(b); p.refuse(b) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newStage(t, Torrent{Piece: 64 * KiB, Size: 256 * KiB}, Actor{Name: "client", Kind: Leech, Knows: theSeed},
				Actor{Name: "seed", Kind: Seed, Start: 5 * Second})
			st.until(time.Second)
			st.join("10.9.9.9", func(p *player) {
				p.offer(fastHello)
				tt.answer(p, p.expectRequest(time.Second))
				p.sleep(3 * time.Second)
				p.serveAll()
			}, "client")
			st.until(4 * time.Second)
			got := ""
			if len(st.drops) > 0 && st.drops[len(st.drops)-1].reason != "could not connect" {
				got = st.drops[len(st.drops)-1].reason
			}
			if got != tt.want {
				t.Errorf("dropped because of %q, want %q", got, tt.want)
			}
			st.until(2 * time.Minute)
			if st.node("client").completeAt < 0 {
				t.Errorf("not complete: %s", st.node("client").standing())
			}
			st.end()
		})
	}
}

// TestB08Sizes sends length prefixes: what no message is as long as is refused
// before any of it is kept.
func TestB08Sizes(t *testing.T) {
	for _, length := range []uint32{1 << 20, 1 << 24, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
		for _, kind := range []wire.Kind{wire.Choke, wire.Have, wire.Bitfield, wire.Request, wire.Piece, wire.Extended, 99} {
			st := newStage(t, Torrent{Piece: 64 * KiB, Size: 256 * KiB}, Actor{Name: "client", Kind: Leech})
			st.until(time.Second)
			st.join("10.9.9.9", func(p *player) {
				p.greet(tenHello)
				p.raw(byte(length>>24), byte(length>>16), byte(length>>8), byte(length), byte(kind))
				p.rest()
			}, "client")
			st.until(3 * time.Second)
			if len(st.drops) != 1 || st.drops[0].reason != "malformed message" {
				t.Errorf("%v of %d bytes: %v", kind, length, st.drops)
			}
			st.end()
		}
	}
}

// TestC03SixWays: of two things that a peer says it has, the second counts,
// whichever they are.
func TestC03SixWays(t *testing.T) {
	const pieces = 12
	says := []struct {
		name string
		m    wire.Message
		want int
	}{
		{"have all", wire.Message{Kind: wire.HaveAll}, 12},
		{"have none", wire.Message{Kind: wire.HaveNone}, 0},
		{"a bitfield", wire.Message{Kind: wire.Bitfield, Data: []byte{0xf0, 0x10}}, 5},
	}
	for _, first := range says {
		for _, second := range says {
			for _, pause := range []time.Duration{0, time.Second} {
				st := newStage(t, Torrent{Piece: 16 * KiB, Size: pieces * 16 * KiB}, Actor{Name: "client", Kind: Leech})
				st.until(time.Second)
				st.join("10.9.9.9", func(p *player) {
					p.greet(fastHello)
					p.send(first.m)
					p.sleep(pause)
					p.send(second.m)
					p.rest()
				}, "client")
				st.until(4 * time.Second)
				peers := st.node("client").program.torrent.Peers()
				if len(peers) != 1 || peers[0].Pieces != second.want || peers[0].AmInterested != (second.want > 0) {
					t.Errorf("%s, then %s after %v: %v; %v", first.name, second.name, pause, peers, st.drops)
				}
				st.end()
			}
		}
	}
}

// TestC05HalfHandshakes stops after any number of bytes of a handshake, or hangs
// up there: a connection costs no more than its 30 s.
func TestC05HalfHandshakes(t *testing.T) {
	st := newStage(t, Torrent{Piece: 16 * KiB, Size: 64 * KiB}, Actor{Name: "client", Kind: Leech})
	st.until(time.Second)
	host := st.net.NewHost("10.9.9.9", netip.MustParseAddr("10.9.9.9"), simnet.LinkConfig{})
	hello := wire.Handshake{InfoHash: st.truth.meta.InfoHash, PeerID: [20]byte{1}}
	good := wire.AppendHandshake(nil, &hello)
	for n := range len(good) {
		for _, hangsUp := range []bool{false, true} {
			stream := host.Net().Dial(st.addrsOf([]string{"client"})[0], silentHandler{})
			stream.Send(good[:n])
			if hangsUp {
				host.At(time.Second, stream.Close)
			}
		}
	}
	st.until(40 * time.Second)
	reasons := make(map[string]int)
	for _, d := range st.drops {
		reasons[d.reason]++
	}
	if n := len(good); reasons["handshake timed out"] != n || reasons["closed by remote"] != n || len(st.drops) != 2*n {
		t.Errorf("connections have ended so often for these reasons: %v, want %d each for two", reasons, n)
	}
	if open := st.node("client").host.OpenStreams(); open != 0 {
		t.Errorf("%d connections are left", open)
	}
	st.end()
}

// TestC07StolenID: whoever comes from elsewhere with the id of a peer that we are
// connected to is sent away, and the peer is not, whichever id is the lower and
// whoever has dialled.
func TestC07StolenID(t *testing.T) {
	for _, id := range []string{"-AA0000-", "-zz0000-"} { // below and above any of ours
		for _, dials := range []bool{false, true} {
			st := newStage(t, Torrent{Piece: 32 * KiB, Size: 1 * MiB}, Actor{Name: "client", Kind: Leech})
			st.until(time.Second)
			knows := "client"
			if dials {
				knows = ""
			}
			owner := st.join("10.9.9.1", lurker, knows)
			copy(owner.peerID[:], id)
			thief := st.join("10.9.9.2", lurker, "")
			thief.peerID = owner.peerID
			if dials {
				st.node("client").program.torrent.AddPeers(netip.AddrPortFrom(owner.host.Addr(), clientPort))
			}
			st.until(3 * time.Second)
			if dials {
				thief.dial(st.addrsOf([]string{"client"})[0])
			} else {
				st.node("client").program.torrent.AddPeers(netip.AddrPortFrom(thief.host.Addr(), clientPort))
			}
			st.until(6 * time.Second)
			if len(owner.conns) != 1 || len(thief.conns) != 0 || len(st.drops) != 1 || st.drops[0].reason != "already connected" {
				t.Errorf("id %q, we dial: %v: the owner has %d connections, the thief %d: %v", id, dials, len(owner.conns), len(thief.conns), st.drops)
			}
			st.end()
		}
	}
}

// TestF01 gives a poisoner from one to three honest peers beside it, over many
// seeds: it is the only one that is ever banned, and it is within two pieces.
func TestF01(t *testing.T) {
	for honest := 1; honest <= 3; honest++ {
		for seed := range uint64(8) {
			s := Scenario{
				Name: "poisoner", Trackerless: true, Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
				Actors: []Actor{
					{Name: "poisoner", Kind: Hostile, Personality: "poisoner"},
					{Name: "honest", Kind: Seed, Count: honest, Link: slowSeed},
					{Name: "leech", Kind: Leech, Knows: []string{"poisoner", "honest"}},
				},
				Expect: []Expectation{
					{Check: "complete", Who: theLeech, Within: 60 * Second},
					{Check: "banned", Who: theLeech, Of: []string{"poisoner"}},
					{Check: "failed", Who: theLeech, Count: 2},
				},
			}
			if honest == 1 {
				s.Actors[1].Count = 0
			}
			for _, f := range Run(s, seed+1, Options{}).Failures {
				t.Errorf("%d honest peers, seed %d: %v", honest, seed+1, f)
			}
		}
	}
}

// TestH07 closes a client, or the connection, in each state that a conversation
// can be in. The oracle L3 sees to it that nothing stays behind; a client that
// only lost the connection completes by another.
func TestH07(t *testing.T) {
	states := []struct {
		name string
		play func(p *player, here func())
	}{
		{"before the handshake", func(p *player, here func()) { here(); p.rest() }},
		{"in the handshake", func(p *player, here func()) {
			p.raw(p.handshake(fastHello)[:30]...)
			p.sleep(time.Second)
			here()
			p.rest()
		}},
		{"after the handshake", func(p *player, here func()) { p.greet(fastHello); here(); p.rest() }},
		{"in a message", func(p *player, here func()) {
			p.greet(fastHello)
			p.raw(0, 0, 0)
			p.sleep(time.Second)
			here()
			p.rest()
		}},
		{"when interested", func(p *player, here func()) {
			p.greet(fastHello)
			p.claimAll()
			p.expectInterested(time.Second)
			here()
			p.rest()
		}},
		{"when unchoked", func(p *player, here func()) { p.offer(fastHello); here(); p.rest() }},
		{"with requests outstanding", func(p *player, here func()) { p.offer(fastHello); p.expectRequest(time.Second); here(); p.rest() }},
		{"in a block", func(p *player, here func()) {
			p.offer(fastHello)
			b := p.expectRequest(time.Second)
			m := wire.Message{Kind: wire.Piece, Index: b.Index, Begin: b.Begin, Length: b.Length, Data: make([]byte, b.Length)}
			p.raw(wire.AppendMessage(nil, m)[:5000]...)
			p.sleep(time.Second)
			here()
			p.rest()
		}},
		{"in a piece", func(p *player, here func()) {
			p.offer(fastHello)
			p.serve(p.expectRequest(time.Second), good)
			here()
			p.rest()
		}},
		{"while a piece is checked", func(p *player, here func()) {
			p.offer(fastHello)
			for range 4 {
				p.serve(p.expectRequest(time.Second), good)
			}
			p.sleep(11 * time.Millisecond) // what the last block takes to arrive, and no more
			here()
			p.rest()
		}},
		{"when choked again", func(p *player, here func()) {
			p.offer(fastHello)
			p.expectRequest(time.Second)
			p.choke()
			p.sleep(time.Second)
			here()
			p.rest()
		}},
		{"when snubbed", func(p *player, here func()) { p.offer(fastHello); p.sleep(65 * time.Second); here(); p.rest() }},
		{"when asked for a piece", func(p *player, here func()) {
			p.want(fastHello)
			p.expectUnchoke(15 * time.Second)
			for i := range uint32(4) {
				p.ask(wire.Block{Index: 0, Begin: i * wire.BlockSize, Length: wire.BlockSize})
			}
			here()
			p.rest()
		}},
		{"while a piece is sent", func(p *player, here func()) {
			p.want(fastHello)
			p.expectUnchoke(15 * time.Second)
			for i := range uint32(4) {
				p.ask(wire.Block{Index: 0, Begin: i * wire.BlockSize, Length: wire.BlockSize})
			}
			p.hear(wire.Piece)
			here()
			p.rest()
		}},
	}
	ends := []struct {
		name string
		do   func(st *stage, p *player)
		goes bool // and the client goes on
	}{
		{"they close", func(_ *stage, p *player) { p.stream.Close() }, true},
		{"reset", func(st *stage, p *player) { st.net.ResetStreams(st.node("client").host, p.host) }, true},
		{"their power fails", func(_ *stage, p *player) { p.host.Kill() }, true},
		{"we close", func(st *stage, _ *player) { st.node("client").leave() }, false},
		{"we stop", func(st *stage, _ *player) { st.node("client").program.stop() }, false},
		{"we are killed", func(st *stage, _ *player) { st.perform(&Action{Do: DoKill, Who: []string{"client"}}) }, false},
	}
	for _, state := range states {
		for _, end := range ends {
			t.Run(strings.ReplaceAll(state.name+" "+end.name, " ", "-"), func(t *testing.T) {
				st := newStage(t, Torrent{Piece: 64 * KiB, Size: 256 * KiB},
					Actor{Name: "client", Kind: Leech, Has: "0", Knows: theSeed}, Actor{Name: "seed", Kind: Seed, Start: 80 * Second})
				reached := false
				st.until(time.Second)
				st.join("10.9.9.9", func(p *player) {
					state.play(p, func() {
						if !reached {
							reached = true
							st.net.At(0, func() { end.do(st, p) })
						}
					})
				}, "client")
				st.until(5 * time.Minute)
				if !reached {
					t.Error("the state was not reached")
				}
				if complete := st.node("client").completeAt >= 0; complete != end.goes {
					t.Errorf("complete: %v; %s", complete, st.node("client").standing())
				}
				st.end()
			})
		}
	}
}

// TestBannedStays: who was banned is refused whenever it comes back, by the
// reason for it, and others are not.
func TestBannedStays(t *testing.T) {
	st := newStage(t, Torrent{Piece: 16 * KiB, Size: 64 * KiB}, Actor{Name: "client", Kind: Leech})
	st.until(time.Second)
	poisoner := st.join("10.9.9.9", func(p *player) {
		p.insists = true
		p.offer(fastHello)
		for b := range p.requests(0) {
			p.serve(b, bad)
		}
	}, "client")
	st.until(20 * time.Second)
	st.join("10.9.9.10", func(p *player) { p.offer(fastHello); p.serveAll() }, "client")
	st.until(30 * time.Second)
	banned := 0
	for _, d := range st.drops {
		switch {
		case d.addr.Addr() == poisoner.host.Addr() && d.reason == "banned":
			banned++
		case d.reason != "both are seeds":
			t.Error(d)
		}
	}
	if banned < 10 || poisoner.counts.Served > 4 || st.node("client").completeAt < 0 {
		t.Errorf("refused %d times, served %d blocks; %s", banned, poisoner.counts.Served, st.node("client").standing())
	}
	st.end()
}

// TestSparedFails: the check sees the ban of an innocent peer.
func TestSparedFails(t *testing.T) {
	s := Scenario{
		Name: "spared", Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Actors: []Actor{
			{Name: "poisoner", Kind: Hostile, Personality: "poisoner"},
			{Name: "leech", Kind: Leech, Knows: []string{"poisoner"}},
		},
		Expect: []Expectation{{Check: "spared", Of: []string{"poisoner"}}, {Check: "complete", Who: theLeech}},
		Until:  30 * Second,
	}
	r := Run(s, 1, Options{})
	if !slices.ContainsFunc(r.Failures, func(f Failure) bool { return f.Rule == "expectation spared" }) {
		t.Errorf("has not failed: %v %v", r.Failures, r.Err)
	}
}
