package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Benchmarks of bt as a whole, against itself and against the clients that the world
// uses, as far as they are installed. What is compared runs in turns, and medians
// are told, since machines are noisy:
//
//	go test ./cmd/bt -run - -bench . -benchtime 1x
//	BT_BENCH_MIB=2048 BT_BENCH_ROUNDS=5 go test ./cmd/bt -run - -bench SideBySide -benchtime 1x
//
// The lines below each benchmark are the table; BENCHMARKS.md says what they mean.

// getter is a client that can download, and perhaps seed.
type getter struct {
	name    string
	command func(r foreignRun) ([]string, error)
}

// clients are those that are installed. bt comes first.
func (r *rig) clients() []getter {
	list := []getter{{"bt", btBench}}
	for _, c := range foreignClients {
		switch {
		case c.deaf: // Transmission takes no address of loopback from a tracker
		case c.installed() != nil:
			r.Logf("%s is not installed", c.name)
		case c.name == "libtorrent":
			list = append(list, getter{c.name, libtorrentBench})
		default:
			list = append(list, getter{c.name, c.command})
		}
	}
	return list
}

func btBench(run foreignRun) ([]string, error) {
	command := "get"
	if run.seed {
		command = "seed"
	}
	return []string{os.Args[0], command, "--quiet", "--port", fmt.Sprint(run.port), "-d", run.dir, run.torrent}, nil
}

// libtorrentBench is without encryption, which bt does not speak: the attempt would
// be measured.
func libtorrentBench(run foreignRun) ([]string, error) {
	cmd, err := libtorrentCommand(run)
	for i := range cmd {
		cmd[i] = strings.Replace(cmd[i], `"alert_mask": 0,`, `"alert_mask": 0, "out_enc_policy": 2, "in_enc_policy": 2,`, 1)
	}
	return cmd, err
}

// Ports of the clients: in a network of its own they are free, elsewhere most
// likely.
const (
	benchSeedPort = 20400
	benchGetPort  = 20500
)

// seed starts a client that seeds the payload, and waits until it has announced.
func (r *rig) seed(c getter) *program {
	r.Helper()
	args, err := c.command(foreignRun{seed: true, dir: filepath.Dir(r.payload), torrent: r.torrent, port: benchSeedPort})
	r.check(err)
	p := r.start(r.fresh(), []string{asBT + "=1"}, args...)
	r.waitSeeds(1)
	return p
}

// get downloads the payload to dir with a client.
func (r *rig) get(c getter, dir string) expense {
	r.Helper()
	r.check(os.MkdirAll(dir, 0o755))
	args, err := c.command(foreignRun{dir: dir, torrent: r.torrent, port: benchGetPort})
	r.check(err)
	u := r.start(r.fresh(), []string{asBT + "=1"}, args...).wait()
	r.wantPayload(dir)
	r.check(os.RemoveAll(dir))
	return u
}

// download is what one client has measured as the downloader from one seed.
type download struct {
	wall, cpu, seedCPU []time.Duration
	peak               []int64
}

func (d *download) add(u expense, seed time.Duration) {
	d.wall, d.cpu, d.peak = append(d.wall, u.wall), append(d.cpu, u.cpu), append(d.peak, u.peak)
	d.seedCPU = append(d.seedCPU, seed)
}

// perGiB is processor time for a GiB, in seconds.
func (r *rig) perGiB(d []time.Duration) float64 {
	return median(d).Seconds() / float64(r.size) * (1 << 30)
}

func (r *rig) mibPerSecond(wall time.Duration) float64 {
	return float64(r.size) / (1 << 20) / wall.Seconds()
}

// BenchmarkSideBySide downloads from a seed of bt and from one of libtorrent, with
// each client in turn.
func BenchmarkSideBySide(b *testing.B) {
	r := newRig(b, benchSetting(b, benchSize, 512))
	rounds := benchSetting(b, benchRounds, 3)
	clients := r.clients()
	for range b.N {
		results := make(map[[2]string]*download)
		var floors []time.Duration
		for round := range rounds {
			floors = append(floors, r.floor())
			for _, seeder := range clients {
				if seeder.name == "aria2" {
					continue // whose seeding nobody uses it for
				}
				seed := r.seed(seeder)
				for i := range clients {
					// Each has to be first at times: memory that nobody has used for a
					// while may cost more to fill.
					c := clients[(i+round)%len(clients)]
					before := seed.cpu()
					key := [2]string{seeder.name, c.name}
					if results[key] == nil {
						results[key] = &download{}
					}
					u := r.get(c, r.fresh())
					results[key].add(u, seed.cpu()-before)
				}
				seed.interrupt()
				r.tracker.forget()
			}
		}
		r.tellSideBySide(clients, results, median(floors))
	}
}

func (r *rig) tellSideBySide(clients []getter, results map[[2]string]*download, floor time.Duration) {
	r.Logf("%-11s %-11s %7s %7s %8s %8s %11s %11s", "seed", "downloader", "wall s", "MiB/s", "cpu s/GiB", "peak MiB", "seed s/GiB", "seed's core")
	r.Logf("%-11s %-11s %7.2f %7.0f", "-", "floor", floor.Seconds(), r.mibPerSecond(floor))
	for _, seeder := range clients {
		for _, c := range clients {
			d := results[[2]string{seeder.name, c.name}]
			if d == nil {
				continue
			}
			wall := median(d.wall)
			r.Logf("%-11s %-11s %7.2f %7.0f %8.2f %8d %11.2f %10.0f%%", seeder.name, c.name, wall.Seconds(), r.mibPerSecond(wall),
				r.perGiB(d.cpu), median(d.peak)>>20, r.perGiB(d.seedCPU), 100*median(d.seedCPU).Seconds()/wall.Seconds())
		}
	}
	wall := func(seeder, c string) float64 { return median(results[[2]string{seeder, c}].wall).Seconds() }
	bt := results[[2]string{"bt", "bt"}]
	r.ReportMetric(floor.Seconds()/wall("bt", "bt"), "of-floor")
	r.ReportMetric(float64(median(bt.peak)>>20), "peak-MiB")
	r.ReportMetric(r.perGiB(bt.cpu), "get-cpu-s/GiB")
	r.ReportMetric(r.perGiB(bt.seedCPU), "seed-cpu-s/GiB")
	for _, c := range clients[1:] {
		if results[[2]string{"libtorrent", c.name}] == nil {
			continue
		}
		r.ReportMetric(wall("libtorrent", c.name)/wall("libtorrent", "bt"), "as-fast-as-"+c.name)
		r.ReportMetric(wall("libtorrent", c.name)/wall("bt", c.name), c.name+"-faster-from-bt")
		r.ReportMetric(r.perGiB(results[[2]string{"libtorrent", c.name}].cpu), c.name+"-cpu-s/GiB")
	}
	r.ReportMetric(0, "ns/op") // it says nothing
}

// BenchmarkOffline makes a torrent and verifies it, beside mktorrent on two cores.
func BenchmarkOffline(b *testing.B) {
	r := newRig(b, benchSetting(b, benchSize, 512))
	rounds := benchSetting(b, benchRounds, 3)
	out := filepath.Join(r.dir, "out.torrent")
	kinds := []struct {
		name string
		args []string
	}{
		{"bt create", []string{os.Args[0], "create", r.payload, "-o", out, "--force", "--quiet", "--piece-length", "1MiB"}},
		{"bt verify", []string{os.Args[0], "verify", r.torrent, "-d", filepath.Dir(r.payload), "--quiet"}},
		{"mktorrent", []string{"mktorrent", "-t", "2", "-l", "20", "-a", "http://127.0.0.1/announce", "-o", out, r.payload}},
	}
	if _, err := exec.LookPath("mktorrent"); err != nil {
		b.Log("mktorrent is not installed")
		kinds = kinds[:2]
	}
	for range b.N {
		walls, cpus := make([][]time.Duration, len(kinds)), make([][]time.Duration, len(kinds))
		for range rounds {
			for i, kind := range kinds {
				os.Remove(out) // mktorrent does not overwrite
				u := r.start(r.fresh(), []string{asBT + "=1", fmt.Sprintf("GOMAXPROCS=%d", min(2, runtime.NumCPU()))}, kind.args...).wait()
				walls[i], cpus[i] = append(walls[i], u.wall), append(cpus[i], u.cpu)
			}
		}
		for i, kind := range kinds {
			wall := median(walls[i])
			b.Logf("%-10s %6.2f s, %5.0f MiB/s, %.2f cpu s/GiB", kind.name, wall.Seconds(), r.mibPerSecond(wall), r.perGiB(cpus[i]))
			if last := len(kinds) - 1; i < 2 && last == 2 {
				unit := strings.ReplaceAll(kind.name, " ", "-")
				b.ReportMetric(median(walls[last]).Seconds()/wall.Seconds(), unit+"/mktorrent")
				b.ReportMetric(r.perGiB(cpus[last])/r.perGiB(cpus[i]), unit+"/mktorrent-cpu")
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkDisk downloads to a disk, beside dd, which writes as much there and waits
// until it is durable, as bt does before it ends.
func BenchmarkDisk(b *testing.B) {
	r := newRig(b, benchSetting(b, benchSize, 512))
	dir, err := os.MkdirTemp(os.Getenv(benchDisk), "bt-bench-")
	r.check(err)
	b.Cleanup(func() { os.RemoveAll(dir) })
	for range b.N {
		var bts, dds []time.Duration
		for range benchSetting(b, benchRounds, 3) {
			file := filepath.Join(dir, "dd")
			dd := r.start(r.fresh(), nil, "dd", "if="+r.payload, "of="+file, "bs=1M", "conv=fdatasync").wait()
			dds = append(dds, dd.wall)
			r.check(os.Remove(file))
			seed := r.seed(getter{"bt", btBench})
			bts = append(bts, r.get(getter{"bt", btBench}, filepath.Join(dir, "out")).wall)
			seed.interrupt()
			r.tracker.forget()
		}
		b.Logf("dd %.2f s, bt get %.2f s, in %s", median(dds).Seconds(), median(bts).Seconds(), dir)
		b.ReportMetric(median(dds).Seconds()/median(bts).Seconds(), "of-dd")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStart is about the time before anything moves: until the first byte of a
// download is in its file, and until a complete torrent is ready to be seeded.
func BenchmarkStart(b *testing.B) {
	r := newRig(b, benchSetting(b, benchSize, 512))
	bt := getter{"bt", btBench}
	for range b.N {
		seed := r.seed(bt)
		var firsts, resumes []time.Duration
		for range benchSetting(b, benchRounds, 5) {
			dir := r.fresh()
			r.check(os.MkdirAll(dir, 0o755))
			args, err := btBench(foreignRun{dir: dir, torrent: r.torrent, port: benchGetPort})
			r.check(err)
			p := r.start(r.fresh(), []string{asBT + "=1"}, args...)
			firsts = append(firsts, r.waitBytes(filepath.Join(dir, filepath.Base(r.payload)), p.began))
			p.wait()
			r.check(os.RemoveAll(dir))
		}
		seed.interrupt()
		r.tracker.forget()
		home := r.fresh()
		for i := range benchSetting(b, benchRounds, 5) + 1 {
			p := r.start(home, []string{asBT + "=1"}, os.Args[0], "seed", "--quiet", "--port", fmt.Sprint(benchSeedPort), "-d", filepath.Dir(r.payload), r.torrent)
			r.waitSeeds(1)
			if i > 0 { // the first one has to check everything
				resumes = append(resumes, time.Since(p.began))
			}
			p.interrupt()
			r.tracker.forget()
		}
		b.ReportMetric(float64(median(firsts).Microseconds())/1000, "first-byte-ms")
		b.ReportMetric(float64(median(resumes).Microseconds())/1000, "resume-ms")
	}
	b.ReportMetric(0, "ns/op")
}

// waitBytes waits until there is something in a file, and says how long that took.
func (r *rig) waitBytes(path string, since time.Time) time.Duration {
	r.Helper()
	for ; time.Since(since) < benchTimeout; time.Sleep(200 * time.Microsecond) {
		if fi, err := os.Stat(path); err == nil && fi.Size() > 0 {
			return time.Since(since)
		}
	}
	r.Fatalf("nothing comes to %s", path)
	return 0
}
