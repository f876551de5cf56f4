package simnet_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/simnet"
)

func TestCallbacksKeepTheirOrder(t *testing.T) {
	n := simnet.New(1)
	h := n.NewHost("a", netip.Addr{}, simnet.LinkConfig{})
	var log []string
	note := func(s string) func() {
		return func() { log = append(log, fmt.Sprint(s, n.Now().Sub(simnet.Epoch))) }
	}
	h.At(2*time.Second, note("c "))
	h.At(time.Second, note("a "))
	n.At(time.Second, note("b "))
	h.At(-time.Hour, note("now "))
	cancel := h.At(time.Second, note("never "))
	h.At(3*time.Second, note("too late "))
	if h.PendingTimers() != 5 {
		t.Errorf("%d timers pending", h.PendingTimers())
	}
	cancel()
	cancel()
	n.RunUntil(simnet.Epoch.Add(2500 * time.Millisecond))
	cancel()
	if want := []string{"now 0s", "a 1s", "b 1s", "c 2s"}; !slices.Equal(log, want) {
		t.Errorf("%q, want %q", log, want)
	}
	if got := n.Now().Sub(simnet.Epoch); got != 2500*time.Millisecond || h.PendingTimers() != 1 || n.Events() != 4 {
		t.Errorf("at %v with %d timers after %d events", got, h.PendingTimers(), n.Events())
	}
}

func TestRunWhile(t *testing.T) {
	n := simnet.New(1)
	left := 3
	for range 3 {
		n.At(time.Second, func() { left-- })
	}
	if !n.RunWhile(func() bool { return left > 1 }) || left != 1 {
		t.Errorf("stopped with %d left", left)
	}
	if n.RunWhile(func() bool { return true }) {
		t.Error("claims that the condition ended")
	}
}

func TestSpinIsAnError(t *testing.T) {
	n := simnet.New(1)
	h := n.NewHost("dizzy", netip.Addr{}, simnet.LinkConfig{})
	var again func()
	again = func() { h.At(0, again) }
	h.At(time.Second, again)
	n.RunUntil(simnet.Epoch.Add(time.Hour))
	var spin *simnet.SpinError
	if !errors.As(n.Err(), &spin) || spin.Host != "dizzy" || !strings.Contains(spin.Error(), "callback") {
		t.Fatalf("error: %v", n.Err())
	}
	if got := n.Now().Sub(simnet.Epoch); got != time.Second || n.Step() {
		t.Errorf("the run went on, to %v", got)
	}
}

func TestManyEventsWithTimeAreNoSpin(t *testing.T) {
	n := simnet.New(1)
	h := n.NewHost("busy", netip.Addr{}, simnet.LinkConfig{})
	left := 2 * simnet.SpinLimit
	var again func()
	again = func() {
		if left--; left > 0 {
			h.At(time.Nanosecond, again)
		}
	}
	again()
	n.RunUntil(simnet.Epoch.Add(time.Hour))
	if n.Err() != nil || left != 0 {
		t.Errorf("%d left, error: %v", left, n.Err())
	}
}

// TestRestartForgetsTimers also covers what is scheduled while a host is dead.
func TestRestartForgetsTimers(t *testing.T) {
	n := simnet.New(1)
	h := n.NewHost("a", netip.Addr{}, simnet.LinkConfig{})
	cancel := h.At(time.Second, func() { t.Error("a callback of a former life") })
	h.Kill()
	h.At(time.Second, func() { t.Error("a callback of a dead host") })
	h.Restart()
	ran := false
	h.At(2*time.Second, func() { ran = true })
	cancel()
	if h.PendingTimers() != 1 {
		t.Errorf("%d timers", h.PendingTimers())
	}
	n.RunUntil(simnet.Epoch.Add(time.Minute))
	if !ran || h.PendingTimers() != 0 {
		t.Error("the restarted host has no working timers")
	}
}

func TestClockTellsVirtualTime(t *testing.T) {
	n := simnet.New(1)
	c := n.NewHost("a", netip.Addr{}, simnet.LinkConfig{}).Clock()
	n.RunUntil(simnet.Epoch.Add(time.Minute))
	if !c.Now().Equal(n.Now()) || c.Since(simnet.Epoch) != time.Minute || c.Until(simnet.Epoch) != -time.Minute {
		t.Errorf("now %v, since %v, until %v", c.Now(), c.Since(simnet.Epoch), c.Until(simnet.Epoch))
	}
	defer func() {
		if p := fmt.Sprint(recover()); !strings.Contains(p, "clock.AfterFunc") {
			t.Errorf("panic: %s", p)
		}
	}()
	c.AfterFunc(time.Second, func() {})
}
