package simfs_test

import (
	"bytes"
	"time"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"bt/simnet/simfs"
)

const page = 16 << 10

var epoch = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)

func newFS() *simfs.FS { return simfs.New(func() time.Time { return epoch }) }

// pattern returns n bytes that differ from page to page and are never zero.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(1 + (i*7+i/page*31)%255)
	}
	return b
}

func must(t rapid.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t rapid.TB, fs afero.Fs, name string, flag int) afero.File {
	t.Helper()
	f, err := fs.OpenFile(name, flag, 0o666)
	must(t, err)
	return f
}

func write(t rapid.TB, f afero.File, p []byte, off int64) {
	t.Helper()
	if n, err := f.WriteAt(p, off); n != len(p) || err != nil {
		t.Fatalf("WriteAt(%d bytes, %d) = %d, %v", len(p), off, n, err)
	}
}

func wantFile(t rapid.TB, fs *simfs.FS, name string, want []byte) {
	t.Helper()
	got, err := fs.ReadFile(name)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Fatalf("%s: %d bytes, want %d; or the content differs", name, len(got), len(want))
	}
	if diff, ok := fs.Equal(name, want); !ok {
		t.Fatalf("Equal(%s) finds a difference at %d", name, diff)
	}
}
