package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bt/client/resume"
)

// What TestInteropKilled does: so many deaths, each at a moment of the first
// seconds of a process, of a download that cannot be complete before the last.
const (
	kills     = 20
	killMax   = 3 * time.Second
	killBytes = 300e6
	killRate  = 7e6 // bytes per second from libtorrent: kills × killMax / 2 at it are less than killBytes
)

// twicePerKill is what may come twice after a death, in bytes: what had been given
// and was no whole piece on the disk yet. There is one peer, and the picker
// finishes what it has started before it starts another, so that this is a piece,
// what is on its way through the sockets, and what waits for its hash.
const twicePerKill = 4 * interopPiece

// countDelay is how late libtorrent's counters may be.
const countDelay = 1500 * time.Millisecond

// TestInteropKilled kills bt at random moments of one large download from
// libtorrent: while it starts, while it looks at what is there, while it downloads
// and notes down. Each next run has all that the one before has told of or noted
// down; and the seed's own count says how much was given twice.
func TestInteropKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("downloads for a minute")
	}
	p := payload{name: "killed", dir: t.TempDir(), files: map[string]int64{"big.bin": killBytes}}
	p.fill(t, 70)
	r := newRun(t, p)
	given := filepath.Join(r.dir, "given")
	peer := r.startLibtorrent(t, foreignRun{dir: p.dir, upLimit: killRate, given: given})
	out := filepath.Join(r.dir, "out")
	args := []string{"get", "--json", "-d", out, "--peer", peer, r.torrent}

	seed := rand.Uint64()
	t.Logf("moments are drawn from seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	had := 0 // pieces that the next run must know of: those are on the disk
	for i := range kills {
		after := time.Duration(rng.Int64N(int64(killMax)))
		bt := r.startBT(t, args...)
		time.Sleep(after)
		if err := bt.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_, text := bt.wait(t)
		run := readEvents(t, text)
		if run.exited {
			t.Fatalf("run %d was complete before it was killed:\n%s", i, text)
		}
		if run.downloading && run.began < had {
			t.Errorf("run %d began with %d pieces, but %d were told or noted down before", i, run.began, had)
		}
		noted := r.noted(t, out)
		t.Logf("run %d, killed after %v: began with %d pieces, told of %d, noted down %d", i, after.Round(time.Millisecond), run.began, run.last, noted)
		had = max(had, run.last, noted)
	}
	if had == 0 {
		t.Error("nothing was ever noted down: the test shows nothing")
	}
	bt := r.startBT(t, args...)
	code, text := bt.waitWithin(t, interopTimeout)
	if run := readEvents(t, text); code != 0 || run.began < had {
		t.Errorf("the last run: exit code %d, began with %d pieces, want at least %d:\n%s", code, run.began, had, text)
	}
	wantSame(t, p, out)
	wantNothingElse(t, p, out)
	time.Sleep(countDelay)
	twice := readNumber(t, given) - killBytes
	if twice < 0 || twice > kills*twicePerKill {
		t.Errorf("%d bytes were given twice, want at most %d: %d for each death", twice, kills*twicePerKill, twicePerKill)
	}
	t.Logf("%d bytes were given twice", twice)
}

// startLibtorrent starts a seed for the torrent of r, and returns its address.
func (r *interopRun) startLibtorrent(t *testing.T, run foreignRun) (peer string) {
	t.Helper()
	c := foreignClients[slices.IndexFunc(foreignClients, func(c foreign) bool { return c.name == "libtorrent" })]
	if err := c.installed(); err != nil {
		missing(t, fmt.Sprintf("%s is not installed: %v", c.name, err))
	}
	run.seed, run.torrent, run.port = true, r.torrent, freePort(t)
	r.startForeign(t, c, run)
	r.waitSwarm(t, 1, 0)
	return "127.0.0.1:" + strconv.Itoa(run.port)
}

// noted is how many pieces the state of a torrent speaks of, 0 if there is none.
// A state that was damaged by a death has an older one beside it that was not.
func (r *interopRun) noted(t *testing.T, out string) int {
	t.Helper()
	dir, err := realDir(out)
	if err != nil {
		t.Fatal(err)
	}
	saved, damage := readGenerations(statePath(filepath.Join(r.dir, "home"), r.hash, dir) + stateSuffix)
	if saved == nil {
		if damage != nil && !errors.Is(damage, fs.ErrNotExist) {
			t.Errorf("no state is whole: %v", damage)
		}
		return 0
	}
	s, err := resume.Decode(saved.cache)
	if err != nil {
		t.Fatal(err)
	}
	return s.Pieces.Count()
}

// told is what a run with --json has said of its only torrent.
type told struct {
	downloading bool // it has got so far; began is how many pieces it had then
	began, last int  // last: how many it had when it last said so
	wasted      int64
	downloaded  int64
	phases      int // how many it has entered
	exited      bool
}

func readEvents(t *testing.T, text string) (run told) {
	t.Helper()
	for line := range strings.Lines(text) {
		var e struct {
			Event      string
			Phase      phase
			PiecesHave int `json:"pieces_have"`
			Wasted     int64
			Downloaded int64
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			continue // cut off by its death
		}
		switch e.Event {
		case "phase":
			run.phases++
			if e.Phase == phaseDownloading {
				run.downloading, run.began = true, e.PiecesHave
			}
			run.last = e.PiecesHave
		case "status", "done":
			run.last, run.wasted, run.downloaded = e.PiecesHave, e.Wasted, e.Downloaded
		case "exit":
			run.exited = true
		}
	}
	return run
}

func readNumber(t *testing.T, path string) int64 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
