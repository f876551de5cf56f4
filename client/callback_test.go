package client_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bt/client"
)

// lookAtAll calls every getter.
func lookAtAll(c *client.Client, t *client.Torrent) {
	c.PeerID()
	c.Port()
	c.Torrents()
	c.Torrent(t.ID())
	c.Peers()
	c.Closed()
	t.State()
	t.Status()
	t.Bitfield()
	t.Wanted()
	t.Files()
	t.Peers()
	t.Trackers()
	t.PieceCache()
	t.Complete()
	t.Seed()
	t.Left()
}

// inCallback is something to do inside a callback, once, in the middle of a
// download, and what has to come of it.
var inCallback = []struct {
	name  string
	do    func(c *client.Client, t *client.Torrent)
	until func(c *client.Client, t *client.Torrent) bool
}{
	{"Stop", func(_ *client.Client, t *client.Torrent) { t.Stop() },
		func(_ *client.Client, t *client.Torrent) bool {
			return t.State() == client.Stopped && len(t.Peers()) == 0
		}},
	{"Pause and Start", func(_ *client.Client, t *client.Torrent) { t.Pause(); t.Start() },
		func(_ *client.Client, t *client.Torrent) bool { return t.Seed() }},
	{"Hashcheck", func(_ *client.Client, t *client.Torrent) { check(t.Hashcheck()) },
		func(_ *client.Client, t *client.Torrent) bool { return t.Seed() && !t.Status().Checking }},
	{"Hashcheck of one", func(_ *client.Client, t *client.Torrent) { check(t.Hashcheck(0)) },
		func(_ *client.Client, t *client.Torrent) bool { return t.Seed() && !t.Status().Checking }},
	{"Remove", func(_ *client.Client, t *client.Torrent) { t.Remove() },
		func(c *client.Client, _ *client.Torrent) bool { return len(c.Torrents()) == 0 }},
	{"Close", func(c *client.Client, _ *client.Torrent) { c.Close() },
		func(c *client.Client, _ *client.Torrent) bool { return c.Closed() }},
	{"Close twice, then Stop", func(c *client.Client, t *client.Torrent) { c.Close(); c.Close(); t.Stop() },
		func(c *client.Client, _ *client.Torrent) bool { return c.Closed() }},
}

// The callbacks of a piece and of any notice, in a simulated download.
func TestR18InsideCallbacks(t *testing.T) {
	for _, what := range inCallback {
		for _, where := range []string{"OnHashPass", "OnNotice"} {
			t.Run(what.name+" in "+where, func(t *testing.T) {
				x := makeContent("x", 16<<10, oneTracker, fileSpec{"x", 1 << 20})
				s := newSwarm(1)
				seed := s.join()
				seed.addSeed(x)
				var leech *member
				var tor *client.Torrent
				var once sync.Once
				done := false
				act := func() {
					lookAtAll(leech.Client, tor)
					if tor.Status().PiecesHad >= 5 || len(leech.Torrents()) == 0 {
						once.Do(func() { what.do(leech.Client, tor); done = true })
					}
				}
				leech = s.join(func(c *client.Config) {
					if where == "OnNotice" {
						c.OnNotice = func(client.Notice) { act() }
					}
				})
				tor = leech.addLeech(x, func(sp *client.Spec) {
					if where == "OnHashPass" {
						sp.OnHashPass = func(*client.Torrent, int) { act() }
					}
				})
				if !s.runUntil(func() bool { return done && what.until(leech.Client, tor) }) {
					t.Fatalf("done %v: %+v", done, tor.Status())
				}
				if !leech.leave() || !seed.leave() {
					t.Fatal("not closed")
				}
				s.run(time.Minute)
				if h := leech.fs.OpenHandles(); len(h) > 0 || leech.host.OpenStreams() > 0 || leech.host.PendingTimers() > 0 {
					t.Errorf("left behind: files %q, %d streams, %d timers", h, leech.host.OpenStreams(), leech.host.PendingTimers())
				}
			})
		}
	}
}

// The same on real sockets and disks, and on many goroutines.
func TestR18InsideCallbacksForReal(t *testing.T) {
	for _, what := range inCallback {
		t.Run(what.name, func(t *testing.T) {
			now := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, now) }) // runs last
			from, to := t.TempDir(), t.TempDir()
			meta, _ := makeTorrent(t, from, 2<<20, 16<<10)
			ready := make(chan bool, 8)
			seed, _ := start(t, 1, client.Spec{Meta: meta, Dir: from}, func(n client.Notice) {
				if _, ok := n.(client.HashcheckDone); ok {
					ready <- true
				}
			})
			<-ready
			var c *client.Client
			var once sync.Once
			set, acted := make(chan bool), make(chan bool)
			c, tor := start(t, 2, client.Spec{
				Meta: meta, Dir: to, State: client.Stopped,
				OnHashPass: func(tor *client.Torrent, piece int) {
					<-set
					lookAtAll(c, tor)
					once.Do(func() { what.do(c, tor); close(acted) })
				},
			}, nil)
			close(set)
			tor.AddPeers(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(seed.Port())))
			tor.Start()
			limit := time.After(30 * time.Second)
			select {
			case <-acted:
			case <-limit:
				t.Fatalf("no piece: %+v", tor.Status())
			}
			for !what.until(c, tor) {
				select {
				case <-limit:
					t.Fatalf("%+v", tor.Status())
				case <-time.After(time.Millisecond):
					lookAtAll(c, tor) // from another goroutine than the loop's
				}
			}
			if _, err := os.Stat(filepath.Join(to, "x")); err != nil {
				t.Error(err)
			}
		})
	}
}

// Hash checks beside a download, while the disk is behind: pieces are checked
// twice at the same time, each check is answered, and it is the download that
// completes the torrent.
func TestHashcheckBesideDownload(t *testing.T) {
	for _, pieces := range []int{1, 2, 32} {
		x := makeContent("x", 64<<10, oneTracker, fileSpec{"x", pieces * 64 << 10})
		s := newSwarm(1)
		seed := s.join()
		seed.addSeed(x)
		leech := s.join(func(c *client.Config) { c.Details = client.DetailDisk })
		leech.slowDisk(600 << 10)
		l := leech.addLeech(x)
		checks := 0
		leech.told = func(n client.Notice) {
			if _, ok := n.(client.DiskWritten); ok && !l.Seed() {
				checks++
				check(l.Hashcheck())
			}
		}
		if !s.runUntil(func() bool { return l.Seed() && !l.Status().Checking }) {
			t.Fatalf("%d pieces, after %d checks: %+v", pieces, checks, l.Status())
		}
		s.run(time.Minute)
		if n := len(told[client.Completed](leech)); n != 1 || checks < pieces || count(leech.events(), "completed") != 1 {
			t.Errorf("%d pieces: completed %d times, told the tracker %q, after %d checks", pieces, n, leech.events(), checks)
		}
	}
}
