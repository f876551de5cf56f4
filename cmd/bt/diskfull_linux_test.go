package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestDiskFull downloads to a filesystem that is smaller than the torrent, and
// then, with the obstacle gone, completes the download.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	small := filepath.Join(dir, "small")
	if err := os.Mkdir(small, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no filesystem to fill: mounting a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	})
	if err := writeContent(filepath.Join(dir, "src", "big"), 3<<20, 1); err != nil {
		t.Fatal(err)
	}
	torrent := filepath.Join(dir, "big.torrent")
	run := func(args ...string) (int, string) { return startBT(t, args...).wait(t) }
	if code, out := run("create", filepath.Join(dir, "src", "big"), "-o", torrent); code != 0 {
		t.Fatal(out)
	}
	seed := startBT(t, "seed", "--json", "-d", filepath.Join(dir, "src"), torrent)
	seed.waitFor(t, `"listening"`)
	peer := "127.0.0.1:" + between(seed.seen.String(), `"port":`, "}")

	code, out := run("get", "--peer", peer, "-d", small, torrent)
	if code != int(codeDiskFull) || !strings.Contains(out, "no space left on device; what was verified is kept") || !strings.Contains(out, filepath.Join(small, "big")) {
		t.Errorf("exit code %d, want %d, naming the file and the cause; output:\n%s", code, codeDiskFull, out)
	}
	if err := unix.Mount("", small, "", unix.MS_REMOUNT, "size=8m"); err != nil {
		t.Fatal(err)
	}
	code, out = run("get", "--peer", peer, "-d", small, torrent)
	if code != 0 || !strings.Contains(out, "is here already") {
		t.Errorf("with more space: exit code %d; output:\n%s", code, out)
	}
	if err := sameFiles(filepath.Join(dir, "src", "big"), filepath.Join(small, "big")); err != nil {
		t.Error(err)
	}
}
