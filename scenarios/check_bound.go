package scenarios

import "time"

// bound: the last of Who completes in no less time than the links allow, and in
// no more than Percent of that. All leeches must be there from the start, have
// nothing, and stay.
//
// Kumar and Ross (2006) give the least time in which N leeches can get F bytes:
// max(F/d_min, F/u_S, N·F/(u_S + Σu)), where u_S is what the seeds upload.
type bound struct {
	*complete
	least time.Duration
}

func newBound(w *watch) check {
	size := int64(w.run.scenario.Torrent.length())
	var seeds, all, slowest capacity
	n := int64(0)
	for _, node := range w.run.nodes {
		link := node.host.Link()
		all.add(link.Up)
		if node.actor.Kind == Seed {
			seeds.add(link.Up)
			continue
		}
		n++
		if down := (capacity{link.Down, link.Down == 0}); n == 1 || down.less(slowest) {
			slowest = down
		}
	}
	return &bound{
		complete: newComplete(w).(*complete),
		least:    max(slowest.timeFor(size), seeds.timeFor(size), all.timeFor(n*size)),
	}
}

func (b *bound) finish() {
	var last time.Duration
	for _, n := range b.who {
		if n.completeAt < 0 {
			b.fail(n.name, "not complete: %s", n.standing())
			return
		}
		last = max(last, n.completeAt)
	}
	if last < b.least {
		b.fail("", "the last is complete at %v, and the links do not allow that before %v", last, b.least)
	}
	if most := b.least * time.Duration(b.expect.Percent) / 100; last > most {
		b.fail("", "the last is complete at %v, later than %v: %d %% of the %v that the links need", last, most, b.expect.Percent, b.least)
	}
}

// capacity is what links carry together, in bytes per second.
type capacity struct {
	rate      int64
	unlimited bool
}

// add adds a link; a rate of 0 has no limit.
func (c *capacity) add(rate int64) {
	c.rate += rate
	c.unlimited = c.unlimited || rate == 0
}

func (c capacity) less(o capacity) bool {
	return !c.unlimited && (o.unlimited || c.rate < o.rate)
}

// timeFor is how long bytes take, in whole microseconds so that even 4096
// leeches of 1 GiB do not overflow.
func (c capacity) timeFor(bytes int64) time.Duration {
	if c.unlimited || c.rate == 0 {
		return 0
	}
	return time.Duration(bytes*int64(time.Second/time.Microsecond)/c.rate) * time.Microsecond
}
