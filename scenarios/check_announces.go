package scenarios

import (
	"slices"
	"strings"
	"time"

	"bt/client"
	"bt/simtracker"
)

// paced (T2): each of Who announces itself to each of Of at least Count times,
// started first and once, and from one announce to the next no less than Time
// passes, and no more than Slack besides. An announce that tells of an event may
// come sooner.
type paced struct{ *watch }

func newPaced(w *watch) check { return &paced{w} }

func (c *paced) finish() {
	for _, n := range c.who {
		for _, s := range c.run.stationsOf(c.expect.Of) {
			c.judge(n, s, s.heard(n))
		}
	}
}

func (c *paced) judge(n *node, s *station, log []simtracker.Entry) {
	if len(log) < c.expect.Count {
		c.fail(n.name, "%s has heard %d announces, fewer than %d", s.name, len(log), c.expect.Count)
	}
	for i, e := range log {
		event := e.Event.String()
		if event == "paused" { // which is no news
			event = ""
		}
		if (event == "started") != (i == 0) {
			c.fail(n.name, "announce %d to %s tells of %q", i+1, s.name, event)
		}
		if i == 0 || event != "" {
			continue
		}
		if gap := e.Time.Sub(log[i-1].Time); gap < c.expect.Time.std()-time.Second || gap > (c.expect.Time+c.expect.Slack).std() {
			c.fail(n.name, "announce %d to %s comes %v after the one before", i+1, s.name, gap)
		}
	}
}

// heard lists the announces of a client that a tracker has understood.
func (s *station) heard(n *node) []simtracker.Entry {
	return slices.DeleteFunc(s.tracker.Log(), func(e simtracker.Entry) bool {
		return !slices.Contains(n.host.Addrs(), e.Addr.Addr())
	})
}

// told: within Within, each of Who tells its user of each tracker of Of what
// Reason is a part of: why an announce has failed, or a warning.
type told struct {
	*watch
	left map[[2]string]bool // who and the tracker's URL, that still are to be heard of
}

func newTold(w *watch) check {
	c := &told{w, make(map[[2]string]bool)}
	for _, n := range w.who {
		for _, s := range w.run.stationsOf(w.expect.Of) {
			c.left[[2]string{n.name, s.url}] = true
		}
	}
	return c
}

func (c *told) notice(n *node, x client.Notice) {
	var url, text string
	switch x := x.(type) {
	case client.TrackerFailed:
		url, text = x.URL, x.Err.Error()
	case client.TrackerAnswered:
		url, text = x.URL, x.Warning
	}
	if url == "" || !strings.Contains(text, c.expect.Reason) || c.expect.Within > 0 && c.run.now() > c.expect.Within.std() {
		return
	}
	if delete(c.left, [2]string{n.name, url}); len(c.left) == 0 {
		c.satisfied()
	}
}

func (c *told) finish() {
	for _, n := range c.who {
		for _, s := range c.run.stationsOf(c.expect.Of) {
			if c.left[[2]string{n.name, s.url}] {
				c.fail(n.name, "has not told of %s: %q", s.name, c.expect.Reason)
			}
		}
	}
}

// tier: at After, each of Who shows the tier of each tracker of Of in the state
// Reason, and has had Count failures with it in a row.
type tier struct{ *watch }

func newTier(w *watch) check {
	c := &tier{w}
	w.run.at(w.expect.After, func() {
		w.satisfied()
		for _, n := range w.who {
			for _, s := range w.run.stationsOf(w.expect.Of) {
				c.judge(n, s)
			}
		}
	})
	return c
}

func (c *tier) judge(n *node, s *station) {
	for _, t := range n.program.torrent.Trackers() {
		if !slices.Contains(t.URLs, s.url) {
			continue
		}
		if t.State.String() != c.expect.Reason || t.Failures != c.expect.Count {
			c.fail(n.name, "the tier of %s is %v with %d failures at %v, not %s with %d",
				s.name, t.State, t.Failures, c.run.now(), c.expect.Reason, c.expect.Count)
		}
		return
	}
	c.fail(n.name, "shows no tier with %s", s.name)
}

func (c *tier) finish() {
	if c.waits {
		c.fail("", "the run has ended before %v", c.expect.After)
	}
}

// Of announces that all trackers refuse, and of connections to one address, the
// n-th in a row is followed by a wait of three quarters to all of a time that
// doubles up to half an hour.
const longestWait = 30 * time.Minute

// waited says whether a wait fits the n-th failure in a row, counted from 1,
// when the first is followed by first at most.
func waited(wait, first time.Duration, n int) bool {
	most := min(first<<min(n-1, 20), longestWait)
	return wait >= most*3/4 && wait <= most
}

// retries (T5): when all trackers have failed Who, the wait for the next attempt
// doubles, from Time to half an hour, less a quarter at most; and it is kept, to
// within Slack. This is to be seen at least Count times.
type retries struct {
	*watch
	seen map[*node]*retrying
}

type retrying struct {
	rounds int // in a row that all trackers have failed
	total  int
	next   time.Duration // when the next attempt is due
}

func newRetries(w *watch) check { return &retries{w, make(map[*node]*retrying)} }

func (c *retries) notice(n *node, x client.Notice) {
	if c.seen[n] == nil {
		c.seen[n] = &retrying{}
	}
	r, now := c.seen[n], c.run.now()
	switch x := x.(type) {
	case client.TrackerAnswered:
		r.rounds, r.next = 0, 0
	case client.TrackerFailed:
		if r.next > 0 && (now < r.next || now > r.next+c.expect.Slack.std()) {
			c.fail(n.name, "tries again by %v, was to at %v", now, r.next)
		}
		if r.next = 0; x.Retry == 0 {
			return // the next tracker is asked at once
		}
		r.rounds++
		r.total++
		if !waited(x.Retry, c.expect.Time.std(), r.rounds) {
			c.fail(n.name, "waits %v after %d failures in a row", x.Retry, r.rounds)
		}
		r.next = now + x.Retry
	}
}

func (c *retries) finish() {
	for _, n := range c.who {
		if r := c.seen[n]; r == nil || r.total < c.expect.Count {
			c.fail(n.name, "has not been failed by all trackers %d times", c.expect.Count)
		}
	}
}

// keyed (T6): all announces of each of Who carry the same key, which nobody else
// has, the same peer id, and ask for Count peers, but at the end for none.
type keyed struct{ *watch }

func newKeyed(w *watch) check {
	w.satisfied()
	return &keyed{w}
}

func (c *keyed) finish() {}

func (c *keyed) closed() {
	owners := make(map[uint32]*node)
	for _, n := range c.who {
		var first *simtracker.Entry
		for _, s := range c.run.stationsOf(c.expect.Of) {
			for _, e := range s.heard(n) {
				if first == nil {
					first = &e
				}
				want := c.expect.Count
				if e.Event.String() == "stopped" {
					want = 0
				}
				if e.Key != first.Key || e.PeerID != first.PeerID || max(e.NumWant, 0) != want {
					c.fail(n.name, "announces key %x, peer id %q, numwant %d; before key %x, peer id %q", e.Key, e.PeerID, e.NumWant, first.Key, first.PeerID)
				}
			}
		}
		switch {
		case first == nil:
			c.fail(n.name, "has announced nothing")
		case owners[first.Key] != nil:
			c.fail(n.name, "has the key of %s", owners[first.Key].name)
		default:
			owners[first.Key] = n
		}
	}
}

// closes (T7): each of Who has let go of everything within Time of being closed.
type closes struct{ *watch }

func newCloses(w *watch) check {
	w.satisfied()
	return &closes{w}
}

func (c *closes) finish() {}

func (c *closes) closed() {
	for _, n := range c.who {
		p := n.program
		if p == nil || p.closedAt == 0 || p.closedAt-p.closeAt > c.expect.Time.std() {
			c.fail(n.name, "has not closed within %v", c.expect.Time)
		}
	}
}
