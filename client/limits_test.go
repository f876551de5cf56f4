package client_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"bt/client"
	"bt/client/metainfo"
	"bt/client/wire"
	"bt/transport"
)

// heap is the memory in use, after all that is not was collected.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what finalizers let go of
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Ten thousand torrents that were added, started and stopped take less than 200
// MiB, with all that they were made of: 64 pieces each. Every piece more costs
// 80 bytes, half of it for the .torrent file.
func TestTenThousandTorrents(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes seconds, and other amounts of memory with the race detector")
	}
	const (
		torrents = 10_000
		pieces   = 64
		pieceLen = 256 << 10
		limit    = 200 << 20
	)
	name := func(i int) string { return fmt.Sprintf("torrent-%05d", i) }
	b := metainfo.Builder{
		Name: name(0), PieceLength: pieceLen, Trackers: oneTracker, Single: true,
		Files: []metainfo.BuildFile{{Length: pieces * pieceLen}},
	}
	first := must(b.Encode(make([]metainfo.Hash, pieces)))
	s := newSwarm(1)
	m := s.join()
	before := heap()
	for i := range torrents {
		raw := bytes.Replace(first, []byte(name(0)), []byte(name(i)), 1)
		m.add(client.Spec{Meta: must(metainfo.Parse(raw)), Dir: "/d"})
	}
	s.run(5 * time.Minute)
	if n := len(told[client.HashcheckDone](m)); n != torrents {
		t.Fatalf("%d of %d torrents have started", n, torrents)
	}
	for _, tor := range m.Torrents() {
		tor.Stop()
	}
	s.run(5 * time.Minute)
	m.notices = nil
	grown := heap() - before
	t.Logf("%d torrents take %d MiB, %d bytes each", torrents, grown>>20, grown/torrents)
	if grown > limit {
		t.Errorf("%d torrents take %d MiB, limit %d", torrents, grown>>20, limit>>20)
	}
	if n := m.events(); count(n, "stopped") == 0 {
		t.Error("the tracker was never told of an end")
	}
	runtime.KeepAlive(m)
}

// crowd is one of many who connect to a seed, are interested, and ask for a
// block whenever they may.
type crowd struct {
	hash    metainfo.Hash
	id      int
	stream  transport.Stream
	decoder *wire.Decoder
	open    *int // of all, connections at present
	blocks  *int // of all, blocks received
}

func (c *crowd) Opened() {
	*c.open++
	h := wire.Handshake{InfoHash: c.hash}
	copy(h.PeerID[:], fmt.Sprintf("-XX0000-%012d", c.id))
	hello := wire.AppendHandshake(nil, &h)
	c.stream.Send(wire.AppendMessage(hello, wire.Message{Kind: wire.Interested}))
}

func (c *crowd) Received(p []byte) {
	_, msgs, err := c.decoder.Decode(p, nil)
	check(err)
	for _, m := range msgs {
		switch m.Kind {
		case wire.Piece:
			*c.blocks++
		case wire.Unchoke:
			c.stream.Send(wire.AppendMessage(nil, wire.Message{Kind: wire.Request, Length: 16 << 10}))
		}
	}
}

func (c *crowd) Sent(int)     {}
func (c *crowd) Closed(error) { *c.open-- }

// Two thousand connections to one seed stay within its limits, and those who
// are in are served.
func TestTwoThousandConnections(t *testing.T) {
	const (
		hosts, perHost = 20, 100
		maxConns       = 300
		maxPeers       = 80
		memory         = 64 << 20
	)
	x := makeContent("x", 256<<10, nil, fileSpec{"x", 8 << 20})
	s := newSwarm(1)
	seed := s.join(func(c *client.Config) { c.MaxConns, c.MaxPeers = maxConns, maxPeers })
	tor := seed.addSeed(x)
	s.run(time.Second)
	before := heap()
	open, blocks := 0, 0
	for h := range hosts {
		host := s.net.NewHost(fmt.Sprint("crowd-", h), netip.AddrFrom4([4]byte{10, 2, 0, byte(h + 1)}), homeLink)
		rng := rand.New(host.Rand("start"))
		for i := range perHost {
			c := &crowd{hash: x.meta.InfoHash, id: h*perHost + i, open: &open, blocks: &blocks, decoder: wire.NewDecoder(func(n int) []byte { return make([]byte, n) })}
			host.At(time.Duration(rng.Int64N(int64(10*time.Second))), func() { c.stream = host.Net().Dial(seed.addr(), c) })
		}
	}
	conns, peers, unchoked := 0, 0, 0
	for range 300 {
		s.run(100 * time.Millisecond)
		conns, peers = max(conns, len(seed.Peers())), max(peers, len(tor.Peers()))
		n := 0
		for _, p := range tor.Peers() {
			if !p.AmChoking {
				n++
			}
		}
		unchoked = max(unchoked, n)
	}
	if conns > maxConns || peers != maxPeers || unchoked > 5 || unchoked == 0 {
		t.Errorf("at most %d connections, %d peers, %d unchoked; limits %d, %d, 5", conns, peers, unchoked, maxConns, maxPeers)
	}
	if n := seed.host.OpenStreams(); n > maxConns || open != n {
		t.Errorf("%d streams at the seed, %d at the crowd", n, open)
	}
	refused := 0
	for _, n := range told[client.PeerDisconnected](seed) {
		if n.Reason != client.TooMany {
			t.Fatalf("%v closed: %v (%v)", n.Addr, n.Reason, n.Err)
		}
		refused++
	}
	if refused != hosts*perHost-maxPeers {
		t.Errorf("%d refused, want all but %d", refused, maxPeers)
	}
	if blocks < 5 || tor.Uploaded() != int64(blocks)<<14 {
		t.Errorf("%d blocks served, %d bytes", blocks, tor.Uploaded())
	}
	if grown := heap() - before; grown > memory && !raceDetector {
		t.Errorf("memory has grown by %d MiB", grown>>20)
	}
	if !seed.leave() {
		t.Error("not closed")
	}
}
