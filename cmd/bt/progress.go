package main

import (
	"fmt"
	"net/url"
	"strings"

	"bt/client"
)

// progressText says how a task is doing, in words: what a log is told, and the
// right half of a drawn line.
func progressText(tk *task) string {
	s := tk.t.Status()
	head, tail := progressParts(tk.phase(), &s)
	return strings.Join(append([]string{head}, tail...), ", ")
}

// progressParts returns what must be said, then the rest by falling importance.
func progressParts(p phase, s *client.Status) (head string, tail []string) {
	have := s.Wanted - s.Left
	switch p {
	case phaseChecking, phaseVerifying:
		return fmt.Sprintf("%s %d%%", p, int(s.Checked*100)), nil
	case phaseSeeding:
		return "seeding", []string{"↑ " + rateText(s.UpRate), count(s.Peers, "peer"), bytesText(s.Uploaded) + " given"}
	case phaseDone, phaseFailed:
		return string(p), nil
	}
	head = percentText(have, s.Wanted)
	tail = append(tail, partText(have, s.Wanted))
	if s.DownRate == 0 && s.Why != "" {
		return head, append(tail, s.Why)
	}
	tail = append(tail, "↓ "+rateText(s.DownRate))
	if left, ok := eta(s); ok {
		tail = append(tail, "ETA "+durationText(left))
	}
	tail = append(tail, count(s.Peers, "peer"))
	if s.UpRate > 0 {
		tail = append(tail, "↑ "+rateText(s.UpRate))
	}
	return head, tail
}

// share is how much of the bar is full, 0 to 1.
func share(p phase, s *client.Status) float64 {
	switch {
	case p == phaseChecking || p == phaseVerifying:
		return s.Checked
	case s.Wanted == 0:
		return 1
	}
	return float64(s.Wanted-s.Left) / float64(s.Wanted)
}

// hostOf is a tracker's name for people: its whole URL may hold a passkey.
func hostOf(u string) string {
	if p, err := url.Parse(u); err == nil && p.Host != "" {
		return p.Host
	}
	return u
}
