package udptracker

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"bt/client/tracker"
)

var (
	one     = netip.MustParseAddrPort("10.0.0.1:6969")
	two     = netip.MustParseAddrPort("10.0.0.2:6969")
	six     = netip.MustParseAddrPort("[2001:db8::1]:6969")
	mallory = netip.MustParseAddrPort("10.0.0.66:6969")
)

// talk is a Caller and the trackers it talks to, played by the test.
type talk struct {
	*Caller
	t     *testing.T
	now   time.Time
	start time.Time
	heard []heard
	ended []Result
}

// heard is a datagram that a tracker has got.
type heard struct {
	at time.Duration
	to netip.AddrPort
	tracker.UDPRequest
}

func newTalk(t *testing.T) *talk {
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	return &talk{Caller: New(rand.NewPCG(1, 2)), t: t, now: start, start: start}
}

// drain takes all that is to be sent and told.
func (c *talk) drain() {
	c.t.Helper()
	for p, ok := c.NextPacket(); ok; p, ok = c.NextPacket() {
		r, err := tracker.ParseUDPRequest(p.Data)
		if err != nil {
			c.t.Fatalf("sends to %v what is no request: %v", p.To, err)
		}
		c.heard = append(c.heard, heard{c.now.Sub(c.start), p.To, r})
	}
	for r, ok := c.NextResult(); ok; r, ok = c.NextResult() {
		c.ended = append(c.ended, r)
	}
}

func (c *talk) asks(id ID, body tracker.UDPAction, retries int, to ...netip.AddrPort) {
	c.t.Helper()
	r := Request{To: to, Body: tracker.UDPRequest{Action: body}, Retries: retries}
	if body == tracker.UDPScrape {
		r.Body.Hashes = make([][20]byte, 2)
	}
	c.Ask(c.now, id, r)
	c.drain()
}

// passes lets time go by, with a stop at every deadline.
func (c *talk) passes(d time.Duration) {
	c.t.Helper()
	end := c.now.Add(d)
	for {
		at, ok := c.Deadline()
		if !ok || at.After(end) {
			break
		}
		c.now = at
		c.HandleTick(c.now)
		c.drain()
	}
	c.now = end
}

// hears takes the oldest datagram that was sent, which must be of this kind.
func (c *talk) hears(to netip.AddrPort, a tracker.UDPAction) heard {
	c.t.Helper()
	if len(c.heard) == 0 || c.heard[0].to != to || c.heard[0].Action != a {
		c.t.Fatalf("sends %+v, want a %v to %v", c.heard, a, to)
	}
	h := c.heard[0]
	c.heard = c.heard[1:]
	return h
}

func (c *talk) wantQuiet() {
	c.t.Helper()
	if len(c.heard) > 0 || len(c.ended) > 0 {
		c.t.Fatalf("sends %+v and tells %+v, want nothing", c.heard, c.ended)
	}
}

// wantEnd takes the only result.
func (c *talk) wantEnd(id ID) Result {
	c.t.Helper()
	if len(c.ended) != 1 || c.ended[0].ID != id {
		c.t.Fatalf("tells %+v, want one of %d", c.ended, id)
	}
	r := c.ended[0]
	c.ended = nil
	return r
}

func (c *talk) says(from netip.AddrPort, r tracker.UDPResponse) {
	c.t.Helper()
	c.HandlePacket(c.now, from, r.Append(nil, from.Addr().Is6()))
	c.drain()
}

// connected gives a connection id to who asks for one.
func (c *talk) connected(from netip.AddrPort, id uint64) {
	c.t.Helper()
	h := c.hears(from, tracker.UDPConnect)
	c.says(from, tracker.UDPResponse{Transaction: h.Transaction, Connection: id})
}

func (c *talk) answers(h heard) {
	c.t.Helper()
	c.says(h.to, tracker.UDPResponse{Action: h.Action, Transaction: h.Transaction, Announce: tracker.Response{Interval: time.Minute}})
}

func TestAnnounceAndScrape(t *testing.T) {
	c := newTalk(t)
	c.asks(1, tracker.UDPAnnounce, 0, one)
	c.connected(one, 77)
	h := c.hears(one, tracker.UDPAnnounce)
	if h.Connection != 77 {
		t.Fatalf("connection %d", h.Connection)
	}
	c.answers(h)
	if r := c.wantEnd(1); r.Err != nil || r.Response.Announce.Interval != time.Minute {
		t.Fatalf("%+v", r)
	}
	c.asks(2, tracker.UDPScrape, 0, one) // by the same connection
	h = c.hears(one, tracker.UDPScrape)
	if h.Connection != 77 || len(h.Hashes) != 2 {
		t.Fatalf("%+v", h)
	}
	c.says(one, tracker.UDPResponse{Action: tracker.UDPScrape, Transaction: h.Transaction, Scrape: []tracker.ScrapeTorrent{{Complete: 1}, {Complete: 2}}})
	if r := c.wantEnd(2); r.Err != nil || len(r.Response.Scrape) != 2 {
		t.Fatalf("%+v", r)
	}
	if at, ok := c.Deadline(); ok {
		t.Fatalf("waits for %v", at)
	}
}

// TestSchedule is the examples of BEP 15: "connect times out" and "announce
// times out", and the end of both.
func TestSchedule(t *testing.T) {
	all := []time.Duration{0, 15, 45, 105, 225, 465, 945, 1905, 3825}
	t.Run("connect times out", func(t *testing.T) {
		c := newTalk(t)
		c.asks(1, tracker.UDPAnnounce, 0, one)
		c.passes(24 * time.Hour)
		for _, at := range all {
			if h := c.hears(one, tracker.UDPConnect); h.at != at*time.Second {
				t.Errorf("asks at %v, want %d s", h.at, at)
			}
		}
		for i, r := range c.ended {
			switch last := i == len(all)-1; {
			case !errors.Is(r.Err, ErrSilent), last != (r.Retry == 0):
				t.Errorf("result %d: %+v", i, r)
			case !last && r.Retry != 30*time.Second<<i:
				t.Errorf("result %d: again in %v", i, r.Retry)
			}
		}
		if len(c.ended) != len(all) || len(c.heard) > 0 {
			t.Errorf("%d results, %v left", len(c.ended), c.heard)
		}
	})
	t.Run("announce times out", func(t *testing.T) {
		c := newTalk(t)
		c.asks(1, tracker.UDPAnnounce, 0, one)
		c.passes(time.Second)
		c.connected(one, 5)
		c.passes(300 * time.Second)
		want := []struct {
			at   time.Duration
			what tracker.UDPAction
		}{{1, tracker.UDPAnnounce}, {16, tracker.UDPAnnounce}, {46, tracker.UDPAnnounce}, {106, tracker.UDPConnect}, {226, tracker.UDPConnect}}
		for _, w := range want {
			if h := c.hears(one, w.what); h.at != w.at*time.Second {
				t.Errorf("%v at %v, want %d s", w.what, h.at, w.at)
			}
		}
	})
	t.Run("given up when there is another tracker", func(t *testing.T) {
		c := newTalk(t)
		c.asks(1, tracker.UDPAnnounce, RetriesElsewhere, one)
		c.passes(44 * time.Second)
		c.ended = nil
		c.passes(time.Second)
		if r := c.wantEnd(1); !errors.Is(r.Err, ErrSilent) || r.Retry != 0 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("other addresses in turn", func(t *testing.T) {
		c := newTalk(t)
		c.asks(1, tracker.UDPAnnounce, 2, one, two)
		c.passes(100 * time.Second)
		c.hears(one, tracker.UDPConnect)
		c.hears(two, tracker.UDPConnect)
		c.hears(one, tracker.UDPConnect)
	})
}

// TestOnlyTheTrackerIsHeard: neither a wrong transaction, nor another address,
// nor what is no answer at all changes anything.
func TestOnlyTheTrackerIsHeard(t *testing.T) {
	c := newTalk(t)
	c.asks(1, tracker.UDPAnnounce, 0, one)
	tx := c.hears(one, tracker.UDPConnect).Transaction
	c.says(one, tracker.UDPResponse{Transaction: tx + 1, Connection: 6})
	c.says(mallory, tracker.UDPResponse{Transaction: tx, Connection: 6})
	c.says(one, tracker.UDPResponse{Action: tracker.UDPAnnounce, Transaction: tx})
	c.HandlePacket(c.now, one, []byte("short"))
	c.drain()
	c.wantQuiet()
	c.says(one, tracker.UDPResponse{Transaction: tx, Connection: 7})
	h := c.hears(one, tracker.UDPAnnounce)
	if h.Connection != 7 || h.Transaction == tx {
		t.Fatalf("%+v", h)
	}
	lie := tracker.Response{Interval: time.Second, Peers: []netip.AddrPort{mallory}}
	c.says(one, tracker.UDPResponse{Action: tracker.UDPAnnounce, Transaction: h.Transaction ^ 1, Announce: lie})
	c.says(mallory, tracker.UDPResponse{Action: tracker.UDPAnnounce, Transaction: h.Transaction, Announce: lie})
	c.says(netip.AddrPortFrom(one.Addr(), 1), tracker.UDPResponse{Action: tracker.UDPAnnounce, Transaction: h.Transaction, Announce: lie})
	c.says(one, tracker.UDPResponse{Action: tracker.UDPScrape, Transaction: h.Transaction})
	c.says(mallory, tracker.UDPResponse{Action: tracker.UDPError, Transaction: h.Transaction, Announce: tracker.Response{Failure: "no"}})
	c.says(one, tracker.UDPResponse{Transaction: tx, Connection: 8}) // twice
	c.wantQuiet()
	c.answers(h)
	c.wantEnd(1)
	c.answers(h) // twice
	c.wantQuiet()
}

func TestIPv6(t *testing.T) {
	c := newTalk(t)
	c.asks(1, tracker.UDPAnnounce, 0, six)
	c.connected(six, 1)
	h := c.hears(six, tracker.UDPAnnounce)
	peer := netip.MustParseAddrPort("[2001:db8::2]:1")
	c.says(six, tracker.UDPResponse{Action: tracker.UDPAnnounce, Transaction: h.Transaction, Announce: tracker.Response{Peers: []netip.AddrPort{peer}}})
	if r := c.wantEnd(1); len(r.Response.Announce.Peers) != 1 || r.Response.Announce.Peers[0] != peer {
		t.Fatalf("%+v", r)
	}
}

// TestConnectionIDs are shared by all requests to an address, for a minute.
func TestConnectionIDs(t *testing.T) {
	c := newTalk(t)
	c.asks(1, tracker.UDPAnnounce, 0, one)
	c.asks(2, tracker.UDPAnnounce, 0, one) // waits for the same
	c.asks(3, tracker.UDPAnnounce, 0, two)
	c.connected(one, 11)
	c.connected(two, 22)
	for _, want := range []struct {
		to netip.AddrPort
		id uint64
	}{{one, 11}, {one, 11}, {two, 22}} {
		h := c.hears(want.to, tracker.UDPAnnounce)
		if h.Connection != want.id {
			t.Errorf("%v: connection %d", want.to, h.Connection)
		}
		c.answers(h)
	}
	c.ended = nil
	c.passes(59 * time.Second)
	c.asks(4, tracker.UDPAnnounce, 0, one)
	c.answers(c.hears(one, tracker.UDPAnnounce))
	c.wantEnd(4)
	c.passes(time.Second)
	c.asks(5, tracker.UDPAnnounce, 0, one)
	c.connected(one, 33)
	if h := c.hears(one, tracker.UDPAnnounce); h.Connection != 33 {
		t.Errorf("connection %d", h.Connection)
	}
}

// TestAskerGivesUp: who waits for the connection that another request has asked
// for is not left alone.
func TestAskerGivesUp(t *testing.T) {
	c := newTalk(t)
	c.asks(1, tracker.UDPAnnounce, 0, one)
	c.passes(10 * time.Second)
	c.asks(2, tracker.UDPAnnounce, 0, one)
	c.hears(one, tracker.UDPConnect)
	c.wantQuiet()
	c.Forget(1)
	c.passes(15 * time.Second)
	if r := c.wantEnd(2); r.Retry != 30*time.Second {
		t.Fatalf("%+v", r)
	}
	c.connected(one, 1)
	c.answers(c.hears(one, tracker.UDPAnnounce))
	c.wantEnd(2)
	c.wantQuiet()
}

// TestAnswerThatWaits: a computer was asleep when the answer came, and wakes up when
// the time for it is over. What has come counts.
func TestAnswerThatWaits(t *testing.T) {
	c := newTalk(t)
	c.asks(1, tracker.UDPAnnounce, 0, one)
	c.connected(one, 1)
	h := c.hears(one, tracker.UDPAnnounce)
	c.now = c.now.Add(time.Hour)
	c.answers(h)
	c.HandleTick(c.now)
	if r := c.wantEnd(1); r.Err != nil {
		t.Errorf("the answer does not count: %v", r.Err)
	}
	c.wantQuiet()

	// Later still it is being repeated, by a new connection id, which is good for what
	// comes next.
	c = newTalk(t)
	c.asks(1, tracker.UDPAnnounce, 0, one)
	c.connected(one, 1)
	h = c.hears(one, tracker.UDPAnnounce)
	c.now = c.now.Add(time.Hour)
	c.HandleTick(c.now)
	c.drain()
	connect := c.hears(one, tracker.UDPConnect)
	c.ended = nil // it is told that the tracker is late
	c.answers(h)
	if r := c.wantEnd(1); r.Err != nil {
		t.Errorf("the late answer does not count: %v", r.Err)
	}
	c.asks(2, tracker.UDPAnnounce, 0, one)
	c.wantQuiet()
	c.says(one, tracker.UDPResponse{Transaction: connect.Transaction, Connection: 2})
	c.answers(c.hears(one, tracker.UDPAnnounce))
	c.wantEnd(2)
	c.wantQuiet()
}

// TestForgottenConnection: a tracker that was restarted refuses the id it gave,
// or says nothing.
func TestForgottenConnection(t *testing.T) {
	began := func(t *testing.T) (*talk, heard) {
		c := newTalk(t)
		c.asks(1, tracker.UDPAnnounce, 0, one)
		c.connected(one, 1)
		c.answers(c.hears(one, tracker.UDPAnnounce))
		c.wantEnd(1)
		c.asks(2, tracker.UDPAnnounce, RetriesElsewhere, one)
		return c, c.hears(one, tracker.UDPAnnounce)
	}
	refuse := func(h heard) tracker.UDPResponse {
		return tracker.UDPResponse{Action: tracker.UDPError, Transaction: h.Transaction, Announce: tracker.Response{Failure: "unknown connection"}}
	}
	t.Run("refused", func(t *testing.T) {
		c, h := began(t)
		c.says(one, refuse(h))
		c.connected(one, 2)
		c.answers(c.hears(one, tracker.UDPAnnounce))
		if r := c.wantEnd(2); r.Err != nil {
			t.Fatal(r.Err)
		}
	})
	t.Run("refused again", func(t *testing.T) {
		c, h := began(t)
		c.says(one, refuse(h))
		c.connected(one, 2)
		c.says(one, refuse(c.hears(one, tracker.UDPAnnounce)))
		if r := c.wantEnd(2); r.Response.Announce.Failure != "unknown connection" {
			t.Fatalf("%+v", r)
		}
	})
	t.Run("silent", func(t *testing.T) {
		c, _ := began(t)
		c.passes(15 * time.Second)
		c.ended = nil
		c.connected(one, 2)
		if h := c.hears(one, tracker.UDPAnnounce); h.Connection != 2 {
			t.Fatalf("%+v", h)
		}
	})
	t.Run("no connection for anybody", func(t *testing.T) {
		c := newTalk(t)
		c.asks(1, tracker.UDPAnnounce, 0, one)
		c.says(one, refuse(c.hears(one, tracker.UDPConnect)))
		if r := c.wantEnd(1); r.Response.Announce.Failure == "" {
			t.Fatalf("%+v", r)
		}
	})
}

func TestHandleFailed(t *testing.T) {
	c := newTalk(t)
	c.asks(1, tracker.UDPAnnounce, 0, one)
	c.asks(2, tracker.UDPAnnounce, 0, two)
	c.heard = nil
	failure := errors.New("no socket")
	c.HandleFailed(one, failure)
	c.drain()
	if r := c.wantEnd(1); !errors.Is(r.Err, failure) || r.Retry != 0 {
		t.Fatalf("%+v", r)
	}
}

// TestConnectionsAreBounded: ids that are of no use are not kept for ever.
func TestConnectionsAreBounded(t *testing.T) {
	c := newTalk(t)
	for i := range 3 * connectionsMax {
		to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 1)
		c.asks(ID(i), tracker.UDPAnnounce, 0, to)
		c.connected(to, 1)
		c.answers(c.hears(to, tracker.UDPAnnounce))
		c.ended = nil
		c.now = c.now.Add(time.Second)
	}
	if len(c.connections) > connectionsMax+60 {
		t.Errorf("%d connections are remembered", len(c.connections))
	}
}

// TestLateRefusal: whoever was asleep finds a refusal and the end of its patience at
// once. What is asked for then has the time that it needs.
func TestLateRefusal(t *testing.T) {
	c := newTalk(t)
	c.asks(1, tracker.UDPAnnounce, 8, one)
	c.connected(one, 77)
	c.answers(c.hears(one, tracker.UDPAnnounce))
	c.wantEnd(1)
	c.asks(2, tracker.UDPAnnounce, 8, one)
	h := c.hears(one, tracker.UDPAnnounce)
	c.now = c.now.Add(40 * time.Second)
	c.says(one, tracker.UDPResponse{Action: tracker.UDPError, Transaction: h.Transaction, Announce: tracker.Response{Failure: "who are you?"}})
	c.HandleTick(c.now)
	c.drain()
	c.hears(one, tracker.UDPConnect)
	c.wantQuiet()
}

// TestRevise: what is said last is what is repeated, in the rhythm of what was said
// first.
func TestRevise(t *testing.T) {
	c := newTalk(t)
	c.asks(1, tracker.UDPAnnounce, 8, one)
	c.connected(one, 77)
	if h := c.hears(one, tracker.UDPAnnounce); h.Announce.Uploaded != 0 {
		t.Fatalf("%+v", h)
	}
	c.passes(10 * time.Second)
	c.Revise(1, tracker.UDPRequest{Action: tracker.UDPAnnounce, Announce: tracker.Announce{Uploaded: 5}})
	c.Revise(2, tracker.UDPRequest{}) // which nobody has asked
	c.drain()
	c.wantQuiet()
	c.passes(20 * time.Second)
	if h := c.hears(one, tracker.UDPAnnounce); h.at != 15*time.Second || h.Announce.Uploaded != 5 {
		t.Errorf("repeated: %+v", h)
	}
}

// FuzzHandlePacket: whatever comes, from whomever, a request that was not
// answered by its tracker stays open, and nothing panics.
func FuzzHandlePacket(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 1}, true)
	f.Add([]byte{0, 0, 0, 3, 1, 2, 3, 4}, false)
	f.Fuzz(func(t *testing.T, p []byte, ours bool) {
		c := newTalk(t)
		c.asks(1, tracker.UDPAnnounce, 0, one)
		from := mallory
		if ours {
			from = one
		}
		c.HandlePacket(c.now, from, p)
		c.drain()
		if !ours && (len(c.ended) > 0 || len(c.heard) != 1) {
			t.Errorf("%v and %v", c.heard, c.ended)
		}
	})
}
