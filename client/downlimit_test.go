package client_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"bt/client"
	"bt/client/bitfield"
	"bt/client/metainfo"
	"bt/client/wire"
	"bt/simnet"
)

// arrivals are bytes that have come, and when.
type arrivals []arrival

type arrival struct {
	at time.Time
	n  int64
}

// most is the most that came within a window, wherever it begins.
func (a arrivals) most(window time.Duration) (most int64) {
	first, sum := 0, int64(0)
	for _, last := range a {
		sum += last.n
		for ; last.at.Sub(a[first].at) > window; first++ {
			sum -= a[first].n
		}
		most = max(most, sum)
	}
	return most
}

// slack is what a second may hold beside the limit and a block: framing, and talk.
const slack = 4 << 10

// TestDownLimitOfAllTorrents: what the peers of two torrents could not deliver for
// five seconds comes no faster than the client may take for both together.
func TestDownLimitOfAllTorrents(t *testing.T) {
	const limit = 64 << 10
	s := newSwarm(1)
	leech := s.join(func(c *client.Config) { c.DownLimit = limit })
	var seeds []*simnet.Host
	var torrents []*client.Torrent
	for _, name := range []string{"x", "y"} {
		x := makeContent(name, 64<<10, oneTracker, fileSpec{name, 1 << 20})
		var from []*member
		for range 3 {
			m := s.join()
			m.addSeed(x)
			from, seeds = append(from, m), append(seeds, m.host)
		}
		torrents = append(torrents, leech.addLeech(x, knows(from...)))
	}
	var came arrivals
	s.net.Tap(func(e *simnet.TapEvent) {
		if e.Kind == simnet.TapDelivered && e.To == leech.host {
			came = append(came, arrival{e.At, int64(len(e.Data))})
		}
	})
	s.run(10 * time.Second)
	cut := s.net.Stall(seeds, []*simnet.Host{leech.host})
	s.run(5 * time.Second)
	cut.Heal()
	s.run(time.Minute)
	if most := came.most(time.Second); most > limit+wire.BlockSize+slack {
		t.Errorf("%d bytes in a second, the limit is %d", most, limit)
	}
	for _, x := range torrents {
		if !x.Complete() {
			t.Errorf("%s: %+v", x.Name(), x.Status())
		}
	}
}

// TestDownLimitOnSockets: four peers answer every two seconds, all that they were
// asked for at once. The client reads no faster for it than it may.
func TestDownLimitOnSockets(t *testing.T) {
	if testing.Short() {
		t.Skip("takes many seconds")
	}
	const limit, peers = 128 << 10, 4
	meta, content := makeTorrent(t, t.TempDir(), 600_000, 64<<10)
	var addrs []netip.AddrPort
	for range peers {
		addrs = append(addrs, burster(t, meta, content))
	}
	var came arrivals // of the client's goroutine, until done
	done := make(chan error, 1)
	c, err := client.New(realWorld(t, 1), client.Config{
		Addr: netip.MustParseAddr("127.0.0.1"), DownLimit: limit, Details: client.DetailBytes,
		OnNotice: func(n client.Notice) {
			if n, ok := n.(client.BytesReceived); ok {
				came = append(came, arrival{time.Now(), int64(n.N)})
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	tor, err := c.Add(client.Spec{Meta: meta, Dir: t.TempDir(), Peers: addrs})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() { done <- c.Run(ctx) }()
	for !tor.Complete() && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	complete := tor.Complete()
	cancel()
	if err := <-done; err != nil || !complete {
		t.Fatalf("complete: %v, error %v: %+v", complete, err, tor.Status())
	}
	// A read of each peer may have been under way when it was to pause.
	if most := came.most(time.Second); most > limit+(peers+1)*wire.BlockSize+slack {
		t.Errorf("%d bytes in a second, the limit is %d", most, limit)
	}
}

// burstEvery is how long a burster waits.
const burstEvery = 2 * time.Second

// burster is a seed that answers now and then, all that it was asked for at once.
func burster(t *testing.T, meta *metainfo.MetaInfo, content []byte) netip.AddrPort {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return // the test has ended
		}
		defer c.Close()
		hello := wire.Handshake{InfoHash: meta.InfoHash}
		copy(hello.PeerID[:], l.Addr().String())
		has := bitfield.New(meta.Info.NumPieces())
		has.SetAll()
		out := wire.AppendHandshake(nil, &hello)
		out = wire.AppendMessage(out, wire.Message{Kind: wire.Bitfield, Data: has.Bytes()})
		out = wire.AppendMessage(out, wire.Message{Kind: wire.Unchoke})
		d := wire.NewDecoder(func(n int) []byte { return make([]byte, n) })
		buf := make([]byte, 64<<10)
		var next time.Time
		for {
			if !time.Now().Before(next) {
				if _, err := c.Write(out); err != nil {
					return
				}
				out, next = nil, time.Now().Add(burstEvery)
			}
			c.SetReadDeadline(next)
			n, err := c.Read(buf)
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				return
			}
			_, msgs, _ := d.Decode(buf[:n], nil)
			for _, m := range msgs {
				if m.Kind == wire.Request {
					at := int64(m.Index)*meta.Info.PieceLength + int64(m.Begin)
					m.Kind, m.Data = wire.Piece, content[at:at+int64(m.Length)]
					out = wire.AppendMessage(out, m)
				}
			}
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}
