package main

import (
	"strings"
	"testing"
	"time"
)

func TestSpeed(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "500K": 500 << 10, "5M": 5 << 20, "1.5MiB": 3 << 19, "5MB/s": 5e6} {
		var s speed
		if err := s.Set(in); err != nil || int64(s.size) != want {
			t.Errorf("Set(%q): %d, %v; want %d", in, int64(s.size), err, want)
		}
	}
	for _, in := range []string{"", "/s", "-1", "5M/h", "fast"} {
		if s := (speed{7}); s.Set(in) == nil || s.size != 7 {
			t.Errorf("Set(%q) is accepted as %d", in, int64(s.size))
		}
	}
}

func TestRatio(t *testing.T) {
	for in, want := range map[string]ratio{"1": 1, "0.5": 0.5, "2.25": 2.25} {
		var r ratio
		if err := r.Set(in); err != nil || r != want || r.String() != in {
			t.Errorf("Set(%q): %v, %v", in, r, err)
		}
	}
	for _, in := range []string{"", "0", "-1", "NaN", "Inf", "two"} {
		if r := ratio(7); r.Set(in) == nil || r != 7 {
			t.Errorf("Set(%q) is accepted as %v", in, r)
		}
	}
}

func TestSpan(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0": 0, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "7d": 7 * day, "500ms": time.Second / 2,
	} {
		var s span
		if err := s.Set(in); err != nil || s.d != want || !s.given {
			t.Errorf("Set(%q): %v, %v", in, s, err)
		}
	}
	for _, in := range []string{"", "30", "-1s", "d", "-1d", "1.5d", "999999999999d", "soon"} {
		if s := (span{}); s.Set(in) == nil || s.given {
			t.Errorf("Set(%q) is accepted as %v", in, s)
		}
	}
}

func TestProgressOfLimits(t *testing.T) {
	hour := time.Hour
	v := view{phase: phaseSeeding, upHeld: true, ratio: 0.456, until: seedGoal{ratio: 2, time: &hour}, seeding: 10 * time.Minute}
	v.UpRate, v.Peers, v.Uploaded = 500<<10, 3, 1<<20
	if got, want := progressText(&v), "seeding, ↑ 500 KiB/s (limit), ratio 0.46 of 2.00, 50:00 left, 3 peers, 1.0 MiB given"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	v = view{phase: phaseDownloading, downHeld: true}
	v.Wanted, v.Left, v.DownRate, v.UpRate = 100, 50, 10, 10
	if got := progressText(&v); !strings.Contains(got, "↓ 10 B/s (limit)") || strings.Contains(got, "↑ 10 B/s (limit)") {
		t.Errorf("%q does not say which limit holds", got)
	}
}
