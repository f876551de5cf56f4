package scenarios

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// Benchmarks of whole runs, with all oracles: making, playing and checking. The figures
// per second are of time on the processor, garbage collection included, so that
// a busy machine does not count; on one core they are what a clock shows:
//
//	GOMAXPROCS=1 go test ./scenarios -run - -bench Pair -count 10
//	GOMAXPROCS=1 go test ./scenarios -run - -bench 'Swarms' -benchtime 1000x
//	GOMAXPROCS=1 go test ./scenarios -run - -bench 'Crowd|Thousand|Peers|Pieces' -benchtime 1x

// fibre is a link that is fast enough to keep processors busy, and not endless:
// bytes are shared out, and take time.
var fibre = &Link{Up: 10 * MiBps, Down: 50 * MiBps, Latency: 10 * Millisecond}

// benchSwarm is a seed and leeches that come at once, and complete.
func benchSwarm(leeches int, piece Size, pieces int) Scenario {
	return Scenario{
		Name: "bench", Until: 6 * 60 * Minute, Link: fibre,
		Torrent: Torrent{Piece: piece, Size: piece * Size(pieces)},
		Actors: []Actor{
			{Name: "seed", Kind: Seed},
			{Name: "leech", Kind: Leech, Count: leeches},
		},
		Expect: []Expectation{{Check: "complete"}},
	}
}

// BenchmarkPair moves ten pieces from one peer to another.
func BenchmarkPair(b *testing.B) {
	for _, piece := range []Size{16 * KiB, 256 * KiB} {
		b.Run("piece="+piece.String(), func(b *testing.B) {
			s := benchSwarm(1, piece, 10)
			measure(b, blocksOf(&s), func(int) Result { return Run(s, 1, Options{}) })
		})
	}
}

// BenchmarkSwarms runs generated swarms, one seed after the other.
func BenchmarkSwarms(b *testing.B) {
	measure(b, 0, func(i int) Result {
		seed := uint64(i % swarmsInAll)
		return Run(GenerateSwarm(seed), seed, Options{})
	})
}

// BenchmarkCrowd is two hundred peers that share 16 MiB.
func BenchmarkCrowd(b *testing.B) { benchRun(b, benchSwarm(199, 256*KiB, 64)) }

// BenchmarkThousand is a thousand peers that share 64 MiB, in 64 pieces.
func BenchmarkThousand(b *testing.B) { benchRun(b, benchSwarm(999, 1*MiB, 64)) }

// BenchmarkPeers is what an event and a block cost among so many peers.
func BenchmarkPeers(b *testing.B) {
	for _, peers := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(peers), func(b *testing.B) { benchRun(b, benchSwarm(peers-1, 256*KiB, 32)) })
	}
}

// BenchmarkPieces is what an event and a block cost in a torrent of so many
// pieces, which are small: it is their number that is to tell.
func BenchmarkPieces(b *testing.B) {
	for _, pieces := range []int{100, 1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(pieces), func(b *testing.B) { benchRun(b, benchSwarm(4, 4*KiB, pieces)) })
	}
}

func benchRun(b *testing.B, s Scenario) {
	measure(b, blocksOf(&s), func(int) Result { return Run(s, 1, Options{}) })
}

// blocksOf counts the blocks that leeches of a benchSwarm download.
func blocksOf(s *Scenario) int {
	perPiece := (s.Torrent.Piece + 16*KiB - 1) / (16 * KiB)
	return s.Actors[1].Count * int(perPiece) * s.Torrent.pieces()
}

// measure makes b.N runs, which must pass, and reports what they have cost;
// blocks is how many blocks move in each, 0 if that is not known.
func measure(b *testing.B, blocks int, run func(i int) Result) {
	b.ReportAllocs()
	events := uint64(0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	used := processorTime()
	for i := range b.N {
		r := run(i)
		if !r.Pass() {
			b.Fatalf("seed %d: %v %v", r.Seed, r.Failures, r.Err)
		}
		events += r.Events
	}
	used = processorTime() - used
	b.StopTimer()
	runtime.ReadMemStats(&after)
	perSecond := func(n float64, unit string) { b.ReportMetric(n/used.Seconds(), unit) }
	perSecond(float64(b.N), "runs/s")
	perSecond(float64(events), "events/s")
	b.ReportMetric(float64(used.Nanoseconds())/float64(events), "cpu-ns/event")
	b.ReportMetric(float64(used.Milliseconds())/float64(b.N), "cpu-ms/run")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(events), "B/event")
	b.ReportMetric(float64(after.Sys)/(1<<20), "MiB-of-system")
	if blocks > 0 {
		perSecond(float64(blocks)*float64(b.N), "blocks/s")
		b.ReportMetric(float64(used.Nanoseconds())/float64(blocks*b.N), "cpu-ns/block")
	}
}

// startedAt is what processorTime counts from where the system does not tell of
// processors.
var startedAt = time.Now()
