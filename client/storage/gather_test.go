package storage

import (
	"bytes"
	"syscall"
	"testing"
)

// gathering is a file that takes at most so many bytes a call, is interrupted every
// other time, and is full at some point.
type gathering struct {
	got        []byte
	calls      int
	step, room int
}

func (g *gathering) WriteGathered(bufs [][]byte, off int64) (n int, err error) {
	g.calls++
	switch {
	case g.calls%2 == 0:
		return 0, syscall.EINTR
	case off != int64(len(g.got)):
		return 0, syscall.EINVAL
	case g.room == len(g.got):
		return 0, syscall.ENOSPC
	}
	for _, b := range bufs {
		if len(b) == 0 {
			return n, syscall.EFAULT
		}
		k := min(len(b), g.step-n, g.room-len(g.got))
		g.got = append(g.got, b[:k]...)
		n += k
	}
	return n, nil
}

// A write that moves a part of several buffers goes on where it was, wherever in a
// buffer that is; of a disk that is full the error is told.
func TestWriteAll(t *testing.T) {
	bufs := func() [][]byte { return [][]byte{[]byte("abc"), []byte("d"), []byte("efghij"), []byte("kl")} }
	want := bytes.Join(bufs(), nil)
	for step := 1; step <= len(want); step++ {
		g := gathering{step: step, room: 1000}
		if err := writeAll(&g, bufs(), 0); err != nil || !bytes.Equal(g.got, want) {
			t.Errorf("%d bytes a call: %q, %v", step, g.got, err)
		}
	}
	g := gathering{step: 100, room: 5}
	if err := writeAll(&g, bufs(), 0); !IsFull(err) {
		t.Errorf("a full disk: %v", err)
	}
}

// Blocks that lie one behind the other are written the same whether or not the
// filesystem can do that in one call; those in between files, pads and in files that
// are not wanted too.
func TestGatheredBlocks(t *testing.T) {
	tr := newTorrent(t, 256*kib, testFile{"a", 300 * kib}, testFile{".pad/0", 20 * kib}, testFile{"b", 100 * kib}, testFile{"c", 400 * kib})
	for _, prios := range [][]int{nil, {1, 1, 0, 1}} {
		plain := &faultFs{OS(), func(string, string) error { return nil }} // its files hide what they can
		one, _ := open(t, OS(), t.TempDir(), tr, prios...)
		other, _ := open(t, plain, t.TempDir(), tr, prios...)
		for p := range tr.info.NumPieces() {
			var blocks []Block
			for begin := 0; begin < len(tr.piece(p)); begin += 16 * kib {
				blocks = append(blocks, Block{begin, tr.piece(p)[begin:min(begin+16*kib, len(tr.piece(p)))]})
			}
			for _, s := range []*Store{one, other} {
				mustWrite(t, s, p, blocks...)
				wantCheck(t, s, p, true)
				wantCheck(t, s, p, true) // now from the disk
			}
		}
		mustClose(t, one)
		mustClose(t, other)
	}
}
