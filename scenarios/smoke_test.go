package scenarios

import (
	"crypto/sha1"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"bt/client"
	"bt/client/metainfo"
	"bt/simnet"
	"bt/simnet/simfs"
	"bt/simtracker"
)

type node struct {
	h      *simnet.Host
	fs     *simfs.FS
	w      *simnet.Worker
	c      *client.Client
	cancel func()
	queued bool
}

func (n *node) wake() {
	if n.queued {
		return
	}
	n.queued = true
	n.h.At(0, n.turn)
}
func (n *node) turn() {
	n.queued = false
	next := n.c.Turn()
	if n.cancel != nil {
		n.cancel()
		n.cancel = nil
	}
	if !next.IsZero() {
		d := next.Sub(n.h.Clock().Now())
		n.cancel = n.h.At(max(d, 0), func() { n.cancel = nil; n.turn() })
	}
}

func TestSmoke(t *testing.T) {
	leeches := 30
	in := simnet.New(1)
	content := make([]byte, 4<<20+12345)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range content {
		content[i] = byte(rng.Uint32())
	}
	const pl = 64 << 10
	var hs []metainfo.Hash
	for o := 0; o < len(content); o += pl {
		hs = append(hs, sha1.Sum(content[o:min(o+pl, len(content))]))
	}
	th := in.NewHost("tracker", netip.MustParseAddr("10.0.0.1"), simnet.LinkConfig{Latency: 10 * time.Millisecond})
	tr := simtracker.New(simtracker.Config{Now: in.Now, Interval: 60 * time.Second, Rand: th.Rand("tracker")})
	th.ServeHTTP(80, tr)
	b := metainfo.Builder{Name: "x", Single: true, Files: []metainfo.BuildFile{{Path: []string{"x"}, Length: int64(len(content))}}, PieceLength: pl, Trackers: [][]string{{"http://10.0.0.1/announce"}}}
	raw, err := b.Encode(hs)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := metainfo.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	k := simfs.NewContent(content)
	var ts []*client.Torrent
	for i := range leeches + 1 {
		h := in.NewHost(fmt.Sprint("n", i), netip.AddrFrom4([4]byte{10, 0, 1, byte(i + 1)}), simnet.LinkConfig{Up: 512 << 10, Down: 4 << 20, Latency: 20 * time.Millisecond})
		n := &node{h: h, fs: simfs.New(in.Now)}
		n.fs.MkdirAll("/d", 0o755)
		n.fs.Know("/d/x", k)
		n.w = h.Worker(n.fs.Meter)
		if i == 0 {
			f, _ := n.fs.Create("/d/x")
			f.WriteAt(content, 0)
			f.Close()
		}
		c, err := client.New(client.World{Clock: h.Clock(), Net: h.Net(), HTTP: h.HTTP(), FS: n.fs, Work: n.w, Rand: h.Rand("client"), Log: slog.New(slog.DiscardHandler), Wake: n.wake},
			client.Config{Port: 6881, OnNotice: func(x client.Notice) {
				switch x.(type) {
				case client.PieceVerified, client.PeerConnected:
				default:
					if i < 2 {
						fmt.Printf("%v n%d %T %+v\n", in.Now().Sub(simnet.Epoch), i, x, x)
					}
				}
			}})
		if err != nil {
			t.Fatal(err)
		}
		n.c = c
		tt, err := c.Add(client.Spec{Meta: meta, Dir: "/d"})
		if err != nil {
			t.Fatal(err)
		}
		ts = append(ts, tt)
	}
	start := time.Now()
	in.RunWhile(func() bool {
		if in.Now().Sub(simnet.Epoch) > 600*time.Second {
			return false
		}
		for _, x := range ts {
			if !x.Complete() {
				return true
			}
		}
		return false
	})
	for i, x := range ts {
		if !x.Complete() {
			t.Errorf("n%d incomplete %+v", i, x.Status())
		}
	}
	fmt.Println("sim", in.Now().Sub(simnet.Epoch), "real", time.Since(start), "events", in.Events(), "hash", in.Hash(), in.Err())
}
