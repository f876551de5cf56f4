package announce

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bt/client/tracker"
)

const (
	none      = tracker.None
	started   = tracker.Started
	completed = tracker.Completed
	stopped   = tracker.Stopped

	one   = "http://one.example/announce"
	two   = "http://two.example/announce?pass=key"
	three = "https://three.example/announce"
	udp   = "udp://four.example:6969"
	wss   = "wss://five.example" // of a kind that is not spoken
)

var (
	begin    = time.Date(2001, 7, 2, 0, 0, 0, 0, time.UTC)
	errTrack = errors.New("connection refused")
	every30m = tracker.Response{Interval: 30 * time.Minute}
)

// talk drives an Announcer with a clock of its own.
type talk struct {
	*Announcer
	t   *testing.T
	now time.Time
}

// newTalk makes a talk with the given tiers. Tests of one tracker a tier do not
// depend on the shuffle.
func newTalk(t *testing.T, tiers ...[]string) *talk {
	return &talk{New(Config{Tiers: tiers, Rand: rand.NewPCG(1, 2)}), t, begin}
}

func tiers(urls ...string) [][]string {
	var all [][]string
	for _, u := range urls {
		all = append(all, []string{u})
	}
	return all
}

// begun returns a talk of which the first `started` was accepted.
func begun(t *testing.T, urls ...string) *talk {
	c := newTalk(t, tiers(urls...)...)
	c.Start(c.now)
	c.asks(urls[0], started)
	c.accepts(urls[0])
	return c
}

// refused returns a talk of which the first tracker has refused the first `started`.
func refused(t *testing.T, urls ...string) *talk {
	c := newTalk(t, tiers(urls...)...)
	c.Start(c.now)
	c.asks(urls[0], started)
	c.refuses(urls[0])
	return c
}

// asks expects one request now, and no other beside it.
func (c *talk) asks(url string, event tracker.Event) {
	c.t.Helper()
	c.begins(url, event)
	c.wantQuiet()
}

// begins expects a request now, perhaps with others to follow.
func (c *talk) begins(url string, event tracker.Event) Request {
	c.t.Helper()
	r, ok := c.Next(c.now)
	if !ok || r.URL != url || r.Event != event {
		c.t.Fatalf("asks %q %q, %t; want %q %q", r.URL, r.Event, ok, url, event)
	}
	return r
}

func (c *talk) wantQuiet() {
	c.t.Helper()
	if r, ok := c.Next(c.now); ok {
		c.t.Fatalf("asks %q %q, want quiet", r.URL, r.Event)
	}
}

func (c *talk) accepts(url string) { c.Succeeded(c.now, url, every30m) }

func (c *talk) refuses(url string) time.Duration { return c.Failed(c.now, url, errTrack) }

// waits expects quiet until the Deadline, moves there, and returns how long
// that took.
func (c *talk) waits() time.Duration {
	c.t.Helper()
	c.wantQuiet()
	at, ok := c.Deadline()
	if !ok || !at.After(c.now) {
		c.t.Fatalf("Deadline = %v, %t; want one after %v", at, ok, c.now)
	}
	d := at.Sub(c.now)
	c.now = at.Add(-1)
	c.wantQuiet()
	c.now = at
	return d
}

func (c *talk) wantWait(want time.Duration) {
	c.t.Helper()
	if got := c.waits(); got != want {
		c.t.Fatalf("waits %v, want %v", got, want)
	}
}

func (c *talk) wantDone() {
	c.t.Helper()
	c.wantQuiet()
	if _, ok := c.Deadline(); ok || !c.Done() || !c.Idle() {
		c.t.Fatalf("Done = %t, Idle = %t, Deadline ok = %t; want done", c.Done(), c.Idle(), ok)
	}
}

func (c *talk) wantBusy() {
	c.t.Helper()
	if c.Done() || c.Idle() {
		c.t.Fatalf("Done = %t, Idle = %t, want neither", c.Done(), c.Idle())
	}
}

func TestR07LongLife(t *testing.T) {
	c := newTalk(t, tiers(one)...)
	c.wantDone()
	c.Start(c.now)
	c.wantBusy()
	c.asks(one, started)
	c.wantBusy()
	c.accepts(one)
	if !c.Idle() || c.Done() {
		t.Fatal("not idle when only the periodic announce is ahead")
	}
	for range 12 {
		c.wantWait(30 * time.Minute)
		c.asks(one, none)
		c.accepts(one)
	}
	c.Complete(c.now)
	c.wantBusy()
	c.asks(one, completed)
	c.accepts(one)
	c.Complete(c.now) // again: nothing new
	for range 12 {
		c.wantWait(30 * time.Minute)
		c.asks(one, none)
		c.accepts(one)
	}
	c.Stop(c.now)
	c.wantBusy()
	c.asks(one, stopped)
	c.wantBusy()
	c.accepts(one)
	c.wantDone()
}

func TestNumWant(t *testing.T) {
	c := newTalk(t, tiers(one)...)
	c.Start(c.now)
	if r := c.begins(one, started); r.NumWant != 50 {
		t.Errorf("started: NumWant = %d, want 50", r.NumWant)
	}
	c.accepts(one)
	c.Stop(c.now)
	if r := c.begins(one, stopped); r.NumWant != 0 {
		t.Errorf("stopped: NumWant = %d, want 0", r.NumWant)
	}
}

func TestCompleted(t *testing.T) {
	t.Run("before started is accepted", func(t *testing.T) {
		c := newTalk(t, tiers(one)...)
		c.Start(c.now)
		c.asks(one, started)
		c.Complete(c.now)
		c.wantQuiet()
		c.accepts(one)
		c.asks(one, completed)
		c.accepts(one)
		c.wantWait(30 * time.Minute)
		c.asks(one, none)
	})
	t.Run("with a periodic announce in flight", func(t *testing.T) {
		c := begun(t, one)
		c.waits()
		c.asks(one, none)
		c.Complete(c.now)
		c.wantQuiet()
		c.accepts(one)
		c.asks(one, completed)
	})
	t.Run("again until accepted", func(t *testing.T) {
		c := begun(t, one)
		c.Complete(c.now)
		for range 5 {
			c.asks(one, completed)
			c.refuses(one)
			c.waits()
		}
		c.asks(one, completed)
		c.accepts(one)
		c.wantWait(30 * time.Minute)
		c.asks(one, none)
	})
	t.Run("does not break a back-off", func(t *testing.T) {
		c := begun(t, one)
		c.waits()
		c.asks(one, none)
		retry := c.refuses(one)
		c.Complete(c.now)
		c.wantWait(retry)
		c.asks(one, completed)
	})
	t.Run("not before started at a stand-in", func(t *testing.T) {
		c := begun(t, one, two)
		c.Complete(c.now)
		c.asks(one, completed)
		c.refuses(one)
		c.asks(two, started)
		c.accepts(two)
		c.asks(one, completed) // each announce begins with the first tier
		c.refuses(one)
		c.asks(two, completed)
		c.accepts(two)
		c.wantWait(30 * time.Minute)
		c.asks(one, none) // which is not told again
	})
	t.Run("once in spite of a restart", func(t *testing.T) {
		c := begun(t, one)
		c.Complete(c.now)
		c.asks(one, completed)
		c.accepts(one)
		c.Stop(c.now)
		c.asks(one, stopped)
		c.accepts(one)
		c.Start(c.now)
		c.asks(one, started)
		c.accepts(one)
		c.Complete(c.now)
		c.wantWait(30 * time.Minute)
		c.asks(one, none)
	})
	t.Run("in one breath with stopped", func(t *testing.T) {
		c := begun(t, one)
		c.Complete(c.now)
		c.Stop(c.now)
		c.asks(one, completed)
		c.accepts(one)
		c.asks(one, stopped)
		c.accepts(one)
		c.wantDone()
	})
	t.Run("to one tracker before stopped to all", func(t *testing.T) {
		c := begunAtBoth(t)
		c.Complete(c.now)
		c.Stop(c.now)
		c.begins(one, completed)
		c.begins(two, stopped)
		c.wantQuiet()
		c.refuses(one) // no second try while stopping
		c.asks(one, stopped)
		c.accepts(one)
		c.accepts(two)
		c.wantDone()
	})
	t.Run("in flight when stopped", func(t *testing.T) {
		c := begunAtBoth(t)
		c.Complete(c.now)
		c.asks(one, completed)
		c.Stop(c.now)
		c.asks(two, stopped)
		c.accepts(one)
		c.asks(one, stopped)
		c.accepts(one)
		c.accepts(two)
		c.wantDone()
	})
	t.Run("untold when stopped: told after the next start", func(t *testing.T) {
		c := begun(t, one)
		c.Complete(c.now)
		c.Stop(c.now)
		c.asks(one, completed)
		c.refuses(one)
		c.asks(one, stopped)
		c.accepts(one)
		c.Start(c.now)
		c.asks(one, started)
		c.accepts(one)
		c.asks(one, completed)
	})
}

// begunAtBoth returns a talk in which two trackers have accepted `started`.
func begunAtBoth(t *testing.T) *talk {
	c := begun(t, one, two)
	c.waits()
	c.asks(one, none)
	c.refuses(one)
	c.asks(two, started)
	c.accepts(two)
	return c
}

func TestR07Stopped(t *testing.T) {
	t.Run("never started", func(t *testing.T) {
		c := newTalk(t, tiers(one)...)
		c.Stop(c.now)
		c.wantDone()
	})
	t.Run("started not sent yet", func(t *testing.T) {
		c := newTalk(t, tiers(one)...)
		c.Start(c.now)
		c.Stop(c.now)
		c.wantDone()
	})
	t.Run("started refused", func(t *testing.T) {
		c := refused(t, one)
		c.Stop(c.now)
		c.wantDone()
	})
	t.Run("started in flight, then accepted", func(t *testing.T) {
		c := newTalk(t, tiers(one)...)
		c.Start(c.now)
		c.asks(one, started)
		c.Stop(c.now)
		c.wantQuiet()
		c.wantBusy()
		c.accepts(one)
		c.asks(one, stopped)
		c.refuses(one) // said is said
		c.wantDone()
	})
	t.Run("started in flight, then refused", func(t *testing.T) {
		c := newTalk(t, tiers(one, two)...)
		c.Start(c.now)
		c.asks(one, started)
		c.Stop(c.now)
		c.refuses(one)
		c.wantDone() // and nothing to the second tier
	})
	t.Run("is no announce to repeat", func(t *testing.T) {
		c := newTalk(t, tiers(one)...)
		c.Start(c.now)
		c.asks(one, started)
		c.Stop(c.now)
		if d := c.refuses(one); d != 0 {
			t.Fatalf("retries in %v after Stop", d)
		}
	})
	t.Run("periodic announce in flight", func(t *testing.T) {
		c := begun(t, one)
		c.waits()
		c.asks(one, none)
		c.Stop(c.now)
		c.wantQuiet() // or the announce could overtake
		c.refuses(one)
		c.asks(one, stopped)
		c.accepts(one)
		c.wantDone()
	})
	t.Run("to all that know us, at once", func(t *testing.T) {
		c := begunAtBoth(t)
		c.Stop(c.now)
		c.begins(one, stopped)
		c.begins(two, stopped)
		c.wantQuiet()
		c.accepts(two)
		c.wantBusy()
		c.accepts(one)
		c.wantDone()
	})
	t.Run("bounded in time", func(t *testing.T) {
		c := begun(t, one)
		c.Stop(c.now)
		c.asks(one, stopped)
		c.wantWait(stopTimeout)
		c.wantDone()
		c.accepts(one) // too late
		c.wantDone()
	})
	t.Run("bounded in time with an announce in flight", func(t *testing.T) {
		c := begun(t, one)
		c.waits()
		c.asks(one, none)
		c.Stop(c.now)
		c.wantWait(stopTimeout)
		c.wantDone()
		c.accepts(one)
		c.wantDone()
		c.Start(c.now)
		c.asks(one, started)
	})
	t.Run("twice", func(t *testing.T) {
		c := begun(t, one)
		c.Stop(c.now)
		c.asks(one, stopped)
		c.Stop(c.now.Add(time.Second))
		c.wantWait(stopTimeout)
		c.wantDone()
	})
}

func TestRestart(t *testing.T) {
	t.Run("does not overtake stopped", func(t *testing.T) {
		c := begun(t, one)
		c.Stop(c.now)
		c.asks(one, stopped)
		c.Start(c.now)
		c.wantQuiet()
		c.wantBusy()
		c.accepts(one)
		c.asks(one, started)
	})
	t.Run("does not wait for the answer to stopped for long", func(t *testing.T) {
		c := begun(t, one)
		c.Stop(c.now)
		c.asks(one, stopped)
		c.Start(c.now)
		c.wantWait(stopTimeout)
		c.asks(one, started)
		c.accepts(one)
		c.wantWait(30 * time.Minute)
		c.asks(one, none)
	})
	t.Run("asks the next tier while stopped is on its way there", func(t *testing.T) {
		c := refused(t, one, two)
		c.asks(two, started)
		c.accepts(two)
		c.Stop(c.now)
		c.asks(two, stopped)
		c.Start(c.now)
		c.asks(one, started)
		c.now = c.now.Add(time.Minute)
		c.refuses(one)
		c.asks(two, started)
	})
	t.Run("before stopped was said", func(t *testing.T) {
		c := begun(t, one, two)
		c.waits()
		c.asks(one, none)
		c.refuses(one)
		c.asks(two, started)
		c.Stop(c.now)
		c.begins(one, stopped)
		c.Start(c.now)
		c.wantQuiet()
		c.accepts(two) // the `started` that was in flight all along
		c.wantQuiet()  // that succeeded: now as the interval says
		c.accepts(one)
		c.wantWait(30 * time.Minute)
		c.asks(one, started)
	})
	t.Run("with the last tracker of an announce in flight", func(t *testing.T) {
		c := refused(t, one, two)
		c.asks(two, started)
		c.Stop(c.now)
		c.Start(c.now)
		c.refuses(two) // which ends the announce as if nothing had happened
		c.waits()
		c.asks(one, started)
	})
	t.Run("in an instant: nobody has noticed", func(t *testing.T) {
		c := begun(t, one)
		c.Stop(c.now)
		c.Start(c.now)
		c.asks(one, none)
	})
	t.Run("ends a back-off", func(t *testing.T) {
		c := newTalk(t, tiers(one)...)
		c.Start(c.now)
		for range 5 {
			c.asks(one, started)
			c.refuses(one)
			c.waits()
		}
		c.Stop(c.now)
		c.wantDone()
		c.Start(c.now)
		c.asks(one, started)
		if d := c.refuses(one); d > retryMin {
			t.Fatalf("retries in %v, want %v at most", d, retryMin)
		}
	})
}

func TestR08FailOver(t *testing.T) {
	c := newTalk(t, tiers(one, two, three)...)
	c.Start(c.now)
	c.asks(one, started)
	if d := c.refuses(one); d != 0 {
		t.Fatalf("retries in %v, want at once: there is another tier", d)
	}
	c.asks(two, started)
	c.accepts(two)
	c.wantWait(30 * time.Minute)
	// Each announce begins with the first tier, success or not.
	c.asks(one, started)
	c.refuses(one)
	c.asks(two, none)
	c.refuses(two)
	c.asks(three, started)
	c.accepts(three)
	c.wantWait(30 * time.Minute)
	c.asks(one, started)
	c.accepts(one)
	c.wantWait(30 * time.Minute)
	c.asks(one, none)
	c.Stop(c.now)
	c.begins(two, stopped)
	c.begins(three, stopped)
	c.wantQuiet()
	c.accepts(one)
	c.asks(one, stopped)
}

func TestR08ShuffleAndPromotion(t *testing.T) {
	urls := []string{one, two, three}
	firsts := make(map[string]bool)
	for seed := range uint64(32) {
		a := New(Config{Tiers: [][]string{urls}, Rand: rand.NewPCG(seed, 0)})
		order := a.Trackers()[0].URLs
		firsts[order[0]] = true
		if sorted := slices.Sorted(slices.Values(order)); !cmp.Equal(sorted, slices.Sorted(slices.Values(urls))) {
			t.Fatalf("shuffled to %q", order)
		}
	}
	if len(firsts) != 3 {
		t.Fatalf("only ever begins with %v", firsts)
	}

	// The example of BEP 12, tracker for tracker.
	c := newTalk(t, urls)
	order := func() []string { return c.Trackers()[0].URLs }
	wantOrder := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, order()); diff != "" {
			t.Fatalf("order (-want +got):\n%s", diff)
		}
	}
	t1, t2, t3 := order()[0], order()[1], order()[2]
	c.Start(c.now)
	c.asks(t1, started)
	c.refuses(t1)
	wantOrder(t1, t2, t3)
	c.asks(t2, started)
	c.accepts(t2)
	wantOrder(t2, t1, t3)
	c.waits()
	c.asks(t2, none)
	c.refuses(t2)
	c.asks(t1, started)
	c.refuses(t1)
	c.asks(t3, started)
	c.accepts(t3)
	wantOrder(t3, t2, t1)
	c.waits()
	c.asks(t3, none)
}

func TestBackoffGrowsToItsLimitAndIsReset(t *testing.T) {
	c := newTalk(t, tiers(one, two)...)
	c.Start(c.now)
	for _, most := range []time.Duration{15, 30, 60, 120, 240, 480, 960, 1800, 1800} {
		most *= time.Second
		c.asks(one, started)
		c.refuses(one)
		c.asks(two, started)
		retry := c.refuses(two)
		if retry < most*3/4 || retry > most {
			t.Fatalf("retries in %v, want %v to %v", retry, most*3/4, most)
		}
		c.Want(c.now, true) // is no reason to hurry
		c.wantWait(retry)
	}
	c.asks(one, started)
	c.accepts(one)
	c.Want(c.now, false)
	c.waits()
	c.asks(one, none)
	c.refuses(one)
	c.asks(two, started)
	if retry := c.refuses(two); retry > retryMin {
		t.Fatalf("retries in %v after a success, want %v at most", retry, retryMin)
	}
}

func TestR08Intervals(t *testing.T) {
	const s, m, h = time.Second, time.Minute, time.Hour
	for _, test := range []struct {
		interval, minInterval time.Duration
		wait, needing         time.Duration // without and with a need for peers
	}{
		{30 * m, 0, 30 * m, 5 * m},
		{30 * m, 10 * m, 30 * m, 10 * m},
		{30 * m, 45 * m, 45 * m, 45 * m},
		{30 * s, 0, 30 * s, 30 * s},
		{30 * s, 10 * s, 30 * s, 10 * s},
		{0, 0, 30 * m, 5 * m},
		{-1, -1, 30 * m, 5 * m},
		{-5 * h, 20 * m, 30 * m, 20 * m},
		{1, 1, 10 * s, 10 * s},
		{10000 * h, 0, 2 * h, 5 * m},
		{1<<63 - 1, 1<<63 - 1, 2 * h, 2 * h},
	} {
		r := tracker.Response{Interval: test.interval, MinInterval: test.minInterval}
		for _, need := range []bool{false, true} {
			c := newTalk(t, tiers(one)...)
			c.Want(c.now, need)
			c.Start(c.now)
			c.asks(one, started)
			c.Succeeded(c.now, one, r)
			want := test.wait
			if need {
				want = test.needing
			}
			if got := c.waits(); got != want {
				t.Errorf("interval %v, min interval %v, need %t: waits %v, want %v", test.interval, test.minInterval, need, got, want)
			}
			c.asks(one, none)
		}
	}
}

func TestWantMovesTheNextAnnounce(t *testing.T) {
	c := begun(t, one)
	c.now = c.now.Add(2 * time.Minute)
	c.Want(c.now, true)
	c.wantWait(3 * time.Minute) // five since the last one
	c.Want(c.now, false)
	c.wantWait(25 * time.Minute)
	c.now = c.now.Add(-time.Minute)
	c.Want(c.now, true) // later than the minimum: at once
	c.asks(one, none)
}

func TestTrackerIDGoesBackToItsTracker(t *testing.T) {
	c := newTalk(t, tiers(one, two)...)
	c.Start(c.now)
	wantID := func(r Request, want string) {
		t.Helper()
		if r.TrackerID != want {
			t.Fatalf("%s: TrackerID = %q, want %q", r.URL, r.TrackerID, want)
		}
	}
	wantID(c.begins(one, started), "")
	c.Succeeded(c.now, one, tracker.Response{TrackerID: "red"})
	c.waits()
	wantID(c.begins(one, none), "red")
	c.accepts(one) // names none: the old one stays
	c.waits()
	wantID(c.begins(one, none), "red")
	c.refuses(one)
	wantID(c.begins(two, started), "")
	c.Succeeded(c.now, two, tracker.Response{TrackerID: "blue"})
	c.Stop(c.now)
	wantID(c.begins(one, stopped), "red")
	wantID(c.begins(two, stopped), "blue")
}

func TestFailureReasonIsAFailure(t *testing.T) {
	c := newTalk(t, tiers(one)...)
	c.Start(c.now)
	c.asks(one, started)
	c.Succeeded(c.now, one, tracker.Response{Failure: "unregistered torrent", Interval: time.Minute})
	s := c.Trackers()[0]
	if s.Failures != 1 || s.Err == nil || s.Err.Error() != "unregistered torrent" || s.State != Failing {
		t.Fatalf("status = %+v", s)
	}
	if d := c.waits(); d > retryMin {
		t.Fatalf("waits %v, want %v at most", d, retryMin)
	}
	c.asks(one, started)
}

func TestR08UDPTierFirst(t *testing.T) {
	c := newTalk(t, []string{udp}, []string{one, wss}, []string{"", "http", "HTTPS://Six.example"})
	c.Start(c.now)
	c.asks(udp, started)
	c.refuses(udp)
	c.asks(one, started)
	c.refuses(one)
	c.asks("HTTPS://Six.example", started)
	c.refuses("HTTPS://Six.example")
	c.waits()
	c.asks(udp, started)
}

func TestSchemesThatAreNotSpoken(t *testing.T) {
	c := newTalk(t, []string{wss}, []string{one, wss + "/announce"})
	c.Start(c.now)
	c.asks(one, started)
	c.accepts(one)
	all := c.Trackers()
	if len(all) != 2 || all[0].State != Unsupported || !errors.Is(all[0].Err, tracker.ErrScheme) || !all[0].Next.IsZero() || len(all[1].URLs) != 2 || all[1].State != Working {
		t.Fatalf("Trackers = %+v", all)
	}
}

// TestLastOne: who is asked as the only one is not given up as soon.
func TestLastOne(t *testing.T) {
	for _, urls := range [][]string{{udp}, {udp, wss}, {udp, one}} {
		c := newTalk(t, urls)
		c.Start(c.now)
		if r, ok := c.Next(c.now); !ok || r.Last != (len(urls) == 1 || urls[1] == wss) {
			t.Errorf("%q: %+v, %v", urls, r, ok)
		}
	}
}

// TestDelayed: what is still waited for says why.
func TestDelayed(t *testing.T) {
	c := newTalk(t, tiers(udp)...)
	c.Start(c.now)
	c.Delayed(udp, errTrack) // of nobody
	c.asks(udp, started)
	if s := c.Trackers()[0]; s.Err != nil {
		t.Fatalf("%+v", s)
	}
	c.Delayed(udp, errTrack)
	if s := c.Trackers()[0]; s.State != Announcing || !errors.Is(s.Err, errTrack) || s.Failures != 0 {
		t.Fatalf("%+v", s)
	}
	c.accepts(udp)
	if s := c.Trackers()[0]; s.State != Working || s.Err != nil {
		t.Fatalf("%+v", s)
	}
}

// TestJoined: the answer over another family adds to the one that was accepted.
func TestJoined(t *testing.T) {
	c := newTalk(t, tiers(udp)...)
	c.Joined(udp, every30m) // nobody is here
	c.Start(c.now)
	c.asks(udp, started)
	four, six := netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("[2001:db8::1]:1")
	c.Succeeded(c.now, udp, tracker.Response{Complete: 3, Peers: []netip.AddrPort{four}})
	c.Joined(udp, tracker.Response{Complete: 1, Peers: []netip.AddrPort{six}})
	if s := c.Trackers()[0]; len(s.Peers) != 1 || len(s.Peers6) != 1 || s.Complete != 3 {
		t.Fatalf("%+v", s)
	}
}

func TestNoTracker(t *testing.T) {
	for _, tiers := range [][][]string{nil, {{}}, {{wss}}} {
		c := newTalk(t, tiers...)
		c.Start(c.now)
		c.Complete(c.now)
		c.wantQuiet()
		if _, ok := c.Deadline(); ok || !c.Idle() {
			t.Fatalf("%q: not idle", tiers)
		}
		c.Stop(c.now)
		c.wantDone()
	}
}

func TestRepeatedURLCountsOnce(t *testing.T) {
	c := newTalk(t, []string{one, one}, []string{one}, []string{two})
	if n := len(c.Trackers()); n != 2 {
		t.Fatalf("%d tiers, want 2", n)
	}
	c.Start(c.now)
	c.asks(one, started)
	c.refuses(one)
	c.asks(two, started)
	if c.refuses(two) == 0 {
		t.Fatal("asks one tracker twice in one announce")
	}
}

func TestUnexpectedAnswersAreIgnored(t *testing.T) {
	c := begun(t, one, two)
	c.Failed(c.now, "http://unknown.example", errTrack)
	c.Succeeded(c.now, two, tracker.Response{Interval: time.Minute})
	c.Failed(c.now, one, errTrack)
	if s := c.Trackers(); s[0].Failures != 0 || s[1].State != Waiting {
		t.Fatalf("Trackers = %+v", s)
	}
	c.wantWait(30 * time.Minute)
	c.asks(one, none)
}

func TestStateNames(t *testing.T) {
	for s, want := range []string{"waiting", "announcing", "working", "failing", "unsupported", "unknown"} {
		if got := State(s).String(); got != want {
			t.Errorf("State(%d) = %q, want %q", s, got, want)
		}
	}
}

func TestStatus(t *testing.T) {
	c := newTalk(t, tiers(one, two, wss)...)
	status := func(want ...Status) {
		t.Helper()
		same := cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) || errors.Is(b, a) })
		if diff := cmp.Diff(want, c.Trackers(), same, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
			t.Fatalf("Trackers (-want +got):\n%s", diff)
		}
	}
	first, second, third := []string{one}, []string{two}, []string{wss}
	no := Status{URLs: third, State: Unsupported, Err: tracker.ErrScheme}

	status(Status{URLs: first}, Status{URLs: second}, no)
	c.Start(c.now)
	status(Status{URLs: first, Next: begin}, Status{URLs: second, Next: begin}, no)
	c.asks(one, started)
	status(Status{URLs: first, State: Announcing}, Status{URLs: second}, no)
	c.refuses(one)
	c.asks(two, started)
	status(Status{URLs: first, State: Failing, Failures: 1, Err: errTrack}, Status{URLs: second, State: Announcing}, no)
	c.Succeeded(c.now, two, tracker.Response{
		Interval: time.Minute, Complete: 7, Incomplete: 9, Warning: "slow down",
		Peers: []netip.AddrPort{
			netip.MustParseAddrPort("192.0.2.1:1"),
			netip.MustParseAddrPort("[::ffff:192.0.2.2]:1"),
			netip.MustParseAddrPort("[2001:db8::1]:1"),
		},
	})
	next := begin.Add(time.Minute)
	status(
		Status{URLs: first, State: Failing, Failures: 1, Err: errTrack, Next: next},
		Status{
			URLs: second, State: Working, Complete: 7, Incomplete: 9, Warning: "slow down", Next: next,
			Peers:  []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("192.0.2.2:1")},
			Peers6: []netip.AddrPort{netip.MustParseAddrPort("[2001:db8::1]:1")},
		}, no)
	c.waits()
	c.asks(one, started)
	c.accepts(one)
	if s := c.Trackers()[0]; s.State != Working || s.Failures != 0 || s.Err != nil {
		t.Fatalf("after a success: %+v", s)
	}
}

func TestShownPeersAreBoundedAndTheCallers(t *testing.T) {
	c := newTalk(t, tiers(one)...)
	c.Start(c.now)
	c.asks(one, started)
	r := every30m
	for port := range uint16(300) {
		r.Peers = append(r.Peers, netip.AddrPortFrom(netip.IPv4Unspecified(), port), netip.AddrPortFrom(netip.IPv6Unspecified(), port))
	}
	c.Succeeded(c.now, one, r)
	s := c.Trackers()[0]
	if len(s.Peers) != 200 || len(s.Peers6) != 200 || s.Peers[199].Port() != 199 || s.Peers6[199].Port() != 199 {
		t.Fatalf("shows %d and %d peers", len(s.Peers), len(s.Peers6))
	}
	s.Peers[0], s.Peers6[0] = netip.AddrPort{}, netip.AddrPort{}
	if again := c.Trackers()[0]; !again.Peers[0].IsValid() || !again.Peers6[0].IsValid() {
		t.Fatal("what a caller does to its peers is seen by others")
	}
}
