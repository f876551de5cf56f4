package scenarios

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client"
	"bt/client/wire"
	"bt/simnet"
)

// These tests are the rows A to C and F of the catalogue that are sweeps, tables
// or statistics, and no single scenario. The oracles watch all of them.

// stage is a run that a test conducts itself.
type stage struct {
	*run
	t     *testing.T
	drops []drop
	peers int // that have joined
}

type drop struct {
	at     time.Duration
	node   string
	addr   netip.AddrPort
	reason string
}

func (d drop) String() string {
	return fmt.Sprintf("%s drops %v at %v: %s", d.node, d.addr, d.at, d.reason)
}

func newStage(t *testing.T, torrent Torrent, actors ...Actor) *stage {
	t.Helper()
	s := Scenario{
		Name: "stage", Until: 10 * Minute, Trackerless: true, Torrent: torrent, Actors: actors,
		Expect: []Expectation{{Check: "had", Who: []string{actors[0].Name}}},
	}
	st := &stage{t: t, run: &run{scenario: &s, net: simnet.New(1), hostiles: make(map[string]*hostile)}}
	if err := st.prepare(1); err != nil {
		t.Fatal(err)
	}
	st.watches = nil // what is expected here, the test says
	st.noticers = append(st.noticers, st)
	return st
}

func (st *stage) notice(n *node, x client.Notice) {
	switch x := x.(type) {
	case client.PeerConnected:
		st.peers++
	case client.PeerDisconnected:
		st.drops = append(st.drops, drop{st.now(), n.name, x.Addr, x.Reason.String()})
	}
}

// join lets a scripted peer dial an actor.
func (st *stage) join(addr string, play script, knows string) (h *hostile) {
	host := st.net.NewHost(addr, netip.MustParseAddr(addr), simnet.LinkConfig{Latency: 10 * time.Millisecond})
	h, err := startHostile(host, st.truth, play, host.Rand("hostile"), st.addrsOf([]string{knows}))
	if err != nil {
		st.t.Fatal(err)
	}
	st.hostiles[addr] = h
	return h
}

func (st *stage) until(d time.Duration) { st.net.RunUntil(simnet.Epoch.Add(d)) }

// end closes the clients, and fails the test for what oracles object to.
func (st *stage) end() {
	st.t.Helper()
	st.finish()
	for _, f := range st.failures {
		st.t.Error(f)
	}
}

func (st *stage) node(name string) *node { return st.nodesOf([]string{name})[0] }

// TestB08Requests makes single requests of a client that lacks a piece.
func TestB08Requests(t *testing.T) {
	const size = 256 << 10
	tests := []struct {
		name  string
		block wire.Block
		want  string // the reason of a drop, or what answers
	}{
		{"a block", wire.Block{Length: 16 << 10}, "piece"},
		{"the longest that is served", wire.Block{Length: 128 << 10}, "piece"},
		{"a byte more", wire.Block{Length: 128<<10 + 1}, "malformed message"},
		{"no byte", wire.Block{}, "malformed message"},
		{"no such piece", wire.Block{Index: 4, Length: 1}, "malformed message"},
		{"a piece far out of range", wire.Block{Index: 1<<32 - 1, Begin: 1<<32 - 1, Length: 1}, "malformed message"},
		{"behind the end of a piece", wire.Block{Begin: size, Length: 1}, "malformed message"},
		{"over the end of a piece", wire.Block{Begin: size - 1, Length: 2}, "malformed message"},
		{"a piece that it lacks", wire.Block{Index: 3, Length: 16 << 10}, "reject"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newStage(t, Torrent{Piece: size, Size: 4 * size}, Actor{Name: "client", Kind: Leech, Has: "0-2"})
			got := "nothing"
			st.until(time.Second)
			st.join("10.9.9.9", func(p *player) {
				p.want(fastHello)
				p.expectUnchoke(5 * time.Second)
				p.ask(tt.block)
				got = p.hear(wire.Piece, wire.Reject).kind.String()
				p.rest()
			}, "client")
			st.until(5 * time.Second)
			if len(st.drops) > 0 {
				got = st.drops[0].reason
			}
			if got != tt.want {
				t.Errorf("%v: %s, want %s", tt.block, got, tt.want)
			}
			st.end()
		})
	}
}

// TestB09TieBreak: among equally rare pieces the first is random. Over many
// seeds all are equally likely, as far as χ² can tell.
func TestB09TieBreak(t *testing.T) {
	const pieces, runs = 8, 240
	var first [pieces]int64
	for seed := uint64(1); seed <= runs; seed++ {
		s := Scenario{
			Name: "ties", Trackerless: true, Torrent: Torrent{Piece: 16 * KiB, Size: pieces * 16 * KiB},
			Actors: []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Knows: theSeed}},
			Expect: []Expectation{{Check: "complete", Who: theLeech}},
		}
		r := &run{scenario: &s, net: simnet.New(seed), hostiles: make(map[string]*hostile)}
		if err := r.prepare(seed); err != nil {
			t.Fatal(err)
		}
		asked := -1
		r.listen([]listener{listenerFunc(func(m message) {
			if m.Kind == wire.Request && asked < 0 {
				asked = int(m.Index)
			}
		})})
		r.net.RunWhile(func() bool { return asked < 0 })
		first[asked]++
	}
	// χ² = Σ(n−e)²/e with e = runs/pieces, in thousandths.
	var sum int64
	for _, n := range first {
		sum += (n - runs/pieces) * (n - runs/pieces)
	}
	// With seven degrees of freedom, 24.3 is exceeded once in a thousand times.
	if chi := 1000 * sum / (runs / pieces); chi > 24_300 {
		t.Errorf("first pieces of %d runs: %v, χ² = %d/1000", runs, first, chi)
	}
}

type listenerFunc func(message)

func (f listenerFunc) sent(m message)        { f(m) }
func (f listenerFunc) hungUp(string, string) {}

// TestB13Pause pauses a seed or a leech after any event of a download, for a
// while: no request is made or filled meanwhile, and the download completes.
func TestB13Pause(t *testing.T) {
	const samples = 40
	torrent := Torrent{Piece: 32 * KiB, Size: 512*KiB + 1}
	begin := func() *stage {
		return newStage(t, torrent, Actor{Name: "leech", Kind: Leech, Knows: theSeed}, Actor{Name: "seed", Kind: Seed})
	}
	whole := begin()
	whole.net.RunWhile(func() bool { return whole.node("leech").completeAt < 0 })
	total := whole.net.Events()
	whole.end()
	for i := range uint64(samples) { // before the first event there is nobody to pause
		for _, who := range []string{"leech", "seed"} {
			st, at := begin(), total*(i+1)/(samples+1)
			var late []string
			quiet := time.Duration(-1) // from when on
			st.listen([]listener{listenerFunc(func(m message) {
				if m.from == who && (m.Kind == wire.Request || m.Kind == wire.Piece) && quiet >= 0 && m.at > quiet {
					late = append(late, m.Kind.String())
				}
			})})
			st.net.RunWhile(func() bool { return st.net.Events() < at })
			st.node(who).torrentDo((*program).pause)
			quiet = st.now()
			st.until(quiet + 7*time.Second)
			quiet = -1
			st.node(who).torrentDo((*program).begin)
			st.until(st.now() + time.Minute)
			if len(late) > 0 || st.node("leech").completeAt < 0 {
				t.Errorf("%s paused after event %d of %d: sent %v; leech: %s", who, at, total, late, st.node("leech").standing())
			}
			st.end()
		}
	}
}

// TestB14Reqq: a peer that takes so many requests by its own word (reqq, BEP 10)
// is never sent more, and one that takes many is made use of.
func TestB14Reqq(t *testing.T) {
	tests := []struct {
		name        string
		greet       greeting
		reqq        int // 0: it does not say
		least, most int
	}{
		{"one", tenHello, 1, 1, 1},
		{"seven", tenHello, 7, 6, 7},
		{"two thousand", tenHello, 2000, 500, 2000},
		{"it does not say", tenHello, 0, 200, 250},
		{"it has no way to", plainHello, 0, 200, 250},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newStage(t, Torrent{Piece: 256 * KiB, Size: 64 * MiB}, Actor{Name: "client", Kind: Leech, Link: &Link{}})
			outstanding, most := 0, 0
			st.until(time.Second)
			st.join("10.9.9.9", func(p *player) {
				p.greet(tt.greet)
				p.claimAll()
				if tt.reqq > 0 {
					hello := wire.ExtendedHandshake{Reqq: tt.reqq}
					p.send(wire.Message{Kind: wire.Extended, Data: hello.Append(nil)})
				}
				p.unchoke()
				for b := range p.requests(0) {
					outstanding++
					most = max(most, outstanding)
					p.host.At(500*time.Millisecond, func() {
						outstanding--
						p.serve(b, good)
					})
				}
			}, "client")
			st.until(20 * time.Second)
			if most < tt.least || most > tt.most {
				t.Errorf("%d requests outstanding, want %d to %d", most, tt.least, tt.most)
			}
			st.end()
		})
	}
}

// TestC01AllowedFast: a choked peer is granted pieces of the set that BEP 6 has
// for its address, whatever it has, the same after it has come back; it is
// served those, and rejected all others.
func TestC01AllowedFast(t *testing.T) {
	const pieces = 64
	tests := []struct {
		name string
		has  func(int) bool
	}{
		{"nothing", func(int) bool { return false }},
		{"one piece", func(p int) bool { return p == 0 }},
		{"the first nine", func(p int) bool { return p < 9 }},
		{"every eighth", func(p int) bool { return p%8 == 0 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newStage(t, Torrent{Piece: 16 * KiB, Size: pieces * 16 * KiB}, Actor{Name: "seed", Kind: Seed, Slots: new(0), Optimistic: new(0)})
			var granted, served, refused [2][]uint32
			visit := 0
			st.until(time.Second)
			st.join("80.4.4.200", func(p *player) {
				p.greet(fastHello)
				p.claim(tt.has)
				p.say(wire.Interested)
				p.wait(time.Second, func(f *frame) bool {
					if f.kind == wire.AllowedFast {
						granted[visit] = append(granted[visit], f.block.Index)
					}
					return false
				})
				for i := range uint32(pieces) { // one at a time, as guests are served
					p.ask(wire.Block{Index: i, Length: wire.BlockSize})
					f := p.hear(wire.Piece, wire.Reject)
					if f.kind == wire.Piece {
						served[visit] = append(served[visit], f.block.Index)
					} else {
						refused[visit] = append(refused[visit], f.block.Index)
					}
					p.sleep(200 * time.Millisecond)
				}
				if visit++; visit < len(granted) {
					p.hangUp()
				}
				p.rest()
			}, "seed")
			st.until(60 * time.Second)
			var want []uint32
			for _, p := range wire.AllowedFastSet(netip.MustParseAddr("80.4.4.200"), st.truth.meta.InfoHash, pieces, 10) {
				if !tt.has(int(p)) {
					want = append(want, p)
				}
			}
			for visit := range granted {
				slices.Sort(served[visit])
				if !slices.Equal(granted[visit], want) {
					t.Errorf("visit %d: granted %v, want %v", visit, granted[visit], want)
				}
				slices.Sort(granted[visit])
				if !slices.Equal(served[visit], granted[visit]) || len(served[visit])+len(refused[visit]) != pieces {
					t.Errorf("visit %d: served %v and rejected %d", visit, served[visit], len(refused[visit]))
				}
			}
			st.end()
		})
	}
}

// TestC02LargestSet: all pieces but one of 50 000 are found in time that does not
// grow with the square of their number.
func TestC02LargestSet(t *testing.T) {
	const pieces = 50_000
	seen := newPieceSet(pieces)
	set := wire.AllowedFastSet(netip.MustParseAddr("10.0.0.1"), [20]byte{1}, pieces, pieces-1)
	for _, p := range set {
		if seen.has(int(p)) {
			t.Fatalf("piece %d is there twice", p)
		}
		seen.set(int(p))
	}
	if len(set) != pieces-1 {
		t.Errorf("%d pieces, want %d", len(set), pieces-1)
	}
}

// TestC03Contradictions: what a peer says of its pieces may change, and the last
// word counts; what cannot be is the end of the connection.
func TestC03Contradictions(t *testing.T) {
	const pieces = 12
	bits := func(b ...byte) wire.Message { return wire.Message{Kind: wire.Bitfield, Data: b} }
	have := func(p uint32) wire.Message { return wire.Message{Kind: wire.Have, Index: p} }
	all, none := wire.Message{Kind: wire.HaveAll}, wire.Message{Kind: wire.HaveNone}
	tests := []struct {
		name  string
		greet greeting
		says  []wire.Message
		want  string
	}{
		{"have all, then have none", fastHello, []wire.Message{all, none}, "0 pieces"},
		{"have none, then have all", fastHello, []wire.Message{none, all}, "12 pieces"},
		{"have all, then a bitfield", fastHello, []wire.Message{all, bits(0x80, 0)}, "1 pieces"},
		{"two bitfields", fastHello, []wire.Message{bits(0xf0, 0), bits(0x0f, 0x80)}, "5 pieces"},
		{"have none, then have", fastHello, []wire.Message{none, have(3), have(3)}, "1 pieces"},
		{"have all, then have", fastHello, []wire.Message{all, have(3)}, "12 pieces"},
		{"have all from who has no Fast", plainHello, []wire.Message{all}, "malformed message"},
		{"have none from who has no Fast", plainHello, []wire.Message{none}, "malformed message"},
		{"a bitfield that is too short", fastHello, []wire.Message{bits(0xff)}, "malformed message"},
		{"a bitfield that is too long", fastHello, []wire.Message{bits(0xff, 0xf0, 0)}, "malformed message"},
		{"spare bits set", fastHello, []wire.Message{bits(0xff, 0xf8)}, "malformed message"},
		{"have of no piece", fastHello, []wire.Message{none, have(pieces)}, "malformed message"},
		{"suggestion of no piece", fastHello, []wire.Message{none, {Kind: wire.Suggest, Index: pieces}}, "malformed message"},
		{"allowed fast of no piece", fastHello, []wire.Message{none, {Kind: wire.AllowedFast, Index: pieces}}, "malformed message"},
		{"suggestion from who has no Fast", plainHello, []wire.Message{{Kind: wire.Suggest}}, "malformed message"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newStage(t, Torrent{Piece: 16 * KiB, Size: pieces * 16 * KiB}, Actor{Name: "client", Kind: Leech})
			st.until(time.Second)
			st.join("10.9.9.9", func(p *player) {
				p.greet(tt.greet)
				for _, m := range tt.says {
					p.send(m)
				}
				p.rest()
			}, "client")
			st.until(3 * time.Second)
			got := "no peer"
			if peers := st.node("client").program.torrent.Peers(); len(peers) > 0 {
				got = fmt.Sprintf("%d pieces", peers[0].Pieces)
			} else if len(st.drops) > 0 {
				got = st.drops[0].reason
			}
			if got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			st.end()
		})
	}
}

// TestC05Handshakes sends handshakes in odd ways.
func TestC05Handshakes(t *testing.T) {
	type part struct {
		at   time.Duration // after the dial
		data string
	}
	var good, other string
	slowly := func(each time.Duration) (parts []part) {
		for i := range len(good) {
			parts = append(parts, part{time.Duration(i) * each, good[i : i+1]})
		}
		return parts
	}
	st := newStage(t, Torrent{Piece: 16 * KiB, Size: 64 * KiB}, Actor{Name: "client", Kind: Leech})
	hello := wire.Handshake{InfoHash: st.truth.meta.InfoHash, PeerID: [20]byte{1}}
	hello.SetFast()
	good = string(wire.AppendHandshake(nil, &hello))
	hello.InfoHash[0]++
	other = string(wire.AppendHandshake(nil, &hello))
	first := string(wire.AppendMessage(wire.AppendMessage(nil, wire.Message{Kind: wire.HaveAll}), wire.Message{Kind: wire.Unchoke}))
	tests := []struct {
		name  string
		parts []part
		want  string
		at    time.Duration // of a drop, after the connection is open
	}{
		{"a byte at a time", slowly(100 * time.Millisecond), "joined", 0},
		{"with ten seconds in between", []part{{0, good[:30]}, {10 * time.Second, good[30:]}}, "joined", 0},
		{"with messages in the same segment", []part{{0, good + first}}, "joined and asked", 0},
		{"with messages that begin in it", []part{{0, good + first[:3]}, {time.Second, first[3:]}}, "joined and asked", 0},
		{"too slowly", slowly(time.Second), "handshake timed out", 30 * time.Second},
		{"never", nil, "handshake timed out", 30 * time.Second},
		{"of another protocol", []part{{0, strings.Replace(good, "BitTorrent", "bitTorrent", 1)}}, "malformed handshake", 0},
		{"of another length", []part{{0, "\x12" + good[1:]}}, "malformed handshake", 0},
		{"for another torrent", []part{{0, other}}, "no such torrent", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newStage(t, Torrent{Piece: 16 * KiB, Size: 64 * KiB}, Actor{Name: "client", Kind: Leech})
			got, opened := "nothing", time.Duration(0)
			st.listen([]listener{listenerFunc(func(m message) {
				if m.Kind == wire.Request {
					got = "joined and asked"
				}
			})})
			st.net.Tap(func(e *simnet.TapEvent) {
				if e.Kind == simnet.TapOpened {
					opened = st.now()
				}
			})
			st.until(time.Second)
			host := st.net.NewHost("10.9.9.9", netip.MustParseAddr("10.9.9.9"), simnet.LinkConfig{})
			stream := host.Net().Dial(st.addrsOf([]string{"client"})[0], silentHandler{})
			for _, p := range tt.parts {
				host.At(p.at, func() { stream.Send([]byte(p.data)) })
			}
			st.until(45 * time.Second)
			switch {
			case len(st.drops) > 0:
				got = st.drops[0].reason
				if after := st.drops[0].at - opened; tt.at > 0 && after != tt.at {
					t.Errorf("dropped %v after the connection was open, want %v", after, tt.at)
				}
			case got == "nothing" && st.peers > 0:
				got = "joined"
			}
			if got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			st.end()
		})
	}
}

// TestC05SlowLoris: connections without a handshake take no more than the places
// that there are, and all of them are free again after 30 s.
func TestC05SlowLoris(t *testing.T) {
	const conns, most = 520, 500
	st := newStage(t, Torrent{Piece: 16 * KiB, Size: 64 * KiB}, Actor{Name: "client", Kind: Seed})
	st.until(time.Second)
	host := st.net.NewHost("10.9.9.9", netip.MustParseAddr("10.9.9.9"), simnet.LinkConfig{})
	for range conns {
		host.Net().Dial(st.addrsOf([]string{"client"})[0], silentHandler{})
	}
	st.until(20 * time.Second)
	if open := st.node("client").host.OpenStreams(); open != most || len(st.drops) != conns-most {
		t.Errorf("%d connections open and %d refused, want %d and %d", open, len(st.drops), most, conns-most)
	}
	for _, d := range st.drops {
		if d.reason != "too many connections" {
			t.Errorf("refused: %s", d.reason)
		}
	}
	st.until(35 * time.Second)
	if open := st.node("client").host.OpenStreams(); open != 0 || len(st.drops) != conns {
		t.Errorf("%d connections left", open)
	}
	st.end()
}

// TestC07SimultaneousOpen: two clients dial each other, one a little later than
// the other: whatever crosses what, the same single connection is left at both
// ends.
func TestC07SimultaneousOpen(t *testing.T) {
	for offset := Duration(0); offset <= 200*Millisecond; offset += 5 * Millisecond {
		st := newStage(t, Torrent{Piece: 32 * KiB, Size: 1 * MiB},
			Actor{Name: "a", Kind: Leech, Has: "0-15", Knows: []string{"b"}},
			Actor{Name: "b", Kind: Leech, Has: "16-31", Knows: []string{"a"}, Start: offset})
		st.until(30 * time.Second)
		a, b := st.node("a"), st.node("b")
		if ab, ba := a.linksWith("b"), b.linksWith("a"); a.completeAt < 0 || b.completeAt < 0 || ab > 1 || ba > 1 || ab != ba {
			t.Errorf("b starts %v later: %d and %d connections; a: %s; b: %s", offset, ab, ba, a.standing(), b.standing())
		}
		st.end()
	}
}

// TestC07DuplicateID: of two peers that have the same peer id one is kept, from
// another address or from another port of the same; who has our own is not.
func TestC07DuplicateID(t *testing.T) {
	st := newStage(t, Torrent{Piece: 32 * KiB, Size: 1 * MiB}, Actor{Name: "client", Kind: Leech})
	st.until(time.Second)
	first := st.join("10.9.9.1", lurker, "client")
	st.until(2 * time.Second)
	second := st.join("10.9.9.2", lurker, "client")
	second.peerID = first.peerID
	st.until(3 * time.Second)
	first.dial(st.addrsOf([]string{"client"})[0]) // another port of the same address
	st.until(4 * time.Second)
	third := st.join("10.9.9.3", lurker, "client")
	third.peerID = st.node("client").program.client.PeerID()
	st.until(5 * time.Second)

	var got []string
	for _, d := range st.drops {
		got = append(got, d.reason)
	}
	want := []string{"already connected", "already connected", "connected to ourselves"}
	if !slices.Equal(got, want) {
		t.Errorf("dropped for %v, want %v", got, want)
	}
	if n := len(st.node("client").program.torrent.Peers()); n != 1 || !first.conns[0].open {
		t.Errorf("%d connections, want the first alone", n)
	}
	st.end()
}
