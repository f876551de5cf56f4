package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestDiskFull downloads to a filesystem that is smaller than the torrent, and
// then, with the obstacle gone, completes the download.
func TestDiskFull(t *testing.T) {
	small, torrent, peer := newSmallDisk(t)
	run := func(args ...string) (int, string) { return startBT(t, args...).wait(t) }
	began := time.Now()
	code, out := run("get", "--on-full", "exit", "--peer", peer, "-d", small, torrent)
	if code != int(codeDiskFull) || !strings.Contains(out, "no space left on device; what was verified is kept") || !strings.Contains(out, filepath.Join(small, "big")) {
		t.Errorf("exit code %d, want %d, naming the file and the cause; output:\n%s", code, codeDiskFull, out)
	}
	if code, out = run("get", "--on-full", "2s", "--peer", peer, "-d", small, torrent); code != int(codeDiskFull) || time.Since(began) < 2*time.Second {
		t.Errorf("with two seconds of patience: exit code %d after %v; output:\n%s", code, time.Since(began), out)
	}
	enlarge(t, small)
	code, out = run("get", "--peer", peer, "-d", small, torrent)
	if code != 0 || !strings.Contains(out, "is here already") {
		t.Errorf("with more space: exit code %d; output:\n%s", code, out)
	}
	sameAsSource(t, small)
}

// TestDiskFullWaits makes room while a download waits for it: it goes on by itself.
func TestDiskFullWaits(t *testing.T) {
	small, torrent, peer := newSmallDisk(t)
	get := startBT(t, "get", "--peer", peer, "-d", small, torrent)
	get.waitFor(t, "no space left on device; goes on when that is over, gives up after 5:00")
	enlarge(t, small)
	if code, out := get.wait(t); code != 0 || !strings.Contains(out, "the disk takes data again") {
		t.Errorf("exit code %d; output:\n%s", code, out)
	}
	sameAsSource(t, small)
}

// enlarge makes room.
func enlarge(t *testing.T, small string) {
	t.Helper()
	if err := unix.Mount("", small, "", unix.MS_REMOUNT, "size=8m"); err != nil {
		t.Fatal(err)
	}
}

// sameAsSource compares what was downloaded with what was served.
func sameAsSource(t *testing.T, small string) {
	t.Helper()
	if err := sameFiles(filepath.Join(filepath.Dir(small), "src", "big"), filepath.Join(small, "big")); err != nil {
		t.Error(err)
	}
}

// newSmallDisk mounts a filesystem of a megabyte, and has a seed at peer that
// serves a torrent of three.
func newSmallDisk(t *testing.T) (small, torrent, peer string) {
	t.Helper()
	dir := t.TempDir()
	small = filepath.Join(dir, "small")
	mountTmpfs(t, small, 1<<20)
	_, torrent, peer = startSeed(t, dir, 3<<20)
	return small, torrent, peer
}
