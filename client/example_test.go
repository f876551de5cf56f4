package client_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"bt/client"
	"bt/client/metainfo"
	"bt/simnet"
	"bt/simnet/simfs"
)

// Two clients in a simulated internet: one has a file, the other fetches it. The
// simulator takes the turns here; in the real world Client.Run does.
func Example() {
	s := newSwarm(1)
	x := makeContent("holiday.mkv", 64<<10, [][]string{{trackerURL}}, fileSpec{"holiday.mkv", 3 << 20})

	seed := s.join()
	seed.fill("/videos", x)
	if _, err := seed.Add(client.Spec{Meta: x.meta, Dir: "/videos"}); err != nil {
		fmt.Println(err)
		return
	}

	pieces := 0
	leech := s.join(func(c *client.Config) {
		c.OnNotice = func(n client.Notice) {
			switch n.(type) {
			case client.PieceVerified:
				pieces++
			case client.Completed:
				fmt.Printf("complete: %d pieces in %v\n", pieces, s.net.Now().Sub(simnet.Epoch).Round(time.Second))
			}
		}
	})
	t, err := leech.Add(client.Spec{Meta: x.meta, Dir: "/downloads"})
	if err != nil {
		fmt.Println(err)
		return
	}
	s.run(time.Minute)
	fmt.Println(t.Name(), "left:", t.Left(), "seed:", t.Seed(), "file:", t.Files()[0].Path)
	leech.Close()
	s.run(time.Minute)
	fmt.Println("closed:", leech.Closed())
	// Output:
	// complete: 48 pieces in 3s
	// holiday.mkv left: 0 seed: true file: /downloads/holiday.mkv
	// closed: true
}

// A filter that is applied anew ends the connections it is against.
func ExampleClient_Refilter() {
	s := newSwarm(1)
	x := makeContent("x", 64<<10, nil, fileSpec{"x", 8 << 20})
	blocked := map[netip.Addr]bool{}
	seed := s.join(func(c *client.Config) {
		c.Filter = func(a netip.Addr) bool { return !blocked[a] }
		c.OnNotice = func(n client.Notice) {
			switch n := n.(type) {
			case client.PeerConnected:
				fmt.Println("connected:", n.Addr.Addr())
			case client.PeerDisconnected:
				fmt.Println("disconnected:", n.Addr.Addr(), n.Reason)
			}
		}
	})
	seed.addSeed(x)
	s.run(time.Second)
	leech := s.join()
	leech.addLeech(x, knows(seed))
	s.run(time.Second)
	blocked[leech.host.Addr()] = true
	seed.Refilter()
	s.run(time.Second)
	// Output:
	// connected: 10.0.0.2
	// disconnected: 10.0.0.2 address refused by the filter
}

// Of two files the one with the higher priority comes first, and one of
// priority 0 not at all. That can be changed at any time.
func ExampleTorrent_SetPriorities() {
	s := newSwarm(1)
	x := makeContent("album", 64<<10, nil, fileSpec{"one.flac", 1 << 20}, fileSpec{"two.flac", 1 << 20})
	seed, leech := s.join(), s.join()
	seed.addSeed(x)
	t, err := leech.Add(client.Spec{Meta: x.meta, Dir: "/music", Priorities: []int{1, 0}, Peers: []netip.AddrPort{seed.addr()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	s.run(time.Minute)
	fmt.Println("complete:", t.Complete(), "seed:", t.Seed())
	if err := t.SetPriorities([]int{1, 1000}); err != nil {
		fmt.Println(err)
		return
	}
	s.run(time.Minute)
	fmt.Println("complete:", t.Complete(), "seed:", t.Seed())
	for _, f := range t.Files() {
		fmt.Println(f.Path, f.Length, f.Priority)
	}
	// Output:
	// complete: true seed: false
	// complete: true seed: true
	// /music/album/one.flac 1048576 1
	// /music/album/two.flac 1048576 1000
}

// To make a torrent: hash the files, then let the builder write them down.
func ExampleHashFiles() {
	fsys := simfs.New(func() time.Time { return simnet.Epoch })
	paths, lengths := []string{"/notes/a.txt", "/notes/b.txt"}, []int64{20_000, 30_000}
	check(fsys.MkdirAll("/notes", 0o755))
	for i, p := range paths {
		f := must(fsys.Create(p))
		must(f.Write(make([]byte, lengths[i])))
		check(f.Close())
	}

	pieceLength := metainfo.ChoosePieceLength(lengths[0] + lengths[1])
	hashes, err := client.HashFiles(fsys, paths, lengths, pieceLength, 1, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	b := metainfo.Builder{
		Name: "notes", PieceLength: pieceLength, Trackers: [][]string{{"http://tracker.example/announce"}},
		Files: []metainfo.BuildFile{{Path: []string{"a.txt"}, Length: lengths[0]}, {Path: []string{"b.txt"}, Length: lengths[1]}},
	}
	raw, err := b.Encode(hashes)
	if err != nil {
		fmt.Println(err)
		return
	}
	meta, err := metainfo.Parse(raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(raw), "bytes of .torrent,", meta.Info.NumPieces(), "pieces of", meta.Info.PieceLength)
	fmt.Println("info-hash", meta.InfoHash)
	// Output:
	// 253 bytes of .torrent, 4 pieces of 16384
	// info-hash 1d6c47738bbca165c6328a157d7b3f6ae62c3b2e
}

// Verify tells of each piece whether it is right, and changes nothing.
func ExampleVerify() {
	x := makeContent("x", 16<<10, nil, fileSpec{"x", 50_000})
	fsys := simfs.New(func() time.Time { return simnet.Epoch })
	damaged := append([]byte(nil), x.content...)
	damaged[20_000]++
	f := must(fsys.Create("/x"))
	must(f.Write(damaged))
	check(f.Close())

	err := client.Verify(context.Background(), fsys, "/", x.meta, 1, func(piece int, ok bool) {
		fmt.Println("piece", piece, "is right:", ok)
	})
	fmt.Println("error:", err)
	// Output:
	// piece 0 is right: true
	// piece 1 is right: false
	// piece 2 is right: true
	// piece 3 is right: true
	// error: <nil>
}

func ExampleParseState() {
	for _, s := range []string{"started", "active", "paused", "running"} {
		fmt.Println(client.ParseState(s))
	}
	// Output:
	// active <nil>
	// active <nil>
	// paused <nil>
	// active state "running" is none of active, paused and stopped
}
