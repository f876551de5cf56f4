package sockets

import (
	"fmt"
	"sync"
	"testing"

	"bt/transport"
)

// BenchmarkStreams sends blocks over loopback, as a seed does: 16 KiB each,
// with at most 1 MiB of them unreported on a stream. One operation is a block.
//
// It justifies the raw reads, the batches of the writer and the shared buffers.
func BenchmarkStreams(b *testing.B) {
	for _, streams := range []int{1, 200} {
		b.Run(fmt.Sprint(streams), func(b *testing.B) { benchmarkStreams(b, streams) })
	}
}

const benchBlock = 16 << 10

func benchmarkStreams(b *testing.B, streams int) {
	const window = 1 << 20 / benchBlock
	n := newNetwork(b)
	var arrived, opened sync.WaitGroup
	blocks := max(1, b.N/streams) // of each stream
	bound := listenLoopback(b, n, func(transport.Stream) transport.Handler {
		left := blocks * benchBlock
		return &hooks{received: func(p []byte) {
			if left -= len(p); left == 0 {
				arrived.Done()
			}
		}}
	})

	block := [][]byte{make([]byte, benchBlock)}
	start := make([]func(), streams)
	arrived.Add(streams)
	opened.Add(streams)
	for i := range start {
		left, unreported := blocks, 0
		var mu sync.Mutex // the first call of more comes from here
		var s transport.Stream
		more := func() {
			for ; left > 0 && unreported <= (window-1)*benchBlock; left-- {
				unreported += benchBlock
				s.Send(block...)
			}
		}
		s = n.Dial(bound, &hooks{opened: opened.Done, sent: func(n int) {
			mu.Lock()
			defer mu.Unlock()
			unreported -= n
			more()
		}})
		start[i] = func() {
			mu.Lock()
			defer mu.Unlock()
			more()
		}
	}
	opened.Wait()

	b.SetBytes(benchBlock)
	b.ReportAllocs()
	b.ResetTimer()
	for _, more := range start {
		more()
	}
	arrived.Wait()
	b.StopTimer()
	n.Close()
}
