package main

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"bt/client"
)

// view is what progress shows of a task.
type view struct {
	client.Status
	phase            phase
	upHeld, downHeld bool     // a limit holds the rate
	ratio            float64  // given, ever, by what is here
	until            seedGoal // of seeding
	seeding          time.Duration
}

func (tk *task) view(now time.Time) view {
	v := view{Status: tk.t.Status(), phase: tk.phase(), until: tk.goal.until, seeding: tk.since(now)}
	v.upHeld, v.downHeld = tk.rates.upHeld.Load(), tk.rates.downHeld.Load()
	v.ratio = tk.ratio(&v.Status)
	return v
}

// progressText says how a task is doing, in words: what a log is told, and the
// right half of a drawn line.
func progressText(v *view) string {
	head, tail := progressParts(v)
	return strings.Join(append([]string{head}, tail...), ", ")
}

// progressParts returns what must be said, then the rest by falling importance.
func progressParts(v *view) (head string, tail []string) {
	have := v.Wanted - v.Left
	switch v.phase {
	case phaseChecking, phaseVerifying:
		return fmt.Sprintf("%s %d%%", v.phase, int(v.Checked*100)), nil
	case phaseSeeding:
		return "seeding", append([]string{"↑ " + heldRateText(v.UpRate, v.upHeld)}, seedingParts(v)...)
	case phaseDone, phaseFailed:
		return string(v.phase), nil
	}
	head = percentText(have, v.Wanted)
	tail = append(tail, partText(have, v.Wanted))
	if v.Why != "" {
		return head, append(tail, v.Why)
	}
	tail = append(tail, "↓ "+heldRateText(v.DownRate, v.downHeld))
	if left, ok := eta(&v.Status); ok {
		tail = append(tail, "ETA "+durationText(left))
	}
	tail = append(tail, count(v.Peers, "peer"))
	if v.UpRate > 0 {
		tail = append(tail, "↑ "+heldRateText(v.UpRate, v.upHeld))
	}
	return head, tail
}

// seedingParts says how far seeding is from what ends it.
func seedingParts(v *view) (parts []string) {
	if v.until.ratio > 0 {
		parts = append(parts, fmt.Sprintf("ratio %.2f of %.2f", v.ratio, v.until.ratio))
	}
	if v.until.time != nil {
		parts = append(parts, durationText(max(*v.until.time-v.seeding, 0))+" left")
	}
	return append(parts, count(v.Peers, "peer"), bytesText(v.Uploaded)+" given")
}

// heldRateText says when it is a limit that keeps a rate where it is.
func heldRateText(rate int64, held bool) string {
	if held {
		return rateText(rate) + " (limit)"
	}
	return rateText(rate)
}

// share is how much of the bar is full, 0 to 1.
func share(v *view) float64 {
	switch {
	case v.phase == phaseChecking || v.phase == phaseVerifying:
		return v.Checked
	case v.Wanted == 0:
		return 1
	}
	return float64(v.Wanted-v.Left) / float64(v.Wanted)
}

// hostOf is a tracker's name for people: its whole URL may hold a passkey.
func hostOf(u string) string {
	if p, err := url.Parse(u); err == nil && p.Host != "" {
		return p.Host
	}
	return u
}
