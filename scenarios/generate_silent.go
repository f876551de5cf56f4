package scenarios

import "slices"

// silentTroubles are of disks that do wrong without a word, and of users who may fill
// only a part of theirs. They came last, and are drawn from a stream of their own:
// swarms that have none of them stay what they are, bit for bit.
//
// What nobody tells a client it cannot know. The oracles take that into account piece
// by piece (damage), from the moment in which the disk does wrong to that in which the
// client has checked the piece: until then it may claim the piece, note it down, and
// send what is wrong, for which others may ban it. Never may such a byte pass the
// hash check of who receives it; never may a piece that is right on the disk be lost by
// it; and as soon as a check has looked, all rules hold again: what was wrong is fetched
// anew, and in the end all is right ("mended"). Only leeches that have seeds to
// fetch from are damaged: a seed that is, is one more, which nobody needs.
var silentTroubles = []family{
	{"lies", (*generator).lies},
	{"losses", (*generator).losses},
	{"rot", (*generator).rot},
	{"quotas", (*generator).quotas},
}

const (
	// silentStream tells the draws of silentTroubles from all others.
	silentStream = 0x73696c656e747264

	// silentOdds is one in how many of these kinds a swarm has. Each makes its swarm
	// longer, by a look at all pieces and what comes of it.
	silentOdds = 30
)

// checkTime is when whose disk has done wrong is told to look: it does so no more
// since healTime, and who was stopped by something else has been started.
func (g *generator) checkTime() Duration {
	at := healTime + 2*Second
	if slices.Contains(g.troubles, disksName) {
		at += diskTail
	}
	return at
}

// lies are disks that say that they have synced, and have not. Mostly it is a loss of
// power that shows it.
func (g *generator) lies() {
	who := g.some(g.leeches)
	g.damage(who, Action{Do: DoDiskFault, Disk: &Disk{Kind: "lie", Percent: g.between(0, 99)}})
	if g.oneIn(4) {
		return
	}
	kill := g.act(Action{Do: DoKill, Who: who})
	g.Actions = append(g.Actions, Action{At: g.moment(kill.At, troubleTime), Do: DoRestart, Who: who})
}

// losses are writes that seem to succeed, and do nothing.
func (g *generator) losses() {
	g.damage(g.some(g.leeches), Action{Do: DoDiskFault, Disk: &Disk{
		Kind: "lose", After: g.rng.IntN(20), Count: g.rng.IntN(5), Percent: g.between(1, 50),
	}})
}

// rot are bits that are flipped on disk where they are read: of leeches, or of one
// more seed.
func (g *generator) rot() {
	d := &Disk{Kind: "rot", After: g.rng.IntN(20), Count: g.between(1, 10)}
	who := g.some(g.leeches)
	if g.oneIn(3) {
		a := Actor{Name: g.newName("rotten"), Kind: Seed, Link: g.link(), Resume: g.oneIn(2)}
		g.add(a)
		who = []string{a.Name}
	}
	g.damage(who, Action{Do: DoDiskFault, Disk: d})
}

// damage has the disks of some clients do wrong for a while.
func (g *generator) damage(who []string, a Action) {
	a.Who = who
	g.actFor(a)
	for _, name := range who {
		// Visitors are gone when all is put right.
		if there := slices.Contains(g.staying, name) || g.actor(name).Kind == Seed; there && !slices.Contains(g.damaged, name) {
			g.damaged = append(g.damaged, name)
		}
	}
}

// look has those whose disks have done wrong look at all they have, when that is over.
func (g *generator) look() {
	if len(g.damaged) > 0 {
		g.Actions = append(g.Actions, Action{At: g.checkTime(), Do: DoCheck, Who: g.damaged})
		g.Expect = append(g.Expect, Expectation{Check: "mended", Who: g.damaged, After: g.checkTime()})
	}
}

// quotas are users who may have less on their disk than they want: a disk that is full
// for one of its users. Whoever stays is given more when all is put right.
func (g *generator) quotas() {
	a := g.actor(pick(g, g.leeches))
	a.Quota = Size(g.between(4, 8+2*int(g.Torrent.length()/KiB))) * KiB
}

// newName is a name that no actor has yet.
func (g *generator) newName(kind string) string {
	for i := 0; ; i++ {
		if name := kind + string(rune('0'+i)); g.actor(name) == nil {
			return name
		}
	}
}
