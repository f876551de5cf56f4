package scenarios

import (
	"strings"
	"time"

	"bt/client"
	"bt/simnet"
)

const (
	// A swarm that nothing disturbs any more has this many times as long as its
	// links need. Peers that misbehave take their part of the links, and turns of
	// the choker are longer than a small download.
	calmFactor = 4
	// calmGrace is for what has nothing to do with links: an announce, a dial, and
	// the turns of an optimistic slot.
	calmGrace = 5 * time.Minute
	// calmLook is after how long most of those who have just been started have
	// looked at their disks, so that links and what is lacked are known.
	calmLook = 10 * time.Second
	// backoffMost is the longest that a tracker or a peer is left alone.
	backoffMost = 30 * time.Minute
)

// calmWatch is L1: who can get all that it wants, does. After the last
// disturbance, and the time that the links need then at least, times calmFactor,
// and a grace, and as long again as there were disturbances (back-offs double, so
// that they never are longer than the trouble was), nobody may lack a piece that
// it can get. A piece can be got when somebody who has it serves, and there is a
// chain of clients from there who want it and serve, each of which was connected
// to the next at some time, and has not banned it for what was damaged on its way.
type calmWatch struct {
	serial int          // of the disturbances
	acted  bool         // something was done to the swarm
	last   instant      // of them
	open   map[Verb]int // how many faults last
	met    map[[2]*simnet.Host]bool
}

func newCalmWatch() calmWatch {
	return calmWatch{open: make(map[Verb]int), met: make(map[[2]*simnet.Host]bool)}
}

// cured says which faults that last a verb ends, all of them.
var cured = map[Verb]Verb{
	DoHeal: DoPartition, DoAccept: DoRefuse, DoTrackerUp: DoTrackerDown, DoDiskFree: DoDiskFull, DoDiskHeal: DoDiskFault,
}

// lasts says that a fault is not over.
func (c *calmWatch) lasts() bool {
	for _, n := range c.open { // an answer: the order has no effect
		if n > 0 {
			return true
		}
	}
	return false
}

// momentary are the verbs that change what is possible, which is looked at anew,
// and nothing besides. What is in neither list is a fault, and lasts as long as the
// action says, or for ever.
var momentary = map[Verb]bool{
	DoStart: true, DoPause: true, DoStop: true, DoCheck: true, DoRemove: true, DoLeave: true, DoKill: true,
	DoRestart: true, DoLink: true, DoReset: true, DoSlots: true, DoPriorities: true, DoMoveStorage: true,
}

// acted tells the oracles that something is done to the swarm, or undone: an
// action that ends by itself counts as over then.
func (o *oracles) acted(do Verb, over bool) {
	c := &o.calm
	c.acted = true
	switch fault, cures := cured[do]; {
	case cures:
		c.open[fault] = 0
	case momentary[do]:
	case over:
		c.open[do] = max(c.open[do]-1, 0)
	default:
		c.open[do]++
	}
	o.disturbed()
}

// disturbed begins the wait for calm anew.
func (o *oracles) disturbed() {
	o.catchUp()
	c := &o.calm
	c.serial++
	c.last = o.present()
	serial := c.serial
	// What is lacked shrinks during the grace, and for those with slow disks it is
	// known only at its end.
	var least time.Duration
	o.later(calmLook, func() {
		if c.serial == serial {
			least = o.leastTime()
		}
	})
	o.later(calmGrace, func() {
		if c.serial == serial {
			least = max(least, o.leastTime())
			o.later(calmFactor*least+min(c.last.Sub(epoch), backoffMost), func() {
				if c.serial == serial && !c.lasts() {
					o.checkComplete()
				}
			})
		}
	})
}

// leastTime is how long the links, and the limits of those who use them, take at
// least for all that is lacked: all downlinks, all uplinks together, and the uplink
// of who alone has something.
func (o *oracles) leastTime() (least time.Duration) {
	var up capacity
	total := int64(0)
	for _, w := range o.all {
		if !w.takesPart() {
			continue
		}
		link := w.host.Link()
		if w.serves() {
			up.add(lowerLimit(link.Up, w.rates.up.limit))
		}
		lacked := w.left
		total += lacked
		down := lowerLimit(link.Down, w.rates.down.limit)
		least = max(least, capacity{down, down == 0}.timeFor(lacked))
	}
	return max(least, up.timeFor(total), o.soleSources())
}

// soleSources is how long it takes at least until each piece that only one client
// has, and others lack, has left it once.
func (o *oracles) soleSources() (least time.Duration) {
	info := &o.truth.meta.Info
	alone := make([]int64, len(o.all)) // bytes that only this one has
	for p := range info.NumPieces() {
		holder, holders, lacking := 0, 0, false
		for i, w := range o.all {
			switch {
			case w.serves() && w.had.has(p):
				holder = i
				holders++
			case w.takesPart() && w.lacked.has(p):
				lacking = true
			}
		}
		if holders == 1 && lacking {
			alone[holder] += info.PieceSize(p)
		}
	}
	for i, w := range o.all {
		up := lowerLimit(w.host.Link().Up, w.rates.up.limit)
		least = max(least, capacity{up, up == 0}.timeFor(alone[i]))
	}
	return least
}

// takesPart says that a client is there, and downloads or serves.
func (w *watched) takesPart() bool { return w.alive() && !w.isClosed && w.state == client.Active }

// serves says that it does the latter.
func (w *watched) serves() bool { return w.takesPart() && w.slots() > 0 }

// checkComplete looks for clients that could have what they lack.
func (o *oracles) checkComplete() {
	for _, w := range o.all {
		if !w.takesPart() || w.lacked.empty() || !w.errors.told.IsZero() && !w.errors.told.Before(o.calm.last) {
			continue
		}
		for p := range o.truth.meta.Info.NumPieces() {
			if chain := o.chain(w, p); w.lacked.has(p) && chain != nil {
				w.violation("L1", "lacks piece %d %v after the last disturbance, and could have it by %s: %s",
					p, o.now().Sub(o.calm.last), strings.Join(chain, ", from "), w.torrent.Status().Why)
				break
			}
		}
	}
}

// chain finds a way for a piece to a client, nearest first; nil if there is none.
func (o *oracles) chain(to *watched, p int) []string {
	from := map[*watched]*watched{to: nil}
	for queue := []*watched{to}; len(queue) > 0; queue = queue[1:] {
		for _, u := range o.all {
			if _, seen := from[u]; seen || !u.serves() || !o.calm.met[pairOf(u.host, queue[0].host)] || parted(u, queue[0]) {
				continue
			}
			from[u] = queue[0]
			if u.had.has(p) {
				var chain []string
				for v := u; v != to; v = from[v] {
					chain = append([]string{v.name}, chain...)
				}
				return chain
			}
			if u.wanted.has(p) {
				queue = append(queue, u)
			}
		}
	}
	return nil
}

// pairOf is two hosts in an order that does not depend on who dialled.
func pairOf(a, b *simnet.Host) [2]*simnet.Host {
	if a.Name() > b.Name() {
		a, b = b, a
	}
	return [2]*simnet.Host{a, b}
}
