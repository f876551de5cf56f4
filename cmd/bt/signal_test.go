package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"bt/client"
	"bt/client/metainfo"
)

// stopMax is what a user may be kept waiting after Ctrl-C.
const stopMax = 5 * time.Second

// TestInterrupt stops a download that waits for peers. Its tracker never
// answers, so that the first signal cannot end it at once.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("processes cannot be sent SIGINT here")
	}
	for _, test := range []struct {
		name    string
		tracker func(t *testing.T) string
		again   bool
		code    int
		max     time.Duration
		says    string
	}{
		{"once", workingTracker, false, 7, stopMax, "Run the same command again to go on."},
		{"once with a tracker that hangs", hangingTracker, false, 7, stopMax, "Run the same command again to go on."},
		{"twice with a tracker that hangs", hangingTracker, true, 130, time.Second, "ended at once"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			torrent := makeTorrent(t, dir, test.tracker(t))
			p := startBT(t, "get", "-d", filepath.Join(dir, "out"), torrent)
			p.waitFor(t, "downloading")
			time.Sleep(100 * time.Millisecond) // let it ask its tracker

			began := time.Now()
			p.interrupt(t)
			p.waitFor(t, "stopping")
			if test.again {
				time.Sleep(oneWish + 50*time.Millisecond)
				began = time.Now()
				p.interrupt(t)
			}
			code, out := p.wait(t)
			if took := time.Since(began); took > test.max {
				t.Errorf("took %v, want at most %v", took, test.max)
			}
			if code != test.code || !strings.Contains(out, test.says) {
				t.Errorf("exit code %d, want %d and %q; output:\n%s", code, test.code, test.says, out)
			}
		})
	}
}

// TestInterruptTwiceAtOnce: timeout(1) signals the process and then its group.
func TestInterruptTwiceAtOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("processes cannot be sent SIGINT here")
	}
	dir := t.TempDir()
	p := startBT(t, "get", "-d", dir, makeTorrent(t, dir, workingTracker(t)))
	p.waitFor(t, "downloading")
	p.interrupt(t)
	p.interrupt(t)
	if code, out := p.wait(t); code != 7 {
		t.Errorf("exit code %d, want 7; output:\n%s", code, out)
	}
}

// TestInterruptCreate: nothing was written yet, so that there is nothing to wait for.
func TestInterruptCreate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("processes cannot be sent SIGINT here")
	}
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "holes"))
	if err != nil {
		t.Fatal(err)
	}
	// Many seconds of hashing: a piece without a byte of data would not be read.
	const size, piece = 50 << 30, 16 << 20
	err = f.Truncate(size)
	for off := int64(0); off < size && err == nil; off += piece {
		_, err = f.WriteAt([]byte{1}, off)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Skipf("no file of nearly nothing: %v", err)
	}
	out := filepath.Join(dir, "holes.torrent")
	p := startBT(t, "create", "--json", "--piece-length", "16MiB", "-o", out, f.Name())
	time.Sleep(300 * time.Millisecond)
	p.interrupt(t)
	code, text := p.waitWithin(t, stopMax)
	if code != int(codeUnfinished) || !strings.Contains(text, `"kind":"unfinished"`) {
		t.Errorf("exit code %d, want %d, and an event that says so; output:\n%s", code, codeUnfinished, text)
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(names) != 1 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

func workingTracker(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "d8:intervali1800e5:peers0:e")
	}))
	t.Cleanup(server.Close)
	return server.URL + "/announce"
}

// hangingTracker accepts connections and says nothing.
func hangingTracker(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return "http://" + ln.Addr().String() + "/announce"
}

// makeTorrent makes a .torrent of something that is nowhere to be had.
func makeTorrent(t *testing.T, dir, tracker string) string {
	t.Helper()
	data := bytes.Repeat([]byte("x"), 40000)
	if err := os.WriteFile(filepath.Join(dir, "data"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	const pieceLength = 16 << 10
	hashes, err := client.HashFiles(client.OSFS(), []string{filepath.Join(dir, "data")}, []int64{int64(len(data))}, pieceLength, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := metainfo.Builder{
		Name: "wanted", Single: true, Files: []metainfo.BuildFile{{Length: int64(len(data))}},
		PieceLength: pieceLength, Trackers: [][]string{{tracker}},
	}
	encoded, err := b.Encode(hashes)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "wanted.torrent")
	if err := os.WriteFile(path, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// process is a bt that runs.
type process struct {
	cmd   *exec.Cmd
	lines chan string // what it prints, closed at the end
	seen  strings.Builder
}

// processMax bounds every wait for a process.
const processMax = 20 * time.Second

func startBT(t *testing.T, args ...string) *process {
	t.Helper()
	return startProcess(t, btCommand(t, args...))
}

func startProcess(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, lines: make(chan string, 1000)}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	})
	go func() {
		defer r.Close()
		defer close(p.lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	return p
}

// startSeed makes dir/big.torrent of dir/src/big, a file of so many bytes, and has a
// bt serve it to whoever dials peer.
func startSeed(t *testing.T, dir string, size int64, flags ...string) (seed *process, torrent, peer string) {
	t.Helper()
	file := filepath.Join(dir, "src", "big")
	if err := writeContent(file, size, 1); err != nil {
		t.Fatal(err)
	}
	torrent = filepath.Join(dir, "big.torrent")
	if code, out := startBT(t, "create", file, "-o", torrent).wait(t); code != 0 {
		t.Fatal(out)
	}
	seed = startBT(t, append([]string{"seed", "--json", "-d", filepath.Dir(file), torrent}, flags...)...)
	seed.waitFor(t, `"phase":"seeding"`)
	return seed, torrent, "127.0.0.1:" + between(seed.seen.String(), `"port":`, "}")
}

// waitFor reads its output until a line contains text.
func (p *process) waitFor(t *testing.T, text string) {
	t.Helper()
	timeout := time.After(processMax)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				t.Fatalf("ended without saying %q:\n%s", text, p.seen.String())
			}
			p.seen.WriteString(line + "\n")
			if strings.Contains(line, text) {
				return
			}
		case <-timeout:
			t.Fatalf("does not say %q:\n%s", text, p.seen.String())
		}
	}
}

func (p *process) interrupt(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}

// wait waits for the end of the process, and returns its code and all it said.
func (p *process) wait(t *testing.T) (code int, out string) {
	t.Helper()
	return p.waitWithin(t, processMax)
}

func (p *process) waitWithin(t *testing.T, d time.Duration) (code int, out string) {
	t.Helper()
	timeout := time.After(d)
	for {
		select {
		case line, ok := <-p.lines:
			if ok {
				p.seen.WriteString(line + "\n")
				continue
			}
			p.cmd.Wait() // the code says all about its error
			return p.cmd.ProcessState.ExitCode(), p.seen.String()
		case <-timeout:
			t.Fatalf("does not end:\n%s", p.seen.String())
		}
	}
}
