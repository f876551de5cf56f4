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
	to   bool                                // needs To
	most bool                                // needs Limits
	name bool                                // needs Name
	disk map[string]diskKind                 // kinds of Disk; nil: none is allowed
	net  netFields                           // the fields of a fault of the network that it takes
	do   func(r *run, a *Action)

	// lasting is in the place of do: what it returns undoes it, when For is over.
	lasting func(r *run, a *Action) (undo func())
}

var verbs = map[Verb]verb{
	DoStart:   onNodes(func(n *node) { n.torrentDo((*program).begin) }),
	DoPause:   whileNodes(func(n *node) { n.torrentDo((*program).pause) }, func(n *node) { n.torrentDo((*program).begin) }),
	DoStop:    whileNodes(func(n *node) { n.torrentDo((*program).stop) }, func(n *node) { n.torrentDo((*program).begin) }),
	DoCheck:   onNodes(func(n *node) { n.torrentDo((*program).check) }),
	DoRemove:  onNodes(func(n *node) { n.torrentDo((*program).remove) }),
	DoLeave:   onNodes((*node).leave),
	DoRestart: onNodes((*node).restart),

	DoKill: {who: (*Scenario).isActor, disk: crashKinds, lasting: kill},
	DoLink: {who: (*Scenario).isAnything, link: true, lasting: setLink},

	DoRefuse:    {who: (*Scenario).isAnything, net: netFields{incoming: true}, lasting: refuse},
	DoAccept:    {who: (*Scenario).isAnything, do: acceptAll},
	DoPartition: {who: (*Scenario).isAnything, net: netFields{with: true, oneWay: true}, lasting: partition},
	DoStall:     {who: (*Scenario).isAnything, net: netFields{with: true}, lasting: stall},
	DoSwizzle:   {who: (*Scenario).isAnything, net: netFields{mustFor: true}, do: swizzle},
	DoHeal:      {do: func(r *run, _ *Action) { r.net.Heal() }},
	DoReset:     {who: (*Scenario).isAnything, with: true, do: reset},
	DoMeddle:    {who: (*Scenario).isActor, with: true, net: netFields{message: true}, lasting: meddleWith},
	DoFreeze:    {who: (*Scenario).isAnything, net: netFields{mustFor: true}, lasting: whileHosts((*simnet.Host).Freeze, (*simnet.Host).Thaw)},
	DoSuspend:   {who: (*Scenario).isAnything, net: netFields{mustFor: true}, lasting: whileHosts((*simnet.Host).Suspend, (*simnet.Host).Wake)},
	DoClock:     {who: (*Scenario).isActor, net: netFields{clock: true}, lasting: setClock},
	DoMove:      {who: (*Scenario).isActor, do: move},

	DoTrackerDown: whileTrackers((*station).down, (*station).up),
	DoTrackerUp:   onTrackers((*station).up),
	DoName:        {who: (*Scenario).hasName, name: true, lasting: setNames},

	DoDiskFull: whileNodes(func(n *node) { n.fs.SetCapacity(n.fs.Allocated()) }, func(n *node) { n.fs.SetCapacity(endless) }),
	DoDiskFree: onNodes(func(n *node) { n.fs.SetCapacity(endless); n.fs.SetQuota(0) }),

	DoDiskFault:  {who: (*Scenario).isClient, disk: faultKinds, lasting: diskFault},
	DoDiskHeal:   onNodes((*node).healDisk),
	DoDiskMeddle: {who: (*Scenario).isClient, disk: meddleKinds, do: meddleWithDisk},

	DoSlots: {who: (*Scenario).isClient, slot: true, do: setSlots},

	DoMoveStorage: {who: (*Scenario).isClient, to: true, do: moveStorage},

	DoPriorities: {who: (*Scenario).isClient, prio: true, do: setPriorities},

	DoLimits: {who: (*Scenario).isClient, most: true, lasting: setLimits},
	DoFilter: {who: (*Scenario).isClient, with: true, lasting: setFilter},
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
	r.tellAction(a, false)
	r.marker.acted(a, false)
	r.oracles.acted(a.Do, false)
	v := verbs[a.Do]
	if v.lasting == nil {
		v.do(r, a)
		return
	}
	undo := v.lasting(r, a)
	if a.For > 0 {
		r.soon(a.For, func() {
			r.traceLine("", "action %s %v %v is over", a.Do, a.Who, a.With)
			r.tellAction(a, true)
			r.marker.acted(a, true)
			undo()
			r.oracles.acted(a.Do, true)
		})
	}
}

// plan schedules an action, and its repetitions.
func (r *run) plan(a *Action) {
	for i := range max(a.Times, 1) {
		r.soon(a.At+Duration(i)*a.Every, func() { r.perform(a) })
	}
}

// soon lets fn happen after d, and the run go on until it has.
func (r *run) soon(d Duration, fn func()) {
	r.waiting++
	r.net.At(d.std(), func() {
		r.waiting--
		fn()
	})
}

func onNodes(do func(*node)) verb {
	return verb{who: (*Scenario).isClient, do: func(r *run, a *Action) {
		for _, n := range r.nodesOf(a.Who) {
			do(n)
		}
	}}
}

func whileNodes(do, undo func(*node)) verb {
	return verb{who: (*Scenario).isClient, lasting: func(r *run, a *Action) func() {
		return during(r.nodesOf(a.Who), do, undo)
	}}
}

func whileTrackers(do, undo func(*station)) verb {
	return verb{who: (*Scenario).isTracker, lasting: func(r *run, a *Action) func() {
		return during(r.stationsOf(a.Who), do, undo)
	}}
}

func whileHosts(do, undo func(*simnet.Host)) func(r *run, a *Action) func() {
	return func(r *run, a *Action) func() { return during(r.machines(a.Who), do, undo) }
}

// during does something to all of a list, and returns what undoes it.
func during[T any](list []T, do, undo func(T)) func() {
	for _, x := range list {
		do(x)
	}
	return func() {
		for _, x := range list {
			undo(x)
		}
	}
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

// kill cuts the power of hosts, of clients and others alike. When it is undone,
// the clients are started again.
func kill(r *run, a *Action) (undo func()) {
	for _, n := range r.nodesOf(a.Who) {
		n.crashTo(a.Disk)
	}
	for _, h := range r.hostsOf(a.Who) {
		h.Kill() // again does nothing
	}
	return func() {
		for _, n := range r.nodesOf(a.Who) {
			n.restart()
		}
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
