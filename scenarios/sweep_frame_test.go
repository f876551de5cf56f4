package scenarios

import (
	"slices"
	"strings"
	"testing"
)

// killing is a sweep that cannot hold: who has no power does not complete.
func killing() Sweep {
	return Sweep{
		Name: "kill", worlds: []world{smallWorld("small", 0)},
		survey: func(*run, *world) func() []Point {
			return func() []Point { return []Point{{Place: 0}, {Place: 20, How: "late"}, {Place: 1 << 30, How: "never"}} }
		},
		disturb: func(r *run, w *world, p Point) {
			r.between = func(event uint64) {
				if event == uint64(p.Place) {
					r.perform(&Action{Do: DoKill, Who: []string{w.victim}})
				}
			}
		},
	}
}

// TestSweepFails: what a sweep breaks is told, at the points where it breaks, in
// their order, whatever the number of workers; the other points pass.
func TestSweepFails(t *testing.T) {
	s := killing()
	points, err := s.Points(1)
	if err != nil {
		t.Fatal(err)
	}
	for jobs := range 4 {
		var names []string
		s.TryAll(points, 1, jobs, func(p Point, r Result) {
			names = append(names, r.Name)
			if r.Pass() != (p.How == "never") {
				t.Errorf("%s: %v %v", r.Name, r.Failures, r.Err)
			}
		})
		if want := []string{"kill small/0", "kill small/20:late", "kill small/1073741824:never"}; !slices.Equal(names, want) {
			t.Errorf("with %d jobs: %v, want %v", jobs, names, want)
		}
	}
	s.worlds[0].Expect[0].Within = Millisecond
	if _, err := s.Points(1); err == nil || !strings.Contains(err.Error(), "without any trouble") {
		t.Errorf("a world that fails by itself: %v", err)
	}
}

// TestPointNames: every point of every sweep is read back from its name.
func TestPointNames(t *testing.T) {
	for _, s := range Sweeps() {
		if found, ok := FindSweep(s.Name); !ok || found.About != s.About || s.About == "" {
			t.Errorf("%s: is not found, or says nothing about itself", s.Name)
		}
		points, err := s.Points(1)
		if err != nil {
			t.Error(err)
		}
		seen := make(map[string]bool)
		for _, p := range points {
			name := p.String()
			if p.About = ""; seen[name] {
				t.Fatalf("%s: %s is there twice", s.Name, name)
			}
			seen[name] = true
			if back, err := s.ParsePoint(name); err != nil || back != p {
				t.Fatalf("%s: %s comes back as %v, %v", s.Name, name, back, err)
			}
		}
	}
}

// TestKeptFails: who loses what was not durable has not kept it.
func TestKeptFails(t *testing.T) {
	s := Scenario{
		Name: "unkept", Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB}, Actors: pair(),
		Actions: []Action{
			{At: 5 * Second, Do: DoKill, Who: theLeech},
			{At: 6 * Second, Do: DoRestart, Who: theLeech},
		},
		Expect: []Expectation{{Check: "kept", Who: theLeech, Within: 6100 * Millisecond}},
	}
	r := Run(s, 1, Options{})
	if !slices.ContainsFunc(r.Failures, func(f Failure) bool { return f.Rule == "expectation kept" }) {
		t.Errorf("nothing is lost: %v %v", r.Failures, r.Err)
	}
}
