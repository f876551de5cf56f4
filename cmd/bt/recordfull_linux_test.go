package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bt/client/record"
)

// TestRecordDiskFull records on a filesystem of one page: that is told, once, and
// the download goes on.
func TestRecordDiskFull(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	mountTmpfs(t, in("small"), 4<<10)
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
