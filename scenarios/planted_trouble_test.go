//go:build plant

package scenarios

import (
	"slices"
	"testing"

	"bt/client"
	"bt/client/boundary"
)

// TestPlantedTrouble proves that the oracles see what a client may do wrong whose
// disk is in trouble.
func TestPlantedTrouble(t *testing.T) {
	syncFails := Scenario{
		// Few pieces: one that is written again unannounced is a violation of W8, too,
		// and a run ends after so many.
		Name: "forget", Until: 2 * Minute, Torrent: Torrent{Piece: 256 * KiB, Size: 4 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Link: &Link{Up: 64 * KiBps}},
			{Name: "leech", Kind: Leech, Resume: true, Knows: theSeed},
		},
		Actions: []Action{{At: 10 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "forget", Count: 1}}},
		Expect:  completes,
	}
	lastSyncFails := Scenario{
		Name: "last", Until: 2 * Minute, Torrent: syncFails.Torrent, Actors: syncFails.Actors,
		Actions: []Action{
			{At: 25 * Second, Do: DoDiskFault, Who: theLeech, Disk: &Disk{Kind: "forget", Ops: []string{"sync"}, Count: 1}},
			{At: 26 * Second, Do: DoStop, Who: theLeech},
			{At: 30 * Second, Do: DoRestart, Who: theLeech},
		},
		Expect: completes,
	}
	unreadable := Scenario{
		Name: "unreadable", Until: Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
		Actors:  []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Start: 3 * Second}},
		Actions: []Action{{At: 1 * Second, Do: DoDiskFault, Who: theSeed, Disk: &Disk{Kind: "fail", Ops: []string{"read"}, To: 1 * KiB}}},
		Expect:  completes,
	}
	tests := []struct {
		bug      string
		scenario Scenario
		who      string
		rule     string
		plant    func(*client.Client) plant
	}{
		{"a full disk is kept quiet", fullDisk, "leech", "D7", keepsQuiet[boundary.DiskWaits]},
		{"a failed sync is kept quiet", syncFails, "leech", "D7", keepsQuiet[boundary.SyncFailed]},
		{"a failed sync counts as durable", syncFails, "leech", "D5", believesSyncs},
		{"nothing is written again after a failed sync", syncFails, "leech", "D5", rewritesNothing},
		{"word of a failed sync is not heeded", lastSyncFails, "leech", "D5", heedsNoWord},
		{"no word is left of a failed sync", syncFails, "leech", "D5", leavesNoWord},
		{"what cannot be read is sent", unreadable, "seed", "D2", sendsUnread},
		{"the watchdog has something to mend", onePair, "leech", "L4", bites},
	}
	for _, tt := range tests {
		t.Run(tt.bug, func(t *testing.T) {
			if fired := oraclesFired(tt.scenario, "", nil); len(fired) > 0 {
				t.Errorf("%s without a bug: %v", tt.scenario.Name, fired)
			}
			fired := oraclesFired(tt.scenario, tt.who, tt.plant)
			if !slices.ContainsFunc(fired, func(f Failure) bool { return f.Rule == "oracle "+tt.rule && f.Node == tt.who }) {
				t.Errorf("oracle %s is silent; heard: %v", tt.rule, fired)
			}
		})
	}
}

// keepsQuiet tells nobody of a kind of news.
func keepsQuiet[N boundary.Notice](*client.Client) plant {
	return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
		out.Notify = slices.DeleteFunc(out.Notify, func(n boundary.Notice) bool {
			_, is := n.(N)
			return is
		})
	}}
}

func believesSyncs(*client.Client) plant {
	return plant{event: func(e boundary.Event) boundary.Event {
		if s, ok := e.(boundary.FilesSynced); ok {
			s.Err = nil
			return s
		}
		return e
	}}
}

// rewritesNothing only looks at what it should write again.
func rewritesNothing(*client.Client) plant {
	rewrites := make(map[int]bool)
	return plant{
		event: func(e boundary.Event) boundary.Event {
			if c, ok := e.(boundary.PieceChecked); ok && rewrites[c.Piece] && !c.Download {
				c.Rewrite = true
				return c
			}
			return e
		},
		effects: func(_ boundary.Event, out *boundary.Effects) {
			for i := range out.Check {
				if c := &out.Check[i]; c.Rewrite {
					rewrites[c.Piece] = true
					c.Rewrite = false
				}
			}
		},
	}
}

// heedsNoWord takes what an earlier process was unsure of for sure.
func heedsNoWord(*client.Client) plant {
	return plant{event: func(e boundary.Event) boundary.Event {
		if a, ok := e.(boundary.AddTorrent); ok && a.Resume != nil {
			s := *a.Resume
			s.Unsure.ClearAll()
			a.Resume = &s
			return a
		}
		return e
	}}
}

// leavesNoWord tells of no piece cache when a sync has failed.
func leavesNoWord(*client.Client) plant {
	return plant{effects: func(e boundary.Event, out *boundary.Effects) {
		if s, ok := e.(boundary.FilesSynced); ok && s.Err != nil {
			out.Notify = slices.DeleteFunc(out.Notify, func(n boundary.Notice) bool {
				_, is := n.(boundary.Checkpointed)
				return is
			})
		}
	}}
}

// sendsUnread takes whatever lies in memory for what it could not read.
func sendsUnread(*client.Client) plant {
	return plant{event: func(e boundary.Event) boundary.Event {
		if r, ok := e.(boundary.BlockRead); ok {
			r.Err = nil
			return r
		}
		return e
	}}
}

// bites mends what is not broken.
func bites(*client.Client) plant {
	done := false
	return plant{effects: func(e boundary.Event, out *boundary.Effects) {
		if _, ok := e.(boundary.PieceChecked); ok && !done {
			done = true
			out.Notify = append(out.Notify, boundary.Healed{Torrent: 1, Defects: []boundary.Defect{boundary.DefectPicker}})
		}
	}}
}
