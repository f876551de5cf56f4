package simnet_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"bt/simnet"
)

func TestWorkerIsAQueue(t *testing.T) {
	n := simnet.New(1)
	h := n.NewHost("a", netip.Addr{}, simnet.LinkConfig{})
	var ops, bytes int64
	disk := h.WorkerWith(simnet.WorkerConfig{Seek: time.Second, DiskRate: 100, HashRate: 50},
		func() (int64, int64) { return ops, bytes })
	var log []string
	note := func(s string) { log = append(log, fmt.Sprint(s, " ", n.Now().Sub(simnet.Epoch))) }
	disk.Do(func() { note("work 1"); ops++; bytes += 100 }, func() { // 1 s + 1 s + 2 s
		note("done 1")
		disk.Do(func() { note("work 3") }, func() { note("done 3") })
	})
	disk.Do(func() { note("work 2"); ops += 2 }, func() { note("done 2") })
	if len(log) != 0 || disk.Pending() != 2 {
		t.Errorf("within Do: %q, %d pending", log, disk.Pending())
	}
	n.RunUntil(simnet.Epoch.Add(time.Minute))
	want := []string{"work 1 0s", "done 1 4s", "work 2 4s", "done 2 6s", "work 3 6s", "done 3 6s"}
	if !slices.Equal(log, want) || disk.Pending() != 0 {
		t.Errorf("%q, want %q; %d pending", log, want, disk.Pending())
	}
}

// TestWorkerDelayed: a job takes longer by what its disk tells of.
func TestWorkerDelayed(t *testing.T) {
	n := simnet.New(1)
	h := n.NewHost("a", netip.Addr{}, simnet.LinkConfig{})
	disk := h.WorkerWith(simnet.WorkerConfig{}, nil)
	var delay time.Duration
	disk.Delayed(func() time.Duration { return delay })
	var ends []time.Duration
	end := func() { ends = append(ends, n.Now().Sub(simnet.Epoch)) }
	disk.Do(func() {}, end)
	disk.Do(func() { delay += 45 * time.Second }, end)
	disk.Do(func() {}, end)
	n.RunUntil(simnet.Epoch.Add(time.Minute))
	if want := []time.Duration{0, 45 * time.Second, 45 * time.Second}; !slices.Equal(ends, want) {
		t.Errorf("jobs end at %v, want %v", ends, want)
	}
}

func TestWorkerAfterRestart(t *testing.T) {
	n := simnet.New(1)
	h := n.NewHost("a", netip.Addr{}, simnet.LinkConfig{})
	disk := h.Worker(nil)
	disk.Do(h.Kill, func() { t.Error("done after the host was killed") })
	disk.Do(func() { t.Error("work of a former life") }, func() {})
	n.RunUntil(simnet.Epoch.Add(time.Second))
	h.Restart()
	done := 0
	disk.Do(func() {}, func() { done++ })
	n.RunUntil(simnet.Epoch.Add(2 * time.Second))
	if done != 1 || disk.Pending() != 0 {
		t.Errorf("done %d times, %d pending", done, disk.Pending())
	}
}
