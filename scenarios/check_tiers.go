package scenarios

// tiers: each of Who goes through its trackers, in the order that T3 demands, in
// at least Count rounds.
type tiers struct{ *watch }

func newTiers(w *watch) check { return &tiers{w} }

func (c *tiers) finish() {
	for _, n := range c.who {
		rounds := 0
		if w := c.run.oracles.at[n.host]; w != nil {
			rounds = w.tiers.order.rounds
		}
		if rounds < c.expect.Count {
			c.fail(n.name, "has been through its trackers %d times, fewer than %d", rounds, c.expect.Count)
		}
	}
}
