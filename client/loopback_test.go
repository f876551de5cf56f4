package client_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"bt/client"
	"bt/client/metainfo"
	"bt/transport/sockets"
)

// realWorld is a world of real sockets and disks, for one client.
func realWorld(t testing.TB, seed uint64) client.World {
	network := sockets.New(sockets.Config{})
	fetcher := sockets.NewFetcher(sockets.FetcherConfig{})
	names := sockets.NewResolver()
	workers := client.NewWorkers(max(2, runtime.NumCPU()))
	t.Cleanup(func() {
		network.Close()
		fetcher.Close()
		names.Close()
		workers.Close()
	})
	return client.World{
		Clock: clock.New(), Net: network, HTTP: fetcher, Names: names, FS: client.OSFS(), Work: workers,
		Rand: rand.NewPCG(seed, seed),
	}
}

// makeTorrent writes size random bytes below dir and returns their torrent.
func makeTorrent(t testing.TB, dir string, size, pieceLen int) (*metainfo.MetaInfo, []byte) {
	content := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{1})
	rng.Read(content)
	if err := os.WriteFile(filepath.Join(dir, "x"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	var hashes []metainfo.Hash
	for b := range slices.Chunk(content, pieceLen) {
		hashes = append(hashes, sha1.Sum(b))
	}
	b := metainfo.Builder{Name: "x", Single: true, PieceLength: int64(pieceLen), Files: []metainfo.BuildFile{{Path: []string{"x"}, Length: int64(size)}}}
	raw, err := b.Encode(hashes)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := metainfo.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return meta, content
}

// start runs a client with one torrent until the test ends.
func start(t testing.TB, seed uint64, spec client.Spec, onNotice func(client.Notice)) (*client.Client, *client.Torrent) {
	c, err := client.New(realWorld(t, seed), client.Config{Addr: netip.MustParseAddr("127.0.0.1"), OnNotice: onNotice})
	if err != nil {
		t.Fatal(err)
	}
	tor, err := c.Add(spec)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("client %d: %v", seed, err)
		}
	})
	return c, tor
}

func transfer(t testing.TB, meta *metainfo.MetaInfo, from, to string) {
	ready := make(chan bool, 1)
	seed, _ := start(t, 1, client.Spec{Meta: meta, Dir: from}, func(n client.Notice) {
		if _, ok := n.(client.HashcheckDone); ok {
			ready <- true
		}
	})
	<-ready
	if b, ok := t.(*testing.B); ok {
		b.ResetTimer()
		b.SetBytes(meta.Info.Length)
	}
	done := make(chan error, 1)
	_, tor := start(t, 2, client.Spec{
		Meta: meta, Dir: to,
		Peers: []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(seed.Port()))},
	}, func(n client.Notice) {
		switch n := n.(type) {
		case client.Completed:
			done <- nil
		case client.FileFailed:
			done <- n.Err
		}
	})
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatalf("no completion: %+v", tor.Status())
	}
	if b, ok := t.(*testing.B); ok {
		b.StopTimer()
	}
}

// TestLoopback moves a torrent between two clients over real sockets and
// disks.
func TestLoopback(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	meta, content := makeTorrent(t, from, 10<<20+4321, 256<<10)
	transfer(t, meta, from, to)
	got, err := os.ReadFile(filepath.Join(to, "x"))
	if err != nil || !bytes.Equal(got, content) {
		t.Fatalf("downloaded file differs (%v)", err)
	}
}

func TestPortInUse(t *testing.T) {
	meta, _ := makeTorrent(t, t.TempDir(), 1000, 16<<10)
	c, _ := start(t, 1, client.Spec{Meta: meta, Dir: t.TempDir()}, nil)
	_, err := client.New(realWorld(t, 2), client.Config{Addr: netip.MustParseAddr("127.0.0.1"), Port: c.Port()})
	if err == nil {
		t.Fatal("two clients on one port")
	}
}

func TestAddRefuses(t *testing.T) {
	meta, _ := makeTorrent(t, t.TempDir(), 1000, 16<<10)
	c, err := client.New(realWorld(t, 1), client.Config{Addr: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	for what, spec := range map[string]client.Spec{
		"nothing":               {},
		"too many priorities":   {Meta: meta, Priorities: []int{1, 1}},
		"a priority below zero": {Meta: meta, Priorities: []int{-1}},
		"no such state":         {Meta: meta, State: 17},
	} {
		if _, err := c.Add(spec); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	dir := t.TempDir()
	tor, err := c.Add(client.Spec{Meta: meta, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Add(client.Spec{Meta: meta, Dir: dir}); !errors.Is(err, client.ErrDuplicate) {
		t.Errorf("added twice: %v", err)
	}
	if err := tor.Hashcheck(0, 1); err == nil {
		t.Error("hash check of a piece that does not exist: no error")
	}
	c.Close()
	if _, err := c.Add(client.Spec{Meta: meta, Dir: t.TempDir()}); !errors.Is(err, client.ErrClosed) {
		t.Errorf("added after Close: %v", err)
	}
	for !c.Closed() {
		c.Turn()
		time.Sleep(time.Millisecond)
	}
}

// BenchmarkLoopback is one client downloading from another in the same process,
// both on tmpfs where there is one.
func BenchmarkLoopback(b *testing.B) {
	root := "/dev/shm"
	if _, err := os.Stat(root); err != nil {
		root = ""
	}
	dir, err := os.MkdirTemp(root, "bt")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	os.Mkdir(from, 0o755)
	meta, _ := makeTorrent(b, from, 1<<30, 1<<20)
	transfer(b, meta, from, to)
}
