package scenarios

import (
	"errors"
	"strings"
	"time"

	"bt/client"
)

// newsNames are the notices that "news" and "no-news" can name in Reason, each
// with what tells one of them.
var newsNames = map[string]func(client.Notice) bool{
	"disk-waits":        isNews[client.DiskWaits],
	"disk-works":        isNews[client.DiskWorks],
	"read-failed":       isNews[client.ReadFailed],
	"sync-failed":       isNews[client.SyncFailed],
	"file-changed":      isNews[client.FileChanged],
	"file-failed":       isNews[client.FileFailed],
	"piece-failed":      isNews[client.PieceFailed],
	"peer-disconnected": isNews[client.PeerDisconnected],
	"peer-banned":       isNews[client.PeerBanned],
	"checkpointed":      isNews[client.Checkpointed],
	"seed-mode-ended":   isNews[client.SeedModeEnded],
	"storage-moved":     isNews[client.StorageMoved],
	"move-failed":       isNews[client.MoveFailed],
	"left-behind":       isNews[client.LeftBehind],
}

func isNews[N client.Notice](x client.Notice) bool {
	_, ok := x.(N)
	return ok
}

// news: between After and Within (0: any time), each of Who tells at least Count
// times (0: once) of what Reason names.
type news struct {
	*watch
	heard map[*node]int
}

func newNews(w *watch) check {
	w.until(w.expect.Within)
	return &news{w, make(map[*node]int)}
}

// timely says whether now is between After and Within.
func (w *watch) timely() bool {
	now := w.run.now()
	return now >= w.expect.After.std() && (w.expect.Within == 0 || now <= w.expect.Within.std())
}

func (c *news) notice(n *node, x client.Notice) {
	if c.timely() && newsNames[c.expect.Reason](x) {
		c.heard[n]++
	}
}

func (c *news) finish() {
	for _, n := range c.who {
		if want := max(c.expect.Count, 1); c.heard[n] < want {
			c.fail(n.name, "tells %d times of %s, not %d", c.heard[n], c.expect.Reason, want)
		}
	}
}

// noNews: between After and Within (0: ever), none of Who tells of what Reason
// names.
type noNews struct{ *watch }

func newNoNews(w *watch) check {
	w.until(w.expect.Within)
	if w.expect.Within == 0 {
		w.satisfied()
	}
	return &noNews{w}
}

func (c *noNews) notice(n *node, x client.Notice) {
	for _, who := range c.who {
		if who == n && c.timely() && newsNames[c.expect.Reason](x) && !n.program.closing {
			c.fail(n.name, "tells of %s: %v", c.expect.Reason, x)
		}
	}
}

func (*noNews) finish() {}

// explains: at After, what each of Who says that it waits for contains Reason.
type explains struct{ *watch }

func newExplains(w *watch) check {
	c := &explains{w}
	w.run.at(w.expect.After, func() {
		w.satisfied()
		for _, n := range w.who {
			if !n.running() {
				c.fail(n.name, "does not run at %v", w.expect.After)
			} else if why := n.program.torrent.Status().Why; !strings.Contains(why, w.expect.Reason) {
				c.fail(n.name, "says at %v that it waits for %q, and not for %q", w.expect.After, why, w.expect.Reason)
			}
		}
	})
	return c
}

func (c *explains) finish() {
	if c.waits {
		c.fail("", "the run has ended before %v", c.expect.After)
	}
}

// backpressureLow is the part of its limit, in percent, below which a client has
// to go on downloading: the low watermark of its budget is two thirds of it.
const backpressureLow = 66

// backpressure: of what each of Who has downloaded, no more than Bytes ever wait
// for its disk, and at some time nearly so many do. While fewer than two thirds
// wait, it downloads: it has never been idle for longer than Time.
type backpressure struct {
	*watch
	state map[*node]*pressed
}

type pressed struct {
	most int64         // that has ever waited
	down int64         // downloaded, the last time
	grew time.Duration // when that grew, or had no reason to
	done bool          // told of once
}

// backpressureLook is how often the clients are looked at.
const backpressureLook = 100 * Millisecond

func newBackpressure(w *watch) check {
	w.satisfied()
	c := &backpressure{w, make(map[*node]*pressed)}
	for _, n := range w.who {
		c.state[n] = &pressed{}
	}
	w.run.every(backpressureLook, func() {
		for _, n := range w.who {
			c.look(n)
		}
	})
	return c
}

func (c *backpressure) look(n *node) {
	s := c.state[n]
	if !n.running() || n.completeAt >= 0 || s.done {
		return
	}
	status, now, limit := n.program.torrent.Status(), c.run.now(), int64(c.expect.Bytes)
	waiting := status.Downloaded - status.Wasted - c.run.oracles.at[n.host].disk.written
	s.most = max(s.most, waiting)
	if status.Downloaded > s.down || status.Downloaded == 0 || waiting > limit*backpressureLow/100 {
		s.down, s.grew = status.Downloaded, now
	}
	switch {
	case waiting > limit:
		c.fail(n.name, "%d bytes wait for the disk", waiting)
		s.done = true
	case now-s.grew > c.expect.Time.std() && status.Left > limit:
		c.fail(n.name, "has downloaded nothing for %v, though only %d bytes wait for the disk: %s", now-s.grew, waiting, status.Why)
		s.done = true
	}
}

func (c *backpressure) finish() {
	for _, n := range c.who {
		if most := c.state[n].most; most < int64(c.expect.Bytes)*backpressureLow/100 {
			c.fail(n.name, "never more than %d bytes have waited for the disk: nothing was held back", most)
		}
	}
}

// validateNews checks the Reason of expectations that name news.
func (e *Expectation) validateNews() error {
	if e.Check != "news" && e.Check != "no-news" || newsNames[e.Reason] != nil {
		return nil
	}
	return errors.New(noneOf(e.Reason, keys(newsNames)))
}
