package simnet_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"bt/simnet"
)

// TestTimer: a timer runs off once for each time it was set, unless it was set
// anew or stopped meanwhile, and not in another life of its host.
func TestTimer(t *testing.T) {
	n := simnet.New(1)
	h := n.NewHost("a", netip.Addr{}, simnet.LinkConfig{})
	var at []time.Duration
	timer := h.NewTimer(func() { at = append(at, n.Now().Sub(simnet.Epoch)) })
	n.RunUntil(simnet.Epoch.Add(time.Second))
	timer.Set(time.Second)     // at 2 s
	timer.Set(4 * time.Second) // later: at 5 s
	timer.Set(3 * time.Second) // and sooner than that: at 4 s
	if h.PendingTimers() != 1 {
		t.Errorf("%d timers pending, want 1", h.PendingTimers())
	}
	n.RunUntil(simnet.Epoch.Add(5 * time.Second))
	timer.Set(0)
	n.Step() // at 5 s
	timer.Set(time.Second)
	timer.Stop()
	timer.Stop()
	if h.PendingTimers() != 0 {
		t.Errorf("%d timers pending after Stop", h.PendingTimers())
	}
	n.RunUntil(simnet.Epoch.Add(7 * time.Second))
	timer.Set(time.Second) // void at 8 s
	h.Kill()
	timer.Set(time.Second) // for nobody
	h.Restart()
	timer.Set(2 * time.Second) // at 9 s
	if h.PendingTimers() != 1 {
		t.Errorf("%d timers pending after a restart, want 1", h.PendingTimers())
	}
	n.RunUntil(simnet.Epoch.Add(time.Minute))
	want := []time.Duration{4 * time.Second, 5 * time.Second, 9 * time.Second}
	if !slices.Equal(at, want) || h.PendingTimers() != 0 {
		t.Errorf("ran off at %v, want %v; %d pending", at, want, h.PendingTimers())
	}
}
