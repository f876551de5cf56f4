package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"bt/client/record"
)

// TestRecordDiskFull records on a filesystem of one page: that is told, once, and
// the download goes on.
func TestRecordDiskFull(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Mkdir(in("small"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", in("small"), "tmpfs", 0, "size=4k"); err != nil {
		t.Skipf("no filesystem to fill: mounting a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(in("small"), 0); err != nil {
			t.Error(err)
		}
	})
	seed, torrent, peer := startSeed(t, dir, 40e6)
	code, out := startBT(t, "get", "--peer", peer, "-d", in("dst"), "--record", in("small/x.btrun"), torrent).wait(t)
	if code != 0 || strings.Count(out, "no space left on device; what happens from now on is not recorded") != 1 {
		t.Errorf("exit code %d; output:\n%s", code, out)
	}
	if err := sameFiles(in("src/big"), in("dst/big")); err != nil {
		t.Error(err)
	}
	stopBT(t, seed)
	file, err := os.Open(in("small/x.btrun"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if r, err := record.Replay(file, nil); !errors.Is(err, record.ErrCut) && (err != nil || !r.Same() || !errors.Is(r.End, record.ErrCut)) {
		t.Errorf("what is there of it: %+v, %v", r, err)
	}
}
