package main

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/record"
	"bt/client/session"
)

// recording writes the record of a short run: a connection comes, says nothing and
// goes. With lie, the record says that it never came. With crash, the core is then
// told of a torrent that is none, as only a bug could.
func recording(t *testing.T, lie, crash bool) string {
	t.Helper()
	start := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	header := record.Header{Start: start, Session: session.Config{MaxConns: 10, MaxPeers: 10, MaxHalfOpen: 10}, Seeds: [2]uint64{1, 2}, Effects: true}
	cfg := header.Session
	cfg.Rand = rand.NewPCG(1, 2)
	s := session.New(cfg)
	var file bytes.Buffer
	w := record.NewWriter(&file, header)
	var effects boundary.Effects
	peer := netip.MustParseAddrPort("10.0.0.9:77")
	for i, e := range []boundary.Event{
		boundary.SetSlots{Slots: 3}, boundary.Opened{Conn: 1, Remote: peer, Incoming: true}, boundary.Closed{Conn: 1}, boundary.Shutdown{},
	} {
		now := start.Add(time.Duration(i) * time.Second)
		told := e
		if _, ok := e.(boundary.Opened); ok && lie {
			told = boundary.Tick{}
		}
		w.Event(now, told)
		s.Handle(now, e, &effects)
		deadline, _ := s.Deadline()
		if err := w.Settle(&effects, deadline); err != nil {
			t.Fatal(err)
		}
		effects.Reset()
		if crash && i == 1 {
			w.Event(now, boundary.AddTorrent{ID: 1})
			break
		}
	}
	end := w.End
	if crash {
		end = w.Flush
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	return writeRecording(t, file.Bytes())
}

func writeRecording(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.btrun")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReplay(t *testing.T) {
	path, trace := recording(t, false, false), filepath.Join(t.TempDir(), "trace")
	out, _ := btsim(t, exitPass, "replay", path, "--trace", trace)
	for _, want := range []string{"recorded 2026-05-04T03:02:01Z; 3s, 4 turns, 4 events, 0 peers, 0 pieces", "the same effects in the same order\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from\n%s", want, out)
		}
	}
	lines, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"             0s - SetSlots {Slots:3 Optimistic:0}\n", "             1s 10.0.0.9:77 Opened {Conn:1 ", "             2s 10.0.0.9:77 Closed {", "             3s - Shutdown {}\n"} {
		if !bytes.Contains(lines, []byte(want)) {
			t.Errorf("%q is missing from the trace\n%s", want, lines)
		}
	}
}

// TestReplayDifference: the turn that differs is told, with what led to it.
func TestReplayDifference(t *testing.T) {
	out, _ := btsim(t, exitFail, "replay", recording(t, true, false))
	for _, want := range []string{
		"DIFFERENT effects in turn 2 at 1s, on the wall 2026-05-04T03:02:02Z\n", "turn 1 at 0s, the same:\n    SetSlots {Slots:3", "turn 2, events as recorded:\n    Tick {}\n", "to be woken never\n", "effects then, 0:\n", "effects now, 0:\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from\n%s", want, out)
		}
	}
}

// TestReplayUnfinished: what is left of a recording is played.
func TestReplayUnfinished(t *testing.T) {
	whole, err := os.ReadFile(recording(t, false, false))
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-3] ^= 1
	newer := bytes.Clone(whole)
	newer[len("bt-runs\n")+3]++
	for _, test := range []struct {
		what, path string
		code       int
		want       string
	}{
		{"cut", writeRecording(t, whole[:len(whole)-1]), exitPass, "the same effects in the same order\nthe recording is cut off after turn 4\n"},
		{"damaged", writeRecording(t, damaged), exitFail, "the same effects in the same order\nthe recording is damaged: a block has the wrong checksum after turn 4\n"},
		{"newer", writeRecording(t, newer), exitUsage, "recorded by another version of bt"},
		{"none", writeRecording(t, []byte("name: a scenario\n, more of it")), exitUsage, "no recording"},
		{"missing", filepath.Join(t.TempDir(), "nothing"), exitUsage, "no such file"},
		{"a crash", recording(t, false, true), exitBroken, "the core has panicked at 1s: "},
	} {
		if out, errs := btsim(t, test.code, "replay", test.path); !strings.Contains(out+errs, test.want) {
			t.Errorf("%s: %q is missing from\n%s%s", test.what, test.want, out, errs)
		}
	}
}
