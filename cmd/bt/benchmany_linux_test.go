package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"bt/client"
	"bt/client/metainfo"
)

// asMany makes the test binary several clients in one process: so many of them cost
// less beside what is measured than as many processes.
const asMany = "BT_TEST_AS_MANY"

// manyRoles are what such a process may be, by the value of asMany.
var manyRoles = map[string]func(args []string) error{"seeds": runSeeds, "stopped": runStopped}

func init() {
	role := manyRoles[os.Getenv(asMany)]
	if role == nil {
		return
	}
	saveMemory()
	if err := role(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runSeeds is N clients that seed TORRENT from DIR, on ports from PORT on. The first
// has to check it; the others believe what that has found.
func runSeeds(args []string) error {
	a := newApp(os.Stdin, os.Stdout, os.Stderr)
	var numbers [2]int
	for i := range numbers {
		n, err := strconv.Atoi(args[i])
		if err != nil {
			return err
		}
		numbers[i] = n
	}
	count, port := numbers[0], numbers[1]
	meta, err := a.load(args[2])
	if err != nil {
		return err
	}
	w, err := a.newWorld()
	if err != nil {
		return err
	}
	defer w.close()
	ctx, stop := a.interruptible()
	defer stop()
	var running sync.WaitGroup
	defer running.Wait()
	spec := client.Spec{Meta: meta, Dir: args[3]}
	for i := range count {
		checked, noted := make(chan struct{}, 1), make(chan struct{}, 1)
		c, err := client.New(w.World, client.Config{Port: port + i, OnNotice: func(n client.Notice) {
			switch n.(type) {
			case client.HashcheckDone:
				checked <- struct{}{}
			case client.Checkpointed:
				select {
				case noted <- struct{}{}:
				default: // there is one already
				}
			}
		}})
		if err != nil {
			return err
		}
		t, err := c.Add(spec)
		if err != nil {
			return err
		}
		running.Go(func() { c.Run(ctx) })
		ready := checked
		if i == 0 && count > 1 {
			ready = noted
		}
		select {
		case <-ready:
		case <-ctx.Done():
			return nil
		}
		if i == 0 {
			spec.PieceCache = t.PieceCache()
		}
	}
	return nil
}

// manySeeds starts so many seeds of the payload in one process.
func (r *rig) manySeeds(n int) *program {
	r.Helper()
	p := r.start(r.fresh(), []string{asMany + "=seeds"}, os.Args[0], fmt.Sprint(n), fmt.Sprint(benchManyPort), r.torrent, filepath.Dir(r.payload))
	r.waitSeeds(n)
	return p
}

const benchManyPort = 20600

// BenchmarkMany downloads from many seeds at once, and seeds to many at once, beside
// one to one. What counts is the throughput as a part of that, and the peak of memory;
// the processor time of both sides says who has needed more where it is less.
func BenchmarkMany(b *testing.B) {
	const peers = 50
	r := newRig(b, benchSetting(b, benchSize, 512))
	part := r.part(peers)
	for range b.N {
		var one, fromMany, toMany download
		for range benchSetting(b, benchRounds, 3) {
			r.addMany(&one, 1, 1)
			part.addMany(&toMany, 1, peers)
			r.addMany(&fromMany, peers, 1)
		}
		rate := r.tellMany("one to one", &one, 1)
		toRate := part.tellMany(fmt.Sprintf("one seed to %d", peers), &toMany, peers)
		fromRate := r.tellMany(fmt.Sprintf("%d seeds to one", peers), &fromMany, 1)
		b.ReportMetric(fromRate/rate, "many-seeds/one")
		b.ReportMetric(toRate/rate, "many-clients/one")
		b.ReportMetric(float64(slices.Max(slices.Concat(toMany.peak, fromMany.peak))>>20), "peak-MiB")
	}
	b.ReportMetric(0, "ns/op")
}

// addMany measures a download by so many clients from so many seeds.
func (r *rig) addMany(d *download, seeds, clients int) {
	r.Helper()
	seed := r.manySeeds(seeds)
	before := seed.cpu()
	u := r.getMany(clients)
	d.add(u, seed.cpu()-before)
	seed.interrupt()
	r.tracker.forget()
}

// tellMany says what such downloads have cost, and returns the MiB a second of all
// clients together.
func (r *rig) tellMany(what string, d *download, clients int) (rate float64) {
	r.Helper()
	rate = r.mibPerSecond(median(d.wall)) * float64(clients)
	perGiB := func(cpu []time.Duration) float64 { return r.perGiB(cpu) / float64(clients) }
	r.Logf("%-16s %5.0f MiB/s, downloaders %.2f s/GiB, seeds %.2f s/GiB", what, rate, perGiB(d.cpu), perGiB(d.seedCPU))
	return rate
}

// part is a rig with a payload of an nth of the size.
func (r *rig) part(n int64) *rig {
	r.Helper()
	p := *r
	p.dir = r.mkdir("part")
	p.payload = filepath.Join(p.mkdir("src"), "part.bin")
	p.size = max(r.size/n, benchPiece)
	r.check(writeNoise(p.payload, p.size))
	p.torrent = filepath.Join(p.dir, "part.torrent")
	p.makeTorrent(p.torrent, r.announce)
	return &p
}

// getMany has so many bt download at once. It returns what all of them have cost
// together, and the most memory of one.
func (r *rig) getMany(n int) (u expense) {
	r.Helper()
	began := time.Now()
	running := make([]*program, n)
	dirs := make([]string, n)
	for i := range running {
		dirs[i] = r.fresh()
		r.check(os.MkdirAll(dirs[i], 0o755))
		args, err := btBench(foreignRun{dir: dirs[i], torrent: r.torrent})
		r.check(err)
		running[i] = r.start(r.fresh(), []string{asBT + "=1"}, args...)
	}
	for _, p := range running {
		one := p.wait()
		u.cpu, u.peak = u.cpu+one.cpu, max(u.peak, one.peak)
	}
	u.wall = time.Since(began)
	for _, dir := range dirs {
		r.wantPayload(dir)
		r.check(os.RemoveAll(dir))
	}
	return u
}

// BenchmarkPeak is about the memory of a download with the largest pieces in use,
// from one seed and from many.
func BenchmarkPeak(b *testing.B) {
	r := newRig(b, benchSetting(b, benchSize, 512))
	r.piece = 16 << 20
	r.makeTorrent(r.torrent, r.announce)
	for range b.N {
		for _, peers := range []int{1, 50, 200} {
			seeds := r.manySeeds(peers)
			u := r.get(getter{"bt", btBench}, r.fresh())
			b.ReportMetric(float64(u.peak>>20), fmt.Sprintf("MiB-from-%d", peers))
			seeds.interrupt()
			r.tracker.forget()
		}
	}
	b.ReportMetric(0, "ns/op")
}

// stoppedFigures are what runStopped prints.
type stoppedFigures struct {
	Start, CPU float64 // seconds; the second of idleTime
	Memory     int64   // resident, in bytes
	Switches   int64   // how often a thread has waited during idleTime
}

const idleTime = 5 * time.Second

// runStopped is a client with N torrents that are stopped.
func runStopped(args []string) error {
	count, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	name := func(i int) []byte { return fmt.Appendf(nil, "torrent-%05d", i) }
	const pieces, pieceLength = 64, 256 << 10
	builder := metainfo.Builder{
		Name: string(name(0)), PieceLength: pieceLength, Trackers: [][]string{{"http://127.0.0.1:9/announce"}}, Single: true,
		Files: []metainfo.BuildFile{{Length: pieces * pieceLength}},
	}
	first, err := builder.Encode(make([]metainfo.Hash, pieces))
	if err != nil {
		return err
	}
	w, err := newApp(os.Stdin, os.Stdout, os.Stderr).newWorld()
	if err != nil {
		return err
	}
	defer w.close()

	began := time.Now()
	c, err := client.New(w.World, client.Config{})
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	running.Go(func() { c.Run(ctx) })
	var last *client.Torrent
	for i := range count {
		meta, err := metainfo.Parse(bytes.Replace(first, name(0), name(i), 1))
		if err != nil {
			return err
		}
		if last, err = c.Add(client.Spec{Meta: meta, Dir: args[1], State: client.Stopped}); err != nil {
			return err
		}
	}
	for last.Wanted() == nil { // until it was taken up
		time.Sleep(time.Millisecond)
	}
	f := stoppedFigures{Start: time.Since(began).Seconds()}
	time.Sleep(time.Second) // for what comes after
	cpu, switches := ownCost()
	time.Sleep(idleTime)
	cpuAfter, switchesAfter := ownCost()
	f.CPU, f.Switches = cpuAfter-cpu, switchesAfter-switches
	f.Memory = statusBytes(os.Getpid(), "VmHWM")
	return json.NewEncoder(os.Stdout).Encode(f)
}

// ownCost is the processor time of this process in seconds, and how often its
// threads have waited for something.
func ownCost() (cpu float64, switches int64) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds(), int64(u.Nvcsw)
}

// BenchmarkStopped is a client with ten thousand torrents that do nothing.
func BenchmarkStopped(b *testing.B) {
	r := newRig(b, 1)
	for range b.N {
		p := r.start(r.fresh(), []string{asMany + "=stopped"}, os.Args[0], "10000", r.mkdir("nothing"))
		p.wait()
		var f stoppedFigures
		r.check(json.Unmarshal(p.out.Bytes(), &f))
		b.ReportMetric(f.Start, "start-s")
		b.ReportMetric(float64(f.Memory>>20), "MiB")
		b.ReportMetric(1000*f.CPU/idleTime.Seconds(), "idle-cpu-ms/s")
		b.ReportMetric(float64(f.Switches)/idleTime.Seconds(), "wakeups/s")
	}
	b.ReportMetric(0, "ns/op")
}
