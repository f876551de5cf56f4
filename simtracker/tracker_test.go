package simtracker_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bt/client/tracker"
	"bt/simtracker"
)

var (
	hashA = [20]byte([]byte("torrent A-----------"))
	hashB = [20]byte([]byte("torrent B-----------"))
)

// A world is a tracker and its clock.
type world struct {
	*testing.T
	tracker *simtracker.Tracker
	now     time.Time
}

func newWorld(t *testing.T, change func(*simtracker.Config)) *world {
	w := &world{T: t, now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	cfg := simtracker.Config{Now: func() time.Time { return w.now }, Interval: time.Minute}
	if change != nil {
		change(&cfg)
	}
	w.tracker = simtracker.New(cfg)
	return w
}

// get asks the tracker from a network address, without network.
func (w *world) get(from, target string) *httptest.ResponseRecorder {
	w.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.RemoteAddr = from
	answer := httptest.NewRecorder()
	w.tracker.ServeHTTP(answer, r)
	return answer
}

// announce makes an announce for the client at addr, whose peer id follows from
// it, and returns what it got.
func (w *world) announce(addr string, a tracker.Announce) tracker.Response {
	w.Helper()
	at := netip.MustParseAddrPort(addr)
	a.Port = int(at.Port())
	if a.InfoHash == ([20]byte{}) {
		a.InfoHash = hashA
	}
	if a.PeerID == ([20]byte{}) {
		copy(a.PeerID[:], addr)
	}
	target, err := a.URL("http://tracker.example/announce")
	if err != nil {
		w.Fatal(err)
	}
	// The port that a connection comes from is not the one peers listen on.
	answer := w.get(netip.AddrPortFrom(at.Addr(), 40000).String(), target)
	if answer.Code != http.StatusOK {
		w.Fatalf("%s: status %d", target, answer.Code)
	}
	response, err := tracker.ParseResponse(answer.Body.Bytes())
	if err != nil {
		w.Fatal(err)
	}
	return response
}

func (w *world) wantPeers(got tracker.Response, want ...string) {
	w.Helper()
	var list []string
	for _, p := range got.Peers {
		list = append(list, p.String())
	}
	if got.Failure != "" || !slices.Equal(list, want) {
		w.Errorf("got peers %v (failure %q), want %v", list, got.Failure, want)
	}
}

func (w *world) wantSwarm(hash [20]byte, seeds, leeches int) {
	w.Helper()
	if s, l := w.tracker.Swarm(hash); s != seeds || l != leeches {
		w.Errorf("swarm has %d seeds and %d leeches, want %d and %d", s, l, seeds, leeches)
	}
}

var leech, seed = tracker.Announce{Left: 5}, tracker.Announce{Left: 0}

func TestPeersLearnOfEachOther(t *testing.T) {
	w := newWorld(t, func(c *simtracker.Config) { c.MinInterval = 10 * time.Second })
	first := w.announce("10.0.0.1:1", leech)
	w.wantPeers(first)
	if first.Interval != time.Minute || first.MinInterval != 10*time.Second {
		t.Errorf("intervals %v and %v", first.Interval, first.MinInterval)
	}
	w.wantPeers(w.announce("10.0.0.2:2", leech), "10.0.0.1:1")
	w.wantPeers(w.announce("10.0.0.3:3", seed), "10.0.0.1:1", "10.0.0.2:2")
	got := w.announce("10.0.0.1:1", leech)
	w.wantPeers(got, "10.0.0.2:2", "10.0.0.3:3")
	if got.Complete != 1 || got.Incomplete != 2 {
		t.Errorf("told of %d seeds and %d leeches, want 1 and 2", got.Complete, got.Incomplete)
	}
	w.wantSwarm(hashA, 1, 2)
	w.wantSwarm(hashB, 0, 0)
	other := leech
	other.InfoHash = hashB
	w.wantPeers(w.announce("10.0.0.1:1", other))
	w.wantSwarm(hashB, 0, 1)
}

func TestSeedsGetNoSeeds(t *testing.T) {
	w := newWorld(t, nil)
	w.announce("10.0.0.1:1", seed)
	w.announce("10.0.0.2:2", leech)
	w.wantPeers(w.announce("10.0.0.3:3", seed), "10.0.0.2:2")
}

func TestBothAddressFamilies(t *testing.T) {
	w := newWorld(t, nil)
	w.announce("10.0.0.1:1", leech)
	w.announce("[2001:db8::1]:2", leech)
	w.announce("[::ffff:10.0.0.4]:4", leech)
	w.wantPeers(w.announce("10.0.0.3:3", leech), "10.0.0.1:1", "10.0.0.4:4", "[2001:db8::1]:2")
	w.wantPeers(w.announce("[2001:db8::2]:3", leech), "10.0.0.1:1", "10.0.0.4:4", "10.0.0.3:3", "[2001:db8::1]:2")
}

func TestNobodyIsToldOfItself(t *testing.T) {
	w := newWorld(t, nil)
	dual := leech
	dual.PeerID = [20]byte([]byte("one client, two addr"))
	w.announce("10.0.0.1:1", dual)
	w.wantPeers(w.announce("[2001:db8::1]:1", dual))
	// Restarted: a new peer id at the old address.
	w.wantPeers(w.announce("10.0.0.1:1", leech), "[2001:db8::1]:1")
	w.wantSwarm(hashA, 0, 2)
}

func TestStoppedRemoves(t *testing.T) {
	w := newWorld(t, nil)
	stopped := tracker.Announce{Left: 5, Event: tracker.Stopped}
	w.announce("10.0.0.1:1", leech)
	w.announce("10.0.0.2:2", leech)
	w.wantPeers(w.announce("10.0.0.1:1", stopped))
	w.wantSwarm(hashA, 0, 1)
	w.wantPeers(w.announce("10.0.0.1:1", stopped))
	w.wantSwarm(hashA, 0, 1)
	w.wantPeers(w.announce("10.0.0.2:2", leech))
}

func TestSilentPeersExpire(t *testing.T) {
	w := newWorld(t, nil)
	w.announce("10.0.0.1:1", leech)
	w.now = w.now.Add(time.Minute)
	w.announce("10.0.0.2:2", leech)
	w.now = w.now.Add(time.Minute)
	w.wantSwarm(hashA, 0, 2) // the first was heard of exactly two intervals ago
	w.now = w.now.Add(time.Nanosecond)
	w.wantSwarm(hashA, 0, 1)
	w.wantPeers(w.announce("10.0.0.3:3", leech), "10.0.0.2:2")

	w = newWorld(t, func(c *simtracker.Config) { c.Expiry = time.Second })
	w.announce("10.0.0.1:1", leech)
	w.now = w.now.Add(time.Second + 1)
	w.wantPeers(w.announce("10.0.0.2:2", leech))
}

func TestNumWant(t *testing.T) {
	tests := []struct{ max, want, got int }{
		{0, 0, 50}, {0, 200, 50}, {0, 7, 7}, {0, tracker.NumWantNone, 0},
		{5, 0, 5}, {5, 3, 3}, {5, 6, 5}, {100, 80, 60}, {100, 0, 60},
	}
	for _, tt := range tests {
		w := newWorld(t, func(c *simtracker.Config) { c.NumWant = tt.max })
		var all []string
		for i := range 60 {
			all = append(all, fmt.Sprintf("10.0.0.%d:1", i))
			w.announce(all[i], leech)
		}
		got := w.announce("10.0.1.1:1", tracker.Announce{Left: 5, NumWant: tt.want})
		w.wantPeers(got, all[:tt.got]...)
	}
}

func TestRandomChoice(t *testing.T) {
	choices := func(s1, s2 uint64) (lists [][]netip.AddrPort) {
		w := newWorld(t, func(c *simtracker.Config) { c.NumWant, c.Rand = 5, rand.NewPCG(s1, s2) })
		for i := range 20 {
			w.announce(fmt.Sprintf("10.0.0.%d:1", i), seed)
		}
		seen := make(map[netip.AddrPort]bool)
		for range 50 {
			got := w.announce("10.0.1.1:1", leech).Peers
			if len(got) != 5 || len(slices.Compact(slices.SortedFunc(slices.Values(got), netip.AddrPort.Compare))) != 5 {
				t.Fatalf("got %v, want 5 different peers", got)
			}
			for _, p := range got {
				seen[p] = true
			}
			lists = append(lists, got)
		}
		if len(seen) != 20 {
			t.Errorf("in 50 answers %d of 20 peers were seen", len(seen))
		}
		return lists
	}
	a, b, c := choices(1, 1), choices(1, 1), choices(1, 2)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("one seed, two outcomes")
	}
	if fmt.Sprint(a) == fmt.Sprint(c) {
		t.Error("two seeds, one outcome")
	}
}

func TestIPParameter(t *testing.T) {
	elsewhere := leech
	elsewhere.IP = netip.MustParseAddr("10.9.9.9")
	w := newWorld(t, nil)
	w.announce("10.0.0.1:1", elsewhere)
	w.wantPeers(w.announce("10.0.0.2:2", leech), "10.0.0.1:1")
	w = newWorld(t, func(c *simtracker.Config) { c.TrustIP = true })
	w.announce("10.0.0.1:1", elsewhere)
	w.wantPeers(w.announce("10.0.0.2:2", leech), "10.9.9.9:1")
}

func TestKnownTorrentsOnly(t *testing.T) {
	w := newWorld(t, func(c *simtracker.Config) { c.Known = [][20]byte{hashB} })
	if got := w.announce("10.0.0.1:1", leech); !strings.Contains(got.Failure, "not served here") {
		t.Errorf("unknown torrent: %+v", got)
	}
	known := leech
	known.InfoHash = hashB
	w.wantPeers(w.announce("10.0.0.1:1", known))
	w.wantSwarm(hashA, 0, 0)
	w.wantSwarm(hashB, 0, 1)
	log := w.tracker.Log()
	if len(log) != 2 || log[0].Failure == "" || log[1].Failure != "" {
		t.Errorf("log is %+v, want a refused and a granted announce", log)
	}
}

func TestLog(t *testing.T) {
	w := newWorld(t, func(c *simtracker.Config) { c.LogMax = 3 })
	a := tracker.Announce{
		InfoHash: hashB, PeerID: hashA, Uploaded: 1, Downloaded: 2, Left: 3, Event: tracker.Started,
		NumWant: 9, Key: 7, TrackerID: "x",
	}
	w.announce("10.0.0.1:1", a)
	want := simtracker.Entry{
		Time: w.now, InfoHash: hashB, PeerID: hashA, Addr: netip.MustParseAddrPort("10.0.0.1:1"),
		Event: tracker.Started, Uploaded: 1, Downloaded: 2, Left: 3, NumWant: 9, Key: 7, TrackerID: "x",
	}
	if got := w.tracker.Log(); len(got) != 1 || got[0] != want {
		t.Errorf("log is %+v, want %+v", got, want)
	}
	for i := range 20 {
		a.Uploaded = int64(i)
		w.announce("10.0.0.1:1", a)
		log := w.tracker.Log()
		if len(log) != min(i+2, 3) || log[len(log)-1].Uploaded != int64(i) {
			t.Fatalf("after %d announces the log is %+v", i+2, log)
		}
	}
}

func TestMalformedRequests(t *testing.T) {
	w := newWorld(t, nil)
	for _, tt := range []struct{ from, target, want string }{
		{"10.0.0.1:1", "/announce", "info_hash of 0 bytes"},
		{"10.0.0.1:1", "/announce?info_hash=%zz", "invalid URL escape"},
		{"10.0.0.1:1", "/scrape", "scrape of 0 torrents"},
		{"nowhere", "/announce?info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=aaaaaaaaaaaaaaaaaaaa&port=1&uploaded=0&downloaded=0&left=0", "no address of the client"},
	} {
		answer := w.get(tt.from, tt.target)
		r, err := tracker.ParseResponse(answer.Body.Bytes())
		if answer.Code != http.StatusOK || err != nil || !strings.Contains(r.Failure, tt.want) {
			t.Errorf("%s: status %d, %+v, %v, want failure … %s", tt.target, answer.Code, r, err, tt.want)
		}
	}
	if code := w.get("10.0.0.1:1", "/elsewhere").Code; code != http.StatusNotFound {
		t.Errorf("/elsewhere: status %d", code)
	}
	answer := httptest.NewRecorder()
	w.tracker.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/announce", nil))
	if answer.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", answer.Code)
	}
	if log := w.tracker.Log(); len(log) != 0 {
		t.Errorf("log is %+v, want nothing", log)
	}
}

func TestDictionaryPeersOnRequest(t *testing.T) {
	w := newWorld(t, nil)
	w.announce("10.0.0.1:1", leech)
	target := "/announce?info_hash=" + url.QueryEscape(string(hashA[:])) +
		"&peer_id=aaaaaaaaaaaaaaaaaaaa&port=1&uploaded=0&downloaded=0&left=0&compact=0"
	if got := w.get("10.0.0.2:1", target).Body.String(); !strings.Contains(got, "5:peersld2:ip8:10.0.0.14:porti1eee") {
		t.Errorf("got %q", got)
	}
}

func TestScrape(t *testing.T) {
	w := newWorld(t, nil)
	w.announce("10.0.0.1:1", seed)
	w.announce("10.0.0.2:2", leech)
	w.announce("10.0.0.3:3", leech)
	w.announce("10.0.0.2:2", tracker.Announce{Event: tracker.Completed})
	target, err := tracker.ScrapeURL("http://tracker.example/announce", hashB, hashA)
	if err != nil {
		t.Fatal(err)
	}
	got, err := tracker.ParseScrape(w.get("10.0.0.9:9", target).Body.Bytes())
	want := tracker.ScrapeTorrent{InfoHash: hashA, Complete: 2, Downloaded: 1, Incomplete: 1}
	if err != nil || len(got.Torrents) != 1 || got.Torrents[0] != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	w.now = w.now.Add(time.Hour)
	got, err = tracker.ParseScrape(w.get("10.0.0.9:9", target).Body.Bytes())
	want = tracker.ScrapeTorrent{InfoHash: hashA, Downloaded: 1}
	if err != nil || len(got.Torrents) != 1 || got.Torrents[0] != want {
		t.Errorf("an hour later: got %+v, %v, want %+v", got, err, want)
	}
}

func TestConcurrentUse(t *testing.T) {
	w := newWorld(t, func(c *simtracker.Config) { c.Rand = rand.NewPCG(1, 1) })
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				w.announce(fmt.Sprintf("10.0.0.%d:1", i), leech)
				w.tracker.Swarm(hashA)
				w.tracker.Log()
			}
		})
	}
	all.Wait()
	w.wantSwarm(hashA, 0, 8)
}
