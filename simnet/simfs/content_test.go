package simfs_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"

	"bt/simnet/simfs"
)

// TestContentIsKeptOnce fills many disks with the same content, in blocks which
// do not meet the pages, out of order; memory must not grow with their number.
func TestContentIsKeptOnce(t *testing.T) {
	const size, disks = 8<<20 + 1234, 64
	want := pattern(size)
	content := simfs.NewContent(bytes.Clone(want))
	var kept []*simfs.FS
	before := heap()
	for i := range disks {
		f := newFS()
		f.Know("/t/a", content)
		must(t, f.Mkdir("/t", 0o777))
		file := open(t, f, "/t/a", rw)
		const block, skew = 16 << 10, 5000
		for _, b := range rand.New(rand.NewPCG(1, uint64(i))).Perm(size/block + 2) {
			from, to := max(0, b*block-skew), min(size, (b+1)*block-skew)
			if from < to {
				write(t, file, want[from:to], int64(from))
			}
		}
		must(t, file.Close())
		kept = append(kept, f)
	}
	grown := heap() - before
	if limit := int64(disks * size / 50); grown > limit {
		t.Errorf("%d disks take %d bytes of memory, want less than %d", disks, grown, limit)
	}
	for _, f := range kept {
		wantFile(t, f, "/t/a", want)
		if want := int64((size + page - 1) / page * page); f.Allocated() != want {
			t.Errorf("%d bytes are allocated, want %d: sharing must not show", f.Allocated(), want)
		}
	}
	runtime.KeepAlive(content)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestContentIsNotChanged writes over shared pages and past the known end.
func TestContentIsNotChanged(t *testing.T) {
	known := pattern(2*page + 100)
	c := simfs.NewContent(known)
	f, other := newFS(), newFS()
	for _, fs := range []*simfs.FS{f, other} {
		fs.Know("/a", c)
		write(t, open(t, fs, "/a", rw), known, 0)
	}
	file := open(t, f, "/a", os.O_RDWR)
	write(t, file, []byte{0}, page+5)
	write(t, file, []byte("past the end"), 2*page+100)
	must(t, file.Truncate(2*page+105))
	must(t, file.Truncate(2*page+200))

	want := append(append([]byte{}, known...), make([]byte, 100)...)
	want[page+5] = 0
	copy(want[2*page+100:], "past ")
	wantFile(t, f, "/a", want)
	wantFile(t, other, "/a", pattern(2*page+100))
	if string(known) != string(pattern(2*page+100)) {
		t.Error("the content was changed")
	}

	f.Know("/a", nil)
	write(t, open(t, f, "/b", rw), known, 0)
	wantFile(t, f, "/b", known)
}

func BenchmarkWriteAt(b *testing.B) {
	const size = 256 << 20
	for _, kind := range []string{"own", "known", "known-unaligned"} {
		for _, block := range []int{16 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("%s/%dK", kind, block>>10), func(b *testing.B) {
				f := newFS()
				file := open(b, f, "/a", rw)
				must(b, file.Truncate(size))
				write(b, file, []byte("end"), size)
				want := pattern(4 << 20)
				data := bytes.Clone(want) // as from the network: not the memory of the content itself
				skew := 0
				if kind != "own" {
					must(b, file.Close())
					f.Know("/a", simfs.NewContent(want))
					file = open(b, f, "/a", rw)
				}
				if kind == "known-unaligned" {
					skew = 5000
				}
				b.SetBytes(int64(block))
				b.ReportAllocs()
				for i := range b.N {
					at := i*block%(len(want)-2*block) + skew
					if at < block && i > 0 {
						must(b, file.Truncate(0)) // start anew from holes
						must(b, file.Truncate(size))
					}
					if _, err := file.WriteAt(data[at:at+block], int64(at)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkReadAt(b *testing.B) {
	f := newFS()
	file := open(b, f, "/a", rw)
	write(b, file, pattern(4<<20), 0)
	p := make([]byte, 16<<10)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for i := range b.N {
		if _, err := file.ReadAt(p, int64(i%200)*page); err != nil {
			b.Fatal(err)
		}
	}
}
