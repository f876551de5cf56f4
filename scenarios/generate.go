package scenarios

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// GenerateSwarm makes a small swarm in which things go wrong, and then do no
// more: plain data, which follows from seed alone and can be written to a file
// and changed. Whatever kinds of trouble there are, all oracles are on, and when
// the trouble is over every client that stays completes.
//
// Which kinds there are is drawn first, for the scenario as a whole: where a bit
// of everything happens, nothing happens for long, and what only many faults of
// one kind bring about is never seen (swarm testing).
func GenerateSwarm(seed uint64) Scenario {
	s := newSwarm(swarmSources(seed)).Scenario
	s.Name, s.Seed = SwarmName(seed), seed
	return s
}

// swarmSources are the choices that a seed stands for, as newSwarm takes them.
func swarmSources(seed uint64) (choices, downLimits, silent rand.Source) {
	return rand.NewPCG(seed, generatorStream), rand.NewPCG(seed, downLimitStream), rand.NewPCG(seed, silentStream)
}

// generateSwarm makes the swarm of choices, which FuzzScenario has from elsewhere.
func generateSwarm(choices, downLimits, silent rand.Source) Scenario {
	return newSwarm(choices, downLimits, silent).Scenario
}

// newSwarm makes it. Limits of downloads and silent troubles have choices of their
// own, and come last.
func newSwarm(choices, downLimits, silent rand.Source) *generator {
	g := &generator{rng: rand.New(choices)}
	g.Name, g.Until = "random", generatedUntil
	g.torrent()
	g.topology()
	g.choose(swarmTroubles, familyOdds)
	g.choose(moreTroubles, moreOdds)
	g.heal()
	g.rng = rand.New(downLimits)
	g.limitDownloads()
	g.rng = rand.New(silent)
	g.choose(silentTroubles, silentOdds)
	g.look()
	g.About = nothingWrong
	if len(g.troubles) > 0 {
		g.About = "what goes wrong: " + strings.Join(g.troubles, ", ")
	}
	slices.SortStableFunc(g.Actions, func(a, b Action) int { return int(a.At - b.At) })
	g.Expect = slices.Insert(g.Expect, 0, Expectation{Check: "complete", Who: g.staying})
	return g
}

// choose draws which kinds of trouble of a list there are, and makes it.
func (g *generator) choose(list []family, odds int) {
	for _, f := range list {
		if !g.oneIn(odds) {
			continue
		}
		g.troubles = append(g.troubles, f.name)
		for range 1 + g.rng.IntN(troublesMax) {
			f.add(g)
		}
	}
}

const (
	// nothingWrong is what is said of a swarm without trouble.
	nothingWrong = "nothing goes wrong"

	// generatorStream tells the draws of the generator from other uses of a seed.
	generatorStream = 0x67656e6572617465

	// downLimitStream tells the draws of limitDownloads from the others, which were
	// there before: the swarms of known seeds stay what they are but for these limits.
	downLimitStream = 0x646f776e6c696d69

	// familyOdds is one in how many kinds of trouble a swarm has, moreOdds that of
	// moreTroubles.
	familyOdds = 4
	moreOdds   = 8

	// troublesMax is how often at most something of one kind goes wrong.
	troublesMax = 3

	// troubleTime is when the last trouble is over, and healTime when all is put
	// right that does not end by itself.
	troubleTime = 90 * Second
	healTime    = 100 * Second

	// generatedUntil leaves time for the slowest link, and for back-offs that the
	// trouble has brought about.
	generatedUntil = 2 * 60 * Minute
)

// generator is a scenario in the making.
type generator struct {
	Scenario
	rng     *rand.Rand
	clients []string // all of them, seeds first
	leeches []string
	staying []string // leeches that are there at the end
	home    []string // clients that are there all the time
	damaged []string // of those that are there in the end: whose disks do wrong without a word

	troubles []string // kinds of them, as swarmTroubles calls them
}

// oneIn is true one time in n.
func (g *generator) oneIn(n int) bool { return g.rng.IntN(n) == 0 }

// between draws a number, both ends included.
func (g *generator) between(least, most int) int { return least + g.rng.IntN(most-least+1) }

// moment draws a time, in milliseconds.
func (g *generator) moment(least, most Duration) Duration {
	return Duration(g.between(int(least/Millisecond), int(most/Millisecond))) * Millisecond
}

func pick[T any](g *generator, list []T) T { return list[g.rng.IntN(len(list))] }

// some draws one to all of a list, in the order of the list.
func (g *generator) some(list []string) []string {
	chosen := g.rng.Perm(len(list))[:g.between(1, len(list))]
	slices.Sort(chosen)
	var names []string
	for _, i := range chosen {
		names = append(names, list[i])
	}
	return names
}

// torrent draws one of 1 to 12 pieces, with files that begin anywhere.
func (g *generator) torrent() {
	t := &g.Torrent
	t.Piece = pick(g, []Size{1000, 16 * KiB, 20_000, 32 * KiB, 50_001})
	size := g.between(1, 12*int(t.Piece))
	if g.oneIn(2) { // ends with a whole piece
		size = max(size/int(t.Piece), 1) * int(t.Piece)
	}
	t.Private = g.oneIn(8)
	files := g.between(1, 5)
	if files == 1 {
		t.Size = Size(size)
		return
	}
	for i := range files {
		part := size
		if i < files-1 {
			part = g.between(0, size)
		}
		size -= part
		t.Files = append(t.Files, File{Path: fmt.Sprintf("d%d/f%d", i%2, i), Size: Size(part)})
	}
}

// topology draws who is there, and how they are connected.
func (g *generator) topology() {
	switch g.rng.IntN(8) {
	case 0:
		g.IPv6 = true
	case 1:
		g.Dual = true
	}
	g.Trackers = []Tracker{g.tracker(defaultTracker)}
	for i := range g.between(1, 2) {
		seed := Actor{Name: fmt.Sprintf("seed%d", i), Kind: Seed, Link: g.link()}
		g.personalise(&seed)
		g.add(seed)
	}
	for i := range g.between(1, 4) {
		a := Actor{Name: fmt.Sprintf("leech%d", i), Kind: Leech, Link: g.link(), Start: g.moment(0, 20*Second)}
		if g.oneIn(3) {
			a.Knows = g.some(g.clients)
		}
		if pieces := g.Torrent.pieces(); g.oneIn(3) {
			first := g.rng.IntN(pieces)
			a.Has = fmt.Sprintf("%d-%d", first, g.between(first, pieces-1))
		}
		if g.oneIn(3) {
			a.Priorities = g.priorities()
		}
		g.personalise(&a)
		g.add(a)
		g.leeches, g.staying = append(g.leeches, a.Name), append(g.staying, a.Name)
	}
	g.home = slices.Clone(g.clients)
}

// tracker draws one that works: how it is asked, and whether it has a name.
func (g *generator) tracker(name string) Tracker {
	t := Tracker{Name: name, Interval: g.moment(10*Second, Minute).round(Second), UDP: g.oneIn(4), TellIP: g.oneIn(8)}
	if g.oneIn(4) {
		t.MinInterval = g.moment(Second, Minute).round(Second)
	}
	if g.Dual || g.oneIn(4) {
		t.Host = name + ".example"
	}
	return t
}

func (g *generator) add(a Actor) {
	g.Actors = append(g.Actors, a)
	if a.Kind != Hostile {
		g.clients = append(g.clients, a.Name)
	}
}

// personalise draws settings that a user may choose and a swarm must bear.
func (g *generator) personalise(a *Actor) {
	a.Resume = g.oneIn(2)
	a.NoFast = g.oneIn(6)
	if g.oneIn(6) {
		a.Disk = Rate(g.between(64, 2048)) * KiBps
	}
	if g.oneIn(6) {
		a.DiskStep = Size(g.between(1, 32)) * KiB
	}
	if g.oneIn(6) {
		slots := g.between(1, 3)
		a.Slots = &slots
	}
	if g.oneIn(6) {
		a.UpLimit = Rate(g.between(16, 256)) * KiBps
	}
}

// limitDownloads draws what clients may take of the network, at first and where they
// are given other limits.
func (g *generator) limitDownloads() {
	for i := range g.Actors {
		if g.Actors[i].Kind != Hostile && g.oneIn(6) {
			g.Actors[i].DownLimit = Rate(g.between(16, 256)) * KiBps
		}
	}
	for i := range g.Actions {
		if l := g.Actions[i].Limits; l != nil {
			l.Down = g.rate()
		}
	}
}

// priorities draws one for each file. All of them 0 is nothing to wait for.
func (g *generator) priorities() []int {
	p := make([]int, max(len(g.Torrent.Files), 1))
	for i := range p {
		p[i] = g.rng.IntN(3)
	}
	return p
}

func (g *generator) link() *Link {
	l := &Link{
		Up:      Rate(g.between(16, 512)) * KiBps,
		Down:    Rate(g.between(16, 512)) * KiBps,
		Latency: g.moment(0, 300*Millisecond),
	}
	if g.oneIn(3) {
		l.Jitter, l.Tail = g.moment(0, 300*Millisecond), g.oneIn(3)
	}
	if g.oneIn(6) {
		l.MaxRead, l.MaxWrite = Size(g.between(1, 2000)), Size(g.between(100, 2000))
	}
	return l
}

// round makes d a multiple of unit, at least one.
func (d Duration) round(unit Duration) Duration { return max(d/unit, 1) * unit }
