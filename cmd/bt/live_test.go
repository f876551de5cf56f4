package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"bt/client"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestLine(t *testing.T) {
	moving := &client.Status{Wanted: 5 << 30, Left: 3 << 30, DownRate: 94 << 20, UpRate: 1 << 20, Peers: 41}
	stuck := &client.Status{Wanted: 5 << 30, Left: 3 << 30, Why: "choked by all of 7 peers", Peers: 7}
	full := &client.Status{Wanted: 5 << 30, Left: 3 << 30, DownRate: 94 << 20, Why: "the disk is full"}
	for _, test := range []struct {
		name  string
		phase phase
		s     *client.Status
		width int
		want  string
	}{
		{"ubuntu.iso", phaseDownloading, moving, 100, "ubuntu.iso  ━━━━━━━━━───────────────  40%  2.0/5.0 GiB  ↓ 94 MiB/s  ETA 0:33  41 peers  ↑ 1.0 MiB/s"},
		{"ubuntu.iso", phaseDownloading, moving, 60, "ubuntu.iso  40%  2.0/5.0 GiB  ↓ 94 MiB/s  ETA 0:33"},
		{"ubuntu.iso", phaseDownloading, moving, 40, "ubuntu.iso  40%  2.0/5.0 GiB  ↓ 94 MiB…"},
		{"ubuntu.iso", phaseDownloading, stuck, 80, "ubuntu.iso  ━━━━━━━━━──────────────  40%  2.0/5.0 GiB  choked by all of 7 peers"},
		// The rate is a mean of some seconds; that the disk is full holds now.
		{"ubuntu.iso", phaseDownloading, full, 80, "ubuntu.iso  ━━━━━━━━━━━━───────────────────  40%  2.0/5.0 GiB  the disk is full"},
		{"ubuntu.iso", phaseSeeding, moving, 80, "ubuntu.iso  seeding  ↑ 1.0 MiB/s  41 peers  0 B given"},
		{"ubuntu.iso", phaseChecking, &client.Status{Checked: 0.61}, 60, "ubuntu.iso  ━━━━━━━━━━━━━━━━━━━━─────────────  checking 61%"},
		{strings.Repeat("long", 20), phaseDone, moving, 60, "longlonglonglonglonglonglonglonglonglon…  ━━━━───────  done"},
	} {
		st := styleOf(env("NO_COLOR", "1", "LANG", "en_US.UTF-8"))
		got := st.line(test.name, &view{Status: *test.s, phase: test.phase}, test.width)
		if got != test.want {
			t.Errorf("%s at %d columns:\n %s, want\n %s", test.phase, test.width, got, test.want)
		}
		for width := range 120 { // whatever the terminal, never more than a line
			if got := st.line(test.name, &view{Status: *test.s, phase: test.phase}, width); width > nameMin+20 && runewidth.StringWidth(got) >= width {
				t.Errorf("%d columns: %q has %d", width, got, runewidth.StringWidth(got))
			}
		}
	}
}

func TestStyle(t *testing.T) {
	v := &view{Status: client.Status{Wanted: 10, Left: 5, DownRate: 1}, phase: phaseDownloading}
	ascii := regexp.MustCompile(`^[ -~]*$`)
	if got := styleOf(env("NO_COLOR", "1", "LC_ALL", "C")).line("x", v, 80); !ascii.MatchString(got) {
		t.Errorf("in the C locale: %q", got)
	}
	if got := styleOf(env()).line("x", v, 80); !strings.Contains(got, "\x1b[32m") || !strings.Contains(got, "↓") {
		t.Errorf("by default: %q", got)
	}
	if got := styleOf(env("NO_COLOR", "1")).line("x", v, 80); strings.Contains(got, "\x1b") {
		t.Errorf("with NO_COLOR: %q", got)
	}
}

func TestFitting(t *testing.T) {
	for _, test := range [][3]int{{0, 24, 0}, {1, 24, 1}, {23, 24, 23}, {24, 24, 22}, {100, 24, 22}, {1, 2, 1}, {2, 2, 0}, {1, 1, 0}} {
		if got := fitting(test[0], test[1]); got != test[2] {
			t.Errorf("%d torrents on %d rows: %d are shown, want %d", test[0], test[1], got, test[2])
		}
	}
}

// TestHalt: a download that was stopped took as long as it did, and one that was
// complete before is not made longer by what comes after.
func TestHalt(t *testing.T) {
	at := time.Unix(1000, 0)
	stopped, complete, idle := &task{}, &task{}, &task{}
	stopped.enter(phaseDownloading, at)
	complete.enter(phaseDownloading, at)
	complete.enter(phaseSeeding, at.Add(time.Second))
	for _, tk := range []*task{stopped, complete, idle} {
		tk.halt(at.Add(time.Minute))
	}
	if got := stopped.finished.Sub(stopped.began); got != time.Minute {
		t.Errorf("stopped after %v, want a minute", got)
	}
	if got := complete.finished.Sub(complete.began); got != time.Second {
		t.Errorf("complete after %v, want a second", got)
	}
	if !idle.finished.IsZero() {
		t.Error("what never began has finished")
	}
}
