package client_test

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bt/client"
	"bt/client/boundary"
	"bt/client/record"
)

// TestRecord records both sides of a download, and plays them again; to be
// recorded changes nothing.
func TestRecord(t *testing.T) {
	run := func(seed, leech *bytes.Buffer) uint64 {
		x := makeContent("x", 16<<10, oneTracker, fileSpec{"x", 300_000})
		s := newSwarm(1)
		a := s.join(func(c *client.Config) {
			if seed != nil {
				c.Record = seed
			}
		})
		a.addSeed(x)
		b := s.join(func(c *client.Config) {
			if leech != nil {
				c.Record = leech
			}
		})
		l := b.addLeech(x)
		if !s.runUntil(l.Complete) || !a.leave() || !b.leave() {
			t.Fatal("not complete, or not closed")
		}
		return s.net.Hash()
	}
	var seed, leech bytes.Buffer
	if recorded, plain := run(&seed, &leech), run(nil, nil); recorded != plain {
		t.Errorf("hash %x when recorded, %x when not", recorded, plain)
	}
	for _, side := range []struct {
		name   string
		file   *bytes.Buffer
		pieces int
	}{{"seed", &seed, 0}, {"leech", &leech, 19}} {
		r, err := record.Replay(side.file, nil)
		if err != nil || !r.Same() || r.End != nil || r.Peers != 1 || r.Pieces != side.pieces {
			t.Errorf("%s: %s; %+v, %v", side.name, r.Summary(), r, err)
		}
	}
}

// fullDisk takes so many writes.
type fullDisk struct {
	bytes.Buffer
	left  int
	tries int
}

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	d.tries++
	if d.left--; d.left < 0 {
		return 0, errFull
	}
	return d.Buffer.Write(p)
}

// TestRecordFails: a record that cannot be written is told of once and ends; the
// download does not care.
func TestRecordFails(t *testing.T) {
	x := makeContent("x", 16<<10, nil, fileSpec{"x", 300_000})
	for left := range 3 {
		s := newSwarm(1)
		seed, disk := s.join(), &fullDisk{left: left}
		seed.addSeed(x)
		leech := s.join(func(c *client.Config) { c.Record, c.DownLimit = disk, 50_000 })
		l := leech.addLeech(x, knows(seed))
		if !s.runUntil(l.Complete) || !leech.leave() {
			t.Fatalf("with %d writes: not complete, or not closed", left)
		}
		failures := told[client.RecordFailed](leech)
		if len(failures) != 1 || !errors.Is(failures[0].Err, errFull) || disk.tries != left+1 {
			t.Errorf("with %d writes: told %v after %d", left, failures, disk.tries)
		}
		if r, err := record.Replay(&disk.Buffer, nil); left > 0 && (err != nil || !r.Same() || !errors.Is(r.End, record.ErrCut) || r.Turns == 0) {
			t.Errorf("with %d writes: what is there: %+v, %v", left, r, err)
		}
	}
}

// TestRecordOfACrash: the event over which a client has died is in its record.
func TestRecordOfACrash(t *testing.T) {
	x := makeContent("x", 16<<10, nil, fileSpec{"x", 300_000})
	var file bytes.Buffer
	s := newSwarm(1)
	m := s.join(func(c *client.Config) {
		c.Record = &file
		c.Filter = func(netip.Addr) bool { panic("a bug") }
	})
	l := m.addLeech(x)
	s.run(time.Second)
	l.AddPeers(netip.MustParseAddrPort("10.0.0.77:1"))
	func() {
		defer func() {
			if p := recover(); p == nil || !strings.Contains(p.(string), "a bug") {
				t.Errorf("panic %v", p)
			}
		}()
		s.run(time.Second)
	}()
	var last record.Turn
	r, err := record.Replay(&file, func(t *record.Turn, _ *boundary.Effects) { last = *t })
	if err != nil || !errors.Is(r.End, record.ErrCut) || last.Whole || len(last.Steps) == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if e, ok := last.Steps[len(last.Steps)-1].Event.(boundary.AddPeers); !ok || e.Peers[0].Port() != 1 {
		t.Errorf("the last event is %s", record.Describe(last.Steps[len(last.Steps)-1].Event))
	}
}
