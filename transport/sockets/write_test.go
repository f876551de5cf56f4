package sockets

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestSendQueue checks the queue against a plain string of bytes.
func TestSendQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			q     sendQueue
			model []byte
			next  byte
		)
		push := func(t *rapid.T) {
			var bufs [][]byte
			for _, size := range rapid.SliceOfN(rapid.IntRange(0, 20), 0, 8).Draw(t, "sizes") {
				b := make([]byte, size)
				for i := range b {
					b[i], next = next, next+1
				}
				bufs = append(bufs, b)
				model = append(model, b...)
			}
			q.push(bufs)
		}
		take := func(t *rapid.T) {
			bytesMax := rapid.IntRange(1, 60).Draw(t, "bytesMax")
			bufsMax := rapid.IntRange(1, 6).Draw(t, "bufsMax")
			batch := q.take(nil, bytesMax, bufsMax)
			got := bytes.Join(batch, nil)
			if len(batch) > bufsMax || len(got) > bytesMax {
				t.Fatalf("took %d buffers of %d bytes, allowed are %d of %d", len(batch), len(got), bufsMax, bytesMax)
			}
			if len(got) < min(bytesMax, len(model)) && len(batch) < bufsMax {
				t.Fatalf("took %d bytes, %d were there", len(got), len(model))
			}
			if !bytes.HasPrefix(model, got) {
				t.Fatalf("took %v, want the beginning of %v", got, model)
			}
			model = model[len(got):]
		}
		t.Repeat(map[string]func(*rapid.T){"push": push, "take": take, "": func(t *rapid.T) {
			if q.empty() != (len(model) == 0) {
				t.Fatalf("empty() = %v with %d bytes queued", q.empty(), len(model))
			}
		}})
	})
}

// TestSendQueueStaysSmall wants room to be used again: a stream that always
// has a little queued must not grow with all that it ever sent.
func TestSendQueueStaysSmall(t *testing.T) {
	var q sendQueue
	bufs := [][]byte{make([]byte, 10)}
	for range 10 {
		q.push(bufs)
	}
	for range 100_000 {
		q.push(bufs)
		q.take(nil, 10, 1)
	}
	if cap(q.bufs) > 100 {
		t.Errorf("room for %d buffers, with 10 queued", cap(q.bufs))
	}
}
