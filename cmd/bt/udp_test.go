package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"bt/client/metainfo"
	"bt/client/tracker"
	"bt/simtracker"
	"bt/transport"
	"bt/transport/sockets"
)

// TestTrackerOverUDP: a seed and a download find each other by a tracker that is
// asked by datagrams, over either family.
func TestTrackerOverUDP(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1"} {
		t.Run(addr, func(t *testing.T) {
			tr := simtracker.New(simtracker.Config{Now: time.Now})
			at := serveUDP(t, netip.MustParseAddr(addr), tr)
			p := smallPayload(t)
			r := newTrackedRun(t, p, fmt.Sprintf("udp://%v/announce", at))
			r.tracker = tr
			seed := r.startBT(t, "seed", "-d", p.dir, r.torrent)
			r.waitSwarm(t, 1, 0)
			r.get(t, p)
			stopBT(t, seed)
			if seeds, leeches := tr.Swarm(r.hash); seeds+leeches != 0 {
				t.Errorf("the tracker knows %d seeds and %d leeches when all have left", seeds, leeches)
			}
			var events []string
			for _, e := range tr.Log() {
				events = append(events, e.Event.String())
			}
			if got := fmt.Sprint(events); got != "[started started completed stopped stopped]" {
				t.Errorf("the tracker has heard %s", got)
			}
		})
	}
}

// serveUDP lets a tracker answer datagrams until the test ends.
func serveUDP(t *testing.T, addr netip.Addr, tr *simtracker.Tracker) netip.AddrPort {
	t.Helper()
	network := sockets.New(sockets.Config{})
	t.Cleanup(network.Close)
	ready := make(chan transport.PacketConn, 1)
	conn, err := network.ListenPacket(netip.AddrPortFrom(addr, 0), func(from netip.AddrPort, p []byte) {
		conn := <-ready
		ready <- conn
		if answer := tr.ServePacket(from, p); answer != nil {
			conn.Send(from, answer)
		}
	})
	if err != nil {
		t.Skipf("no %v on this machine: %v", addr, err)
	}
	ready <- conn
	return conn.LocalAddr()
}

func smallPayload(t *testing.T) payload {
	t.Helper()
	p := payload{name: "files", files: map[string]int64{"set/a.bin": 1_000_003, "set/b/one": 1, "set/c.txt": 12_345}, dir: t.TempDir()}
	p.fill(t, 50)
	return p
}

// newTrackedRun is a run with a tracker that is there already.
func newTrackedRun(t *testing.T, p payload, tracker string) *interopRun {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), interopTimeout)
	t.Cleanup(cancel)
	r := &interopRun{dir: t.TempDir(), ctx: ctx}
	r.torrent = filepath.Join(r.dir, "x.torrent")
	r.hash = p.torrent(t, r.torrent, tracker)
	return r
}

// get downloads with bt, and compares every byte.
func (r *interopRun) get(t *testing.T, p payload) {
	t.Helper()
	out := filepath.Join(r.dir, "out")
	if code, text := r.startBT(t, "get", "-d", out, r.torrent).waitWithin(t, interopTimeout); code != 0 {
		t.Fatalf("bt: exit code %d; output:\n%s", code, text)
	}
	wantSame(t, p, out)
	wantNothingElse(t, p, out)
}

// TestInteropOpentracker does the same by a tracker that the world uses.
func TestInteropOpentracker(t *testing.T) {
	if _, err := exec.LookPath("opentracker"); err != nil {
		missing(t, fmt.Sprintf("opentracker is not installed: %v", err))
	}
	if os.Getuid() != 0 {
		t.Skip("opentracker changes its root directory and its user, which takes the rights of root")
	}
	p, port := smallPayload(t), freePort(t)
	at := netip.AddrPortFrom(loopback, uint16(port))
	r := newTrackedRun(t, p, fmt.Sprintf("udp://%v/announce", at))
	startOpentracker(t, port, r.hash)
	seed := r.startBT(t, "seed", "-d", p.dir, r.torrent)
	r.log = filepath.Join(r.dir, "none")
	r.waitUntil(t, "seed that opentracker knows", func() bool { return scrapeUDP(t, at, r.hash).Complete > 0 })
	r.get(t, p)
	stopBT(t, seed)
	if s := scrapeUDP(t, at, r.hash); s.Complete+s.Incomplete != 0 || s.Downloaded != 1 {
		t.Errorf("opentracker knows of %d seeds, %d leeches and %d downloads when all have left", s.Complete, s.Incomplete, s.Downloaded)
	}
}

// startOpentracker starts one on loopback that knows a single torrent.
func startOpentracker(t *testing.T, port int, hash metainfo.Hash) {
	t.Helper()
	// It has another user, and for a root directory this one.
	dir, err := os.MkdirTemp("", "opentracker-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	const list = "whitelist"
	if err := os.WriteFile(filepath.Join(dir, list), fmt.Appendf(nil, "%x\n", hash[:]), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("opentracker", "-i", loopback.String(), "-p", fmt.Sprint(port), "-P", fmt.Sprint(port), "-d", dir, "-w", list)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}

// scrapeUDP asks a tracker about a torrent; where there is no answer yet, it
// knows nothing.
func scrapeUDP(t *testing.T, at netip.AddrPort, hash metainfo.Hash) (s tracker.ScrapeTorrent) {
	t.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ask := func(r tracker.UDPRequest) (answer tracker.UDPResponse) {
		buf := make([]byte, tracker.MaxUDPPacket)
		conn.SetDeadline(time.Now().Add(time.Second))
		if _, err := conn.Write(r.Append(nil)); err != nil {
			return answer
		}
		n, err := conn.Read(buf)
		if err != nil {
			return answer
		}
		if answer, err = tracker.ParseUDPResponse(buf[:n], false); err != nil || answer.Transaction != r.Transaction {
			t.Fatalf("%x: %+v, %v", buf[:n], answer, err)
		}
		return answer
	}
	connected := ask(tracker.UDPRequest{Transaction: 1})
	scraped := ask(tracker.UDPRequest{Action: tracker.UDPScrape, Connection: connected.Connection, Transaction: 2, Hashes: [][20]byte{hash}})
	if len(scraped.Scrape) > 0 {
		s = scraped.Scrape[0]
	}
	return s
}
