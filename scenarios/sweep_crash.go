package scenarios

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"bt/client"
	"bt/simnet/simfs"
)

// crashSweep cuts the power of the victim at each operation of its disk, and
// leaves of what was not synced each part that the order of things allows (D01).
// The client that is started again believes nothing that is not so, downloads
// nothing again that its piece cache had, and completes.
//
// Of up to six operations each choice is tried; where more wait, all before any
// six have been written, and none after them. Besides, any one write is torn.
// A place and an image that leave what an earlier place has left, are left out.
func crashSweep() Sweep {
	return Sweep{
		Name:    "crash",
		About:   "the power fails at each operation of a disk, and each part of what was not synced survives",
		worlds:  []world{crashWorld("plain", allButMiddle, nil), crashWorld("raised", allButMiddle, allOfIt), crashWorld("lowered", allOfIt, allButMiddle)},
		survey:  surveyCrashes,
		disturb: disturbCrash,
	}
}

// Times of a world of crashes. Pieces come so slowly that the client notes down
// what it has in mid-download, too.
const (
	crashPrioritiesAt = 42 * Second // after a note in mid-download
	crashLeaveAt      = 90 * Second // the download is over
	crashRestart      = 5 * Second  // after the power has failed
)

// crashLink carries a piece in some eight seconds.
var crashLink = &Link{Up: 4 * KiBps, Down: 4 * MiBps, Latency: Millisecond}

// crashWorld is one in which the victim keeps its piece cache, and comes to want
// other files when then is not nil.
func crashWorld(name string, first, then []int) world {
	w := smallWorld(name, 0)
	w.Actors[0].Link = crashLink
	w.Actors[1].Resume = true
	w.Actors[1].Priorities = first
	if then != nil {
		w.Actions = []Action{{At: crashPrioritiesAt, Do: DoPriorities, Who: theLeech, Priorities: then}}
	}
	return w
}

// crashImages are the ways in which a crash leaves a disk. The letter of a way
// and the number of the image among its own are the How of a point.
var crashImages = []struct {
	letter string
	crash  simfs.Crash
}{
	{"w", simfs.Crash{Window: 6}},
	{"t", simfs.Crash{Window: 1, Torn: true}},
}

// surveyCrashes lists the different states that a crash can leave, each at the
// first place where it can.
func surveyCrashes(r *run, w *world) func() []Point {
	type state struct {
		disk       [sha256.Size]byte
		priorities string // which the user gives the next instance
	}
	var points []Point
	n := r.victimOf(w)
	leaveAfterAll(r, n)
	seen := make(map[state]bool)
	place, changed := 0, true
	n.fs.OnOp(func(op simfs.Op, name string) {
		for i := 0; changed && i < len(crashImages); i++ {
			number := 0
			for image := range n.fs.CrashImages(crashImages[i].crash) {
				s := state{image.Digest(), fmt.Sprint(n.priorities)}
				if !seen[s] {
					points = append(points, Point{Place: place, How: crashImages[i].letter + strconv.Itoa(number), About: op.String() + " " + name})
				}
				seen[s] = true
				number++
			}
		}
		// After what only looks, a crash leaves what it would have left before.
		changed = op&(simfs.OpModify|simfs.OpSync) != 0
		place++
	})
	return func() []Point { return points }
}

// leaveAfterAll has the client end in order, unless the power has failed.
func leaveAfterAll(r *run, n *node) {
	r.soon(crashLeaveAt, func() {
		if len(n.past) == 0 && n.running() {
			n.leave()
		}
	})
}

func disturbCrash(r *run, w *world, p Point) {
	n := r.victimOf(w)
	leaveAfterAll(r, n)
	c := &recovers{watch: &watch{run: r, expect: &Expectation{Check: "recovers"}, waits: true}, node: n}
	c.check = c
	r.waiting++
	r.watches = append(r.watches, c.watch)
	r.noticers = append(r.noticers, c)
	place := 0
	n.fs.OnOp(func(op simfs.Op, name string) {
		if place++; place <= p.Place {
			return
		}
		n.fs.OnOp(nil)
		r.traceLine(n.name, "the power fails at %s %s, with %q pending", op, name, n.fs.Pending())
		n.crash(func(fs *simfs.FS) *simfs.FS {
			image := pickImage(fs, p.How)
			c.left(image)
			return image
		})
		r.soon(crashRestart, func() {
			n.restart()
			r.every(Second, c.sample)
		})
	})
}

// pickImage finds the image that a point names. A name that comes from nowhere
// stands for the image of which nothing survives.
func pickImage(fs *simfs.FS, how string) *simfs.FS {
	for _, way := range crashImages {
		number, ok := strings.CutPrefix(how, way.letter)
		want, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue
		}
		next, stop := iter.Pull(fs.CrashImages(way.crash))
		defer stop()
		for i := 0; ; i++ {
			image, ok := next()
			if !ok {
				break
			}
			if i == want {
				return image
			}
		}
	}
	return fs.Image()
}

// recovers: a client whose power has failed completes in its next life, and
// downloads none of what its piece cache had, which the disk must have, too.
type recovers struct {
	*watch
	node    *node
	claimed pieceSet // by the piece cache that has survived
	down    bool     // the power has failed
}

// left looks at what the crash has left.
func (c *recovers) left(image *simfs.FS) {
	c.down = true
	pieces := c.run.truth.meta.Info.NumPieces()
	c.claimed = newPieceSet(pieces)
	cache := c.node.loadStateFrom(image)
	if cache == nil {
		return
	}
	claimed, err := readCache(cache, pieces)
	if err != nil {
		c.fail(c.node.name, "the piece cache that has survived %v", err)
		return
	}
	c.claimed = claimed
}

func (c *recovers) notice(n *node, x client.Notice) {
	if v, ok := x.(client.PieceVerified); ok && c.down && n == c.node && v.Download && c.claimed.has(v.Piece) {
		c.fail(n.name, "piece %d is downloaded again, which its piece cache had", v.Piece)
	}
}

// sample lets the run end when the client is complete, and nothing more is to be
// done to it.
func (c *recovers) sample() {
	last := Duration(0)
	for _, a := range c.run.scenario.Actions {
		last = max(last, a.At)
	}
	if c.node.running() && c.node.program.torrent.Complete() && c.run.now() > (last+Second).std() {
		c.satisfied()
	}
}

func (c *recovers) finish() {
	switch {
	case !c.down:
		c.fail(c.node.name, "the power has not failed: there is no such place")
	case c.waits:
		c.fail(c.node.name, "is not complete: %s", c.node.standing())
	}
}
