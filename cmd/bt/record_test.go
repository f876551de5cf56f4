package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"bt/client/record"
)

// replayFile plays a recording, which must lead to the same effects.
func replayFile(t *testing.T, path string) record.Result {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := record.Replay(file, nil)
	if err != nil || !r.Same() {
		t.Fatalf("%s: %s; difference %+v, panic %v, %v", path, r.Summary(), r.Difference, r.Panic, err)
	}
	return r
}

// TestRecord records a download and its seed over real sockets.
func TestRecord(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	seed, torrent, peer := startSeed(t, dir, 20e6, "--record", in("seed.btrun"))
	get := []string{"get", "--peer", peer, "-d", in("dst"), "--record", in("get.btrun"), torrent}
	if code, out := startBT(t, get...).wait(t); code != 0 {
		t.Fatalf("exit code %d; output:\n%s", code, out)
	}
	if code, out := startBT(t, get...).wait(t); code != int(codeExists) || !strings.Contains(out, "get.btrun: is there already") {
		t.Errorf("over a file that is there: exit code %d; output:\n%s", code, out)
	}
	// A seed is told that a peer has left before it is told to end.
	stopBT(t, seed)
	for _, test := range []struct {
		file   string
		pieces bool
	}{{"get.btrun", true}, {"seed.btrun", false}} {
		r := replayFile(t, in(test.file))
		if r.End != nil || r.Peers != 1 || (r.Pieces > 0) != test.pieces {
			t.Errorf("%s: %s, end: %v", test.file, r.Summary(), r.End)
		}
		fi, err := os.Stat(in(test.file))
		if err != nil {
			t.Fatal(err)
		}
		if fi.Size() > 200_000 {
			t.Errorf("%s has %d bytes, for a download of 20 MB", test.file, fi.Size())
		}
		if mode := fi.Mode().Perm(); runtime.GOOS != "windows" && mode != recordMode {
			t.Errorf("%s has mode %o, want %o", test.file, mode, recordMode)
		}
	}
}

// TestRecordKilled: what kill -9 leaves of a recording can be played.
func TestRecordKilled(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	seed, torrent, peer := startSeed(t, dir, 3e6)
	get := startBT(t, "get", "--json", "--peer", peer, "--down-limit", "300K", "-d", in("dst"), "--record", in("get.btrun"), torrent)
	// Of three seconds, of which each is written when it is over.
	waitFile(t, in("get.btrun"), 200)
	if err := get.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	get.wait(t)
	if r := replayFile(t, in("get.btrun")); !errors.Is(r.End, record.ErrCut) || r.Turns == 0 {
		t.Errorf("%s, end: %v", r.Summary(), r.End)
	}
	stopBT(t, seed)
}

// waitFile waits until a file has so many bytes.
func waitFile(t *testing.T, path string, size int64) {
	t.Helper()
	for range 1000 {
		if fi, err := os.Stat(path); err == nil && fi.Size() >= size {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s has not come to %d bytes", path, size)
}

// TestInteropRecord records downloads from and to libtorrent.
func TestInteropRecord(t *testing.T) {
	if testing.Short() {
		t.Skip("starts another client")
	}
	libtorrent := foreignClients[len(foreignClients)-1]
	if err := libtorrent.installed(); err != nil {
		missing(t, fmt.Sprintf("%s is not installed: %v", libtorrent.name, err))
	}
	p := payload{name: "30 MB", files: map[string]int64{"set/big.bin": 30e6, "set/small": 5, "set/z empty": 0}, dir: t.TempDir()}
	p.fill(t, 77)

	r := newRun(t, p)
	r.startForeign(t, libtorrent, foreignRun{seed: true, dir: p.dir, torrent: r.torrent, port: freePort(t)})
	r.waitSwarm(t, 1, 0)
	file, out := filepath.Join(r.dir, "get.btrun"), filepath.Join(r.dir, "out")
	if code, text := r.startBT(t, "get", "-d", out, "--record", file, r.torrent).waitWithin(t, interopTimeout); code != 0 {
		t.Fatalf("bt: exit code %d; output:\n%s", code, text)
	}
	wantSame(t, p, out)
	if got := replayFile(t, file); got.End != nil || got.Pieces != len(p.hashes) {
		t.Errorf("from it: %s, end: %v", got.Summary(), got.End)
	}

	r = newRun(t, p)
	file, out = filepath.Join(r.dir, "seed.btrun"), filepath.Join(r.dir, "out")
	seed := r.startBT(t, "seed", "-d", p.dir, "--record", file, r.torrent)
	r.waitSwarm(t, 1, 0)
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	r.startForeign(t, libtorrent, foreignRun{dir: out, torrent: r.torrent, port: freePort(t)})
	r.waitForeign(t)
	stopBT(t, seed)
	wantSame(t, p, out)
	if got := replayFile(t, file); got.End != nil || got.Peers == 0 {
		t.Errorf("to it: %s, end: %v", got.Summary(), got.End)
	}
}
