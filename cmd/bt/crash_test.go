package main

import (
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// crashes is how often each download is killed, at random.
const crashes = 5

// crashLimit makes the downloads below take longer than all their runs last.
const crashLimit = "1M"

// crashMin and crashMax are when bt is killed, after its check of the disk. It
// notes down the first time after a second, when there is something to note.
const (
	crashMin = 200 * time.Millisecond
	crashMax = 2 * time.Second
)

// TestCrash kills bt again and again in the middle of a download, and wants the
// last run to complete it, byte for byte, with nothing left beside it.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("downloads for many seconds")
	}
	p := crashPayload(t)
	for _, s := range crashSeeds {
		t.Run("from "+s.name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t, p)
			peer := s.start(t, r, p)
			out := filepath.Join(r.dir, "out")
			for _, after := range killPoints(t) {
				killAfter(t, after, "get", "-d", out, "--down-limit", crashLimit, "--peer", peer, r.torrent)
			}
			wantState(t, r, out)
			if text := completes(t, "get", "-d", out, "--peer", peer, r.torrent); !strings.Contains(text, "is here already") {
				t.Errorf("the last run has found nothing of those before:\n%s", text)
			}
			wantSame(t, p, out)
			wantNothingElse(t, p, out)
			completes(t, "get", "-d", out, "--verify", r.torrent)
		})
	}
}

// TestCrashSelect is the same with a few of the files, others after each crash:
// what they share pieces with lies in the part file meanwhile.
func TestCrashSelect(t *testing.T) {
	if testing.Short() {
		t.Skip("downloads for many seconds")
	}
	p := crashPayload(t)
	for _, s := range crashSeeds {
		t.Run("from "+s.name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t, p)
			peer := s.start(t, r, p)
			out := filepath.Join(r.dir, "out")
			// The files are a.bin, b.bin, c.bin, d.bin and e.txt; no file begins
			// or ends where a piece does.
			completes(t, "get", "-d", out, "-s", "5", "--peer", peer, r.torrent)
			if len(partFiles(t, out)) == 0 {
				t.Error("there is no part file: the test shows nothing")
			}
			selections := []string{"2", "3", "1,4", "2,5", "3"}
			for i, after := range killPoints(t) {
				killAfter(t, after, "get", "-d", out, "-s", selections[i], "--down-limit", crashLimit, "--peer", peer, r.torrent)
			}
			completes(t, "get", "-d", out, "-s", "2,3", "--peer", peer, r.torrent)
			for _, name := range []string{"set/b.bin", "set/c.bin"} {
				if err := sameFiles(filepath.Join(p.dir, name), filepath.Join(out, name)); err != nil {
					t.Error(err)
				}
			}
			completes(t, "get", "-d", out, "--peer", peer, r.torrent)
			wantSame(t, p, out)
			wantNothingElse(t, p, out) // no part file either
			completes(t, "get", "-d", out, "--verify", r.torrent)
		})
	}
}

// TestStateOfOther: a state that is whole but of no use is refused with a word,
// and everything on disk is checked.
func TestStateOfOther(t *testing.T) {
	p := crashPayload(t)
	r := newRun(t, p)
	t.Setenv(homeVariable, filepath.Join(r.dir, "home"))
	dir, base, err := statePlace(r.hash, p.dir)
	if err != nil {
		t.Fatal(err)
	}
	foreign := savedState{Dir: dir, cache: []byte("no cache")}
	if err := replaceFile(base+stateSuffix, foreign.encode()); err != nil {
		t.Fatal(err)
	}
	text := completes(t, "get", "-v", "-d", p.dir, r.torrent)
	if strings.Count(text, "what an earlier run has noted down is of no use") != 1 || !strings.Contains(text, "  complete ") {
		t.Errorf("with a state of no use:\n%s", text)
	}
}

// crashSeeds are those who give what is downloaded. They return their address.
var crashSeeds = []struct {
	name  string
	start func(t *testing.T, r *interopRun, p payload) (peer string)
}{
	{"bt", func(t *testing.T, r *interopRun, p payload) string {
		seed := startBT(t, "seed", "--json", "-d", p.dir, r.torrent)
		seed.waitFor(t, `"listening"`)
		r.waitSwarm(t, 1, 0)
		return "127.0.0.1:" + between(seed.seen.String(), `"port":`, "}")
	}},
	{"libtorrent", func(t *testing.T, r *interopRun, p payload) string {
		return r.startLibtorrent(t, foreignRun{dir: p.dir})
	}},
}

// crashPayload is small enough to be downloaded many times.
func crashPayload(t *testing.T) payload {
	t.Helper()
	p := payload{name: "set", dir: t.TempDir(), files: map[string]int64{
		"set/a.bin": 3_000_001, "set/b.bin": 5_100_003, "set/c.bin": 4_900_007, "set/d.bin": 2_000_011, "set/e.txt": 99,
	}}
	p.fill(t, 50)
	return p
}

// killPoints are random times after the start of a download, early and late
// ones in any order.
func killPoints(t *testing.T) (after []time.Duration) {
	const span = (crashMax - crashMin) / crashes
	for i := range crashes {
		after = append(after, crashMin+time.Duration(i)*span+rand.N(span))
	}
	rand.Shuffle(len(after), func(i, j int) { after[i], after[j] = after[j], after[i] })
	t.Logf("killed after %v", after)
	return after
}

// killAfter runs bt and kills it some time after its check of the disk, in a way
// it cannot notice.
func killAfter(t *testing.T, after time.Duration, args ...string) {
	t.Helper()
	p := startBT(t, append(args, "--json")...)
	p.waitFor(t, `"phase":"downloading"`)
	time.Sleep(after)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	code, text := p.wait(t)
	if strings.Contains(text, `"event":"exit"`) {
		t.Errorf("was not killed, but has ended with exit code %d:\n%s", code, text)
	}
}

// wantState looks at what crashes have left in the state directory: a state that
// is whole, whatever was being written.
func wantState(t *testing.T, r *interopRun, out string) {
	t.Helper()
	_, base, err := statePlace(r.hash, out)
	if err != nil {
		t.Fatal(err)
	}
	if s, damage := readGenerations(base + stateSuffix); s == nil || damage != nil || len(s.cache) == 0 {
		t.Errorf("the state is %+v, %v", s, damage)
	}
}

// completes runs bt, and wants it to succeed.
func completes(t *testing.T, args ...string) string {
	t.Helper()
	p := startBT(t, args...)
	code, text := p.wait(t)
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, text)
	}
	return text
}

// partFiles lists what storage keeps beside the files of a torrent.
func partFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".bt-part") {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
