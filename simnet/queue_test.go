package simnet

import (
	"math"
	"sort"
	"testing"

	"pgregory.net/rapid"
)

// TestQueueAgainstSort compares the heap with a sorted slice, cancellations and
// compactions included.
func TestQueueAgainstSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type planned struct {
			at int64
			id eventID
		}
		var (
			q     eventQueue
			model []planned
		)
		pop := func() {
			sort.SliceStable(model, func(i, j int) bool { return model[i].at < model[j].at })
			ev, at, ok := q.pop(math.MaxInt64)
			if ok != (len(model) > 0) {
				t.Fatalf("pop: %v with %d events left", ok, len(model))
			}
			if !ok {
				return
			}
			if at != model[0].at || ev.seq != model[0].id.seq {
				t.Fatalf("pop: event %d at %d, want %d at %d", ev.seq, at, model[0].id.seq, model[0].at)
			}
			if _, ok := q.cancel(model[0].id); ok {
				t.Fatal("cancelled what has happened")
			}
			model = model[1:]
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				at := rapid.Int64Range(0, 20).Draw(t, "at")
				model = append(model, planned{at, q.push(at, event{kind: KindCallback})})
			},
			"cancel": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("nothing to cancel")
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "which")
				if _, ok := q.cancel(model[i].id); !ok {
					t.Fatal("not cancelled")
				}
				if _, ok := q.cancel(model[i].id); ok {
					t.Fatal("cancelled twice")
				}
				model = append(model[:i:i], model[i+1:]...)
			},
			"pop":     func(*rapid.T) { pop() },
			"compact": func(*rapid.T) { q.compact() },
		})
		for len(model) > 0 {
			pop()
		}
		pop()
	})
}

func TestQueueShedsCancelled(t *testing.T) {
	var q eventQueue
	for i := range int64(100_000) {
		q.cancel(q.push(i, event{kind: KindCallback}))
	}
	if len(q.heap) > 2000 || len(q.slots) > 2000 {
		t.Errorf("%d keys and %d events are left of a timer that was always moved", len(q.heap), len(q.slots))
	}
}

func TestMulDiv(t *testing.T) {
	for _, c := range []struct{ a, b, c, want int64 }{
		{10, 10, 3, 34}, {9, 10, 3, 30}, {math.MaxInt64, 4, 2, math.MaxInt64}, {math.MaxInt64, 8, 8, math.MaxInt64}, {0, 5, 3, 0},
	} {
		if got := mulDiv(c.a, c.b, c.c); got != c.want {
			t.Errorf("mulDiv(%d, %d, %d) = %d, want %d", c.a, c.b, c.c, got, c.want)
		}
	}
}

// TestDigestSeesEveryBit flips each bit of payloads of many lengths.
func TestDigestSeesEveryBit(t *testing.T) {
	seen := make(map[uint64]bool)
	note := func(p []byte) {
		var d digest
		d.bytes(p)
		if seen[d.sum()] {
			t.Fatalf("two payloads of %d bytes have one hash", len(p))
		}
		seen[d.sum()] = true
	}
	for n := range 140 {
		p := make([]byte, n)
		note(p)
		for i := range p {
			for bit := range 8 {
				p[i] ^= 1 << bit
				note(p)
				p[i] ^= 1 << bit
			}
		}
	}
}
