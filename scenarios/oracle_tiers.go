package scenarios

import (
	"fmt"
	"slices"

	"bt/client"
)

// tierWatch is T3: trackers are asked in the order of BEP 12. It hears what the
// client tells of each announce; whether that is so, T1 sees on the wire.
type tierWatch struct {
	order tierOrder
	lost  bool // it stopped in the middle of a round, whose rest tells nothing
}

func (t *tierWatch) begin(tr *truth) {
	seen := make(map[string]bool)
	for _, tier := range tr.meta.Trackers {
		var m tierModel
		for _, url := range tier {
			if !seen[url] && isSpoken(url) {
				seen[url] = true
				m.urls = append(m.urls, url)
			}
		}
		if len(m.urls) > 0 {
			t.order.tiers = append(t.order.tiers, m)
		}
	}
}

// handleState: whoever starts anew begins with the first tier, unless an
// announce is still on its way.
func (t *tierWatch) handleState(w *watched, s client.State) {
	if s == client.Stopped {
		t.lost = t.lost || len(w.pace.inFlight) > 0
		t.order.tier, t.order.pos = 0, 0
	}
}

// handleOutcome takes what came of an announce, rest being that no other tracker
// is asked at once.
func (t *tierWatch) handleOutcome(w *watched, url, event string, ok, rest bool) {
	if event == "stopped" || w.pace.stopped {
		return
	}
	if t.lost {
		if ok || rest {
			t.lost = false
			t.order.tier, t.order.pos = 0, 0
			t.order.relearn()
		}
		return
	}
	if wrong := t.order.asked(url, ok, rest); wrong != nil {
		w.violation("T3", "%v", wrong)
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

// relearn forgets the order of the tiers.
func (o *tierOrder) relearn() {
	for i := range o.tiers {
		o.tiers[i].known = nil
	}
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
