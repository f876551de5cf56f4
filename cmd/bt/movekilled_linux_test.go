package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// What TestMoveKilled does: so many deaths, each at a moment of the time that moving
// so many bytes there and back takes.
const (
	moveKills = 40
	moveBytes = 100e6
)

// TestMoveKilled kills bt move at random moments, between two filesystems: after each
// death all of the data is in one of both places, and the same command again goes on.
// Once it has come to its end, the way back is next.
func TestMoveKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("copies for many seconds")
	}
	p := payload{name: "moved", dir: t.TempDir(), files: map[string]int64{
		"set/a.bin": moveBytes / 2, "set/b.bin": moveBytes/2 - 7, "set/c.txt": 7, "set/empty": 0,
	}}
	p.fill(t, 90)
	r := newRun(t, p)
	from, to := filepath.Join(r.dir, "disk"), filepath.Join(r.dir, "memory")
	mountTmpfs(t, to, 4*moveBytes)
	if err := os.CopyFS(from, os.DirFS(p.dir)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	completes(t, "move", r.torrent, to, "-d", from)
	completes(t, "move", r.torrent, from, "-d", to)
	whole := time.Since(began)

	seed := rand.Uint64()
	t.Logf("there and back takes %v; moments are drawn from seed %d", whole, seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var died int
	for i := range moveKills {
		after := time.Duration(rng.Int64N(int64(whole)))
		bt := startBT(t, "move", r.torrent, to, "-d", from)
		time.Sleep(after)
		if err := bt.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		code, text := bt.wait(t)
		if code >= 0 && code != int(codeOK) {
			t.Fatalf("move %d: exit code %d:\n%s", i, code, text)
		}
		places := wholeIn(t, r.torrent, from, to)
		if len(places) == 0 {
			t.Fatalf("move %d, killed after %v: all of it is in neither place", i, after)
		}
		if code == int(codeOK) || slices.Equal(places, []string{to}) {
			completes(t, "get", r.torrent, "-d", to) // ends what was left of the move
			from, to = to, from
			continue
		}
		died++
	}
	if died == 0 {
		t.Error("none was killed before its end: the test shows nothing")
	}
	t.Logf("%d of %d were killed before they were through", died, moveKills)
	completes(t, "move", r.torrent, to, "-d", from)
	wantSame(t, p, to)
	wantNothingElse(t, p, to)
	wantNothingElse(t, payload{}, from)
}

// wholeIn lists in which directories a torrent is complete.
func wholeIn(t *testing.T, torrent string, dirs ...string) (whole []string) {
	t.Helper()
	for _, dir := range dirs {
		switch code, text := startBT(t, "verify", torrent, "-d", dir).wait(t); exitCode(code) {
		case codeOK:
			whole = append(whole, dir)
		case codeVerification, codeNotFound:
		default:
			t.Errorf("verify in %s: exit code %d:\n%s", dir, code, text)
		}
	}
	return whole
}
