package main

import (
	"testing"
	"time"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain, ünïcode":  "plain, ünïcode",
		"two\nlines\n":    "two; lines",
		"a\x1b[2J\x07\rb": `a\u001b[2J\u0007\u000db`,
		"a\u202egnp.exe":  `a\u202egnp.exe`,
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPartText(t *testing.T) {
	for _, test := range []struct {
		part, whole int64
		text, share string
	}{
		{0, 0, "0/0 B", "100%"},
		{0, 5 << 20, "0 B/5.0 MiB", "0%"},
		{1 << 20, 5 << 20, "1.0/5.0 MiB", "20%"},
		{900 << 10, 5 << 20, "900 KiB/5.0 MiB", "17%"},
		{5<<40 - 1, 5 << 40, "5.0/5.0 TiB", "99%"}, // whatever the rounding
		{5 << 40, 5 << 40, "5.0/5.0 TiB", "100%"},
	} {
		if got := partText(test.part, test.whole); got != test.text {
			t.Errorf("partText(%d, %d) = %q, want %q", test.part, test.whole, got, test.text)
		}
		if got := percentText(test.part, test.whole); got != test.share {
			t.Errorf("percentText(%d, %d) = %q, want %q", test.part, test.whole, got, test.share)
		}
	}
}

func TestDurationText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                           "0:00",
		34 * time.Second:            "0:34",
		59*time.Minute + 59700e6:    "1:00:00",
		2*time.Hour + 5*time.Second: "2:00:05",
		99 * time.Hour:              "99:00:00",
		100 * time.Hour:             "4 days",
	} {
		if got := durationText(d); got != want {
			t.Errorf("durationText(%v) = %q, want %q", d, got, want)
		}
	}
}
