package scenarios

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/afero"
)

// TestD01: the power fails at every operation of a download to a disk, and every
// part of what was not synced survives: of six pieces in three files, one of them
// with priority 0, then raised or lowered. What is believed afterwards is so, the
// download completes, every file is right, and nothing is downloaded again that
// was durable and claimed.
func TestD01(t *testing.T) { testSweep(t, "crash") }

// TestD02: those of these crashes that come while what is had is noted down, all
// of them: in the middle of the data and of the note, between the two, and between
// the rename of the note and the sync of its directory. The old note or the new one
// is found, or none when there was none.
func TestD02(t *testing.T) {
	t.Parallel()
	s, _ := FindSweep("crash")
	points, err := s.Points(1)
	if err != nil {
		t.Fatal(err)
	}
	var noting []Point
	at := make(map[string]bool)
	for _, p := range points {
		if p.World == "plain" && strings.Contains(p.About, stateDir) {
			noting = append(noting, p)
			at[p.About] = true
		}
	}
	for _, want := range []string{"write " + stateFile + ".tmp", "sync " + stateFile + ".tmp", "rename " + stateFile + ".tmp", "sync " + stateDir} {
		if !at[want] {
			t.Errorf("nothing is tried at %s, only at %v", want, at)
		}
	}
	s.TryAll(noting, 1, 0, func(p Point, r Result) {
		if !r.Pass() {
			t.Errorf("%s (%s): %v %v\n%s", r.Name, p.About, r.Failures, r.Err, r.Stack)
		}
	})
	t.Logf("%d crashes while %d operations note down what is had", len(noting), len(at))
}

// TestD02Torn: a note that is torn, at any sector, is as none at all; the one
// before it is taken.
func TestD02Torn(t *testing.T) {
	for cut := 0; cut < 3; cut++ {
		s := Scenario{
			Name: "torn", Torrent: pieceFiles(40), Trackerless: true,
			Actors: []Actor{
				{Name: "seed", Kind: Seed, Link: slowSeed},
				{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed},
			},
			Actions: []Action{
				{At: 50 * Second, Do: DoLeave, Who: theLeech},
				// The newest note lacks its end, or all.
				{At: 60 * Second, Do: DoDiskMeddle, Who: theLeech, Disk: &Disk{Kind: "truncate", Path: stateFile, Size: Size(cut) * 512}},
				{At: 70 * Second, Do: DoRestart, Who: theLeech},
			},
			Expect: []Expectation{
				{Check: "complete", Who: theLeech, Within: 50 * Second},
				// The note before knows of what was had half a minute earlier.
				{Check: "rechecked", Who: theLeech, After: 70 * Second, Count: 40},
				{Check: "had", Who: theLeech, Count: 40},
				{Check: "downloaded", Who: theLeech, Bytes: 40 * 64 * KiB},
				{Check: "quiet", Who: theLeech, After: 80 * Second, Within: 90 * Second},
			},
		}
		if r := Run(s, 1, Options{}); !r.Pass() {
			t.Errorf("cut to %d bytes: %v %v", cut*512, r.Failures, r.Err)
		}
	}
}

// TestDiskWords: every kind of every verb about disks survives the way to a file
// and back, and does something in a run that nothing fails but what it breaks.
func TestDiskWords(t *testing.T) {
	for verb, kinds := range map[Verb]map[string]diskKind{DoDiskFault: faultKinds, DoDiskMeddle: meddleKinds, DoKill: crashKinds} {
		for _, kind := range keys(kinds) {
			d := &Disk{Kind: kind}
			if kinds[kind].delay {
				d.Delay = Second
			}
			if kinds[kind].path {
				d.Path = "words"
			}
			if kinds[kind].errno {
				d.Errno, d.Ops, d.Percent, d.Count, d.After = "ENOSPC", []string{"write", "sync"}, 50, 1, 3
			}
			s := Scenario{
				Name: "words", Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB}, Actors: pair(), Until: Minute,
				Actions: []Action{{At: 5 * Second, Do: verb, Who: theLeech, Disk: d}},
				Expect:  []Expectation{{Check: "had", Who: theLeech, Count: 0}},
			}
			text, err := Encode(s)
			if err != nil {
				t.Fatal(err)
			}
			back, err := Parse(text)
			if err != nil {
				t.Errorf("%s %s: %v\n%s", verb, kind, err, text)
				continue
			}
			if diff := cmp.Diff(s, back); diff != "" {
				t.Errorf("%s %s has changed:\n%s", verb, kind, diff)
			}
			if r := Run(s, 1, Options{}); r.Err != nil {
				t.Errorf("%s %s: %v\n%s", verb, kind, r.Err, r.Stack)
			}
		}
	}
}

// TestDiskWordsRefused: what cannot be meant is refused, by the name of the field.
func TestDiskWordsRefused(t *testing.T) {
	for _, tt := range []struct {
		do   Verb
		disk *Disk
		want string
	}{
		{DoDiskFault, nil, "actions[0].disk"},
		{DoPause, &Disk{Kind: "fail"}, "actions[0].disk"},
		{DoDiskFault, &Disk{Kind: "delete", Path: "x"}, "actions[0].disk.kind"},
		{DoKill, &Disk{Kind: "some"}, "actions[0].disk.kind"},
		{DoDiskFault, &Disk{Kind: "fail", Errno: "EVIL"}, "actions[0].disk.errno"},
		{DoDiskFault, &Disk{Kind: "lie", Errno: "EIO"}, "actions[0].disk.errno"},
		{DoDiskFault, &Disk{Kind: "slow"}, "actions[0].disk.delay"},
		{DoDiskMeddle, &Disk{Kind: "delete"}, "actions[0].disk.path"},
		{DoDiskMeddle, &Disk{Kind: "delete", Path: "x", Size: 1}, "actions[0].disk.size"},
		{DoDiskMeddle, &Disk{Kind: "delete", Path: "x", Count: 1}, "actions[0].disk: "},
		{DoDiskMeddle, &Disk{Kind: "delete", Path: "["}, "actions[0].disk.path"},
		{DoDiskFault, &Disk{Kind: "fail", Ops: []string{"read", "think"}}, "actions[0].disk.ops[1]"},
		{DoDiskFault, &Disk{Kind: "fail", From: 5, To: 5}, "actions[0].disk.to"},
		{DoDiskFault, &Disk{Kind: "fail", After: -1}, "actions[0].disk.after"},
		{DoDiskFault, &Disk{Kind: "fail", Count: -1}, "actions[0].disk.count"},
		{DoDiskFault, &Disk{Kind: "fail", Percent: 101}, "actions[0].disk.percent"},
	} {
		s := Scenario{
			Name: "words", Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB}, Actors: pair(),
			Actions: []Action{{Do: tt.do, Who: theLeech, Disk: tt.disk}},
			Expect:  []Expectation{{Check: "complete"}},
		}
		if err := s.Validate(); err == nil || !strings.Contains(fmt.Sprint(err), tt.want) {
			t.Errorf("%s %+v: %v, want %s", tt.do, tt.disk, err, tt.want)
		}
	}
	s := Scenario{
		Name: "words", Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
		Actors: []Actor{{Name: "leech", Kind: Leech, Filesystem: "beos"}}, Expect: []Expectation{{Check: "complete"}},
	}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "actors[0].filesystem") {
		t.Error(err)
	}
}

// TestRecoversFails: the check of a crash sweep notices a client that downloads
// again what its piece cache had, one that does not complete, and a place that is
// not there.
func TestRecoversFails(t *testing.T) {
	s, _ := FindSweep("crash")
	w := s.world("plain")
	points, err := s.Points(1)
	if err != nil {
		t.Fatal(err)
	}
	last := 0 // the client has ended by then
	for _, p := range points {
		if p.World == w.name {
			last = p.Place
		}
	}
	tests := []struct {
		name  string
		place int
		do    func(n *node) // while there is no power
		want  string
	}{
		{"nothing odd", last, func(*node) {}, ""},
		{"the files are gone", last, func(n *node) {
			n.fs.PowerOn()
			if err := n.fs.ByOther(func(fs afero.Fs) error { return fs.RemoveAll(downloadDir) }); err != nil {
				t.Error(err)
			}
		}, "downloaded again"},
		{"nobody is there to download from", 100, func(n *node) { n.run.nodes[0].leave() }, "is not complete"},
		{"no such place", 100_000, func(*node) {}, "no such place"},
	}
	for _, tt := range tests {
		r := Run(w.Scenario, 1, Options{disturb: func(r *run) {
			s.disturb(r, w, Point{Place: tt.place})
			n := r.victimOf(w)
			r.between = func(uint64) {
				if !n.host.Alive() {
					r.between = nil
					tt.do(n)
				}
			}
		}})
		found := false
		for _, f := range r.Failures {
			found = found || f.Rule == "expectation recovers" && strings.Contains(f.Detail, tt.want)
		}
		if found != (tt.want != "") || tt.want == "" && !r.Pass() {
			t.Errorf("%s: %v %v", tt.name, r.Failures, r.Err)
		}
	}
}
