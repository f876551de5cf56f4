package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bt/client"
	"bt/scenarios"
)

// teller makes up what a run would tell.
type teller struct {
	*Collector
	now time.Duration
}

// newTeller has two clients, a and b, and a hostile peer, with four pieces.
func newTeller() *teller {
	c := New()
	c.Begin(scenarios.Stage{Scenario: "x", Seed: 1, Pieces: 4, Piece: 16384, Size: 65536, Cast: []scenarios.Role{
		{Name: "a", Kind: "leech"}, {Name: "b", Kind: "seed"}, {Name: "h", Kind: "hostile"},
	}})
	return &teller{Collector: c}
}

// tell tells an observation, a millisecond after the last.
func (t *teller) tell(o scenarios.Observation) *entry {
	t.now += time.Millisecond
	o.At = t.now
	t.Observe(o)
	if list := t.log.latest(); len(list) > 0 {
		return list[len(list)-1]
	}
	return nil
}

func (t *teller) open() { t.tell(about(scenarios.ObservedOpen, "a", "b", "")) }

// about is an observation on the connection which a has dialled.
func about(kind scenarios.ObservedKind, host, peer, name string) scenarios.Observation {
	return scenarios.Observation{Kind: kind, Host: host, Peer: peer, Stream: 1, Dialer: host == "a", Name: name, Piece: client.NoPiece}
}

func withBlock(o scenarios.Observation, piece int) scenarios.Observation {
	o.Piece, o.Length = piece, 16384
	return o
}

// says has a message sent and received.
func (t *teller) says(host, peer, name string, piece int) *entry {
	o := about(scenarios.ObservedSent, host, peer, name)
	if piece >= 0 {
		o = withBlock(o, piece)
	}
	e := t.tell(o)
	o.Kind, o.Host, o.Peer, o.Dialer = scenarios.ObservedReceived, peer, host, !o.Dialer
	t.tell(o)
	return e
}

func (t *teller) news(host, name, text string, piece int) *entry {
	return t.tell(scenarios.Observation{Kind: scenarios.ObservedNotice, Host: host, Name: name, Text: text, Piece: piece})
}

// TestCauses: a block leads back to its request, to the unchoke, to the interest,
// to what the other had; and requests are counted by what became of them.
func TestCauses(t *testing.T) {
	r := newTeller()
	r.open()
	greeting := r.says("a", "b", "handshake", -1)
	r.says("b", "a", "handshake", -1)
	has := r.says("b", "a", "bitfield", -1)
	interested := r.says("a", "b", "interested", -1)
	unchoke := r.says("b", "a", "unchoke", -1)
	request := r.says("a", "b", "request", 2)
	block := r.says("b", "a", "piece", 2)
	write := r.tell(scenarios.Observation{Kind: scenarios.ObservedDisk, Host: "a", Name: "write", Piece: 2, Length: 16384})
	verified := r.news("a", "PieceVerified", "", 2)
	have := r.says("a", "b", "have", 2)

	for _, step := range []struct {
		what      string
		got, want *entry
	}{
		{"have", have.cause, verified}, {"verified", verified.cause, block}, {"write", write.cause, block},
		{"block", block.cause, request}, {"request", request.cause, unchoke}, {"unchoke", unchoke.cause, interested},
		{"interested", interested.cause, has},
	} {
		if step.got != step.want {
			t.Errorf("%s is caused by %+v, want %+v", step.what, step.got, step.want)
		}
	}
	if greeting.cause == nil || greeting.cause.kind != "connected" {
		t.Errorf("the handshake is caused by %+v", greeting.cause)
	}
	if block.arrived != block.at+1000 {
		t.Errorf("sent at %d, arrived at %d", block.at, block.arrived)
	}

	r.says("b", "a", "choke", -1)
	allowed := r.says("b", "a", "allowed fast", 3)
	if fast := r.says("a", "b", "request", 3); fast.cause != allowed {
		t.Errorf("a request while choked is caused by %+v", fast.cause)
	}
	r.says("b", "a", "reject", 3)
	r.says("b", "a", "piece", 3) // nobody has asked, any more
	r.says("a", "b", "request", 1)
	r.says("a", "b", "cancel", 1)
	p := r.page(scenarios.Result{}, "")
	if want := (Requests{Asked: 3, Answered: 1, Cancelled: 1, Rejected: 1, Open: 1}); p.Requests != want {
		t.Errorf("requests %+v, want %+v", p.Requests, want)
	}
}

// TestMarks: choke and interest of both sides, as of their sending.
func TestMarks(t *testing.T) {
	r := newTeller()
	r.open()
	r.says("a", "b", "handshake", -1)
	r.says("b", "a", "unchoke", -1)
	r.says("b", "a", "unchoke", -1) // no change
	r.says("a", "b", "interested", -1)
	r.says("a", "b", "unchoke", -1)
	r.says("b", "a", "choke", -1)
	r.tell(about(scenarios.ObservedClose, "a", "b", ""))
	r.tell(about(scenarios.ObservedClose, "b", "a", ""))
	c := r.page(scenarios.Result{}, "").Conns[0]
	var got []int64
	for _, m := range c.Marks {
		got = append(got, m[1])
	}
	want := []int64{aChokes | bChokes, aChokes, aChokes | aInterested, aInterested, aInterested | bChokes}
	if !slices.Equal(got, want) || c.A != 0 || c.B != 1 || c.To == never {
		t.Errorf("%+v, want the states %v", c, want)
	}
	if len(r.conns) > 0 {
		t.Error("a connection that is closed at both ends is remembered")
	}
}

// TestArrivals: what arrives as something else has an entry of its own, and what
// does not arrive says so.
func TestArrivals(t *testing.T) {
	r := newTeller()
	r.open()
	sent := r.tell(withBlock(about(scenarios.ObservedSent, "a", "b", "request"), 1))
	got := r.tell(withBlock(about(scenarios.ObservedReceived, "b", "a", "request"), 2))
	if sent.arrived != never || got == sent || got.arrived == never || got.node != 0 || !strings.Contains(got.text, "not sent so") {
		t.Errorf("sent %+v, arrived %+v", sent, got)
	}
	r.tell(about(scenarios.ObservedReceived, "b", "a", "interested")) // made up
	if e := r.ends(1).heard; e.kind != "interested" || e.arrived == never {
		t.Errorf("b has heard %+v", e)
	}
}

// ends returns the end of the one that was dialled.
func (t *teller) ends(i int) *end { return &t.conns[1].ends[i] }

// TestNode: states follow from what clients tell, and the map says since when a
// group of pieces is complete.
func TestNode(t *testing.T) {
	r := newTeller()
	life := func(what string) {
		r.tell(scenarios.Observation{Kind: scenarios.ObservedLife, Host: "a", Name: what, Piece: client.NoPiece})
	}
	life("starts")
	r.news("a", "HashcheckDone", "", client.NoPiece)
	for p := range 4 {
		r.news("a", "PieceVerified", "", p)
	}
	r.news("a", "PieceFailed", "", 1)
	r.news("a", "Completed", "", client.NoPiece)
	r.news("a", "StateChanged", "paused", client.NoPiece)
	r.news("a", "StateChanged", "stopped", client.NoPiece)
	r.news("a", "StateChanged", "active", client.NoPiece)
	life("killed")
	life("starts")
	life("closed")
	n := r.nodes[0]
	var got []state
	for _, s := range n.states {
		got = append(got, state(s[1]))
	}
	want := []state{off, checking, downloading, complete, paused, stopped, complete, off, checking, off}
	if !slices.Equal(got, want) {
		t.Errorf("states %v, want %v", got, want)
	}
	if want := []int64{3000, never, 5000, 6000}; !slices.Equal(n.heat(), want) {
		t.Errorf("each piece since %v, want %v", n.heat(), want)
	}
	n.cells = 2
	if want := []int64{never, 6000}; !slices.Equal(n.heat(), want) {
		t.Errorf("in two groups since %v, want %v", n.heat(), want)
	}
	if s := r.nodes[2].states; len(s) != 1 || state(s[0][1]) != scripted {
		t.Errorf("the hostile peer is %v", s)
	}
}

// TestMeter: no byte is lost when buckets are joined, and there are never too many.
func TestMeter(t *testing.T) {
	m := newMeter(2, 8)
	for i := range 1000 {
		m.add(int64(i)*firstBucket/2, 0, 1, 3)
	}
	m.add(0, -1, 1, 5) // nobody is charged twice
	for name, row := range map[string][]int64{"down": m.down[0], "up": m.up[1]} {
		sum := int64(0)
		for _, n := range row {
			sum += n
		}
		want := int64(3000)
		if name == "up" {
			want += 5
		}
		if sum != want || len(row) > 8 || len(row) < 4 {
			t.Errorf("%s: %d bytes in %d buckets of %d µs", name, sum, len(row), m.bucket)
		}
	}
}

// TestJournal: of many entries some are kept, rare kinds all of them, requests
// with their blocks, what is pinned for ever, and always the same.
func TestJournal(t *testing.T) {
	fill := func() *journal {
		j := newJournal(400)
		for i := range 5000 {
			request := &entry{kind: "request", piece: i}
			j.add(request)
			j.add(&entry{kind: "piece", piece: i, cause: request})
			if i%500 == 0 {
				j.add(&entry{kind: "unchoke", piece: i})
			}
			if i == 1001 {
				j.pin(request)
				j.pin(request)
			}
		}
		return &j
	}
	j := fill()
	count := make(map[string]int)
	whole := 0
	kept := j.ordered()
	for i, e := range kept {
		count[e.kind]++
		if i > 0 && kept[i-1].seq >= e.seq {
			t.Fatalf("out of order at %d", i)
		}
		if e.kind == "piece" && e.cause.stored {
			whole++
		}
	}
	if n := len(kept); n > j.most || n < j.most/4 {
		t.Errorf("%d entries are kept of %d at most", n, j.most)
	}
	if count["unchoke"] != 10 || whole != count["piece"] || count["piece"] < count["request"]-2 {
		t.Errorf("kept are %v, and %d blocks with their request", count, whole)
	}
	if !slices.ContainsFunc(kept, func(e *entry) bool { return e.kind == "request" && e.piece == 1001 }) {
		t.Error("what was pinned is gone")
	}
	again := fill().ordered()
	if !slices.EqualFunc(kept, again, func(a, b *entry) bool { return a.seq == b.seq }) {
		t.Error("the second time others are kept")
	}
}

// TestFault: a failure leads to what the node last did about that piece, its
// causes, and the rest of the conversation; all of it is kept.
func TestFault(t *testing.T) {
	r := newTeller()
	r.open()
	r.says("a", "b", "handshake", -1)
	unchoke := r.says("b", "a", "unchoke", -1)
	request := r.says("a", "b", "request", 2)
	block := r.says("b", "a", "piece", 2)
	r.news("a", "PieceFailed", "", 2)
	r.news("a", "StateChanged", "stopped", client.NoPiece) // about nothing of it
	r.tell(scenarios.Observation{Kind: scenarios.ObservedFailure, Host: "a", Name: "oracle D1", Text: "block 2:0+16384 is wrong", Piece: client.NoPiece})
	f := r.faults[0]
	for _, want := range []*entry{unchoke, request, block} {
		if !slices.Contains(f.causes, want) || !want.pinned {
			t.Errorf("%s is no cause of %+v, or not kept", want.kind, f)
		}
	}
	if slices.ContainsFunc(f.causes, func(e *entry) bool { return e.kind == "StateChanged" }) {
		t.Error("what concerns another matter is among the causes")
	}
	p := r.page(scenarios.Result{}, "again")
	if len(p.Faults) != 1 || len(p.Faults[0].Causes) != len(f.causes) || !slices.IsSorted(p.Faults[0].Causes) {
		t.Errorf("on the page it is %+v", p.Faults)
	}
	last := p.Log[len(p.Log)-1]
	if p.Kinds[last[1]] != "FAIL oracle D1" || p.Kinds[p.Log[last[9]][1]] != "PieceFailed" {
		t.Errorf("the last row is %v", last)
	}
	// The swarm's failures concern everybody, and nobody in particular.
	r.tell(scenarios.Observation{Kind: scenarios.ObservedFailure, Name: "oracle D3", Text: "bytes are missing", Piece: client.NoPiece})
	if n := len(r.faults[1].causes); n == 0 || n > storyMax {
		t.Errorf("%d causes", n)
	}
}

// TestBands: an action lasts as long as it is said to, if it is undone at all.
func TestBands(t *testing.T) {
	r := newTeller()
	act := func(who string, last time.Duration, over bool) {
		r.tell(scenarios.Observation{Kind: scenarios.ObservedAction, Name: "pause", Text: who, For: last, Over: over, Piece: client.NoPiece})
	}
	act("a", 0, false)
	act("b", time.Millisecond, false)
	act("b", time.Millisecond, true)
	want := []band{{"pause", "a", 1000, never}, {"pause", "b", 2000, 3000}}
	if !slices.Equal(r.bands, want) {
		t.Errorf("%+v, want %+v", r.bands, want)
	}
	for range 2 * bandsMax {
		act("c", 0, false)
	}
	if len(r.bands) != bandsMax || r.lost.Bands != bandsMax+2 {
		t.Errorf("%d bands, %d left out", len(r.bands), r.lost.Bands)
	}
}

func TestShorten(t *testing.T) {
	for _, s := range []string{"", "short", strings.Repeat("x", textMax), strings.Repeat("é", textMax), strings.Repeat("x", 9*textMax)} {
		got := shorten(s)
		if len(got) > textMax || !utf8.ValidString(got) || len(s) <= textMax && got != s {
			t.Errorf("%d bytes become %q", len(s), got)
		}
	}
}

// TestLimits: connections and changes of state beyond the limits are counted.
func TestLimits(t *testing.T) {
	r := newTeller()
	for i := range connsMax + 7 {
		o := about(scenarios.ObservedOpen, "a", "b", "")
		o.Stream = uint64(i + 1)
		r.tell(o)
		o.Kind, o.Name = scenarios.ObservedSent, "handshake"
		r.tell(o)
	}
	for i := range 2 * statesMax {
		r.news("a", "StateChanged", []string{"paused", "active"}[i%2], client.NoPiece)
		r.tell(scenarios.Observation{Kind: scenarios.ObservedLife, Host: "a", Name: []string{"starts", "killed"}[i%2], Piece: client.NoPiece})
	}
	p := r.page(scenarios.Result{}, "")
	if len(p.Conns) != connsMax || p.Left.Conns != 7 || len(p.Nodes[0].States) != statesMax || p.Left.States == 0 {
		t.Errorf("%d connections, %d states, left %+v", len(p.Conns), len(p.Nodes[0].States), p.Left)
	}
	if got := fmt.Sprint(len(p.Log) + p.Left.Entries); got != fmt.Sprint(p.Total) {
		t.Errorf("%s entries are there or left out, of %d", got, p.Total)
	}
}
