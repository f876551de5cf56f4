package scenarios

import (
	"maps"
	"slices"

	"bt/simnet"
)

// verb is how an action is checked and performed.
type verb struct {
	who  func(s *Scenario, name string) bool // whom it can concern; nil: nobody is named
	with bool                                // needs With
	link bool                                // needs Link
	prio bool                                // needs Priorities
	slot bool                                // needs Slots
	do   func(r *run, a *Action)
}

var verbs = map[Verb]verb{
	DoStart:   onNodes(func(n *node) { n.torrentDo((*program).begin) }),
	DoPause:   onNodes(func(n *node) { n.torrentDo((*program).pause) }),
	DoStop:    onNodes(func(n *node) { n.torrentDo((*program).stop) }),
	DoCheck:   onNodes(func(n *node) { n.torrentDo((*program).check) }),
	DoRemove:  onNodes(func(n *node) { n.torrentDo((*program).remove) }),
	DoLeave:   onNodes((*node).leave),
	DoRestart: onNodes((*node).restart),

	DoKill:   {who: (*Scenario).isActor, do: kill},
	DoRefuse: onHosts(func(h *simnet.Host, _ *Action) { h.Refuse(true) }),
	DoAccept: onHosts(func(h *simnet.Host, _ *Action) { h.Refuse(false) }),
	DoLink:   {who: (*Scenario).isActor, link: true, do: setLink},

	DoPartition: {who: (*Scenario).isActor, with: true, do: func(r *run, a *Action) {
		r.net.Partition(r.hostsOf(a.Who), r.hostsOf(a.With))
	}},
	DoHeal:  {do: func(r *run, _ *Action) { r.net.Heal() }},
	DoReset: {who: (*Scenario).isActor, with: true, do: reset},

	DoTrackerDown: onTrackers((*station).down),
	DoTrackerUp:   onTrackers((*station).up),

	DoDiskFull: onNodes(func(n *node) { n.fs.SetCapacity(n.fs.Allocated()) }),
	DoDiskFree: onNodes(func(n *node) { n.fs.SetCapacity(endless) }),

	DoSlots: {who: (*Scenario).isClient, slot: true, do: setSlots},

	DoPriorities: {who: (*Scenario).isClient, prio: true, do: setPriorities},
}

// endless is more than any run writes.
const endless = 1 << 50

func verbNames() (names []string) {
	for _, v := range slices.Sorted(maps.Keys(verbs)) {
		names = append(names, string(v))
	}
	return names
}

func (r *run) perform(a *Action) {
	r.traceLine("", "action %s %v %v", a.Do, a.Who, a.With)
	verbs[a.Do].do(r, a)
}

func onNodes(do func(*node)) verb {
	return verb{who: (*Scenario).isClient, do: func(r *run, a *Action) {
		for _, n := range r.nodesOf(a.Who) {
			do(n)
		}
	}}
}

func onHosts(do func(*simnet.Host, *Action)) verb {
	return verb{who: (*Scenario).isActor, do: func(r *run, a *Action) {
		for _, h := range r.hostsOf(a.Who) {
			do(h, a)
		}
	}}
}

func onTrackers(do func(*station)) verb {
	return verb{who: (*Scenario).isTracker, do: func(r *run, a *Action) {
		for _, s := range r.stationsOf(a.Who) {
			do(s)
		}
	}}
}

// torrentDo gives an order to the torrent of a client that runs.
func (n *node) torrentDo(do func(*program)) {
	if n.running() {
		do(n.program)
	}
}

func (p *program) begin() { p.torrent.Start() }
func (p *program) pause() { p.torrent.Pause() }
func (p *program) stop()  { p.torrent.Stop() }

func (p *program) remove() { p.torrent.Remove() }

func (p *program) check() {
	if err := p.torrent.Hashcheck(); err != nil {
		p.node.run.fail(p.node.name, "hashcheck", "%v", err)
	}
}

func setSlots(r *run, a *Action) {
	for _, n := range r.nodesOf(a.Who) {
		n.torrentDo(func(p *program) {
			p.client.SetSlots(*a.Slots, 0)
			r.oracles.slots(p.subject, *a.Slots)
		})
	}
}

// kill cuts the power of hosts, of clients and others alike.
func kill(r *run, a *Action) {
	for _, n := range r.nodesOf(a.Who) {
		n.kill()
	}
	for _, h := range r.hostsOf(a.Who) {
		h.Kill() // again does nothing
	}
}

// setPriorities has clients want the files by other priorities, now and after
// a restart.
func setPriorities(r *run, a *Action) {
	for _, n := range r.nodesOf(a.Who) {
		n.priorities = a.Priorities
		if !n.running() {
			continue
		}
		r.oracles.priorities(n.program.subject, a.Priorities)
		if err := n.program.torrent.SetPriorities(a.Priorities); err != nil {
			r.fail(n.name, "priorities", "%v", err)
		}
	}
}

func setLink(r *run, a *Action) {
	for _, h := range r.hostsOf(a.Who) {
		h.SetLink(a.Link.config())
	}
}

func reset(r *run, a *Action) {
	for _, from := range r.hostsOf(a.Who) {
		for _, to := range r.hostsOf(a.With) {
			r.net.ResetStreams(from, to)
		}
	}
}
