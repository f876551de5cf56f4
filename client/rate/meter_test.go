package rate_test

import (
	"fmt"
	"testing"
	"time"

	"bt/client/rate"

	"pgregory.net/rapid"
)

var epoch = time.Date(2003, 5, 22, 0, 0, 0, 1, time.UTC)

func ExampleMeter() {
	var m rate.Meter
	for i := range 4 {
		m.Add(epoch.Add(time.Duration(i)*time.Second), 16<<10)
	}
	now := epoch.Add(4 * time.Second)
	fmt.Println(m.Rate(now), m.Total())
	// Output: 16384 65536
}

// logEntry and oracle are the dumb meter: all that was ever added, summed up on each question.
type logEntry struct {
	second int64
	n      int64
}

func oracle(log []logEntry, age time.Duration, span int64) int64 {
	second := int64(age / time.Second)
	span = min(span, second+1)
	sum := int64(0)
	for _, e := range log {
		if e.second > second-span && e.second <= second {
			sum += e.n
		}
	}
	covered := time.Duration(span-1)*time.Second + age%time.Second
	return sum * 1000 / max(covered.Milliseconds(), 1000)
}

func TestAgainstLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			m     rate.Meter
			log   []logEntry
			total int64
			age   time.Duration
		)
		steps := rapid.IntRange(1, 60).Draw(t, "steps")
		for range steps {
			n := rapid.IntRange(0, 1<<20).Draw(t, "n")
			m.Add(epoch.Add(age), n)
			log = append(log, logEntry{int64(age / time.Second), int64(n)})
			total += int64(n)

			// Equal times, sub-second steps, and sleeps longer than the window.
			age += time.Duration(rapid.OneOf(
				rapid.Just(0), rapid.IntRange(0, 999), rapid.IntRange(1000, 60_000),
			).Draw(t, "ms")) * time.Millisecond

			seconds := rapid.IntRange(1, rate.Window).Draw(t, "seconds")
			now := epoch.Add(age)
			if got, want := m.RateOver(now, seconds), oracle(log, age, int64(seconds)); got != want {
				t.Fatalf("RateOver(%v, %d) = %d, want %d", age, seconds, got, want)
			}
			if got, want := m.Rate(now), oracle(log, age, rate.Window); got != want {
				t.Fatalf("Rate(%v) = %d, want %d", age, got, want)
			}
		}
		if m.Total() != total {
			t.Fatalf("Total = %d, want %d", m.Total(), total)
		}
	})
}

func TestRate(t *testing.T) {
	at := func(s float64) time.Time { return epoch.Add(time.Duration(s * float64(time.Second))) }
	tests := []struct {
		name string
		do   func(m *rate.Meter)
		now  time.Time
		want int64
	}{
		{"never used", func(*rate.Meter) {}, at(5), 0},
		{"first second divides by one", func(m *rate.Meter) { m.Add(at(0), 100) }, at(0.9), 100},
		{"young meter divides by its age", func(m *rate.Meter) { m.Add(at(0), 100) }, at(3.5), 28},
		{"last second of the window", func(m *rate.Meter) { m.Add(at(0), 100) }, at(19), 5},
		{"just out of the window", func(m *rate.Meter) { m.Add(at(0), 100) }, at(20), 0},
		{"steady", func(m *rate.Meter) {
			for s := range 100 {
				m.Add(at(float64(s)), 1000)
			}
		}, at(100), 1000},
		{"a step back counts as now", func(m *rate.Meter) { m.Add(at(0), 10); m.Add(at(9), 10); m.Add(at(2), 10) }, at(9), 3},
		{"asked about the past", func(m *rate.Meter) { m.Add(at(0), 10); m.Add(at(9), 10) }, at(0), 2},
		{"a negative count is ignored", func(m *rate.Meter) { m.Add(at(0), 10); m.Add(at(0), -10) }, at(0), 10},
		{"a sleep of years", func(m *rate.Meter) { m.Add(at(0), 10); m.Add(at(1e8), 40) }, at(1e8), 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m rate.Meter
			tt.do(&m)
			if got := m.Rate(tt.now); got != tt.want {
				t.Errorf("Rate = %d, want %d", got, tt.want)
			}
		})
	}
}

// Seconds out of range are brought into it, and to look does not touch.
func TestRateOverBounds(t *testing.T) {
	var m rate.Meter
	m.Add(epoch, 30)
	m.Add(epoch.Add(2*time.Second), 30)
	later := epoch.Add(2 * time.Second)
	before := m.Rate(later)
	m.Rate(epoch.Add(time.Hour))
	if got := m.Rate(later); got != before {
		t.Errorf("Rate = %d after a look ahead, %d before", got, before)
	}
	if got := m.RateOver(later, 0); got != 30 {
		t.Errorf("RateOver(0) = %d, want that of one second, 30", got)
	}
	if got := m.RateOver(later, 1000); got != m.Rate(later) {
		t.Errorf("RateOver(1000) = %d, want that of the window, %d", got, m.Rate(later))
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	var m rate.Meter
	if n := testing.AllocsPerRun(100, func() { m.Add(epoch, 1); m.Rate(epoch) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
