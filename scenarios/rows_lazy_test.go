package scenarios

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestD08EveryPiece: whichever piece of a seed in seed mode is wrong, in files
// that share pieces, it is found at the first request, fetched from another seed,
// and everybody completes. In its second life nothing is wrong.
func TestD08EveryPiece(t *testing.T) {
	const pieces = 7
	for p := range pieces {
		s := Scenario{
			Name: "every", Until: 3 * Minute,
			Torrent: Torrent{Piece: 16 * KiB, Files: []File{{Path: "a", Size: 50_000}, {Path: "b", Size: 20_000}, {Path: "c", Size: 40_000}}},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, SeedMode: true, Damaged: fmt.Sprint(p), Resume: true},
				{Name: "leech", Kind: Leech, Count: 2},
				{Name: "other", Kind: Seed, Start: 20 * Second},
			},
			Actions: []Action{{At: 80 * Second, Do: DoRestart, Who: theSeed}},
			Expect: []Expectation{
				{Check: "news", Who: theSeed, Within: 20 * Second, Reason: "seed-mode-ended"},
				{Check: "complete", Who: theLeech, After: 20 * Second, Within: 60 * Second},
				{Check: "downloaded", Who: theSeed, Bytes: 16 * KiB},
				{Check: "rechecked", Who: theSeed, After: 80 * Second, Count: 0}, // nobody asks any more
			},
		}
		if r := Run(s, 1, Options{}); !r.Pass() {
			t.Errorf("piece %d: %v %v", p, r.Failures, r.Err)
		}
	}
}

// TestD08Restart ends a seed in seed mode at every moment of the discovery of a
// wrong piece, with and without its power.
func TestD08Restart(t *testing.T) {
	for _, how := range []Verb{DoKill, DoRestart, DoStop, DoLeave} {
		for ms := Duration(0); ms <= 4000; ms += 200 {
			s := Scenario{
				Name: "restart", Until: 2 * Minute, Torrent: Torrent{Piece: 16 * KiB, Size: 512 * KiB},
				Actors: []Actor{
					{Name: "seed", Kind: Seed, SeedMode: true, Damaged: "9,30", Resume: true, Disk: 1 * MiBps},
					{Name: "leech", Kind: Leech, Count: 2},
					{Name: "other", Kind: Seed, Start: 20 * Second},
				},
				Actions: []Action{
					{At: ms * Millisecond, Do: how, Who: theSeed},
					{At: 10 * Second, Do: DoRestart, Who: theSeed},
				},
				Expect: []Expectation{{Check: "complete", Who: theLeech, Within: 60 * Second}},
			}
			if r := Run(s, 1, Options{}); !r.Pass() {
				t.Errorf("%s after %d ms: %v %v", how, ms, r.Failures, r.Err)
			}
		}
	}
}

// TestD08Whims draws what is wrong on the disk of a client in seed mode, what it
// wants, and what is done to it. No wrong byte leaves it, and all complete.
func TestD08Whims(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const pieces = 12
		s := Scenario{
			Name: "whims", Until: 4 * Minute,
			Torrent: Torrent{Piece: 16 * KiB, Files: []File{
				{Path: "a", Size: 70_000}, {Path: "b", Size: 60_000}, {Path: "c", Size: pieces*16*KiB - 130_000},
			}},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, SeedMode: true, Resume: rapid.Bool().Draw(t, "resume"), Knows: []string{"other"}},
				{Name: "leech", Kind: Leech, Count: 2},
				{Name: "other", Kind: Seed, Start: 30 * Second},
			},
			Expect: []Expectation{{Check: "complete", Who: theLeech, Within: 3 * Minute}},
		}
		separator := ""
		for p := range pieces {
			if rapid.IntRange(0, 5).Draw(t, "damaged") == 0 {
				s.Actors[0].Damaged += separator + fmt.Sprint(p)
				separator = ","
			}
		}
		verbs := []Verb{DoRestart, DoKill, DoCheck, DoPause, DoStop, DoStart, DoPriorities}
		for range rapid.IntRange(0, 6).Draw(t, "actions") {
			a := Action{
				At: Duration(rapid.IntRange(0, 40_000).Draw(t, "ms")) * Millisecond,
				Do: rapid.SampledFrom(verbs).Draw(t, "verb"), Who: theSeed,
			}
			if a.Do == DoPriorities {
				a.Priorities = rapid.SliceOfN(rapid.IntRange(0, 1), 3, 3).Draw(t, "priorities")
			}
			s.Actions = append(s.Actions, a)
		}
		s.Actions = append(s.Actions, Action{At: 41 * Second, Do: DoStart, Who: theSeed})
		if r := Run(s, 1, Options{}); !r.Pass() {
			text, _ := Encode(s)
			t.Fatalf("%v %v\n%s", r.Failures, r.Err, text)
		}
	})
}

// TestD02Lowered: what an earlier life has written to files that are not wanted
// any more is had, and made durable before it is noted down as had.
func TestD02Lowered(t *testing.T) {
	s := Scenario{
		Name:    "lowered",
		Torrent: Torrent{Piece: 16 * KiB, Files: []File{{Path: "a", Size: 150_000}, {Path: "b", Size: 60_000}}},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Link: &Link{Up: 32 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}},
			{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed},
		},
		Actions: []Action{
			{At: 3 * Second, Do: DoPriorities, Who: theLeech, Priorities: []int{0, 0}},
			{At: 8 * Second, Do: DoRestart, Who: theLeech},
			{At: 9 * Second, Do: DoPriorities, Who: theLeech, Priorities: []int{1, 1}},
			{At: 50 * Second, Do: DoKill, Who: theLeech},
			{At: 51 * Second, Do: DoRestart, Who: theLeech},
		},
		Expect: []Expectation{
			{Check: "complete", Who: theLeech, Within: 80 * Second},
			{Check: "file", Who: theLeech, File: "a", Within: 80 * Second},
		},
	}
	if r := Run(s, 1, Options{}); !r.Pass() {
		t.Error(r.Failures, r.Err)
	}
}

// TestD09Crash ends the process, or cuts the power, at every moment of a move of
// a half-finished download, and right after it, when the program has not noted it
// down yet. The next life has all that was durable, in one place, and completes
// there.
func TestD09Crash(t *testing.T) {
	for _, to := range []string{"/elsewhere", "/mnt/disk"} {
		for _, how := range []Verb{DoKill, DoRestart} {
			for ms := Duration(0); ms <= 4000; ms += 250 {
				s := Scenario{
					Name:    "crash",
					Torrent: Torrent{Piece: 32 * KiB, Files: []File{{Path: "a", Size: 400_000}, {Path: "b", Size: 200_000}, {Path: "deep/c", Size: 300_000}}},
					Actors: []Actor{
						{Name: "seed", Kind: Seed, Link: &Link{Up: 32 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}},
						{Name: "leech", Kind: Leech, Resume: true, Priorities: []int{1, 0, 1}, Disk: 512 * KiBps, DiskStep: 16 * KiB, Knows: theSeed},
					},
					Actions: []Action{
						{At: 13 * Second, Do: DoMoveStorage, Who: theLeech, To: to},
						{At: 13*Second + ms*Millisecond, Do: how, Who: theLeech},
						{At: 20 * Second, Do: DoRestart, Who: theLeech},
						{At: 50 * Second, Do: DoPriorities, Who: theLeech, Priorities: []int{1, 1, 1}},
					},
					Expect: []Expectation{
						{Check: "complete", Who: theLeech, Within: 2 * Minute},
						{Check: "part", Who: theLeech, Count: 0},
						{Check: "file", Who: theLeech, File: "a", Within: 100 * Second},
						{Check: "file", Who: theLeech, File: "b", Within: 100 * Second},
						{Check: "file", Who: theLeech, File: "deep/c", Within: 100 * Second},
						// What was had and noted down is not fetched again.
						{Check: "downloaded", Who: theLeech, Bytes: 1_400_000},
					},
				}
				if r := Run(s, 1, Options{}); !r.Pass() {
					t.Errorf("to %s, %s %d ms after: %v %v", to, how, ms, r.Failures, r.Err)
				}
			}
		}
	}
}

// TestD09Whims moves a download about, again and again, with changes of
// priorities, checks, pauses and crashes in between. In the end it is whole.
func TestD09Whims(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Scenario{
			Name: "whims", Until: 4 * Minute,
			Torrent: Torrent{Piece: 16 * KiB, Files: []File{{Path: "a", Size: 150_000}, {Path: "b", Size: 60_000}, {Path: "deep/c", Size: 100_000}}},
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: &Link{Up: 32 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}},
				{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed, Disk: 1 * MiBps, DiskStep: 16 * KiB},
				{Name: "late", Kind: Leech, Start: 10 * Second, Knows: []string{"seed", "leech"}},
			},
			Expect: []Expectation{{Check: "complete", Who: []string{"leech", "late"}, Within: 3 * Minute}},
		}
		for i, f := range s.Torrent.Files {
			s.Expect = append(s.Expect, Expectation{Check: "file", Who: theLeech, File: f.Path, Within: 3*Minute + Duration(i)})
		}
		// Each place once: what is under way or there already is refused.
		places := []string{"/mnt/one", "/two", "/mnt/one/deep", "/three"}
		at := 3 * Second
		for range rapid.IntRange(1, 12).Draw(t, "actions") {
			at += Duration(rapid.IntRange(1, 6000).Draw(t, "ms")) * Millisecond
			a := Action{At: at, Who: theLeech, Do: rapid.SampledFrom([]Verb{
				DoMoveStorage, DoMoveStorage, DoRestart, DoKill, DoCheck, DoPause, DoStop, DoStart, DoPriorities,
			}).Draw(t, "verb")}
			switch a.Do {
			case DoMoveStorage:
				if len(places) == 0 {
					continue
				}
				a.To, places = places[0], places[1:]
				at += 5 * Second
			case DoPriorities:
				a.Priorities = rapid.SliceOfN(rapid.IntRange(0, 1), 3, 3).Draw(t, "priorities")
			}
			s.Actions = append(s.Actions, a)
		}
		s.Actions = append(s.Actions,
			Action{At: at + 5*Second, Do: DoRestart, Who: theLeech},
			Action{At: at + 6*Second, Do: DoPriorities, Who: theLeech, Priorities: []int{1, 1, 1}})
		if r := Run(s, 1, Options{}); !r.Pass() {
			text, _ := Encode(s)
			t.Fatalf("%v %v\n%s", r.Failures, r.Err, text)
		}
	})
}
