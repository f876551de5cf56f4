package scenarios

import (
	"fmt"
	"maps"
	"slices"
)

// family is a kind of trouble, which a generated swarm has or has not.
type family struct {
	name string
	add  func(g *generator) // makes it once more
}

// swarmTroubles are in a fixed order: a new one goes to the end, so that the swarms of
// known seeds without it stay as they are.
var swarmTroubles = []family{
	{"orders", (*generator).orders},
	{"settings", (*generator).settings},
	{"restarts", (*generator).restarts},
	{"power", (*generator).powerLosses},
	{"visitors", (*generator).visitors},
	{"partitions", (*generator).partitions},
	{"pauses", (*generator).pauses},
	{"resets", (*generator).resets},
	{"links", (*generator).links},
	{"messages", (*generator).messages},
	{disksName, (*generator).disks},
	{"trackers", (*generator).trackers},
	{"hostiles", (*generator).hostiles},
	{"clocks", (*generator).clocks},
}

const (
	disksName = "disks"

	// diskTail is how long a job may take that was begun when a disk was slow: as many
	// operations as two faults of disks delay, each by the most.
	diskTail = 100 * Second
)

// act adds an action, at some time before the trouble is over.
func (g *generator) act(a Action) *Action {
	a.At = g.moment(0, troubleTime-Second)
	g.Actions = append(g.Actions, a)
	return &g.Actions[len(g.Actions)-1]
}

// actFor adds an action that is undone before the trouble is over.
func (g *generator) actFor(a Action) *Action {
	added := g.act(a)
	added.For = g.moment(Millisecond, troubleTime-added.At)
	return added
}

// heal puts right what does not end by itself.
func (g *generator) heal() {
	slots := 4
	at := func(a Action) { a.At = healTime; g.Actions = append(g.Actions, a) }
	at(Action{Do: DoHeal})
	at(Action{Do: DoDiskHeal, Who: g.clients})
	at(Action{Do: DoDiskFree, Who: g.clients})
	at(Action{Do: DoSlots, Who: g.clients, Slots: &slots})
	at(Action{Do: DoTrackerUp, Who: theTracker})
	start := Action{At: healTime + Second, Do: DoStart, Who: g.home}
	if slices.Contains(g.troubles, disksName) {
		start.Every, start.Times = diskTail, 2 // what a disk was slow to fail with may stop a torrent even now
	}
	g.Actions = append(g.Actions, start)
}

// orders are what users do.
func (g *generator) orders() {
	who := g.some(g.clients)
	switch g.rng.IntN(3) {
	case 0:
		g.actFor(Action{Do: DoPause, Who: who})
	case 1:
		g.actFor(Action{Do: DoStop, Who: who})
	case 2:
		g.act(Action{Do: DoCheck, Who: who})
	}
}

// settings are what they change their minds about.
func (g *generator) settings() {
	who := g.some(g.clients)
	switch g.rng.IntN(4) {
	case 0:
		slots := g.rng.IntN(4)
		g.act(Action{Do: DoSlots, Who: who, Slots: &slots})
	case 1:
		l := &Limits{Up: g.rate()}
		if g.oneIn(2) {
			l.Memory = Size(g.between(1, 64)) * KiB
		}
		g.actFor(Action{Do: DoLimits, Who: who, Limits: l})
	case 2:
		g.actFor(Action{Do: DoFilter, Who: who, With: g.some(g.clients)})
	case 3:
		g.act(Action{Do: DoPriorities, Who: g.some(g.leeches), Priorities: g.priorities()})
	}
}

// rate draws a limit, or none.
func (g *generator) rate() Rate {
	if g.oneIn(3) {
		return 0
	}
	return Rate(g.between(8, 256)) * KiBps
}

// restarts are programs that end without a word.
func (g *generator) restarts() { g.act(Action{Do: DoRestart, Who: g.some(g.clients)}) }

// powerLosses are hosts that do.
func (g *generator) powerLosses() {
	who := g.some(g.clients)
	kill := g.act(Action{Do: DoKill, Who: who})
	if g.oneIn(2) {
		kill.Disk = &Disk{Kind: pick(g, slices.Sorted(maps.Keys(crashKinds)))}
	}
	g.Actions = append(g.Actions, Action{At: g.moment(kill.At, troubleTime), Do: DoRestart, Who: who})
}

// visitors come and go.
func (g *generator) visitors() {
	a := Actor{Name: fmt.Sprintf("visitor%d", len(g.Actors)), Kind: Leech, Link: g.link(), Start: g.moment(0, Minute)}
	g.add(a)
	g.leeches = append(g.leeches, a.Name)
	g.Actions = append(g.Actions, Action{At: a.Start + g.moment(0, 30*Second), Do: DoLeave, Who: []string{a.Name}})
}

// partitions are parts of the network that do not reach each other.
func (g *generator) partitions() {
	a := Action{Do: DoPartition, Who: g.some(g.clients), With: g.some(g.clients), OneWay: g.oneIn(3)}
	switch g.rng.IntN(3) {
	case 0:
		a.With = append(a.With, defaultTracker)
	case 1:
		a.Do, a.OneWay = DoStall, false
	}
	g.actFor(a)
}

// pauses are computers that sleep, and programs that do not get to run.
func (g *generator) pauses() {
	g.actFor(Action{Do: pick(g, []Verb{DoFreeze, DoSuspend}), Who: g.some(g.clients)})
}

// clocks are wrong from one moment to the next, or more and more, and may be set
// right again.
func (g *generator) clocks() {
	c := &Clock{}
	far := pick(g, []Duration{Second, Minute, 24 * 60 * Minute})
	switch g.rng.IntN(3) {
	case 0:
		c.Ahead = g.moment(0, far)
	case 1:
		c.Back = g.moment(0, far)
	case 2:
		c.Drift = g.between(-driftMost, driftMost)
	}
	a := Action{Do: DoClock, Who: g.some(g.clients), Clock: c}
	if g.oneIn(2) {
		g.act(a)
	} else {
		g.actFor(a)
	}
}

// driftMost is how much a clock gains or loses at most, per million: three seconds
// a minute, which is more than a broken one does.
const driftMost = 50_000

// resets are connections that break, and those that are not made.
func (g *generator) resets() {
	if g.oneIn(2) {
		g.act(Action{Do: DoReset, Who: g.some(g.clients), With: g.some(g.clients)})
		return
	}
	refuse := Action{Do: DoRefuse, Who: g.some(g.clients)}
	if g.oneIn(2) {
		refuse.Incoming = &Incoming{How: pick(g, []string{"refuse", "ignore", "half-open"}), Limit: g.rng.IntN(3)}
	}
	g.actFor(refuse)
}

// links are connections to the internet that get worse, or better.
func (g *generator) links() { g.actFor(Action{Do: DoLink, Who: g.some(g.clients), Link: g.link()}) }

// messages are lost, late, or the last ones of their connection.
func (g *generator) messages() {
	m := &Message{Fate: pick(g, []string{"drop", fateDelay, "reset-before", "reset-within", "reset-behind"}), Nth: g.between(1, 5)}
	if g.oneIn(2) {
		m.Kind = pick(g, messageNames())
	}
	if m.Fate == fateDelay {
		m.Late = g.moment(Millisecond, 20*Second)
	}
	g.actFor(Action{Do: DoMeddle, Who: g.some(g.clients), With: g.some(g.clients), Message: m})
}

// disks are full, slow, or fail.
func (g *generator) disks() {
	who := g.some(g.leeches)
	if g.oneIn(3) {
		g.actFor(Action{Do: DoDiskFull, Who: who})
		return
	}
	d := &Disk{Kind: pick(g, []string{"fail", "short", "forget", "slow"}), After: g.rng.IntN(40), Count: g.between(1, 10)}
	if d.Kind == "slow" {
		d.Delay = g.moment(Millisecond, 5*Second)
	} else if g.oneIn(2) {
		d.Errno = pick(g, []string{"ENOSPC", "EACCES", "EMFILE", "EIO"})
	}
	if g.oneIn(3) {
		who = g.some(g.clients)
	}
	g.act(Action{Do: DoDiskFault, Who: who, Disk: d})
}

// trackers are down, or their names are, or there are more of them; one of the
// first tier is good in the end.
func (g *generator) trackers() {
	switch {
	case g.oneIn(2):
		g.actFor(Action{Do: DoTrackerDown, Who: theTracker})
	case g.Trackers[0].Host != "" && g.oneIn(2):
		name := &Name{Late: g.moment(0, 10*Second), Silent: g.oneIn(3)}
		if g.oneIn(2) {
			name.For = theTracker
		}
		g.actFor(Action{Do: DoName, Who: theTracker, Name: name})
	default:
		g.another()
	}
}

// another adds a tracker. One that works is in a tier behind the first: of two in
// the same tier each client asks one (BEP 12), and those of one may never hear of
// those of the other.
func (g *generator) another() {
	t := g.tracker(fmt.Sprintf("tracker%d", len(g.Trackers)))
	if t.Tier = g.rng.IntN(2); t.Tier == 0 || g.oneIn(2) {
		t.Manner = pick(g, failingManners[t.UDP])
	}
	g.Trackers = append(g.Trackers, t)
}

// failingManners are those of trackers that nobody takes for one that works, by
// whether they are asked over UDP.
var failingManners = map[bool][]string{
	false: {"failure", "unavailable", "not-found", "garbage", "truncated", "redirects", "drip", "mute", "empty"},
	true:  {"deaf", "refusing"},
}

// hostiles are peers that do not behave.
func (g *generator) hostiles() {
	g.add(Actor{
		Name: fmt.Sprintf("hostile%d", len(g.Actors)), Kind: Hostile, Link: g.link(),
		Start: g.moment(0, Minute), Personality: pick(g, personalities()), Knows: g.some(g.clients),
	})
}
