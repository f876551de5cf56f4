package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What TestInteropDiskFills downloads, how fast, and to where: the torrent fits
// into the filesystem, but not beside the ballast.
const (
	fillsBytes = 40e6
	fillsRate  = 8e6 // bytes per second
	fillsDisk  = 64 << 20
)

// fillsTwice is how many pieces may come twice because the disk was full: what was
// asked for when it filled up, 250 blocks at most or 16 pieces, and as much that had
// come in the burst before and waited to be written.
const fillsTwice = 32

// TestInteropDiskFills fills the filesystem up while bt downloads to it from
// libtorrent, looks at what it says, and deletes the ballast: the download goes on
// by itself.
func TestInteropDiskFills(t *testing.T) {
	if testing.Short() {
		t.Skip("downloads for many seconds")
	}
	p := fillsPayload(t)
	for _, disk := range []struct {
		name  string
		mount func(t *testing.T, dir string, size int64)
	}{
		{"ext4", mountExt4},
		{"tmpfs", mountTmpfs},
	} {
		for _, json := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, json %t", disk.name, json), func(t *testing.T) {
				t.Parallel()
				r := newRun(t, p)
				small := filepath.Join(r.dir, "small")
				disk.mount(t, small, fillsDisk)
				peer := r.startLibtorrent(t, foreignRun{dir: p.dir, upLimit: fillsRate})
				out := filepath.Join(small, "out")
				// What bt notes down is on the full disk too, as with one disk for all.
				get := btCommandAt(t, filepath.Join(small, "home"), "get", "-d", out, "--peer", peer, r.torrent)
				if json {
					get.Args = append(get.Args, "--json")
				}
				fills(t, startProcess(t, get), small, json)
				wantSame(t, p, out)
				wantNothingElse(t, p, out)
				if text := completes(t, "get", "-d", out, "--verify", r.torrent); !strings.Contains(text, "  complete ") {
					t.Errorf("afterwards, --verify says:\n%s", text)
				}
			})
		}
	}
}

func fillsPayload(t *testing.T) payload {
	t.Helper()
	p := payload{name: "fills", dir: t.TempDir(), files: map[string]int64{"set/a.bin": fillsBytes / 2, "set/b.bin": fillsBytes/2 - 7, "set/c.txt": 7}}
	p.fill(t, 80)
	return p
}

// TestInteropDiskFillsInterrupted ends bt while the disk is full, on which its notes
// are too: it ends as always, and the next run goes on.
func TestInteropDiskFillsInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("downloads for many seconds")
	}
	p := fillsPayload(t)
	r := newRun(t, p)
	small := filepath.Join(r.dir, "small")
	mountExt4(t, small, fillsDisk)
	peer := r.startLibtorrent(t, foreignRun{dir: p.dir, upLimit: fillsRate})
	out, home, ballast := filepath.Join(small, "out"), filepath.Join(small, "home"), filepath.Join(small, "ballast")
	get := startProcess(t, btCommandAt(t, home, "get", "-d", out, "--peer", peer, r.torrent))
	get.waitFor(t, "downloading")
	waitUsed(t, small, fillsBytes/5)
	writeBallast(t, ballast)
	get.waitFor(t, "no space left on device; goes on when that is over")
	began := time.Now()
	get.interrupt(t)
	if code, text := get.wait(t); code != int(codeUnfinished) || time.Since(began) > stopMax {
		t.Errorf("exit code %d after %v, want %d within %v:\n%s", code, time.Since(began), codeUnfinished, stopMax, text)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	get = startProcess(t, btCommandAt(t, home, "get", "-d", out, "--peer", peer, r.torrent))
	if code, text := get.wait(t); code != 0 || !strings.Contains(text, "is here already") {
		t.Errorf("with room again: exit code %d:\n%s", code, text)
	}
	wantSame(t, p, out)
	wantNothingElse(t, p, out)
}

// fills does to the disk of a download what the test is about.
func fills(t *testing.T, get *process, small string, json bool) {
	t.Helper()
	begun, waits, works := "downloading 38 MiB", "no space left on device; goes on when that is over, gives up after 5:00", "the disk takes data again; going on"
	if json {
		begun, waits, works = `"phase":"downloading"`, `"event":"disk_waits"`, `"event":"disk_works"`
	}
	get.waitFor(t, begun)
	waitUsed(t, small, fillsBytes/5)
	ballast := filepath.Join(small, "ballast")
	writeBallast(t, ballast)
	get.waitFor(t, waits)
	keepsWaiting(t, get, works)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	get.waitFor(t, works)
	code, text := get.waitWithin(t, interopTimeout)
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, text)
	}
	if !json {
		if strings.Count(text, "is here already")+strings.Count(text, "checking") > 0 || strings.Count(text, waits) != 1 {
			t.Errorf("does not simply go on:\n%s", text)
		}
		return
	}
	run := readEvents(t, text)
	if run.phases != 2 || strings.Count(text, waits) != 1 {
		t.Errorf("does not simply go on, from downloading to done:\n%s", text)
	}
	if !strings.Contains(text, "the disk is full") {
		t.Errorf("no status says why nothing moves:\n%s", text)
	}
	if twice := run.downloaded - fillsBytes; twice != run.wasted || twice > fillsTwice*interopPiece {
		t.Errorf("downloaded %d bytes too many, of which %d were wasted, want at most %d", twice, run.wasted, fillsTwice*interopPiece)
	}
}

// fillsWait is how long the disk stays full: a few looks whether there is room.
const fillsWait = 4 * time.Second

// keepsWaiting watches for some seconds that a download does nothing about a full
// disk but to say how things are.
func keepsWaiting(t *testing.T, get *process, works string) {
	t.Helper()
	for timeout := time.After(fillsWait); ; {
		select {
		case line, ok := <-get.lines:
			get.seen.WriteString(line + "\n")
			if !ok || strings.Contains(line, works) {
				t.Fatalf("does not wait:\n%s", get.seen.String())
			}
		case <-timeout:
			return
		}
	}
}

// waitUsed waits until so much of a filesystem is used.
func waitUsed(t *testing.T, dir string, n int64) {
	t.Helper()
	for until := time.Now().Add(processMax); ; time.Sleep(20 * time.Millisecond) {
		var st unix.Statfs_t
		if err := unix.Statfs(dir, &st); err != nil {
			t.Fatal(err)
		}
		if int64(st.Blocks-st.Bfree)*int64(st.Bsize) >= n {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("no %d bytes were written to %s", n, dir)
		}
	}
}

// writeBallast fills a filesystem to the last block.
func writeBallast(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size >= 512; {
		switch _, err := f.Write(make([]byte, size)); {
		case errors.Is(err, unix.ENOSPC):
			size /= 2
		case err != nil:
			t.Fatal(err)
		}
	}
}
