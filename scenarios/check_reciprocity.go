package scenarios

import (
	"slices"
	"time"

	"bt/client/wire"
)

// ranked: from After on, in at least Percent of the seconds, each of Who
// unchokes the Count of Of that have sent it the most in the last 20 seconds.
// That one of them must wait is excused while a slower one in its place is not
// slower by more than a tenth: without such a margin, two peers of equal speed
// would take turns with every fluctuation.
type ranked struct {
	*watch
	sentBy   map[[2]string]*lately // by sender and receiver
	unchoked map[[2]string]bool    // by who unchokes whom
	good     map[*node]int
	all      int
}

// rankMargin is the excuse, in tenths: 11 tenths of an incumbent's rate are to
// be beaten.
const rankMargin = 11

// lately adds up bytes over the last 20 seconds, the window of the choker.
type lately [20]int64

func (l *lately) sum() (n int64) {
	for _, v := range l {
		n += v
	}
	return n
}

func newRanked(w *watch) check {
	return &ranked{watch: w, sentBy: make(map[[2]string]*lately), unchoked: make(map[[2]string]bool), good: make(map[*node]int)}
}

func (c *ranked) sent(m message) {
	pair := [2]string{m.from, m.to}
	switch m.Kind {
	case wire.Unchoke:
		c.unchoked[pair] = true
	case wire.Choke:
		c.unchoked[pair] = false
	case wire.Piece:
		if c.sentBy[pair] == nil {
			c.sentBy[pair] = new(lately)
		}
		c.sentBy[pair][c.second()] += int64(len(m.Data))
	}
}

func (c *ranked) hungUp(from, to string) { c.unchoked[[2]string{from, to}] = false }

func (c *ranked) second() int { return int(c.run.now()/time.Second) % len(lately{}) }

func (c *ranked) sample() {
	if c.run.now() >= c.expect.After.std() {
		c.all++
		for _, n := range c.who {
			if c.inOrder(n) {
				c.good[n]++
			}
		}
	}
	// The second that begins now takes the place of that of 20 s ago.
	for _, n := range c.who {
		for _, h := range c.run.hostsOf(c.expect.Of) {
			if l := c.sentBy[[2]string{h.Name(), n.name}]; l != nil {
				l[c.second()] = 0
			}
		}
	}
}

// inOrder compares the unchoked with the fastest.
func (c *ranked) inOrder(n *node) bool {
	type giver struct {
		name string
		rate int64
	}
	var givers []giver
	for _, h := range c.run.hostsOf(c.expect.Of) {
		if l := c.sentBy[[2]string{h.Name(), n.name}]; l != nil {
			givers = append(givers, giver{h.Name(), l.sum()})
		}
	}
	slices.SortStableFunc(givers, func(a, b giver) int { return int(b.rate - a.rate) })
	fastest := min(c.expect.Count, len(givers))
	incumbent := int64(0) // the fastest of those that are in the place of others
	for _, g := range givers[fastest:] {
		if c.unchoked[[2]string{n.name, g.name}] {
			incumbent = max(incumbent, g.rate)
		}
	}
	for _, g := range givers[:fastest] {
		if !c.unchoked[[2]string{n.name, g.name}] && g.rate*10 > incumbent*rankMargin {
			return false
		}
	}
	return len(givers) > 0
}

func (c *ranked) finish() {
	for _, n := range c.who {
		if c.all == 0 || c.good[n]*100 < c.all*c.expect.Percent {
			c.fail(n.name, "the fastest %d were unchoked in %d of %d seconds, less than %d %%", c.expect.Count, c.good[n], c.all, c.expect.Percent)
		}
	}
}

// share: Of get at most Percent of what Who upload while they lack something
// themselves, and each of Of gets something.
type share struct {
	*watch
	seeds map[string]bool
	total int64
	part  map[string]int64
}

func newShare(w *watch) check {
	w.satisfied()
	return &share{watch: w, seeds: make(map[string]bool), part: make(map[string]int64)}
}

func (c *share) completed(n *node) { c.seeds[n.name] = true }

func (c *share) sent(m message) {
	if m.Kind != wire.Piece || c.seeds[m.from] || !named(c.expect.Who, m.from, c.run.scenario.actor(m.from)) {
		return
	}
	c.total += int64(len(m.Data))
	if c.of(m.to) {
		c.part[m.to] += int64(len(m.Data))
	}
}

func (c *share) hungUp(string, string) {}

func (c *share) finish() {
	sum := int64(0)
	for _, h := range c.run.hostsOf(c.expect.Of) {
		part := c.part[h.Name()]
		if sum += part; part == 0 {
			c.fail(h.Name(), "was given nothing")
		}
	}
	if sum*100 > c.total*int64(c.expect.Percent) {
		c.fail("", "%v got %d bytes of %d, more than %d %%", c.expect.Of, sum, c.total, c.expect.Percent)
	}
}

// even: what each of Who gives to each of Of is evenly distributed. Jain's index
// (1984), (Σx)²/(n·Σx²), is 1 when all get the same and 1/n when one gets all;
// it must be at least Percent.
type even struct {
	*watch
	given map[[2]string]int64
}

func newEven(w *watch) check { return &even{w, make(map[[2]string]int64)} }

func (c *even) sent(m message) {
	if m.Kind == wire.Piece {
		c.given[[2]string{m.from, m.to}] += int64(len(m.Data))
	}
}

func (c *even) hungUp(string, string) {}

func (c *even) finish() {
	for _, n := range c.who {
		var xs []int64
		for _, h := range c.run.hostsOf(c.expect.Of) {
			xs = append(xs, c.given[[2]string{n.name, h.Name()}]>>10)
		}
		if got := jain(xs); got < c.expect.Percent {
			c.fail(n.name, "gives %v KiB: Jain's index is %d %%, less than %d %%", xs, got, c.expect.Percent)
		}
	}
}

// jain is Jain's index in percent, 0 when there is nothing. In KiB, what 4096
// peers may get of contentMax each squares within 63 bits.
func jain(xs []int64) int {
	var sum, squares int64
	for _, x := range xs {
		sum += x
		squares += x * x
	}
	if squares == 0 {
		return 0
	}
	// 100·sum² could overflow where sum² does not.
	return int(sum * sum / (int64(len(xs))*squares/100 + 1))
}

// waits: none of Of that is interested in what each of Who has is choked by it
// for longer than Time.
type waits struct {
	*watch
	interested, unchoked map[[2]string]bool // by who serves whom
	since                map[[2]string]time.Duration
	longest              map[[2]string]time.Duration
}

func newWaits(w *watch) check {
	return &waits{
		watch: w, interested: make(map[[2]string]bool), unchoked: make(map[[2]string]bool),
		since: make(map[[2]string]time.Duration), longest: make(map[[2]string]time.Duration),
	}
}

func (c *waits) sent(m message) {
	serves, asks := [2]string{m.from, m.to}, [2]string{m.to, m.from}
	switch m.Kind {
	case wire.Interested, wire.NotInterested:
		c.change(asks, m.Kind == wire.Interested, c.unchoked[asks])
	case wire.Choke, wire.Unchoke:
		c.change(serves, c.interested[serves], m.Kind == wire.Unchoke)
	}
}

func (c *waits) hungUp(from, to string) { c.change([2]string{from, to}, false, false) }

// change ends or begins a time of waiting.
func (c *waits) change(pair [2]string, interested, unchoked bool) {
	now := c.run.now()
	if since, ok := c.since[pair]; ok {
		c.longest[pair] = max(c.longest[pair], now-since)
	}
	c.interested[pair], c.unchoked[pair] = interested, unchoked
	switch _, waiting := c.since[pair]; {
	case !interested || unchoked:
		delete(c.since, pair)
	case !waiting:
		c.since[pair] = now
	}
}

func (c *waits) finish() {
	for _, n := range c.who {
		for _, h := range c.run.hostsOf(c.expect.Of) {
			pair := [2]string{n.name, h.Name()}
			c.change(pair, c.interested[pair], c.unchoked[pair])
			if d := c.longest[pair]; d > c.expect.Time.std() {
				c.fail(n.name, "%s has waited for %v, longer than %v", h.Name(), d, c.expect.Time)
			}
		}
	}
}
