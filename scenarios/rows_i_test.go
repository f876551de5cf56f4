package scenarios

import (
	"errors"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"bt/client"
	"bt/client/metainfo"
	"bt/simnet"
	"bt/simnet/simfs"
)

// These tests are the cases of section I of the catalogue, disks in trouble, that
// are tables, or for a client alone. The others are scenarios, see troubles.

// TestI01 lets single operations of a leech's disk fail, each in one way. It gets
// over some of them by itself, and over the others when the user starts it again.
// The oracles see that every error was told of, and that nothing wrong was said.
func TestI01(t *testing.T) {
	tests := []struct {
		disk    Disk
		stops   bool // until somebody starts it again
		patient bool // for the disk, for a while
	}{
		{Disk{Kind: "fail", Errno: "ENOSPC", Ops: []string{"write"}}, false, true},
		{Disk{Kind: "fail", Errno: "EDQUOT", Ops: []string{"write"}}, false, true},
		{Disk{Kind: "short", Errno: "ENOSPC", Ops: []string{"write"}}, false, true},
		{Disk{Kind: "short", Ops: []string{"write"}}, true, false},
		{Disk{Kind: "fail", Errno: "EINTR", Ops: []string{"write"}}, false, false},
		{Disk{Kind: "fail", Errno: "EIO", Ops: []string{"write"}}, true, false},
		{Disk{Kind: "fail", Errno: "EACCES", Ops: []string{"write"}}, true, false},
		{Disk{Kind: "fail", Errno: "EIO", Ops: []string{"sync"}}, false, false},
		{Disk{Kind: "forget", Ops: []string{"sync"}}, false, false},
		{Disk{Kind: "slow", Ops: []string{"write"}, Delay: 5 * Second}, false, false},
	}
	for _, tt := range tests {
		tt.disk.Count = 1
		t.Run(tt.disk.Kind+" "+tt.disk.Errno+" "+tt.disk.Ops[0], func(t *testing.T) {
			s := Scenario{
				Name: "single", Until: 3 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
				Actors: []Actor{
					{Name: "seed", Kind: Seed, Link: slowSeed},
					{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed},
				},
				Actions: []Action{{At: 3 * Second, Do: DoDiskFault, Who: theLeech, Disk: &tt.disk}},
				Expect:  []Expectation{{Check: "complete", Who: theLeech}},
			}
			failed := Expectation{Check: "no-news", Who: theLeech, Reason: "file-failed"}
			if tt.stops {
				s.Actions = append(s.Actions, Action{At: 40 * Second, Do: DoStart, Who: theLeech})
				failed = Expectation{Check: "stopped", Who: theLeech, Within: 39 * Second}
			}
			waits := Expectation{Check: "no-news", Who: theLeech, Reason: "disk-waits"}
			if tt.patient {
				waits.Check = "news"
			}
			s.Expect = append(s.Expect, failed, waits)
			if r := Run(s, 1, Options{}); !r.Pass() {
				t.Errorf("%v %v", r.Failures, r.Err)
			}
		})
	}
}

// TestI06 does everything that can be done to a leech's file, at any time of its
// download and after it. What is wrong is found out, and in the end all is right.
func TestI06(t *testing.T) {
	for _, kind := range []string{"delete", "truncate", "replace"} {
		for at := 2 * Second; at <= 26*Second; at += 4 * Second {
			disk := &Disk{Kind: kind, Path: "b"}
			if kind == "truncate" {
				disk.Size = 300 * KiB
			}
			s := Scenario{
				Name: "meddled", Until: 5 * Minute,
				Torrent: Torrent{Piece: 64 * KiB, Files: []File{{Path: "a", Size: 1 * MiB}, {Path: "b", Size: 3 * MiB}}},
				Actors: []Actor{
					{Name: "seed", Kind: Seed, Link: &Link{Up: 256 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}},
					{Name: "leech", Kind: Leech, Knows: theSeed},
				},
				Actions: []Action{{At: at, Do: DoDiskMeddle, Who: theLeech, Disk: disk}},
				Expect: []Expectation{
					{Check: "file", Who: theLeech, File: "a", Within: 100 * Second},
					{Check: "file", Who: theLeech, File: "b", Within: 100 * Second},
					{Check: "no-news", Who: theLeech, Reason: "peer-banned"},
					{Check: "no-news", Who: theLeech, Reason: "file-failed"},
				},
			}
			if kind != "truncate" || at > 8*Second { // before, nothing is lost
				s.Expect = append(s.Expect, Expectation{Check: "news", Who: theLeech, Reason: "file-changed"})
			}
			if at == 2*Second {
				s.Actions[0].At = 5 * Second // there has to be a file
			}
			if r := Run(s, 1, Options{}); !r.Pass() {
				t.Errorf("%s at %v: %v %v", kind, at, r.Failures, r.Err)
			}
		}
	}
}

// TestI09: a file that FAT32 cannot hold is refused when its torrent is added,
// before anything was downloaded or made; not wanted, it is no hindrance.
func TestI09(t *testing.T) {
	const size = 5 << 30
	b := metainfo.Builder{Name: "large", PieceLength: 16 << 20, Files: []metainfo.BuildFile{
		{Path: []string{"film"}, Length: size}, {Path: []string{"notes"}, Length: 16 << 20},
	}}
	raw, err := b.Encode(make([]metainfo.Hash, size/b.PieceLength+1))
	if err != nil {
		t.Fatal(err)
	}
	meta, err := metainfo.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		style  simfs.Style
		prios  []int
		refuse bool
	}{{simfs.FAT32, nil, true}, {simfs.FAT32, []int{0, 1}, false}, {simfs.Style{}, nil, false}} {
		l := newLone(t, simnet.New(1), "leech", netip.MustParseAddr("10.1.0.1"), client.Config{}, 0)
		l.fs.SetStyle(tt.style)
		tor, err := l.client.Add(client.Spec{Meta: meta, Dir: downloadDir, Priorities: tt.prios})
		if err != nil {
			t.Fatal(err)
		}
		l.net.RunUntil(simnet.Epoch.Add(time.Second))
		refused := false
		for _, n := range l.notices {
			if f, ok := n.(client.FileFailed); ok {
				refused = errors.Is(f.Err, syscall.EFBIG)
			}
		}
		if refused != tt.refuse || refused != (tor.State() == client.Stopped) {
			t.Errorf("%+v, priorities %v: refused %v, %v", tt.style, tt.prios, refused, tor.State())
		}
		if _, err := l.fs.Stat(downloadDir + "/large/film"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file was made: %v", err)
		}
	}
}
