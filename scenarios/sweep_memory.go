package scenarios

import "bt/client/wire"

// memorySweep takes the memory for blocks away as each block arrives, for a
// while. The client does not read what it cannot keep; nothing is lost by that,
// nobody is blamed for being silent, and when there is memory again it goes on.
func memorySweep() Sweep {
	return Sweep{
		Name:    "memory",
		About:   "the memory is spent when a block comes, at each block",
		worlds:  []world{slowDiskWorld()},
		survey:  surveyBlocks,
		disturb: disturbMemory,
	}
}

// slowDiskWorld is one in which blocks wait for the victim's disk.
func slowDiskWorld() world {
	w := smallWorld("slow-disk", 1)
	w.Actors[1].Disk = 64 * KiBps
	w.Expect = append(w.Expect, Expectation{Check: "failed"})
	return w
}

// noMemory is less than any block needs, memoryTime how long that is all there is.
const (
	noMemory   Size = 1
	memoryTime      = 3 * Second
)

func surveyBlocks(r *run, w *world) func() []Point {
	var points []Point
	onBlocks(r, w, func(place int, m *passing) {
		points = append(points, Point{Place: place, About: m.name() + " from " + m.from.Name()})
	})
	return func() []Point { return points }
}

func disturbMemory(r *run, w *world, p Point) {
	who := []string{w.victim}
	onBlocks(r, w, func(place int, _ *passing) {
		if place != p.Place {
			return
		}
		r.at(Duration(r.now()), func() {
			r.perform(&Action{Do: DoLimits, For: memoryTime, Who: who, Limits: &Limits{Memory: noMemory}})
		})
	})
}

// onBlocks tells of each block on its way to the victim.
func onBlocks(r *run, w *world, tell func(place int, m *passing)) {
	place := 0
	r.meddle(func(m *passing) ruling {
		if !m.hello && m.kind == wire.Piece && m.to.Name() == w.victim {
			tell(place, m)
			place++
		}
		return ruling{}
	})
}
