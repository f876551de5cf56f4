//go:build !race

// With the race detector pools forget things, to be forgetful at all times.

package storage

import "testing"

// In the steady state a block costs no memory on its way to the disk.
func TestWriteDoesNotAllocate(t *testing.T) {
	const batch = 16
	tr := newTorrent(t, 1<<20, testFile{"a", 1 << 20})
	s, _ := open(t, OS(), t.TempDir(), tr)
	blocks := make([]Block, batch)
	write := func() {
		for begin := 0; begin < 1<<20; {
			for i := range blocks {
				blocks[i] = Block{begin, tr.data[begin : begin+16*kib]}
				begin += 16 * kib
			}
			mustWrite(t, s, 0, blocks...)
		}
		if v, err := s.CheckWritten(0, 16*kib, false); err != nil || !v.OK {
			t.Fatal(v, err)
		}
	}
	write() // opens the file, fills the pools
	const writes = 1 << 20 / (batch * 16 * kib)
	// A file's size is looked at before each write, and how the system tells it has
	// to lie somewhere.
	if n := testing.AllocsPerRun(20, write); n > 2*writes {
		t.Errorf("%d writes of %d blocks took %v allocations, want two for each write at most", writes, batch, n)
	}
	mustClose(t, s)
}
