package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bt/simtracker"
)

// asBT makes the test binary behave as bt, for tests that need a process.
const asBT = "BT_TEST_AS_BT"

func TestMain(m *testing.M) {
	if os.Getenv(asBT) != "" {
		main()
	}
	testscript.Main(withHome{m}, map[string]func(){"bt": main})
}

// withHome keeps the tests out of the user's state directory.
type withHome struct{ *testing.M }

func (m withHome) Run() int {
	home, err := os.MkdirTemp("", "bt-test-home-")
	if err == nil {
		err = os.Setenv(homeVariable, home)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(home)
	return m.M.Run()
}

// btCommand returns a bt that is ready to start.
func btCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asBT+"=1")
	return cmd
}

// btCommandAt returns a bt that keeps what it remembers in home.
func btCommandAt(t *testing.T, home string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := btCommand(t, args...)
	cmd.Env = append(cmd.Env, homeVariable+"="+home)
	return cmd
}

// TestScript runs testdata/script. Beside the usual commands there are
//
//	exits CODE PROGRAM ARG...   run it, and want this exit code
//	content FILE SIZE SEED      make a file that nothing can compress
//	torrent KIND FILE           make a .torrent that is bad in some way
//	announced N                 wait until the tracker was asked N times
//	lines N                     want so many lines on stdout
//	sleepms N                   wait
//
// and $HTTP, the root of a server on this machine, see newServer, with its port
// in $HTTPPORT.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			tracker := simtracker.New(simtracker.Config{Now: time.Now})
			server := newServer(tracker, env.WorkDir)
			env.Defer(server.Close)
			env.Setenv(homeVariable, filepath.Join(env.WorkDir, ".bt"))
			env.Setenv("HTTP", server.URL)
			env.Setenv("HTTPPORT", server.URL[strings.LastIndex(server.URL, ":")+1:])
			env.Values["tracker"] = tracker
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": cmdExits, "content": cmdContent, "torrent": cmdTorrent, "announced": cmdAnnounced, "lines": cmdLines, "sleepms": cmdSleep,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}

// newServer serves a tracker that works at /announce, one that talks nonsense
// at /garbage, one that refuses with a word that would clear the screen at
// /refuse, one that warns by what would set the window's title at /warn, and the
// files of dir at /files/.
func newServer(tracker http.Handler, dir string) *httptest.Server {
	mux := http.NewServeMux()
	mux.Handle("/announce", tracker)
	mux.HandleFunc("/garbage", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hello</html>") })
	mux.HandleFunc("/refuse", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "d14:failure reason18:no \x1b[2Jtorrent!\n\n\ne")
	})
	mux.HandleFunc("/warn", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "d8:intervali60e5:peers0:15:warning message26:closing\x1b]0;owned\x07\r\xc2\x9b31m\xe2\x80\xaee")
	})
	mux.Handle("/files/", http.StripPrefix("/files/", http.FileServer(http.Dir(dir))))
	return httptest.NewServer(mux)
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(*exec.ExitError)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

func cmdContent(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: content FILE SIZE SEED")
	}
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	seed, err := strconv.ParseUint(args[2], 10, 8)
	ts.Check(err)
	ts.Check(writeContent(ts.MkAbs(args[0]), n, byte(seed)))
}

// badTorrents are what must be refused.
var badTorrents = map[string]string{
	"dotdot":  "d4:infod5:filesld6:lengthi1e4:pathl2:..3:etceee4:name1:x12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee",
	"slash":   "d4:infod6:lengthi1e4:name9:../../etc12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee",
	"pieces":  "d4:infod6:lengthi18014398509481984e4:name1:x12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee",
	"claims":  "d4:infod6:lengthi18014398509481984e4:name1:x12:piece lengthi16384e6:pieces21990232555520:aaaa",
	"bencode": "hello, world",
}

func cmdTorrent(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 || badTorrents[args[0]] == "" {
		ts.Fatalf("usage: torrent KIND FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(badTorrents[args[0]]), 0o600))
}

func cmdAnnounced(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: announced N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	tracker := ts.Value("tracker").(*simtracker.Tracker)
	for deadline := time.Now().Add(15 * time.Second); len(tracker.Log()) < want; {
		if time.Now().After(deadline) {
			ts.Fatalf("%d announces, want %d", len(tracker.Log()), want)
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, e := range tracker.Log() {
		ts.Logf("announce: %v %q", e.Addr, e.Event)
	}
}

func cmdLines(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: lines N")
	}
	if got := strings.Count(ts.ReadFile("stdout"), "\n"); strconv.Itoa(got) != args[0] {
		ts.Fatalf("%d lines, want %s", got, args[0])
	}
}

// writeContent writes n bytes that are the same for the same seed.
func writeContent(path string, n int64, seed byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, rand.NewChaCha8([32]byte{seed}), n)
	return errors.Join(err, f.Close())
}

func cmdSleep(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	time.Sleep(time.Duration(n) * time.Millisecond)
}

// between returns what stands in s after one mark and before the next other.
func between(s, after, before string) string {
	_, s, _ = strings.Cut(s, after)
	s, _, _ = strings.Cut(s, before)
	return s
}
