package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client"
	"bt/client/metainfo"
	"bt/simtracker"
)

// TestInterop downloads from the clients the world uses, and lets them download
// from bt, over sockets of this machine. Clients that are not installed are
// skipped, unless BT_INTEROP=require: then they are missed.
func TestInterop(t *testing.T) {
	if testing.Short() {
		t.Skip("starts other clients and moves gigabytes")
	}
	payloads := newPayloads(t)
	for _, c := range foreignClients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := c.installed(); err != nil {
				missing(t, fmt.Sprintf("%s is not installed: %v", c.name, err))
			}
			for _, p := range payloads {
				t.Run(p.name+" from it", func(t *testing.T) {
					t.Parallel()
					fromForeign(t, c, p)
				})
				t.Run(p.name+" to it", func(t *testing.T) {
					t.Parallel()
					toForeign(t, c, p)
				})
			}
		})
	}
}

func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("BT_INTEROP") == "require" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// interopTimeout bounds one download. The slowest takes a minute: Transmission
// answers requests twice a second, so that what it gives is twice the pipeline.
const interopTimeout = 150 * time.Second

// foreign is another client.
type foreign struct {
	name string
	// command returns what starts it: to seed what is complete in dir, or to
	// download to it.
	command func(r foreignRun) ([]string, error)
	// programs must be in the path; check, unless nil, looks closer.
	programs []string
	check    []string
	// deaf: it takes no address of 127.0.0.0/8 from a tracker, so bt connects
	// to it; nor does it end when its download is complete.
	deaf bool
	// noEmpty: it does not create empty files, as Transmission 3.
	noEmpty bool
}

// foreignRun is what a foreign client is to do.
type foreignRun struct {
	seed          bool
	dir, torrent  string
	port          int
	scratch, done string // a directory for its own use; a file to create when complete
	// For libtorrent alone: what it gives at most, in bytes per second, 0 for all it
	// can, and a file in which it keeps how much payload it has given.
	upLimit int
	given   string
}

var foreignClients = []foreign{
	// The slowest first: it shares the time with all others.
	{name: "transmission", programs: []string{"transmission-cli"}, command: transmissionCommand, deaf: true, noEmpty: true},
	{name: "aria2", programs: []string{"aria2c"}, command: aria2Command},
	{name: "libtorrent", programs: []string{"/usr/bin/python3"}, check: []string{"/usr/bin/python3", "-c", "import libtorrent"}, command: libtorrentCommand},
}

func (c *foreign) installed() error {
	for _, p := range c.programs {
		if _, err := exec.LookPath(p); err != nil {
			return err
		}
	}
	if c.check == nil {
		return nil
	}
	if out, err := exec.Command(c.check[0], c.check[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func aria2Command(r foreignRun) ([]string, error) {
	cmd := []string{
		"aria2c", "--no-conf", "--quiet", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
		"--enable-peer-exchange=false", "--disable-ipv6", "--file-allocation=none",
		fmt.Sprintf("--listen-port=%d", r.port), "--dir=" + r.dir,
	}
	if r.seed {
		cmd = append(cmd, "--check-integrity=true", "--seed-ratio=0.0")
	} else {
		cmd = append(cmd, "--seed-time=0")
	}
	return append(cmd, r.torrent), nil
}

// libtorrentScript is a client in a few lines of libtorrent's Python binding. What
// it has given it writes down in one rename: nobody reads half a number.
const libtorrentScript = `
import libtorrent as lt, os, sys, time
torrent, path, port, mode, limit, given = sys.argv[1:7]
session = lt.session({
    "listen_interfaces": "127.0.0.1:" + port, "allow_multiple_connections_per_ip": True, "alert_mask": 0,
    "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
    "enable_outgoing_utp": False, "enable_incoming_utp": False})
params = lt.add_torrent_params()
params.ti = lt.torrent_info(torrent)
params.save_path = path
params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
handle = session.add_torrent(params)
handle.set_upload_limit(int(limit)) # of the torrent: limits of the session are not for this machine
while mode == "seed" or not handle.status().is_seeding:
    time.sleep(0.05)
    if given:
        with open(given + ".new", "w") as f:
            f.write(str(handle.status().total_payload_upload))
        os.rename(given + ".new", given)
`

func libtorrentCommand(r foreignRun) ([]string, error) {
	mode := "get"
	if r.seed {
		mode = "seed"
	}
	return []string{"/usr/bin/python3", "-c", libtorrentScript, r.torrent, r.dir, fmt.Sprint(r.port), mode, fmt.Sprint(r.upLimit), r.given}, nil
}

const transmissionSettings = `{
	"bind-address-ipv4": "127.0.0.1", "dht-enabled": false, "lpd-enabled": false, "pex-enabled": false,
	"utp-enabled": false, "port-forwarding-enabled": false, "download-queue-enabled": false}`

func transmissionCommand(r foreignRun) ([]string, error) {
	finish := filepath.Join(r.scratch, "finish")
	err := errors.Join(
		os.WriteFile(filepath.Join(r.scratch, "settings.json"), []byte(transmissionSettings), 0o600),
		os.WriteFile(finish, []byte("#!/bin/sh\n: >'"+r.done+"'\n"), 0o700))
	cmd := []string{
		"transmission-cli", "--config-dir", r.scratch, "--download-dir", r.dir, "--port", fmt.Sprint(r.port),
		"--no-portmap", "--finish", finish,
	}
	if r.seed {
		cmd = append(cmd, "--verify")
	}
	return append(cmd, r.torrent), err
}

// payload is something to download.
type payload struct {
	name   string
	files  map[string]int64 // sizes by path
	dir    string           // that holds them
	hashes []metainfo.Hash
}

func newPayloads(t *testing.T) []payload {
	t.Helper()
	dir := t.TempDir()
	payloads := []payload{
		{name: "300 MB", files: map[string]int64{"big.bin": 300e6}},
		// No file ends where a piece ends; see interopPiece.
		{name: "files", files: map[string]int64{
			"set/a.bin": 1_000_003, "set/b/empty": 0, "set/b/one": 1, "set/b/two.bin": 7_777_777, "set/c.txt": 12_345, "set/z empty": 0,
		}},
		{name: "tiny", files: map[string]int64{"tiny.bin": 5}},
	}
	for i := range payloads {
		p := &payloads[i]
		p.dir = filepath.Join(dir, fmt.Sprint(i))
		p.fill(t, 10*i)
	}
	return payloads
}

// fill writes the files of a payload, each from a seed of its own, and hashes
// them.
func (p *payload) fill(t *testing.T, firstSeed int) {
	t.Helper()
	var paths []string
	var lengths []int64
	for i, name := range p.names() {
		path := filepath.Join(p.dir, name)
		if err := writeContent(path, p.files[name], byte(firstSeed+i)); err != nil {
			t.Fatal(err)
		}
		paths, lengths = append(paths, path), append(lengths, p.files[name])
	}
	var err error
	if p.hashes, err = client.HashFiles(client.OSFS(), paths, lengths, interopPiece, 2, nil); err != nil {
		t.Fatal(err)
	}
}

// names lists the files as in the torrent.
func (p *payload) names() []string { return slices.Sorted(maps.Keys(p.files)) }

const interopPiece = 256 << 10

// torrent makes a .torrent of a payload.
func (p *payload) torrent(t *testing.T, path, tracker string) metainfo.Hash {
	t.Helper()
	b := metainfo.Builder{PieceLength: interopPiece, Trackers: [][]string{{tracker}}}
	for _, name := range p.names() {
		parts := strings.Split(name, "/")
		b.Name, b.Single = parts[0], len(parts) == 1
		b.Files = append(b.Files, metainfo.BuildFile{Path: parts[1:], Length: p.files[name]})
	}
	encoded, err := b.Encode(p.hashes)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	meta, err := metainfo.Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return meta.InfoHash
}

// fromForeign downloads with bt what a foreign client seeds.
func fromForeign(t *testing.T, c foreign, p payload) {
	r := newRun(t, p)
	port := freePort(t)
	r.startForeign(t, c, foreignRun{seed: true, dir: p.dir, torrent: r.torrent, port: port})
	r.waitSwarm(t, 1, 0)

	out := filepath.Join(r.dir, "out")
	args := []string{"get", "-d", out, r.torrent}
	if c.deaf {
		args = append(args, "--peer", fmt.Sprintf("127.0.0.1:%d", port))
	}
	began := time.Now()
	bt := r.startBT(t, args...)
	if code, text := bt.waitWithin(t, interopTimeout); code != 0 {
		t.Fatalf("bt: exit code %d; output:\n%s", code, text)
	}
	t.Logf("%v", time.Since(began).Round(time.Millisecond))
	wantSame(t, p, out)
	wantNothingElse(t, p, out)
}

// toForeign lets a foreign client download what bt seeds.
func toForeign(t *testing.T, c foreign, p payload) {
	r := newRun(t, p)
	port := freePort(t)
	out := filepath.Join(r.dir, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	run := foreignRun{dir: out, torrent: r.torrent, port: port, done: filepath.Join(r.dir, "done")}
	seed := []string{"seed", "-d", p.dir, r.torrent}
	var began time.Time
	if c.deaf {
		r.startForeign(t, c, run)
		r.waitSwarm(t, 0, 1)
		began = time.Now()
		defer stopBT(t, r.startBT(t, append(seed, "--peer", fmt.Sprintf("127.0.0.1:%d", port))...))
		r.waitFile(t, run.done)
	} else {
		defer stopBT(t, r.startBT(t, seed...))
		r.waitSwarm(t, 1, 0)
		began = time.Now()
		r.startForeign(t, c, run)
		r.waitForeign(t)
	}
	t.Logf("%v", time.Since(began).Round(time.Millisecond))
	if c.noEmpty {
		p = p.withoutEmpty()
	}
	wantSame(t, p, out)
}

// interopRun is one download, with a tracker of its own: one that remembers the
// peers of earlier runs would send the clients to ports where nobody is.
type interopRun struct {
	tracker *simtracker.Tracker
	dir     string // of its own
	torrent string
	hash    metainfo.Hash
	ended   chan struct{} // closed when the foreign client has ended
	err     error         // of that, valid then
	log     string        // its output
	ctx     context.Context
}

// startBT starts bt with a home of its own: several runs seed the same payload
// at once, which no two bt of one user would do.
func (r *interopRun) startBT(t *testing.T, args ...string) *process {
	t.Helper()
	return startProcess(t, btCommandAt(t, filepath.Join(r.dir, "home"), args...))
}

func newRun(t *testing.T, p payload) *interopRun {
	r := &interopRun{tracker: simtracker.New(simtracker.Config{Now: time.Now}), dir: t.TempDir()}
	server := httptest.NewServer(r.tracker)
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), interopTimeout)
	t.Cleanup(cancel)
	r.ctx = ctx
	r.torrent = filepath.Join(r.dir, "x.torrent")
	r.hash = p.torrent(t, r.torrent, server.URL+"/announce")
	return r
}

// startForeign starts a client, which ends with the test if not before.
func (r *interopRun) startForeign(t *testing.T, c foreign, run foreignRun) {
	t.Helper()
	run.scratch = filepath.Join(r.dir, "scratch")
	if err := os.Mkdir(run.scratch, 0o755); err != nil {
		t.Fatal(err)
	}
	args, err := c.command(run)
	if err != nil {
		t.Fatal(err)
	}
	r.log = filepath.Join(r.dir, "log")
	log, err := os.Create(r.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "HOME="+run.scratch) // not the user's settings
	cmd.Dir, cmd.Stdout, cmd.Stderr = run.scratch, log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.ended = make(chan struct{})
	go func() {
		defer close(r.ended)
		r.err = cmd.Wait()
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-r.ended
	})
}

// output is what the foreign client has said.
func (r *interopRun) output() string {
	b, err := os.ReadFile(r.log)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// waitForeign waits for the end of a foreign client.
func (r *interopRun) waitForeign(t *testing.T) {
	t.Helper()
	select {
	case <-r.ended:
		if r.err != nil {
			t.Fatalf("%v; output:\n%s", r.err, r.output())
		}
	case <-r.ctx.Done():
		t.Fatalf("is not complete in time; output:\n%s", r.output())
	}
}

// waitSwarm waits until the tracker knows so many peers.
func (r *interopRun) waitSwarm(t *testing.T, seeds, leeches int) {
	t.Helper()
	r.waitUntil(t, fmt.Sprintf("%d seeds and %d leeches", seeds, leeches), func() bool {
		s, l := r.tracker.Swarm(r.hash)
		return s >= seeds && l >= leeches
	})
}

func (r *interopRun) waitFile(t *testing.T, path string) {
	t.Helper()
	r.waitUntil(t, path, func() bool {
		_, err := os.Stat(path)
		return err == nil
	})
}

func (r *interopRun) waitUntil(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-r.ctx.Done():
			t.Fatalf("no %s in time; output:\n%s", what, r.output())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stopBT ends a bt that seeds. It must do so willingly.
func stopBT(t *testing.T, p *process) {
	t.Helper()
	p.interrupt(t)
	if code, out := p.wait(t); code != 0 {
		t.Errorf("bt seed: exit code %d; output:\n%s", code, out)
	}
}

// withoutEmpty is the payload less its empty files.
func (p payload) withoutEmpty() payload {
	p.files = maps.Clone(p.files)
	maps.DeleteFunc(p.files, func(_ string, size int64) bool { return size == 0 })
	return p
}

// wantSame compares all files of a payload.
func wantSame(t *testing.T, p payload, out string) {
	t.Helper()
	for path := range p.files {
		if err := sameFiles(filepath.Join(p.dir, path), filepath.Join(out, path)); err != nil {
			t.Error(err)
		}
	}
}

// wantNothingElse looks for files that are not of the payload.
func wantNothingElse(t *testing.T, p payload, out string) {
	t.Helper()
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(out, path)
		if _, ok := p.files[filepath.ToSlash(rel)]; !ok {
			t.Errorf("%s was left behind", rel)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// freePort returns a port that nobody listens on, for clients that cannot be
// asked which one they have.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}
