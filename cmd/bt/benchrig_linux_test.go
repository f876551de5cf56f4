package main

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"bt/client"
	"bt/client/metainfo"
)

// What the user of the benchmarks may change.
const (
	benchSize   = "BT_BENCH_MIB"    // of what is downloaded, hashed and verified
	benchRounds = "BT_BENCH_ROUNDS" // of everything that is compared; medians are printed
	benchDisk   = "BT_BENCH_DIR"    // for BenchmarkDisk, on the disk to be measured
)

func benchSetting(b *testing.B, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("%s=%s: not a number from 1 on", name, text)
	}
	return n
}

const (
	benchPiece   = 1 << 20
	benchTimeout = 2 * time.Minute // of one download
)

// rig is what all benchmarks of whole programs need: a payload, its torrent, and a
// tracker.
type rig struct {
	*testing.B
	dir      string // of its own, in memory if possible
	payload  string
	size     int64
	torrent  string
	piece    int64
	tracker  *seedTracker
	announce string
	scratch  int // directories made
}

// newRig makes a payload of some MiB in a file.
func newRig(b *testing.B, mib int) *rig {
	b.Helper()
	isolate(b)
	r := &rig{B: b, dir: memoryDir(b), size: int64(mib) << 20, piece: benchPiece, tracker: &seedTracker{seeds: make(map[string]int)}}
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	r.check(err)
	server := &http.Server{Handler: r.tracker}
	go server.Serve(ln)
	b.Cleanup(func() { server.Close() })
	r.announce = fmt.Sprintf("http://%v/announce", ln.Addr())
	r.payload = filepath.Join(r.mkdir("src"), "payload.bin")
	r.check(writeNoise(r.payload, r.size))
	r.torrent = filepath.Join(r.dir, "payload.torrent")
	r.makeTorrent(r.torrent, r.announce)
	return r
}

func (r *rig) check(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) mkdir(name string) string {
	dir := filepath.Join(r.dir, name)
	r.check(os.MkdirAll(dir, 0o755))
	return dir
}

// fresh is a directory that is not there yet.
func (r *rig) fresh() string {
	r.scratch++
	return filepath.Join(r.dir, fmt.Sprint("scratch-", r.scratch))
}

func writeNoise(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{1}), size); err != nil {
		return err
	}
	return f.Close()
}

func (r *rig) makeTorrent(path, tracker string) {
	r.Helper()
	hashes, err := client.HashFiles(client.OSFS(), []string{r.payload}, []int64{r.size}, r.piece, 2, nil)
	r.check(err)
	builder := metainfo.Builder{
		Name: filepath.Base(r.payload), PieceLength: r.piece, Trackers: [][]string{{tracker}}, Single: true,
		Files: []metainfo.BuildFile{{Length: r.size}},
	}
	encoded, err := builder.Encode(hashes)
	r.check(err)
	r.check(os.WriteFile(path, encoded, 0o600))
}

// memoryDir is a directory in memory, where there is one: a disk would be all that
// is measured.
func memoryDir(b *testing.B) string {
	const shm = "/dev/shm"
	dir, err := os.MkdirTemp(shm, "bt-bench-")
	if err != nil {
		b.Logf("no memory below %s: %v", shm, err)
		return b.TempDir()
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// isolate gives this goroutine, and the programs that it starts, a network of
// their own with nothing but a loopback interface, if the system lets us: no client
// can reach anything else. The goroutine's thread ends with it.
func isolate(b *testing.B) {
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		b.Logf("on the network of this machine, since a new one cannot be had: %v", err)
		return
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(fd)
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		b.Fatal(err)
	}
	loopback.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, loopback); err != nil {
		b.Fatal(err)
	}
}

// program is a process that is measured.
type program struct {
	rig   *rig
	cmd   *exec.Cmd
	began time.Time
	out   bytes.Buffer
	peak  int64         // of its memory, in bytes, valid after ended
	ended chan struct{} // closed when it has ended
	err   error         // valid then
}

// expense is what a process has cost.
type expense struct {
	wall, cpu time.Duration
	peak      int64 // of its resident memory, in bytes
}

// start runs a program. It has a home of its own.
func (r *rig) start(home string, env []string, args ...string) *program {
	r.Helper()
	r.check(os.MkdirAll(home, 0o755))
	p := &program{rig: r, cmd: exec.Command(args[0], args[1:]...), ended: make(chan struct{})}
	p.cmd.Env = slices.Concat(os.Environ(), []string{"HOME=" + home, homeVariable + "=" + home}, env)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = home, &p.out, &p.out
	p.began = time.Now()
	r.check(p.cmd.Start())
	go p.watch()
	r.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// watch waits for the end, and meanwhile looks at the memory. What the system tells
// at the end has in it what this very process had when it started the other one.
func (p *program) watch() {
	defer close(p.ended)
	exited := make(chan error, 1)
	go func() { exited <- p.cmd.Wait() }()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			p.peak = max(p.peak, statusBytes(p.cmd.Process.Pid, "VmHWM"))
		case p.err = <-exited:
			return
		}
	}
}

// wait returns what a program has cost, which has to end well.
func (p *program) wait() expense {
	p.rig.Helper()
	select {
	case <-p.ended:
	case <-time.After(benchTimeout):
		p.rig.Fatalf("%v does not end; output:\n%s", p.cmd.Args, p.out.String())
	}
	wall := time.Since(p.began)
	if p.err != nil {
		p.rig.Fatalf("%v: %v; output:\n%s", p.cmd.Args, p.err, p.out.String())
	}
	return expense{wall: wall, cpu: p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime(), peak: p.peak}
}

// cpu is the processor time so far.
func (p *program) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	p.rig.check(err)
	// The name of the program, in brackets, may have spaces in it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const userTime, ticksPerSecond = 11, 100
	ticks := time.Duration(0)
	for _, text := range fields[userTime : userTime+2] {
		n, err := strconv.Atoi(text)
		p.rig.check(err)
		ticks += time.Duration(n)
	}
	return ticks * time.Second / ticksPerSecond
}

// interrupt ends a program with Ctrl-C.
func (p *program) interrupt() {
	p.cmd.Process.Signal(syscall.SIGINT)
	<-p.ended
}

// statusBytes reads a field of /proc/PID/status that is in kB; 0 if it is gone.
func statusBytes(pid int, field string) int64 { return statusField(pid, field) << 10 }

func statusField(pid int, field string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "\n"+field+":")
	words := strings.Fields(rest)
	if len(words) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(words[0], 10, 64)
	return n
}

// wantPayload compares a download with what it was made of.
func (r *rig) wantPayload(dir string) {
	r.Helper()
	r.check(sameFiles(r.payload, filepath.Join(dir, filepath.Base(r.payload))))
}

// waitSeeds waits until the tracker knows so many seeds.
func (r *rig) waitSeeds(n int) {
	r.Helper()
	for deadline := time.Now().Add(benchTimeout); r.tracker.count() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.Fatalf("no %d seeds in time", n)
		}
	}
}

// seedTracker tells of seeds only, as soon as they have started. Other downloaders,
// of which some end without a word, would be in the way.
type seedTracker struct {
	mu    sync.Mutex
	seeds map[string]int // ports, by peer id
}

func (t *seedTracker) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.seeds)
}

// forget drops all seeds.
func (t *seedTracker) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.seeds)
}

func (t *seedTracker) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	query := req.URL.Query()
	id := query.Get("peer_id")
	switch event := query.Get("event"); {
	case event == "stopped":
		delete(t.seeds, id)
	case event == "started" && query.Get("left") == "0":
		t.seeds[id], _ = strconv.Atoi(query.Get("port"))
	}
	peers := []byte{}
	for other, port := range t.seeds {
		if other != id {
			peers = append(peers, 127, 0, 0, 1, byte(port>>8), byte(port))
		}
	}
	fmt.Fprintf(w, "d8:intervali1800e5:peers%d:%se", len(peers), peers)
}

// median of what some rounds have measured.
func median[T int64 | float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// floor is the work that no client can do without: a stream of blocks over
// loopback, SHA-1 of each piece, and the pieces written to a file. No protocol.
func (r *rig) floor() time.Duration {
	r.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	r.check(err)
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		chunk := make([]byte, 256<<10)
		for left := r.size; left > 0; left -= int64(len(chunk)) {
			if _, err := conn.Write(chunk); err != nil {
				return
			}
		}
	}()
	conn, err := net.Dial("tcp4", ln.Addr().String())
	r.check(err)
	defer conn.Close()
	f, err := os.Create(r.fresh())
	r.check(err)
	defer os.Remove(f.Name())
	defer f.Close()

	began := time.Now()
	const buffers = 8 // are all that is between the reader and the disk
	full, free, failed := make(chan []byte, buffers), make(chan []byte, buffers), make(chan error, 1)
	for range buffers {
		free <- make([]byte, benchPiece)
	}
	go func() {
		off := int64(0)
		var err error
		for piece := range full {
			sha1.Sum(piece)
			if _, e := f.WriteAt(piece, off); e != nil {
				err = e
			}
			off += int64(len(piece))
			free <- piece
		}
		failed <- err
	}()
	for range r.size / benchPiece {
		piece := <-free
		_, err := io.ReadFull(conn, piece)
		r.check(err)
		full <- piece
	}
	close(full)
	r.check(<-failed)
	return time.Since(began)
}
