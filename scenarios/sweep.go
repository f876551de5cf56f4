package scenarios

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Sweep makes one kind of trouble at every place of a run where it can be made,
// one place a run. Chance finds what is likely; a sweep finds what happens at
// one event of a thousand.
//
// A sweep has a few worlds, which are small scenarios. A dry run of a world,
// without trouble, tells its points; then each point is a run of its own, from
// the start, in which the trouble is made at that place. Nothing is shared
// between runs, so that any of them can be made again alone.
//
// To write one: the worlds as scenarios that say what must hold in spite of the
// trouble, survey and disturb, and an entry in Sweeps.
type Sweep struct {
	Name  string
	About string // what is tried, for people

	worlds []world

	// survey watches a dry run, which is prepared and has not begun. When the
	// run is over, it is asked for the points, in the order in which they are to
	// be tried; it need not fill in World.
	survey func(r *run, w *world) (points func() []Point)

	// disturb plans the trouble of one point in a run that is prepared and has
	// not begun. It may schedule, put hooks in place and add checks; it must not
	// draw from streams of others.
	disturb func(r *run, w *world, p Point)
}

// world is a scenario to make trouble in.
type world struct {
	name string // unique in its sweep
	Scenario
	victim string // the client that the trouble is made for
}

// Point is one thing that a sweep tries.
type Point struct {
	World string // which scenario of the sweep
	Place int    // where in its run, counted from 0
	How   string // in which way, "" if there is but one

	// About says what is done at that place when nothing is disturbed, for
	// people. It is no part of the point's name.
	About string
}

// String is the name of the point, as ParsePoint reads it: "fast/17:ENOSPC".
func (p Point) String() string {
	text := p.World + "/" + strconv.Itoa(p.Place)
	if p.How != "" {
		text += ":" + p.How
	}
	return text
}

// ParsePoint reads a point of the sweep. Without a world it is of the first one.
func (s *Sweep) ParsePoint(text string) (Point, error) {
	world, rest, named := strings.Cut(text, "/")
	if !named {
		world, rest = s.worlds[0].name, text
	}
	place, how, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(place)
	switch {
	case err != nil || n < 0:
		return Point{}, fmt.Errorf("sweep %s: %q is no point such as %s/17", s.Name, text, s.worlds[0].name)
	case s.world(world) == nil:
		return Point{}, fmt.Errorf("sweep %s: %q is none of its worlds %s", s.Name, world, strings.Join(s.Worlds(), ", "))
	}
	return Point{World: world, Place: n, How: how}, nil
}

// Worlds lists the names of the sweep's scenarios.
func (s *Sweep) Worlds() (names []string) {
	for i := range s.worlds {
		names = append(names, s.worlds[i].name)
	}
	return names
}

func (s *Sweep) world(name string) *world {
	i := slices.IndexFunc(s.worlds, func(w world) bool { return w.name == name })
	if i < 0 {
		return nil
	}
	return &s.worlds[i]
}

// Points makes the dry runs, and lists all points in the order in which Try is
// to be called. It is an error if a dry run fails: then trouble proves nothing.
func (s *Sweep) Points(seed uint64) (all []Point, err error) {
	for i := range s.worlds {
		w := &s.worlds[i]
		var points func() []Point
		r := Run(w.Scenario, seed, Options{disturb: func(r *run) { points = s.survey(r, w) }})
		if !r.Pass() {
			return nil, fmt.Errorf("sweep %s: the run of %s fails without any trouble: %v %v", s.Name, w.name, r.Failures, r.Err)
		}
		for _, p := range points() {
			p.World = w.name
			all = append(all, p)
		}
	}
	return all, nil
}

// Try makes the run of one point, which must be of a world of the sweep. Its
// Result is called by the sweep and the point. Like Run, it is a pure function,
// and many may go at the same time.
func (s *Sweep) Try(p Point, seed uint64, opt Options) Result {
	w := s.world(p.World)
	opt.disturb = func(r *run) { s.disturb(r, w, p) }
	result := Run(w.Scenario, seed, opt)
	result.Name = s.Name + " " + p.String()
	return result
}

// TryAll tries points, jobs at a time (0: as many as there are processors), and
// calls each with what came of them, in the order of the points, from the
// goroutine of the caller.
func (s *Sweep) TryAll(points []Point, seed uint64, jobs int, each func(Point, Result)) {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	try := func(i int) Result { return s.Try(points[i], seed, Options{}) }
	inOrder(len(points), jobs, try, func(i int, r Result) { each(points[i], r) })
}

// inOrder does n things, jobs at a time, and tells what came of each in order.
func inOrder(n, jobs int, do func(i int) Result, tell func(i int, r Result)) {
	// Workers take every jobs-th thing: who does what changes nothing.
	results := make([]chan Result, jobs)
	for job := range results {
		results[job] = make(chan Result, aheadMax)
		go func() {
			for i := job; i < n; i += jobs {
				results[job] <- do(i)
			}
		}()
	}
	for i := range n {
		tell(i, <-results[i%jobs])
	}
}

// aheadMax is how many results a worker may be ahead of the one that is waited
// for: enough that a slow run does not hold up the others.
const aheadMax = 256

// Sweeps returns all sweeps.
func Sweeps() []Sweep {
	return []Sweep{diskSweep(), messageSweep(), resetSweep(), closeSweep(), crashSweep(), memorySweep()}
}

// FindSweep returns the sweep that has this name.
func FindSweep(name string) (Sweep, bool) {
	all := Sweeps()
	i := slices.IndexFunc(all, func(s Sweep) bool { return s.Name == name })
	if i < 0 {
		return Sweep{}, false
	}
	return all[i], true
}
