package main

import (
	crand "crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"

	"github.com/benbjohnson/clock"
	"golang.org/x/term"

	"bt/client"
	"bt/transport/sockets"
)

// app is what all commands share: where they read and write, the global flags,
// and the real world.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	console        *console // on stderr
	clock          clock.Clock

	json, quiet, verbose bool

	events *events // what --json prints on stdout
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, console: &console{out: stderr}, clock: clock.New()}
	a.events = &events{out: stdout, now: a.clock.Now}
	return a
}

// say tells people something on the way. --quiet leaves only errors.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		a.warn(format, args...)
	}
}

// warn is for what must be said even with --quiet.
func (a *app) warn(format string, args ...any) {
	fmt.Fprintf(a.console, "bt: %s\n", printable(fmt.Sprintf(format, args...)))
}

// terminal returns what progress may be drawn on in place. A dumb terminal cannot
// move its cursor.
func (a *app) terminal() (f *os.File, ok bool) {
	f, ok = a.stderr.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" && takesEscapes(f)
}

// live says whether there is one.
func (a *app) live() bool {
	_, ok := a.terminal()
	return ok
}

// world is the real one, and what has to be let go of after use.
type world struct {
	client.World
	net     *sockets.Network
	http    *sockets.Fetcher
	names   *sockets.Resolver
	workers *client.Workers
}

// newWorld makes a world for one client.
func (a *app) newWorld() (*world, error) {
	var seed [32]byte
	if _, err := crand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("get random bytes from the system: %w", err)
	}
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(a.console, &slog.HandlerOptions{Level: level}))
	w := &world{
		net:     sockets.New(sockets.Config{Log: log}),
		http:    newFetcher(),
		names:   sockets.NewResolver(),
		workers: client.NewWorkers(diskWorkers()),
	}
	w.World = client.World{
		Clock: a.clock, Net: w.net, HTTP: w.http, Names: w.names, FS: client.OSFS(), Work: w.workers,
		Rand: rand.NewChaCha8(seed), Log: log,
	}
	return w, nil
}

func (w *world) close() {
	w.http.Close()
	w.names.Close()
	w.net.Close()
	w.workers.Close()
}

func newFetcher() *sockets.Fetcher {
	return sockets.NewFetcher(sockets.FetcherConfig{UserAgent: "bt/" + version})
}

// diskWorkers is how many jobs of hashing and disk access run at once: one for
// each core hashes, and some more wait for the disk meanwhile.
func diskWorkers() int { return runtime.GOMAXPROCS(0) + diskWaiters }

const diskWaiters = 2

// hashWorkers is how many hash the files of a new torrent. They read in turns, so
// that no more than one of them waits for the disk.
func hashWorkers() int { return runtime.GOMAXPROCS(0) + 1 }

// loopback is where bt talks to itself.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})
