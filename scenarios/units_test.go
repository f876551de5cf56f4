package scenarios

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestUnits(t *testing.T) {
	tests := []struct {
		text  string
		units []unit
		want  int64 // below 0: an error
	}{
		{"0", sizeUnits, 0},
		{"12345", sizeUnits, 12345},
		{"16KiB", sizeUnits, 16 << 10},
		{"16 KiB", sizeUnits, 16 << 10},
		{"1.5MiB", sizeUnits, 3 << 19},
		{"2GiB", sizeUnits, 2 << 30},
		{"0.3KiB", sizeUnits, -1}, // no whole number of bytes
		{"-1", sizeUnits, -1},
		{"+1", sizeUnits, -1},
		{"KiB", sizeUnits, -1},
		{"1e3", sizeUnits, -1},
		{"9007199254740992GiB", sizeUnits, -1},
		{"2Mbit", rateUnits, 250_000},
		{"0.5Kbit", rateUnits, -1}, // 62.5 bytes
		{"512KiB/s", rateUnits, 512 << 10},
		{"7B/s", rateUnits, 7},
		{"7", rateUnits, -1},
	}
	for _, tt := range tests {
		got, ok := parseUnits(tt.text, tt.units)
		if ok != (tt.want >= 0) || ok && got != tt.want {
			t.Errorf("%q: %d, %v, want %d", tt.text, got, ok, tt.want)
		}
	}
}

// TestUnitsRoundTrip: what is written is read back.
func TestUnitsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(0, math.MaxInt64).Draw(t, "v")
		for _, units := range [][]unit{sizeUnits, rateUnits} {
			text := formatUnits(v, units)
			if back, ok := parseUnits(text, units); !ok || back != v {
				t.Fatalf("%d is written as %q, which is read as %d, %v", v, text, back, ok)
			}
		}
		d := Duration(v)
		if back, err := time.ParseDuration(d.String()); err != nil || Duration(back) != d {
			t.Fatalf("%d ns is written as %q, which is read as %v, %v", v, d, back, err)
		}
	})
}
