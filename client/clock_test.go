package client

import (
	"testing"
	"time"
)

// TestSteadyClock: the time goes forward with the clock, and stands still when
// that is set back.
func TestSteadyClock(t *testing.T) {
	noon := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	var s steadyClock
	for i, step := range []struct{ clock, want time.Duration }{
		{0, 0},
		{time.Second, time.Second},
		{-24 * time.Hour, time.Second}, // set back
		{-24*time.Hour + time.Second, 2 * time.Second},
		{-48 * time.Hour, 2 * time.Second}, // and again
		{-48*time.Hour + time.Minute, 2*time.Second + time.Minute},
		{time.Hour, 49*time.Hour + 2*time.Second}, // ahead: so much has passed
	} {
		reading := noon.Add(step.clock)
		now := s.now(reading)
		if got := now.Sub(noon); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
		if !s.reading(now).Equal(reading) {
			t.Errorf("step %d: the clock says %v at %v, not %v", i, reading, now, s.reading(now))
		}
	}
	if !s.reading(time.Time{}).IsZero() {
		t.Error("never has become a time")
	}
}
