package scenarios

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"bt/client/wire"
	"bt/simnet"
)

// machines lists the hosts that names stand for, those of trackers first.
func (r *run) machines(names []string) []*simnet.Host {
	var list []*simnet.Host
	for _, s := range r.stationsOf(names) {
		list = append(list, s.host)
	}
	return append(list, r.hostsOf(names)...)
}

// others lists the machines of With, and all that there are if it names nobody.
func (r *run) others(a *Action) []*simnet.Host {
	if len(a.With) == 0 {
		return r.net.Hosts()
	}
	return r.machines(a.With)
}

func partition(r *run, a *Action) (undo func()) {
	if a.OneWay {
		return r.net.PartitionOneWay(r.machines(a.Who), r.others(a)).Heal
	}
	return r.net.Partition(r.machines(a.Who), r.others(a)).Heal
}

func stall(r *run, a *Action) (undo func()) {
	return r.net.Stall(r.machines(a.Who), r.others(a)).Heal
}

// swizzle clogs a random half of the machines, one after the other during the
// first half of the time, and lets them go one by one, in another order, during
// the second. What depends on the order in which things come back shows.
func swizzle(r *run, a *Action) {
	rng := rand.New(r.net.Rand(fmt.Sprint("swizzle ", r.now(), " ", a.Who)))
	hosts := r.machines(a.Who)
	rng.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	hosts = hosts[:(len(hosts)+1)/2]
	n := Duration(len(hosts))
	for i, back := range rng.Perm(len(hosts)) {
		h := hosts[i]
		r.soon(a.For/2*Duration(i)/n, func() {
			r.traceLine(h.Name(), "clogged")
			cut := r.net.Partition([]*simnet.Host{h}, r.net.Hosts())
			r.soon(a.For/2+a.For/2*Duration(back+1)/n-a.For/2*Duration(i)/n, func() {
				r.traceLine(h.Name(), "restored")
				cut.Heal()
			})
		})
	}
}

func setLink(r *run, a *Action) (undo func()) {
	var back []func()
	for _, h := range r.machines(a.Who) {
		was := h.Link()
		back = append(back, func() { h.SetLink(was) })
		h.SetLink(a.Link.config())
	}
	return func() {
		for _, f := range back {
			f()
		}
	}
}

func reset(r *run, a *Action) {
	for _, from := range r.machines(a.Who) {
		for _, to := range r.machines(a.With) {
			r.net.ResetStreams(from, to)
		}
	}
}

// incomings are the values of Incoming.How.
var incomings = map[string]simnet.Incoming{
	"refuse": simnet.Refuse, "ignore": simnet.Ignore, "half-open": simnet.HalfOpen,
}

func refuse(r *run, a *Action) (undo func()) {
	how, limit := simnet.Refuse, 0
	if a.Incoming != nil {
		how, limit = incomings[a.Incoming.How], a.Incoming.Limit
	}
	for _, h := range r.machines(a.Who) {
		if limit > 0 {
			h.LimitIncoming(limit, how)
		} else {
			h.SetIncoming(how)
		}
	}
	return func() { acceptAll(r, a) }
}

func acceptAll(r *run, a *Action) {
	for _, h := range r.machines(a.Who) {
		h.SetIncoming(simnet.Accept)
		h.LimitIncoming(0, simnet.Accept)
	}
}

func setClock(r *run, a *Action) (undo func()) {
	hosts := r.hostsOf(a.Who)
	for _, h := range hosts {
		h.SetClock(a.Clock.Ahead.std()-a.Clock.Back.std(), int64(a.Clock.Drift))
		r.oracles.clockSet(h, a.Clock.Drift)
	}
	return func() {
		for _, h := range hosts {
			h.SetClock(0, 0)
			r.oracles.clockSet(h, 0)
		}
	}
}

// move takes the addresses of hosts away, and gives them new ones.
func move(r *run, a *Action) {
	for _, h := range r.hostsOf(a.Who) {
		for _, old := range h.Addrs() {
			r.formerly[old] = h
			h.RemoveAddr(old)
		}
		h.AddAddr(movedAddr(r.scenario, r.moves))
		r.addAddr6(h, 2, r.moves)
		r.moves++
	}
}

// The values of Message.Fate.
const (
	fateDrop   = "drop"
	fateDelay  = "delay"
	fateBefore = "reset-before"
	fateWithin = "reset-within"
	fateBehind = "reset-behind"
	fateAtByte = "reset-at-byte"
)

var fates = []string{fateDrop, fateDelay, fateBefore, fateWithin, fateBehind, fateAtByte}

// meddleWith lets an action decide over messages from Who to With.
func meddleWith(r *run, a *Action) (undo func()) {
	from, to := r.hostsOf(a.Who), r.hostsOf(a.With)
	seen := make(map[[2]*simnet.Host]int)
	over := false
	r.meddlers = append(r.meddlers, func(p *passing) ruling {
		m := a.Message
		switch {
		case over || !slices.Contains(from, p.from) || !slices.Contains(to, p.to):
			return ruling{}
		case m.Kind != "" && m.Kind != p.name():
			return ruling{}
		case m.Byte > 0 && (int64(m.Byte) <= p.offset || int64(m.Byte) > p.offset+int64(p.size)):
			return ruling{}
		}
		way := [2]*simnet.Host{p.from, p.to}
		if seen[way]++; m.Nth > 0 && seen[way] != m.Nth {
			return ruling{}
		}
		return m.ruling(p)
	})
	return func() { over = true }
}

// ruling is what becomes of a message that it is about.
func (m *Message) ruling(p *passing) ruling {
	switch m.Fate {
	case fateDrop:
		return ruling{do: simnet.Drop}
	case fateDelay:
		return ruling{late: m.Late}
	case fateBefore:
		return ruling{do: simnet.Reset}
	case fateWithin:
		return ruling{do: simnet.Reset, at: p.size / 2}
	case fateAtByte:
		return ruling{do: simnet.Reset, at: int(int64(m.Byte) - p.offset)}
	}
	return ruling{do: simnet.Reset, at: p.size}
}

// netFields says which of the fields of an Action that are about the network a
// verb takes.
type netFields struct {
	with     bool // With, but nobody need be named
	oneWay   bool
	incoming bool // Incoming, which may be missing
	message  bool // Message, which may not
	clock    bool // Clock, which may not
	mustFor  bool // For, which may not be missing
}

// validateNet checks the fields that are about the network or about time.
func (a *Action) validateNet(v verb, s *Scenario, field string) error {
	f := v.net
	switch {
	case a.OneWay && !f.oneWay:
		return wrong(field+".one-way", "%s has no direction", a.Do)
	case a.Incoming != nil && !f.incoming:
		return wrong(field+".incoming", "%s", a.Do.needs(false))
	case a.Message != nil != f.message:
		return wrong(field+".message", "%s", a.Do.needs(f.message))
	case a.Clock != nil != f.clock:
		return wrong(field+".clock", "%s", a.Do.needs(f.clock))
	case f.mustFor && a.For == 0:
		return wrong(field+".for", "%s needs it", a.Do)
	case a.For > 0 && !f.mustFor && v.lasting == nil:
		return wrong(field+".for", "%s cannot be undone", a.Do)
	case a.Times < 0 || a.Times > timesMax:
		return wrong(field+".times", "%d is not within 0 and %d", a.Times, timesMax)
	case a.Times > 1 != (a.Every > 0):
		return wrong(field+".every", "every and times belong together")
	case a.Every > 0 && a.For >= a.Every:
		return wrong(field+".for", "it is not over when it begins again")
	case a.At+Duration(max(a.Times-1, 0))*a.Every+a.For > s.until():
		return wrong(field+".for", "it is not over at the end of the run at %v", s.until())
	}
	if err := a.Incoming.validate(field + ".incoming"); err != nil {
		return err
	}
	return a.Message.validate(field + ".message")
}

func (i *Incoming) validate(field string) error {
	switch {
	case i == nil:
	case i.Limit < 0:
		return wrong(field+".limit", "%d is below 0", i.Limit)
	case incomings[i.How] == simnet.Accept:
		return wrong(field+".how", "%s", noneOf(i.How, keys(incomings)))
	}
	return nil
}

func (m *Message) validate(field string) error {
	switch {
	case m == nil:
	case !slices.Contains(fates, m.Fate):
		return wrong(field+".fate", "%s", noneOf(m.Fate, fates))
	case m.Kind != "" && !slices.Contains(messageNames(), m.Kind):
		return wrong(field+".kind", "%s", noneOf(m.Kind, messageNames()))
	case m.Nth < 0:
		return wrong(field+".nth", "%d is below 0", m.Nth)
	case m.Byte > 0 != (m.Fate == fateAtByte):
		return wrong(field+".byte", "%s needs it, and nothing else does", fateAtByte)
	case m.Late > 0 != (m.Fate == fateDelay):
		return wrong(field+".late", "delay needs it, and nothing else does")
	}
	return nil
}

// messageNames lists the names of messages.
func messageNames() []string {
	names := []string{handshakeName, wire.KeepAlive.String()}
	for k := range wire.KeepAlive {
		if knownKind(k) {
			names = append(names, k.String())
		}
	}
	return names
}
