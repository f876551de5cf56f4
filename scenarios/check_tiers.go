package scenarios

import (
	"fmt"
	"slices"

	"bt/client"
)

// tiers (T3): each of Who asks its trackers in the order of BEP 12, in at least
// Count rounds.
type tiers struct {
	*watch
	orders map[*node]*tierOrder
}

func newTiers(w *watch) check {
	c := &tiers{w, make(map[*node]*tierOrder)}
	for _, n := range w.who {
		o := &tierOrder{}
		for _, t := range w.run.truth.meta.Trackers {
			o.tiers = append(o.tiers, tierModel{urls: t})
		}
		c.orders[n] = o
	}
	return c
}

func (c *tiers) notice(n *node, x client.Notice) {
	o := c.orders[n]
	if o == nil {
		return
	}
	var wrong error
	switch x := x.(type) {
	case client.TrackerFailed:
		if x.Event != "stopped" {
			wrong = o.asked(x.URL, false, x.Retry > 0)
		}
	case client.TrackerAnswered:
		if x.Event != "stopped" {
			wrong = o.asked(x.URL, true, false)
		}
	}
	if wrong != nil {
		c.fail(n.name, "%v", wrong)
	}
}

func (c *tiers) finish() {
	for _, n := range c.who {
		if o := c.orders[n]; o.rounds < c.expect.Count {
			c.fail(n.name, "has been through its trackers %d times, fewer than %d", o.rounds, c.expect.Count)
		}
	}
}

// tierOrder is BEP 12 as a model. Which order a tier was shuffled into shows as
// its trackers are tried for the first time.
type tierOrder struct {
	tiers  []tierModel
	tier   int // where this round is
	pos    int
	rounds int
}

type tierModel struct {
	urls  []string
	known []string // those tried before, in their order
}

// asked takes the outcome of one announce, the last of its round if it has
// succeeded or the client goes to rest.
func (o *tierOrder) asked(url string, ok, rest bool) (wrong error) {
	// BEP 12: "all URLs in each tier must be checked before the client goes on
	// to the next tier".
	for o.tier < len(o.tiers) && o.pos == len(o.tiers[o.tier].urls) {
		o.tier, o.pos = o.tier+1, 0
	}
	if o.tier == len(o.tiers) {
		return fmt.Errorf("%s is asked when all have been", url)
	}
	t := &o.tiers[o.tier]
	switch {
	case !slices.Contains(t.urls, url):
		return fmt.Errorf("%s is asked, which is not of tier %d", url, o.tier)
	case o.pos < len(t.known) && t.known[o.pos] != url:
		return fmt.Errorf("%s is asked before %s", url, t.known[o.pos])
	case o.pos == len(t.known) && slices.Contains(t.known, url):
		return fmt.Errorf("%s is asked again, and others of its tier were not", url)
	case o.pos == len(t.known):
		t.known = append(t.known, url)
	}
	if o.pos++; ok {
		// BEP 12: "if a connection with a tracker is successful, it will be moved
		// to the front of the tier".
		t.known = slices.Insert(slices.Delete(t.known, o.pos-1, o.pos), 0, url)
	} else if rest && (o.tier < len(o.tiers)-1 || o.pos < len(t.urls)) {
		wrong = fmt.Errorf("the client rests after %s, and others have not been asked", url)
	}
	if ok || rest {
		o.tier, o.pos = 0, 0
		o.rounds++
	}
	return wrong
}
