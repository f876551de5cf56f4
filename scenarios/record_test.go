package scenarios

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"bt/client/record"
)

// recorded is what one process of a client has recorded.
type recorded struct {
	name string
	bytes.Buffer
}

// runRecorded runs a scenario and records every process in it.
func runRecorded(s Scenario) (Result, []*recorded) {
	var all []*recorded
	result := Run(s, s.DefaultSeed(), Options{record: func(name string) io.Writer {
		all = append(all, &recorded{name: name})
		return all[len(all)-1]
	}})
	return result, all
}

// TestRecordings records every client of the catalogue, and plays it again: each
// turn has the effects that it had. To be recorded changes no run.
func TestRecordings(t *testing.T) {
	t.Parallel()
	for i, s := range Builtin() {
		if testing.Short() && i%8 != 0 {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			result, all := runRecorded(s)
			if i%8 == 0 {
				if plain := Run(s, s.DefaultSeed(), Options{}); plain.Hash != result.Hash {
					t.Errorf("hash %016x when recorded, %016x when not", result.Hash, plain.Hash)
				}
			}
			if len(all) == 0 {
				t.Fatal("no client was recorded")
			}
			for _, rec := range all {
				replay(t, rec)
			}
		})
	}
}

func replay(t *testing.T, rec *recorded) {
	t.Helper()
	if rec.Len() == 0 {
		return // killed before its first second was over
	}
	r, err := record.Replay(&rec.Buffer, nil)
	switch {
	case err != nil:
		t.Errorf("%s: %v", rec.name, err)
	case r.Panic != nil:
		t.Errorf("%s: panic at %v: %v\n%s", rec.name, r.Duration, r.Panic, r.Stack)
	case r.Difference != nil:
		t.Errorf("%s: turn %d at %v differs: %q, deadline %v (%s)", rec.name, r.Difference.Turn.Number, r.Duration, r.Difference.Effects, r.Difference.Deadline, r.Difference.Why)
	case r.End != nil && !errors.Is(r.End, record.ErrCut):
		t.Errorf("%s: %v", rec.name, r.End)
	case r.Turns == 0:
		t.Errorf("%s: nothing was played", rec.name)
	}
}
