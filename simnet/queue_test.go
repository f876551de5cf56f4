package simnet

import (
	"math"
	"sort"
	"testing"

	"pgregory.net/rapid"
)

// TestQueueAgainstSort compares the queue with a sorted slice: events of this
// instant and later ones, moves, cancellations and compactions included.
func TestQueueAgainstSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type planned struct {
			at int64
			id eventID
		}
		var (
			q     eventQueue
			now   int64
			model []planned
		)
		push := func(at int64) {
			model = append(model, planned{at, q.push(at, at == now, event{kind: KindCallback})})
		}
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
			model, now = model[1:], at
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				push(now + rapid.Int64Range(0, 20).Draw(t, "after"))
			},
			"move": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("nothing to move")
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "which")
				at, was := now+rapid.Int64Range(0, 20).Draw(t, "after"), model[i]
				model = append(model[:i:i], model[i+1:]...)
				if id, ok := q.move(was.id, at); ok {
					model = append(model, planned{at, id})
					return
				}
				if _, ok := q.cancel(was.id); !ok {
					t.Fatal("neither moved nor cancelled")
				}
				push(at)
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
		q.cancel(q.push(i, false, event{kind: KindCallback}))
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
