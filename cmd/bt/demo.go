package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"bt/client"
	"bt/client/metainfo"
	"bt/simtracker"
	"bt/transport/sockets"
)

func newDemoCommand(a *app) *cobra.Command {
	total := size(64 << 20)
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch a download between two clients on this machine",
		Long: `Start a tracker and a seed in this process, download from the seed over sockets of
this machine into a temporary directory, compare every byte, and print speed and
CPU time. Nothing stays behind.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return a.demo(int64(total)) },
	}
	cmd.Flags().Var(&total, "size", "bytes to download")
	return cmd
}

// demo is one run of bt demo.
type demo struct {
	app  *app
	dir  string // temporary
	meta *metainfo.MetaInfo
}

const demoName = "demo.bin"

func (d *demo) seedDir() string { return filepath.Join(d.dir, "seed") }
func (d *demo) getDir() string  { return filepath.Join(d.dir, "download") }

func (a *app) demo(total int64) (err error) {
	if total <= 0 {
		return usage("--size: there must be something to download")
	}
	ctx, stop := a.interruptible()
	defer stop()
	if a.json {
		a.events.start("demo")
	}
	dir, err := os.MkdirTemp("", "bt-demo-")
	if err != nil {
		return pathError(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d := &demo{app: a, dir: dir}

	tracker := simtracker.New(simtracker.Config{Now: a.clock.Now})
	addr, stopTracker, err := sockets.Serve(netip.AddrPortFrom(loopback, 0), tracker)
	if err != nil {
		return &failure{codeNetwork, err}
	}
	defer stopTracker()
	a.say("tracker: http://%v/announce, in this process", addr)
	if err := d.prepare(ctx, total, addr); err != nil {
		return err
	}
	return d.run(ctx, tracker)
}

// prepare makes the content, and a torrent of it.
func (d *demo) prepare(ctx context.Context, total int64, tracker netip.AddrPort) error {
	if err := os.Mkdir(d.seedDir(), 0o755); err != nil {
		return pathError(err)
	}
	path := filepath.Join(d.seedDir(), demoName)
	if err := writeRandom(ctx, path, total); err != nil {
		return err
	}
	encoded, err := d.app.build(
		&createFlags{trackers: []string{fmt.Sprintf("http://%v/announce", tracker)}},
		&tree{name: demoName, single: true, total: total, paths: []string{path}, lengths: []int64{total},
			files: []metainfo.BuildFile{{Path: []string{demoName}, Length: total}}})
	if err != nil {
		return err
	}
	d.meta, err = metainfo.Parse(encoded)
	return err
}

// writeRandom writes n bytes that nothing can compress.
func writeRandom(ctx context.Context, path string, n int64) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return pathError(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	source := rand.NewChaCha8([32]byte{})
	const step = 1 << 20
	for ; n > 0 && ctx.Err() == nil; n -= step {
		if _, err := io.CopyN(f, source, min(n, step)); err != nil {
			return outputError(path, err)
		}
	}
	return interrupted(ctx)
}

// interrupted is an error if Ctrl-C was pressed.
func interrupted(ctx context.Context) error {
	if ctx.Err() != nil {
		return &failure{codeUnfinished, errInterrupted}
	}
	return nil
}

// run seeds with one client and downloads with another.
func (d *demo) run(ctx context.Context, tracker *simtracker.Tracker) error {
	a := d.app
	stopSeed, err := d.startSeed(tracker)
	if err != nil {
		return err
	}
	defer stopSeed()
	w, err := a.newWorld()
	if err != nil {
		return err
	}
	defer w.close()
	began, cpuBefore := a.clock.Now(), cpuTime()
	err = a.transfer(ctx, w.World, client.Config{Addr: loopback},
		[]job{{spec: client.Spec{Meta: d.meta, Dir: d.getDir()}, goal: goal{download: true}}}, a.newUI(hideResults))
	took, cpu := a.clock.Since(began), cpuTime()-cpuBefore
	if err != nil {
		return err
	}
	if err := sameFiles(filepath.Join(d.seedDir(), demoName), filepath.Join(d.getDir(), demoName)); err != nil {
		return err
	}
	return d.tell(took, cpu)
}

// seedTimeout is far more than a check of what was just hashed, and an
// announce, can take.
const seedTimeout = time.Minute

// startSeed starts a client that seeds, and waits until the tracker knows it,
// so that the download need not wait for its second announce.
func (d *demo) startSeed(tracker *simtracker.Tracker) (stop func(), err error) {
	w, err := d.app.newWorld()
	if err != nil {
		return nil, err
	}
	ready := make(chan struct{}, 1)
	failed := make(chan error, 1)
	c, err := client.New(w.World, client.Config{Addr: loopback, OnNotice: func(n client.Notice) {
		switch n := n.(type) {
		case client.TrackerAnswered:
			tell(ready, struct{}{})
		case client.TrackerFailed:
			tell(failed, n.Err)
		case client.FileFailed:
			tell(failed, n.Err)
		}
	}})
	if err != nil {
		w.close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	stop = func() {
		cancel()
		<-ended // that it was in a hurry matters to nobody
		w.close()
	}
	if _, err = c.Add(client.Spec{Meta: d.meta, Dir: d.seedDir()}); err != nil {
		cancel()
		w.close()
		return nil, err
	}
	go func() { ended <- c.Run(ctx) }()
	select {
	case <-ready:
		d.app.say("seed: 127.0.0.1:%d, in this process", c.Port())
		return stop, nil
	case err = <-failed:
	case <-d.app.clock.After(seedTimeout):
		err = errors.New("no announce within a minute")
	}
	stop()
	return nil, fmt.Errorf("the seed does not come up: %w", err)
}

// tell sends unless somebody was told already.
func tell[T any](ch chan T, v T) {
	select {
	case ch <- v:
	default:
	}
}

// sameFiles compares two files byte for byte.
func sameFiles(a, b string) error {
	fa, err := os.Open(a)
	if err != nil {
		return pathError(err)
	}
	defer fa.Close()
	fb, err := os.Open(b)
	if err != nil {
		return pathError(err)
	}
	defer fb.Close()
	bufA, bufB := make([]byte, 1<<20), make([]byte, 1<<20)
	for {
		n, errA := io.ReadFull(fa, bufA)
		m, errB := io.ReadFull(fb, bufB)
		if !bytes.Equal(bufA[:n], bufB[:m]) {
			return fail(codeVerification, "%s and %s differ", a, b)
		}
		if errA != nil || errB != nil {
			return errors.Join(realError(errA), realError(errB))
		}
	}
}

// realError forgets the end of a file.
func realError(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

// tell prints the result. The CPU time is that of both clients and the tracker.
func (d *demo) tell(took, cpu time.Duration) error {
	n := d.meta.Info.Length
	if d.app.json {
		h := d.app.events.head("demo")
		d.app.events.emit(struct {
			event
			Bytes   int64   `json:"bytes"`
			Seconds float64 `json:"seconds"`
			CPU     float64 `json:"cpu_seconds"`
			Same    bool    `json:"identical"`
		}{h, n, seconds(took), seconds(cpu), true})
		return nil
	}
	_, err := fmt.Fprintf(d.app.stdout, "%s downloaded and compared, byte for byte: identical.\n%s in all, %s; CPU %.2f s for both clients and the tracker\n",
		bytesText(n), shortDurationText(took), meterRate(n, took), cpu.Seconds())
	return err
}
