package scenarios

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"bt/simnet"
)

// datagrams: the first that each of Who sends to each of Of are those that Reason
// names, in this order: what each is, as BEP 15 calls it, and how long after the
// first it is sent, to within Slack.
type datagrams struct {
	*watch
	want []datagram
	seen map[[2]string]int           // by sender and tracker, of those that were wanted
	from map[[2]string]time.Duration // when the first was sent
}

type datagram struct {
	kind string
	at   time.Duration
}

// datagramKinds are the actions of BEP 15, by their numbers.
var datagramKinds = []string{"connect", "announce", "scrape"}

func newDatagrams(w *watch) check {
	c := &datagrams{watch: w, seen: make(map[[2]string]int), from: make(map[[2]string]time.Duration)}
	words := strings.Fields(w.expect.Reason)
	for i := 0; i+1 < len(words); i += 2 {
		at, err := time.ParseDuration(words[i+1])
		if err != nil {
			c.fail("", "%q: %v", words[i+1], err)
		}
		c.want = append(c.want, datagram{words[i], at})
	}
	w.run.net.TapPackets(c.tap)
	return c
}

func (c *datagrams) tap(e simnet.PacketTap) {
	if e.Delivered || len(e.Data) < 16 {
		return
	}
	for _, n := range c.who {
		for _, s := range c.run.stationsOf(c.expect.Of) {
			if n.host == e.From && s.host.Addr() == e.ToAddr.Addr() && e.ToAddr.Port() == trackerPort {
				c.judge(n, s, binary.BigEndian.Uint32(e.Data[8:]))
			}
		}
	}
}

func (c *datagrams) judge(n *node, s *station, action uint32) {
	key, now := [2]string{n.name, s.name}, c.run.now()
	i := c.seen[key]
	if i == len(c.want) {
		return
	}
	if i == 0 {
		c.from[key] = now
	}
	kind, want := fmt.Sprint("action ", action), c.want[i]
	if action < uint32(len(datagramKinds)) {
		kind = datagramKinds[action]
	}
	if at := now - c.from[key]; kind != want.kind || at < want.at || at > want.at+c.expect.Slack.std() {
		c.fail(n.name, "datagram %d to %s is a %s after %v, not a %s after %v", i+1, s.name, kind, at, want.kind, want.at)
	}
	if c.seen[key]++; c.complete() {
		c.satisfied()
	}
}

// complete says whether all that is wanted was sent.
func (c *datagrams) complete() bool {
	for _, n := range c.who {
		for _, s := range c.run.stationsOf(c.expect.Of) {
			if c.seen[[2]string{n.name, s.name}] < len(c.want) {
				return false
			}
		}
	}
	return true
}

func (c *datagrams) finish() {
	for _, n := range c.who {
		for _, s := range c.run.stationsOf(c.expect.Of) {
			if got := c.seen[[2]string{n.name, s.name}]; got < len(c.want) {
				c.fail(n.name, "has sent %d datagrams to %s, fewer than %d", got, s.name, len(c.want))
			}
		}
	}
}

// families (T6): each of Of hears the same announces of each of Who over IPv4 as
// over IPv6, at least Count each, with the same key and peer id.
type families struct{ *watch }

func newFamilies(w *watch) check {
	w.satisfied()
	return &families{w}
}

func (c *families) finish() {}

func (c *families) closed() {
	for _, n := range c.who {
		for _, s := range c.run.stationsOf(c.expect.Of) {
			c.judge(n, s)
		}
	}
}

func (c *families) judge(n *node, s *station) {
	var events [2][]string
	log := s.heard(n)
	for _, e := range log {
		if e.Key != log[0].Key || e.PeerID != log[0].PeerID {
			c.fail(n.name, "%s hears key %x and id %q, and before %x and %q", s.name, e.Key, e.PeerID, log[0].Key, log[0].PeerID)
		}
		f := 0
		if e.Addr.Addr().Is6() {
			f = 1
		}
		events[f] = append(events[f], e.Event.String())
	}
	if fmt.Sprint(events[0]) != fmt.Sprint(events[1]) || len(events[0]) < c.expect.Count {
		c.fail(n.name, "%s hears %q over IPv4 and %q over IPv6, and wants %d of each", s.name, events[0], events[1], c.expect.Count)
	}
}

// heard: within Within, each of Of has heard of Percent of Who.
type heard struct{ *watch }

func newHeard(w *watch) check {
	c := &heard{w}
	w.run.at(w.expect.Within, func() {
		w.satisfied()
		for _, s := range w.run.stationsOf(w.expect.Of) {
			n := 0
			for _, node := range w.who {
				if len(s.heard(node)) > 0 {
					n++
				}
			}
			if n*100 < w.expect.Percent*len(w.who) {
				c.fail("", "%s has heard of %d of %d within %v, fewer than %d %%", s.name, n, len(w.who), w.expect.Within, w.expect.Percent)
			}
		}
	})
	return c
}

func (c *heard) finish() {
	if c.waits {
		c.fail("", "the run has ended before %v", c.expect.Within)
	}
}
