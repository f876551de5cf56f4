package wire_test

import (
	"testing"

	"bt/client/wire"
)

// BenchmarkDecode decodes full blocks from reads of 256 KiB, the blocks lying
// across the ends of reads. With buffers that are used again, the steady state
// must not allocate: TestDecodeDoesNotAllocate.
func BenchmarkDecode(b *testing.B) { benchmarkBlocks(b, blockReads(b)) }

func TestDecodeDoesNotAllocate(t *testing.T) { wantNoAllocations(t, blockReads(t)) }

// benchmarkBlocks measures what takes benchBlocks blocks.
func benchmarkBlocks(b *testing.B, take func()) {
	b.SetBytes(int64(benchBlocks * wire.BlockSize))
	b.ReportAllocs()
	for b.Loop() {
		take()
	}
}

func wantNoAllocations(t *testing.T, take func()) {
	t.Helper()
	if n := testing.AllocsPerRun(10, take); n != 0 {
		t.Errorf("%d blocks took %v allocations, want 0", benchBlocks, n)
	}
}

const (
	benchBlocks = 64
	benchRead   = 256 << 10
)

// blockReads returns a function that decodes benchBlocks blocks.
func blockReads(tb testing.TB) func() {
	var free [][]byte
	d := wire.NewDecoder(func(n int) []byte {
		if len(free) == 0 {
			return make([]byte, n)
		}
		buf := free[len(free)-1]
		free = free[:len(free)-1]
		return buf[:n]
	})
	if _, _, err := d.Decode(wire.AppendHandshake(nil, &testHello), nil); err != nil {
		tb.Fatal(err)
	}
	var stream []byte
	for i := range benchBlocks {
		stream = wire.AppendMessage(stream, wire.Message{
			Kind: wire.Piece, Index: uint32(i), Length: wire.BlockSize, Data: make([]byte, wire.BlockSize),
		})
	}
	var msgs []wire.Message
	return func() {
		blocks := 0
		for rest := stream; len(rest) > 0; rest = rest[min(benchRead, len(rest)):] {
			_, msgs, _ = d.Decode(rest[:min(benchRead, len(rest))], msgs[:0])
			for _, m := range msgs {
				free = append(free, m.Data)
			}
			blocks += len(msgs)
		}
		if blocks != benchBlocks {
			tb.Fatalf("decoded %d blocks, want %d", blocks, benchBlocks)
		}
	}
}
