package scenarios

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestSmallSwarms runs small swarms of all kinds: whatever happens to them,
// leeches that stay complete, as long as the seed does, and no oracle objects.
func TestSmallSwarms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := smallSwarm(t)
		r := Run(s, rapid.Uint64Range(1, 1<<32).Draw(t, "seed"), Options{})
		if r.Pass() {
			return
		}
		text, err := Encode(s)
		if err != nil {
			text = []byte(err.Error())
		}
		t.Fatalf("seed %d: %v %v\n%s", r.Seed, r.Failures, r.Err, text)
	})
}

func smallSwarm(t *rapid.T) Scenario {
	s := Scenario{
		Name:     "small",
		Until:    40 * Minute,
		IPv6:     rapid.Bool().Draw(t, "ipv6"),
		Torrent:  smallTorrent(t),
		Trackers: []Tracker{{Interval: Duration(rapid.IntRange(10, 60).Draw(t, "interval")) * Second}},
	}
	leeches := rapid.IntRange(1, 5).Draw(t, "leeches")
	s.Actors = append(s.Actors, Actor{Name: "seed", Kind: Seed, Link: smallLink(t)})
	var stay []string
	for i := range leeches {
		a := smallLeech(t, &s, i)
		s.Actors = append(s.Actors, a)
		if i > 0 && rapid.IntRange(0, 3).Draw(t, "leaves") == 0 {
			s.Actions = append(s.Actions, Action{At: a.Start + moment(t, 0, 30*Second), Do: DoLeave, Who: []string{a.Name}})
			continue
		}
		stay = append(stay, a.Name)
		s.Actions = append(s.Actions, trouble(t, a)...)
	}
	if rapid.IntRange(0, 3).Draw(t, "tracker trouble") == 0 {
		down := moment(t, 0, 30*Second)
		s.Actions = append(s.Actions,
			Action{At: down, Do: DoTrackerDown, Who: theTracker},
			Action{At: down + moment(t, Second, Minute), Do: DoTrackerUp, Who: theTracker})
	}
	s.Expect = []Expectation{{Check: "complete", Who: stay}}
	return s
}

// trouble happens to a leech, and passes.
func trouble(t *rapid.T, a Actor) []Action {
	who, begin := []string{a.Name}, a.Start+moment(t, 0, 20*Second)
	end := begin + moment(t, Millisecond, Minute)
	act := func(at Duration, do Verb) Action { return Action{At: at, Do: do, Who: who} }
	switch rapid.IntRange(0, 9).Draw(t, "trouble") {
	case 0:
		return []Action{act(begin, DoPause), act(end, DoStart)}
	case 1:
		return []Action{act(begin, DoStop), act(end, DoStart)}
	case 2:
		return []Action{act(begin, DoRestart)}
	case 3:
		return []Action{act(begin, DoKill), act(end, DoRestart)}
	case 4:
		cut := act(begin, DoPartition)
		cut.With = theSeed
		return []Action{cut, {At: end, Do: DoHeal}}
	case 5:
		reset := act(begin, DoReset)
		reset.With = theSeed
		return []Action{reset}
	case 6:
		// Until there is room again, every start ends in a stop.
		return []Action{act(begin, DoDiskFull), act(end, DoDiskFree), act(end+Second, DoStart)}
	case 7:
		slower := act(begin, DoLink)
		slower.Link = smallLink(t)
		return []Action{slower}
	}
	return nil
}

// smallTorrent has 1 to 12 pieces.
func smallTorrent(t *rapid.T) Torrent {
	piece := rapid.SampledFrom([]Size{1000, 16 * KiB, 20_000, 32 * KiB, 50_001}).Draw(t, "piece length")
	size := rapid.Int64Range(1, 12*int64(piece)).Draw(t, "size")
	if rapid.Bool().Draw(t, "at the edge of a piece") {
		size = max(size/int64(piece), 1) * int64(piece)
	}
	torrent := Torrent{Piece: piece}
	n := rapid.IntRange(1, 5).Draw(t, "files")
	if n == 1 {
		torrent.Size = Size(size)
		return torrent
	}
	for i := range n {
		part := size
		if i < n-1 {
			part = rapid.Int64Range(0, size).Draw(t, "file size")
		}
		size -= part
		torrent.Files = append(torrent.Files, File{Path: fmt.Sprintf("d%d/f%d", i%2, i), Size: Size(part)})
	}
	return torrent
}

func smallLeech(t *rapid.T, s *Scenario, i int) Actor {
	a := Actor{
		Name: fmt.Sprintf("leech%d", i), Kind: Leech, Link: smallLink(t),
		Start: moment(t, 0, 20*Second),
	}
	if pieces := s.Torrent.pieces(); rapid.Bool().Draw(t, "has some") {
		first := rapid.IntRange(0, pieces-1).Draw(t, "first piece")
		a.Has = fmt.Sprintf("%d-%d", first, rapid.IntRange(first, pieces-1).Draw(t, "last piece"))
	}
	if n := max(len(s.Torrent.Files), 1); rapid.Bool().Draw(t, "has priorities") {
		a.Priorities = rapid.SliceOfN(rapid.IntRange(0, 2), n, n).Draw(t, "priorities")
	}
	return a
}

func smallLink(t *rapid.T) *Link {
	l := &Link{
		Up:      Rate(rapid.IntRange(16, 512).Draw(t, "up")) * KiBps,
		Down:    Rate(rapid.IntRange(16, 512).Draw(t, "down")) * KiBps,
		Latency: moment(t, 0, 300*Millisecond),
	}
	if rapid.Bool().Draw(t, "has jitter") {
		l.Jitter = moment(t, 0, 300*Millisecond)
	}
	if rapid.IntRange(0, 5).Draw(t, "is choppy") == 0 {
		l.MaxRead = Size(rapid.IntRange(1, 2000).Draw(t, "max read"))
		l.MaxWrite = Size(rapid.IntRange(100, 2000).Draw(t, "max write"))
	}
	return l
}

// moment draws a time, in milliseconds.
func moment(t *rapid.T, least, most Duration) Duration {
	return Duration(rapid.Int64Range(int64(least/Millisecond), int64(most/Millisecond)).Draw(t, "ms")) * Millisecond
}
