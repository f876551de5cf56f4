package simnet_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"bt/simnet"

	"pgregory.net/rapid"
)

// TestChaos does everything at once to a few hosts, then lets the faults cease,
// and wants: every byte delivered is the next one sent, bytes are conserved,
// every surviving stream delivers all it was given, and after everybody has
// closed, nothing is left.
func TestChaos(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := &chaos{rt: rt, rng: rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))}
		c.world = newWorld(t, c.rng.Uint64(), c.link(), c.link(), c.link(), c.link())
		wire := countWire(c.Internet)
		for range rapid.IntRange(1, 150).Draw(rt, "steps") {
			c.act()
			c.world.run(time.Duration(c.rng.IntN(2000)) * time.Millisecond)
		}
		c.recover()
		for _, p := range wire.problems() {
			rt.Error(p)
		}
	})
}

type chaos struct {
	*world
	rt    *rapid.T
	rng   *rand.Rand
	flows []*chaosFlow
}

// chaosFlow is one direction of a stream.
type chaosFlow struct {
	from, to         *program
	fromHost, toHost *simnet.Host
	sent             int
}

func (c *chaos) link() simnet.LinkConfig {
	pick := func(v ...int64) int64 { return v[c.rng.IntN(len(v))] }
	return simnet.LinkConfig{
		Up: pick(0, 50_000, 10*mib), Down: pick(0, 50_000, 10*mib),
		Latency: time.Duration(pick(0, 20)) * time.Millisecond, Jitter: time.Duration(pick(0, 50)) * time.Millisecond,
		MaxRead: int(pick(0, 0, 1000)), MaxWrite: int(pick(0, 0, 777)),
	}
}

func (c *chaos) act() {
	i, j := c.rng.IntN(4), c.rng.IntN(4)
	h := c.hosts[i]
	var p *program
	if len(c.flows) > 0 {
		p = c.flows[c.rng.IntN(len(c.flows))].from
	}
	switch k := c.rng.IntN(100); {
	case k < 20:
		c.open(i, j)
	case k < 55 && p != nil:
		c.send(c.rng.IntN(300_000))
	case k < 65 && p != nil && p.stream != nil:
		p.pause(c.rng.IntN(2) == 0)
	case k < 70 && p != nil && p.stream != nil:
		p.close()
	case k < 78:
		h.SetLink(c.link())
	case k < 82:
		h.SetIncoming(simnet.Incoming(c.rng.IntN(4)))
	case k < 86:
		c.ResetStreams(h, c.hosts[j])
	case k < 92:
		c.cut([]*simnet.Host{h}, []*simnet.Host{c.hosts[j]})
	case k < 94:
		c.freeze(h)
	case k < 96:
		c.Heal()
	case k < 98:
		h.Kill()
	default:
		c.restart(h)
	}
}

func (c *chaos) cut(a, b []*simnet.Host) {
	kinds := []func(a, b []*simnet.Host) *simnet.Cut{c.Partition, c.PartitionOneWay, c.Stall}
	cut := kinds[c.rng.IntN(len(kinds))](a, b)
	if c.rng.IntN(2) == 0 {
		c.At(time.Duration(c.rng.IntN(200))*time.Second, cut.Heal)
	}
}

// freeze stops or suspends a host, or ends that.
func (c *chaos) freeze(h *simnet.Host) {
	do := []func(){h.Freeze, h.Thaw, h.Suspend, h.Wake}
	do[c.rng.IntN(len(do))]()
}

func (c *chaos) open(i, j int) {
	from, to := c.hosts[i], c.hosts[j]
	if !from.Alive() {
		return
	}
	a, b := c.dial(i, j)
	// A dial may fail and leave its handler to the next one: the listener's
	// end is known for certain by its address.
	c.next[to] = nil
	c.listenFor(to, a, b)
	c.flows = append(c.flows, &chaosFlow{from: a, to: b, fromHost: from, toHost: to},
		&chaosFlow{from: b, to: a, fromHost: to, toHost: from})
}

func (c *chaos) send(n int) {
	f := c.flows[c.rng.IntN(len(c.flows))]
	if f.from.stream == nil || f.from.closed {
		return
	}
	f.from.send(pattern(f.sent, n))
	f.sent += n
}

func (c *chaos) restart(h *simnet.Host) {
	if !h.Alive() {
		h.Restart()
		c.listen(h)
	}
}

// listenFor gives the stream that a dials the handler b.
func (c *chaos) listenFor(h *simnet.Host, a, b *program) {
	if c.byDialer == nil {
		c.byDialer = make(map[string]*program)
	}
	c.byDialer[a.stream.LocalAddr().String()+h.Name()] = b
}

// pattern is what a flow carries at an offset.
func pattern(off, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((off + i) * 31 >> 4)
	}
	return b
}

func (c *chaos) recover() {
	c.Heal()
	for _, h := range c.hosts {
		c.restart(h)
		h.Thaw()
		h.Wake()
		h.SetIncoming(simnet.Accept)
		h.SetLink(simnet.LinkConfig{})
	}
	for _, f := range c.flows {
		if f.from.stream != nil {
			f.from.pause(false)
		}
	}
	c.run(time.Hour)
	for i, f := range c.flows {
		got := f.to.got.Bytes()
		if len(got) > f.sent || !bytes.Equal(got, pattern(0, len(got))) {
			c.rt.Fatalf("flow %d: what was delivered is not what was sent", i)
		}
		open := f.from.stream != nil && !f.from.opened.IsZero() && !f.from.closed && !f.to.closed
		if open && c.alive(f) && len(got) != f.sent {
			c.rt.Fatalf("flow %d: %d bytes of %d delivered", i, len(got), f.sent)
		}
	}
	for _, f := range c.flows {
		if f.from.stream != nil {
			f.from.close()
		}
	}
	c.drain()
	checkTotals(c.t, c.Internet)
	for _, h := range c.hosts {
		if h.OpenStreams() != 0 || h.Load() != 0 || h.WaitingSenders() != 0 {
			c.rt.Fatalf("%s: %d streams, load %d, %d senders waiting are left", h.Name(), h.OpenStreams(), h.Load(), h.WaitingSenders())
		}
	}
	if c.Err() != nil || c.Totals().InFlight != 0 {
		c.rt.Fatalf("error %v, totals %+v", c.Err(), c.Totals())
	}
}

// alive reports whether both ends of an open flow still belong to a program:
// they are among the open streams.
func (c *chaos) alive(f *chaosFlow) bool {
	ends := 0
	for s := range c.Streams() {
		for _, p := range []*program{f.from, f.to} {
			if p.stream != nil && s.Host != nil && s.Local == p.stream.LocalAddr() && s.Remote == p.stream.RemoteAddr() {
				ends++
			}
		}
	}
	return ends >= 2
}
