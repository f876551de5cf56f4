package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLeftBehind moves a torrent from a filesystem on which its file cannot be
// deleted, since something is mounted there: move, get and seed say so, until it can.
func TestLeftBehind(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	mountTmpfs(t, in("old"), 1<<20)
	file, torrent := in("old/data"), in("data.torrent")
	if err := writeContent(file, 100e3, 1); err != nil {
		t.Fatal(err)
	}
	if code, out := startBT(t, "create", file, "-o", torrent).wait(t); code != 0 {
		t.Fatal(out)
	}
	if err := unix.Mount(file, file, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	const human, event = "data: some of the old files are still there: ", `"event":"left_behind"`
	says := func(want bool, text string, args ...string) {
		t.Helper()
		code, out := startBT(t, append(args, torrent)...).wait(t)
		if code != 0 || strings.Contains(out, text) != want || want && !strings.Contains(out, file) {
			t.Errorf("%v: exit code %d; says %q: want %v; output:\n%s", args, code, text, want, out)
		}
	}
	if code, out := startBT(t, "move", torrent, in("new"), "-d", in("old")).wait(t); code != 0 || !strings.Contains(out, human) {
		t.Errorf("move: exit code %d; output:\n%s", code, out)
	}
	says(true, human, "get", "-d", in("new"))
	says(true, event, "get", "-d", in("new"), "--json")
	says(true, human, "seed", "-d", in("new"), "--seed-time", "0s")
	if err := unix.Unmount(file, 0); err != nil {
		t.Fatal(err)
	}
	says(false, human, "get", "-d", in("new"))
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("what can be deleted was not: %v", err)
	}
}
