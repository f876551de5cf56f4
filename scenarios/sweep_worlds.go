package scenarios

// sweepTorrent has six pieces of two blocks. No file ends where a piece does: the
// second piece and the fourth belong in part to the file in the middle, which
// nobody wants, so that there is a part file; the third belongs to it alone.
var sweepTorrent = Torrent{Piece: 32 * KiB, Files: []File{
	{Path: "a", Size: 50_000}, {Path: "b", Size: 70_000}, {Path: "c", Size: 70_000},
}}

// Priorities of the files of sweepTorrent.
var (
	allButMiddle = []int{1, 0, 1}
	allOfIt      = []int{1, 1, 1}
)

// smallWorld is a seed, the victim of what happens, called leech, and others like
// it. All is so near and so fast that a run takes a millisecond or two.
func smallWorld(name string, others int) world {
	s := Scenario{
		Name: "sweep", Until: 10 * Minute, Torrent: sweepTorrent,
		Trackers: []Tracker{{Interval: 10 * Second}},
		Link:     &Link{Up: 4 * MiBps, Down: 4 * MiBps, Latency: Millisecond},
		Actors: []Actor{
			{Name: "seed", Kind: Seed},
			{Name: "leech", Kind: Leech, Priorities: allButMiddle, Knows: theSeed},
		},
		Expect: []Expectation{{Check: "complete"}},
	}
	if others > 0 {
		s.Actors = append(s.Actors, Actor{Name: "other", Kind: Leech, Count: others, Knows: theLeech})
	}
	return world{name, s, "leech"}
}

// slowLink makes a download of sweepTorrent take the better part of a second, so
// that something can be done half-way.
var slowLink = Link{Up: 256 * KiBps, Down: 256 * KiBps, Latency: Millisecond}

// raisedWorld is one in which the victim comes to want the file in the middle
// when it has some pieces: what is in the part file moves.
func raisedWorld() world {
	w := smallWorld("raised", 0)
	w.Link = &slowLink
	w.Actions = []Action{{At: 400 * Millisecond, Do: DoPriorities, Who: theLeech, Priorities: allOfIt}}
	return w
}

// resumedWorld is one in which the victim is closed half-way, and begins again
// with the piece cache that it has left.
func resumedWorld() world {
	w := smallWorld("resumed", 0)
	w.Link = &slowLink
	w.Actors[1].Resume = true
	w.Actions = []Action{
		{At: 400 * Millisecond, Do: DoLeave, Who: theLeech},
		{At: 20 * Second, Do: DoRestart, Who: theLeech},
	}
	return w
}

// victimOf finds the client that the trouble of a world is made for.
func (r *run) victimOf(w *world) *node { return r.nodesOf([]string{w.victim})[0] }
