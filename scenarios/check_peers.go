package scenarios

import (
	"slices"

	"bt/client"
	"bt/client/wire"
)

// cancels: each of Who sends at least Count cancels to Of.
type cancels struct {
	*watch
	count map[string]int
}

func newCancels(w *watch) check {
	w.satisfied()
	return &cancels{w, make(map[string]int)}
}

func (c *cancels) sent(m message) {
	if m.Kind == wire.Cancel && c.of(m.to) {
		c.count[m.from]++
	}
}

func (c *cancels) hungUp(string, string) {}

func (c *cancels) finish() {
	for _, n := range c.who {
		if got := c.count[n.name]; got < c.expect.Count {
			c.fail(n.name, "%d cancels, fewer than %d", got, c.expect.Count)
		}
	}
}

// snubbed: each of Who finds within Within that each of Of snubs it.
type snubbed struct {
	*watch
	seen map[[2]string]bool
}

func newSnubbed(w *watch) check { return &snubbed{w, make(map[[2]string]bool)} }

func (c *snubbed) sample() {
	if !c.waits {
		return
	}
	missing := false
	for _, n := range c.who {
		if n.running() {
			for _, p := range n.program.torrent.Peers() {
				if h := c.run.hostAt(p.Addr.Addr()); h != nil && p.Snubbed {
					c.seen[[2]string{n.name, h.Name()}] = true
				}
			}
		}
		for _, h := range c.run.hostsOf(c.expect.Of) {
			missing = missing || !c.seen[[2]string{n.name, h.Name()}]
		}
	}
	if !missing {
		c.satisfied()
	} else if now := c.run.now(); c.expect.Within > 0 && now > c.expect.Within.std() {
		c.satisfied()
		c.fail("", "not noticed within %v", c.expect.Within)
	}
}

func (c *snubbed) finish() {
	if c.waits {
		c.fail("", "not noticed")
	}
}

// banned: each of Who bans exactly Of, and Of only.
type banned struct {
	*watch
	list map[string][]string
}

func newBanned(w *watch) check {
	w.satisfied()
	return &banned{w, make(map[string][]string)}
}

func (c *banned) notice(n *node, x client.Notice) {
	if b, ok := x.(client.PeerBanned); ok {
		if h := c.run.hostAt(b.Addr.Addr()); h != nil && !slices.Contains(c.list[n.name], h.Name()) {
			c.list[n.name] = append(c.list[n.name], h.Name())
		}
	}
}

func (c *banned) finish() {
	var want []string
	for _, h := range c.run.hostsOf(c.expect.Of) {
		want = append(want, h.Name())
	}
	slices.Sort(want)
	for _, n := range c.who {
		got := c.list[n.name]
		slices.Sort(got)
		if !slices.Equal(got, want) {
			c.fail(n.name, "banned %v, not %v", got, want)
		}
	}
}

// connected: at After, each of Who is connected to at least Count peers.
type connected struct{ *watch }

func newConnected(w *watch) check {
	c := &connected{w}
	w.run.at(w.expect.After, func() {
		for _, n := range w.who {
			got := 0
			if n.running() {
				got = len(n.program.torrent.Peers())
			}
			if got < w.expect.Count {
				c.fail(n.name, "connected to %d peers at %v, fewer than %d", got, w.expect.After, w.expect.Count)
			}
		}
		w.satisfied()
	})
	return c
}

func (c *connected) finish() {
	if c.waits {
		c.fail("", "the run has ended before %v", c.expect.After)
	}
}
