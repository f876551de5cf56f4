package announce

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bt/client/tracker"
)

// model is what BEP 12 says about whom to ask, and nothing about when or what.
type model struct {
	tiers      [][]string
	tier, next int // whom this announce tries now
}

func (m *model) url() string { return m.tiers[m.tier][m.next] }

func (m *model) succeeded() {
	t, url := m.tiers[m.tier], m.url()
	t = slices.Delete(t, m.next, m.next+1)
	m.tiers[m.tier] = slices.Insert(t, 0, url)
	m.tier, m.next = 0, 0
}

// failed reports whether there is another tracker to try.
func (m *model) failed() bool {
	if m.next++; m.next < len(m.tiers[m.tier]) {
		return true
	}
	m.next = 0
	if m.tier++; m.tier < len(m.tiers) {
		return true
	}
	m.tier = 0
	return false
}

func TestOrderIsThatOfTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := New(Config{Tiers: drawTiers(t), Rand: rand.NewPCG(3, 3)})
		m := &model{}
		for _, s := range a.Trackers() {
			m.tiers = append(m.tiers, s.URLs)
		}
		now := begin
		a.Start(now)
		for range rapid.IntRange(1, 60).Draw(t, "announces") {
			r, ok := a.Next(now)
			if !ok || r.URL != m.url() {
				t.Fatalf("asks %q, %t, want %q", r.URL, ok, m.url())
			}
			if _, ok := a.Next(now); ok {
				t.Fatal("two in flight")
			}
			if rapid.Bool().Draw(t, "accepted") {
				m.succeeded()
				a.Succeeded(now, r.URL, every30m)
			} else if retry := a.Failed(now, r.URL, errTrack); m.failed() != (retry == 0) {
				t.Fatalf("%s: retries in %v", r.URL, retry)
			}
			if at, ok := a.Deadline(); ok {
				now = later(now, at)
			}
		}
		for i, s := range a.Trackers() {
			if !slices.Equal(s.URLs, m.tiers[i]) {
				t.Fatalf("tier %d is %q, want %q", i, s.URLs, m.tiers[i])
			}
		}
	})
}

// drawTiers draws up to three tiers of up to three trackers.
func drawTiers(t *rapid.T) [][]string {
	var all [][]string
	name := 'a'
	for range rapid.IntRange(1, 3).Draw(t, "tiers") {
		var tier []string
		for range rapid.IntRange(1, 3).Draw(t, "trackers") {
			tier = append(tier, "http://"+string(name)+"/announce")
			name++
		}
		all = append(all, tier)
	}
	return all
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// witness is what one tracker has seen of us.
type witness struct {
	inFlight bool
	event    tracker.Event
	here     bool // it has accepted a `started`, and heard no `stopped` since
}

// TestEveryTrackerHearsTheEventsInOrder lets the user and the trackers do what
// they like at any time, and watches the rules that each tracker relies on.
func TestEveryTrackerHearsTheEventsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tiers := drawTiers(t)
		a := New(Config{Tiers: tiers, Rand: rand.NewPCG(5, 5)})
		urls := slices.Concat(tiers...)
		seen := make(map[string]*witness)
		for _, u := range urls {
			seen[u] = &witness{}
		}
		now, active, finished, completions := begin, false, false, 0
		var stoppedAt time.Time

		look := func(t *rapid.T) {
			for {
				r, ok := a.Next(now)
				if !ok {
					break
				}
				w := seen[r.URL]
				givenUp := w.event == tracker.Stopped && active && now.Sub(stoppedAt) >= stopTimeout
				switch {
				case w.inFlight && !givenUp:
					t.Fatalf("%s: two at once", r.URL)
				case (r.Event == tracker.Started) == w.here:
					t.Fatalf("%s: event %q, but started is %t", r.URL, r.Event, w.here)
				case r.Event == tracker.Completed && (!finished || completions > 0):
					t.Fatalf("%s: completed out of turn", r.URL)
				case r.Event == tracker.Stopped && active:
					t.Fatalf("%s: stopped while active", r.URL)
				case !active && r.Event != tracker.Stopped && r.Event != tracker.Completed:
					t.Fatalf("%s: event %q after Stop", r.URL, r.Event)
				}
				w.inFlight, w.event = true, r.Event
				if r.Event == tracker.Stopped {
					w.here = false
				}
			}
			if at, ok := a.Deadline(); ok && !at.After(now) {
				t.Fatalf("Deadline %v has passed at %v, and there is nothing to do", at, now)
			}
			if a.Done() {
				for _, u := range urls {
					*seen[u] = witness{}
				}
			}
		}
		answer := func(t *rapid.T) (string, *witness) {
			u := rapid.SampledFrom(urls).Draw(t, "url")
			if !seen[u].inFlight {
				t.Skip("this tracker has not been asked")
			}
			seen[u].inFlight = false
			return u, seen[u]
		}

		t.Repeat(map[string]func(*rapid.T){
			"start": func(*rapid.T) { a.Start(now); active = true },
			"stop": func(*rapid.T) {
				if active {
					stoppedAt = now
				}
				a.Stop(now)
				active = false
			},
			"complete": func(*rapid.T) { a.Complete(now); finished = true },
			"want":     func(t *rapid.T) { a.Want(now, rapid.Bool().Draw(t, "need")) },
			"accept": func(t *rapid.T) {
				u, w := answer(t)
				switch w.event {
				case tracker.Started:
					w.here = true
				case tracker.Completed:
					completions++
				}
				a.Succeeded(now, u, tracker.Response{Interval: time.Minute})
			},
			"refuse": func(t *rapid.T) {
				u, _ := answer(t)
				a.Failed(now, u, errTrack)
			},
			"time passes": func(t *rapid.T) {
				if at, ok := a.Deadline(); ok && rapid.Bool().Draw(t, "deadline") {
					now = later(now, at)
				}
				now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			},
			"": look,
		})

		// In the end, with trackers that answer, all is said within the limit.
		a.Stop(now)
		active = false
		for !a.Done() {
			look(t)
			for _, u := range urls {
				if w := seen[u]; w.inFlight {
					w.inFlight = false
					if w.event == tracker.Started {
						w.here = true
					}
					if w.event == tracker.Completed {
						completions++
					}
					a.Succeeded(now, u, every30m)
				}
			}
		}
		for _, u := range urls {
			if seen[u].here {
				t.Fatalf("%s was not told that we stopped", u)
			}
		}
	})
}
