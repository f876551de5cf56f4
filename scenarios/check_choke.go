package scenarios

import (
	"time"

	"bt/client/wire"
)

// unchokedFor adds up for how long each of Who has unchoked each of Of, from
// After on.
type unchokedFor struct {
	*watch
	since map[[2]string]time.Duration // unchoked now, since when
	total map[[2]string]time.Duration
}

func newUnchokedFor(w *watch) unchokedFor {
	return unchokedFor{w, make(map[[2]string]time.Duration), make(map[[2]string]time.Duration)}
}

func (c *unchokedFor) sent(m message) {
	pair := [2]string{m.from, m.to}
	switch m.Kind {
	case wire.Unchoke:
		c.since[pair] = m.at
	case wire.Choke:
		c.hungUp(m.from, m.to)
	}
}

// hungUp ends a time of being unchoked.
func (c *unchokedFor) hungUp(from, to string) {
	pair := [2]string{from, to}
	c.total[pair] = c.until(pair, c.run.now())
	delete(c.since, pair)
}

// until is the time up to now.
func (c *unchokedFor) until(pair [2]string, now time.Duration) time.Duration {
	total := c.total[pair]
	if since, ok := c.since[pair]; ok {
		total += max(now-max(since, c.expect.After.std()), 0)
	}
	return total
}

// each calls f for every pair of Who and Of.
func (c *unchokedFor) each(f func(who *node, of string, unchoked time.Duration)) {
	for _, n := range c.who {
		for _, h := range c.run.hosts {
			if h != n.host && c.of(h.Name()) {
				f(n, h.Name(), c.until([2]string{n.name, h.Name()}, c.run.now()))
			}
		}
	}
}

// unchokedTime: each of Who unchokes each of Of for Time, give or take Slack.
type unchokedTime struct{ unchokedFor }

func newUnchokedTime(w *watch) check { return &unchokedTime{newUnchokedFor(w)} }

func (c *unchokedTime) finish() {
	c.each(func(who *node, of string, d time.Duration) {
		if diff := d - c.expect.Time.std(); diff.Abs() > c.expect.Slack.std() {
			c.fail(who.name, "%s was unchoked for %v, not %v ± %v", of, d, c.expect.Time, c.expect.Slack)
		}
	})
}

// favours: from After on, each of Who unchokes each of Of for at least Percent
// of the time.
type favours struct{ unchokedFor }

func newFavours(w *watch) check { return &favours{newUnchokedFor(w)} }

func (c *favours) finish() {
	span := c.run.now() - c.expect.After.std()
	c.each(func(who *node, of string, d time.Duration) {
		if least := span * time.Duration(c.expect.Percent) / 100; d < least {
			c.fail(who.name, "%s was unchoked for %v of %v, less than %d %%", of, d, span, c.expect.Percent)
		}
	})
}
