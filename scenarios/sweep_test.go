package scenarios

import "testing"

func TestI01SweepDisk(t *testing.T)   { testSweep(t, "disk") }
func TestSweepMessage(t *testing.T)   { testSweep(t, "message") }
func TestJ03SweepReset(t *testing.T)  { testSweep(t, "reset") }
func TestO06SweepClose(t *testing.T)  { testSweep(t, "close") }
func TestO05SweepMemory(t *testing.T) { testSweep(t, "memory") }

// testSweep tries a sample of the points of a sweep: `btsim run --sweep all` tries
// all of them.
func testSweep(t *testing.T, name string) {
	t.Parallel()
	s, ok := FindSweep(name)
	if !ok {
		t.Fatalf("there is no sweep %q", name)
	}
	const seed = 1
	points, err := s.Points(seed)
	if err != nil {
		t.Fatal(err)
	}
	all := len(points)
	points = sample(points)
	failed := 0
	s.TryAll(points, seed, 0, func(p Point, r Result) {
		if r.Pass() {
			return
		}
		if failed++; failed <= failuresMax {
			t.Errorf("%s (%s): %v %v\n%s", r.Name, p.About, r.Failures, r.Err, r.Stack)
		}
	})
	t.Logf("%s: %d of %d points tried, %d failed", name, len(points), all, failed)
}

// sampleEvery is prime, so that a sample is none of one way of trouble alone.
const sampleEvery = 7

func sample(points []Point) (some []Point) {
	for i := 0; i < len(points); i += sampleEvery {
		some = append(some, points[i])
	}
	return some
}
