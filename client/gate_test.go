package client

import (
	"slices"
	"testing"

	"bt/client/boundary"
	"bt/client/rate"
	"bt/transport"
)

// tapStream notes whether it is read, and how.
type tapStream struct {
	transport.Stream
	paused  bool
	most    int
	resumes *[]int // the order in which streams go on
	n       int
}

func (s *tapStream) PauseReads(on bool) {
	if s.paused = on; !on {
		*s.resumes = append(*s.resumes, s.n)
	}
}
func (s *tapStream) LimitReads(most int) { s.most = most }

// gated is a client, of which there is no more than its gates.
type gated struct {
	*Client
	t       *testing.T
	streams []*tapStream
	resumes []int
}

// join puts a connection behind gates.
func (g *gated) join(ids ...boundary.TorrentID) *conn {
	s := &tapStream{resumes: &g.resumes, n: len(g.streams)}
	g.streams = append(g.streams, s)
	c := newConn(g.Client, boundary.ConnID(len(g.streams)), false)
	c.opening(func() transport.Stream { return s })
	g.gates.enter(c, ids...)
	return c
}

func (g *gated) allow(a boundary.AllowReads) { g.gates.allow(g.Client, a) }

// want looks at who is read, and what the core was told meanwhile.
func (g *gated) want(what string, read []bool, spent ...boundary.Event) {
	g.t.Helper()
	for i, s := range g.streams {
		if s.paused == read[i] {
			g.t.Errorf("%s: connection %d is read: %v", what, i, !s.paused)
		}
	}
	var got []boundary.Event
	for _, it := range g.inbox.take() {
		got = append(got, it.event)
	}
	if !slices.Equal(got, spent) {
		g.t.Errorf("%s: the core is told %v, want %v", what, got, spent)
	}
}

func TestGates(t *testing.T) {
	g := gated{Client: &Client{}, t: t}
	const all, one = boundary.NoTorrent, boundary.TorrentID(1)
	a, b, c := g.join(one, all), g.join(one, all), g.join(2, all)
	everybody, nobody := []bool{true, true, true}, []bool{false, false, false}

	g.gates.take(a, 1<<20)
	g.want("no limit", everybody)

	g.allow(boundary.AllowReads{Torrent: one, Bytes: 100, Chunk: 50})
	g.gates.take(a, 99)
	g.gates.take(c, 1000)
	g.want("99 of 100 bytes", everybody)
	g.gates.take(a, 21)
	g.want("120 of 100 bytes", []bool{false, false, true}, boundary.ReadsSpent{Torrent: one, Bytes: 120})
	g.gates.take(b, 50)
	g.want("a read that was under way", []bool{false, false, true})
	g.allow(boundary.AllowReads{Torrent: one, Bytes: 50, Chunk: 50})
	g.want("no more is allowed than that read", []bool{false, false, true}, boundary.ReadsSpent{Torrent: one, Bytes: 50})
	g.allow(boundary.AllowReads{Torrent: one, Bytes: 100, Chunk: 50})
	g.want("allowed", everybody)
	if want := []int{1, 0}; !slices.Equal(g.resumes, want) {
		t.Errorf("they go on in the order %v, want %v: first who came after the last to read", g.resumes, want)
	}

	g.allow(boundary.AllowReads{Torrent: all, Bytes: 10, Chunk: 20})
	if got := []int{g.streams[0].most, g.streams[2].most}; !slices.Equal(got, []int{20, 20}) {
		t.Errorf("reads of %d bytes, want the smaller of 50 and 20", got)
	}
	g.gates.take(c, 10)
	g.want("10 of 10 bytes of all", nobody, boundary.ReadsSpent{Torrent: all, Bytes: 10})
	d := g.join(2, all)
	if !g.streams[3].paused || g.streams[3].most != 20 {
		t.Error("a newcomer does not keep to the limit")
	}
	d.hold(heldByDisk, true)
	g.gates.leave(a)
	g.allow(boundary.AllowReads{Torrent: all, Bytes: rate.Unlimited})
	g.want("but for the disk, and who has left", []bool{false, true, true, false})
	d.hold(heldByDisk, false)
	g.want("there is room for it", []bool{false, true, true, true})
	if got := g.streams[1].most; got != 50 {
		t.Errorf("reads of %d bytes, want 50", got)
	}
	g.allow(boundary.AllowReads{Torrent: one})
	g.want("nothing is allowed", []bool{false, false, true, true})
}
