package scenarios

import (
	"crypto/sha1"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"bt/client"
	"bt/client/metainfo"
	"bt/simnet"
	"bt/simnet/simfs"
)

// benchHost is a host with a client that has many torrents, which a Scenario does
// not have, and without oracles.
type benchHost struct {
	*client.Client
	host   *simnet.Host
	fs     *simfs.FS
	queued bool
	timer  *simnet.Timer
}

func newBenchHost(b *testing.B, net *simnet.Internet, i int) *benchHost {
	h := &benchHost{host: net.NewHost(fmt.Sprint("host", i), netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), fibre.config()), fs: simfs.New(net.Now)}
	h.timer = h.host.NewTimer(h.turn)
	c, err := client.New(client.World{
		Clock: h.host.Clock(), Net: h.host.Net(), HTTP: h.host.HTTP(), Names: h.host.Names(), FS: h.fs,
		Work: h.host.Worker(h.fs.Meter), Rand: h.host.Rand("client"), Wake: h.wake,
	}, client.Config{Port: clientPort})
	if err != nil {
		b.Fatal(err)
	}
	h.Client = c
	return h
}

func (h *benchHost) wake() {
	if !h.queued {
		h.queued = true
		h.host.Soon(h.turn)
	}
}

func (h *benchHost) turn() {
	h.queued = false
	if next := h.Turn(); next.IsZero() {
		h.timer.Stop()
	} else {
		h.timer.Set(next.Sub(h.host.Clock().Now()))
	}
}

// benchTorrent makes a torrent of random bytes.
func benchTorrent(b *testing.B, name string, pieces int) (*metainfo.MetaInfo, []byte) {
	const length = 64 << 10
	content := randomBytes(int64(pieces)*length, 1)
	var hashes []metainfo.Hash
	for p := range pieces {
		hashes = append(hashes, sha1.Sum(content[p*length:(p+1)*length]))
	}
	raw, err := (&metainfo.Builder{
		Name: name, PieceLength: length, Single: true, Files: []metainfo.BuildFile{{Length: int64(len(content))}},
	}).Encode(hashes)
	if err != nil {
		b.Fatal(err)
	}
	meta, err := metainfo.Parse(raw)
	if err != nil {
		b.Fatal(err)
	}
	return meta, content
}

// BenchmarkTorrents is what an event and a block of one torrent cost in clients
// that have so many, all active, of which the others have nothing to do.
func BenchmarkTorrents(b *testing.B) {
	for _, torrents := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprint(torrents), func(b *testing.B) {
			const pieces, blocks = 1024, 4096
			busy, content := benchTorrent(b, "busy", pieces)
			for range b.N {
				b.StopTimer()
				net := simnet.New(1)
				seed, leech := newBenchHost(b, net, 1), newBenchHost(b, net, 2)
				for i := range torrents - 1 {
					meta, _ := benchTorrent(b, fmt.Sprint("idle", i), 1)
					for _, h := range []*benchHost{seed, leech} {
						if _, err := h.Add(client.Spec{Meta: meta, Dir: "/d"}); err != nil {
							b.Fatal(err)
						}
					}
				}
				f, err := seed.fs.Create("/busy")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := f.Write(content); err != nil {
					b.Fatal(err)
				}
				if _, err := seed.Add(client.Spec{Meta: busy, Dir: "/"}); err != nil {
					b.Fatal(err)
				}
				net.RunUntil(simnet.Epoch.Add(time.Hour)) // all is checked, and calm
				events, used := net.Events(), processorTime()
				b.StartTimer()
				t, err := leech.Add(client.Spec{Meta: busy, Dir: "/", Peers: []netip.AddrPort{netip.AddrPortFrom(seed.host.Addr(), clientPort)}})
				if err != nil {
					b.Fatal(err)
				}
				if !net.RunWhile(func() bool { return !t.Seed() }) {
					b.Fatal("never complete")
				}
				b.StopTimer()
				used, events = processorTime()-used, net.Events()-events
				b.ReportMetric(float64(used.Nanoseconds())/float64(events), "cpu-ns/event")
				b.ReportMetric(float64(used.Nanoseconds())/blocks, "cpu-ns/block")
			}
		})
	}
}
