package scenarios

import (
	"fmt"
	"slices"
)

// moreTroubles came later, and are drawn after swarmTroubles, which stay what they are
// for known seeds. Each is rarer: where there is a bit of everything, nothing happens
// for long.
var moreTroubles = []family{
	{"swizzles", (*generator).swizzles},
	{"moves", (*generator).moves},
	{"again", (*generator).again},
	{"noise", (*generator).noise},
	{"datagrams", (*generator).datagrams},
	{"tides", (*generator).tides},
	{"routers", (*generator).routers},
	{"machines", (*generator).machines},
	{"beliefs", (*generator).beliefs},
	{"tampering", (*generator).tampering},
	{"relocations", (*generator).relocations},
	{"removals", (*generator).removals},
}

// swizzles clog hosts at random, and let them go in another order.
func (g *generator) swizzles() {
	g.actFor(Action{Do: DoSwizzle, Who: g.some(append(slices.Clone(g.clients), defaultTracker))})
}

// moves are hosts that come to be at another address.
func (g *generator) moves() { g.act(Action{Do: DoMove, Who: g.some(g.clients)}) }

// again and again something short happens: what a client does about it once is not
// what it does about it the fifth time.
func (g *generator) again() {
	a := Action{Who: g.some(g.clients), At: g.moment(0, Minute), Every: g.moment(Second, 5*Second), Times: g.between(2, 5)}
	short := g.moment(Millisecond, a.Every-Millisecond)
	switch g.rng.IntN(4) {
	case 0:
		a.Do, a.With = DoReset, g.some(g.clients)
	case 1:
		a.Do, a.For, a.With = DoPartition, short, g.some(g.clients)
	case 2:
		a.Do, a.For = DoPause, short
	case 3:
		a.Do, a.For = DoFreeze, short
	}
	g.Actions = append(g.Actions, a)
}

// noise damages what one more seed says and hears, on the way, where no checksum
// notices: it is not its fault, but it can be of no use until that is over. A link of
// those who have to complete is never like that: whoever sees bad bytes from a seed at
// first may rightly have done with it.
func (g *generator) noise() {
	l := g.link()
	good := *l
	l.Corrupt = g.between(1, 50) * 1000 // one byte in a million to one in twenty thousand
	a := Actor{Name: fmt.Sprintf("noisy%d", len(g.Actors)), Kind: Seed, Link: l, Start: g.moment(0, 30*Second)}
	g.add(a)
	g.Actions = append(g.Actions, Action{At: healTime, Do: DoLink, Who: []string{a.Name}, Link: &good})
}

// datagrams are lost, doubled, overtaken or too large from the start, and it is by
// datagrams that the tracker is asked. In the end the links are good: BEP 15 has
// clients wait twice as long each time, and with bad luck that is hours.
func (g *generator) datagrams() {
	if t := &g.Trackers[0]; t.Manner == "" {
		t.UDP = true
	}
	for i := range g.Actors {
		a := &g.Actors[i]
		if a.Link == nil || a.Link.Loss > 0 || !g.oneIn(2) {
			continue
		}
		good := *a.Link
		a.Link.Loss, a.Link.Duplicate, a.Link.Reorder = g.between(1, 200_000), g.between(0, 200_000), g.between(0, 200_000)
		if g.oneIn(4) {
			a.Link.MTU = Size(g.between(576, 1500)) // the least that every host takes (RFC 791), to that of Ethernet
		}
		g.Actions = append(g.Actions, Action{At: healTime, Do: DoLink, Who: []string{a.Name}, Link: &good})
	}
}

// tides are links whose rates change all the time.
func (g *generator) tides() {
	l := g.link()
	for range g.between(2, 4) {
		l.Rates = append(l.Rates, RateStep{For: g.moment(Second, 20*Second), Up: g.flow(), Down: g.flow()})
	}
	l.Up, l.Down = 0, 0
	g.actFor(Action{Do: DoLink, Who: g.some(g.clients), Link: l})
}

// flow draws a rate that is never none: a link that has none stands still.
func (g *generator) flow() Rate { return Rate(g.between(4, 512)) * KiBps }

// routers stand in front of leeches. Two of them behind routers may not reach each
// other, but each reaches a seed.
func (g *generator) routers() {
	if g.IPv6 || g.Dual {
		return // there is nothing to translate
	}
	nat := NAT{Name: fmt.Sprintf("nat%d", len(g.NATs)), Kind: pick(g, natKinds())}
	g.NATs = append(g.NATs, nat)
	behind := g.some(g.leeches)
	for i := range g.Actors {
		if a := &g.Actors[i]; a.NAT == "" && slices.Contains(behind, a.Name) && !g.moved(a.Name) {
			a.NAT = nat.Name
		}
	}
}

// moved says whether a client changes its address.
func (g *generator) moved(name string) bool {
	return slices.ContainsFunc(g.Actions, func(a Action) bool { return a.Do == DoMove && slices.Contains(a.Who, name) })
}

// machines are small: few open files, few connections, disks with the manners of
// other systems.
func (g *generator) machines() {
	a := g.client()
	switch g.rng.IntN(4) {
	case 0:
		a.Filesystem = pick(g, filesystemNames())
	case 1:
		a.Handles = g.between(6, 20)
	case 2:
		a.MaxPeers = g.between(4, 8)
	case 3:
		optimistic := g.rng.IntN(3)
		a.Optimistic = &optimistic
	}
}

// client draws one that is there all the time.
func (g *generator) client() *Actor {
	name := pick(g, g.home)
	return &g.Actors[slices.IndexFunc(g.Actors, func(a Actor) bool { return a.Name == name })]
}

// beliefs are seeds that take on trust what is on their disk. One more of them, whose
// disk is not to be trusted, is found out.
func (g *generator) beliefs() {
	if g.oneIn(2) {
		g.Actors[0].SeedMode = true // a seed that is right
		return
	}
	pieces := g.Torrent.pieces()
	g.add(Actor{
		Name: fmt.Sprintf("believer%d", len(g.Actors)), Kind: Seed, Link: g.link(), SeedMode: true, Resume: g.oneIn(2),
		Damaged: fmt.Sprint(g.rng.IntN(pieces)),
	})
}

// tampering is done to the files of one more seed by somebody else.
func (g *generator) tampering() {
	files := g.Torrent.Files
	if g.Torrent.Size > 0 {
		files = []File{{Path: downloadDir, Size: g.Torrent.Size}} // whatever is in it
	}
	f := files[g.rng.IntN(len(files))]
	a := Actor{Name: fmt.Sprintf("victim%d", len(g.Actors)), Kind: Seed, Link: g.link(), Resume: g.oneIn(2)}
	g.add(a)
	if f.Size == 0 {
		return // nothing of it is missed
	}
	d := &Disk{Kind: pick(g, keys(meddleKinds)), Path: f.Path}
	switch d.Kind {
	case "flip":
		d.From = Size(g.rng.IntN(int(f.Size)))
	case "truncate":
		d.Size = Size(g.rng.IntN(int(f.Size)))
	case "grow":
		d.Size = f.Size + Size(g.between(1, 100_000))
	}
	g.act(Action{Do: DoDiskMeddle, Who: []string{a.Name}, Disk: d})
}

// relocations are moves of a torrent's files to another directory, on the same
// filesystem or another one.
func (g *generator) relocations() {
	who := g.client().Name
	if slices.ContainsFunc(g.Actions, func(a Action) bool { return a.Do == DoMoveStorage && slices.Contains(a.Who, who) }) {
		return // it may be under way still
	}
	g.act(Action{Do: DoMoveStorage, Who: []string{who}, To: pick(g, []string{"/elsewhere", "/mnt/disk", downloadDir + "/below"})})
}

// removals are users who have changed their mind about the whole torrent.
func (g *generator) removals() {
	a := Actor{Name: fmt.Sprintf("renegade%d", len(g.Actors)), Kind: Leech, Link: g.link(), Start: g.moment(0, 30*Second), Resume: g.oneIn(2)}
	g.add(a)
	g.leeches = append(g.leeches, a.Name)
	g.Actions = append(g.Actions, Action{At: a.Start + g.moment(0, 30*Second), Do: DoRemove, Who: []string{a.Name}})
}
