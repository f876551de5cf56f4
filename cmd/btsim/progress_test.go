package main

import (
	"strings"
	"testing"
	"time"

	"bt/scenarios"
	"bt/scenarios/campaign"
)

// TestProgress: on a terminal the line stays in its place, and what has failed is
// above it; elsewhere there are lines. A run that takes long is named once.
func TestProgress(t *testing.T) {
	for _, live := range []bool{true, false} {
		var out strings.Builder
		given := 0
		p := beginProgress(&out, campaign.Config{Seed: 7, Program: "x", Shard: campaign.Shard{Index: 1, Of: 3}}, func() { given++ })
		p.live = live
		p.add(&campaign.Outcome{}, []campaign.Failure{{Rule: "oracle L1", Kind: "leech", First: 1, Detail: "a\x1bb", Replay: "btsim run x"}})
		p.tick()
		p.mu.Lock()
		p.last = time.Now().Add(-2 * slowRun)
		p.mu.Unlock()
		p.tick()
		p.tick()
		if given > 0 {
			t.Error("a run that takes long is given up")
		}
		p.mu.Lock()
		p.last = time.Now().Add(-2 * stuckRun)
		p.mu.Unlock()
		if p.tick(); given != 1 {
			t.Errorf("a run that has no end is given up %d times", given)
		}
		p.end()

		text := strings.ReplaceAll(out.String(), "\r\x1b[K", "~")
		if got := strings.Contains(text, "~"); got != live {
			t.Errorf("live %v: %q", live, text)
		}
		failed, line := "FAIL run 1: oracle L1 on a leech: a\\u001bb; again: btsim run x\n", "0s, 1 runs, "
		slow := "run 4 takes long: btsim run " + scenarios.SwarmName(campaign.SeedOf(7, 4)) + "\n"
		if live {
			failed, line, slow = "~"+failed, "~"+line, "~"+slow
		}
		if !strings.HasPrefix(text, "campaign 7, shard 1/3, x\n"+failed+line) {
			t.Errorf("live %v: %q", live, text)
		}
		if n := strings.Count(text, slow); n != 1 {
			t.Errorf("live %v: the run that takes long is named %d times: %q", live, n, text)
		}
		if ends := map[bool]string{true: "~", false: " kinds of failures\n"}; !strings.HasSuffix(text, ends[live]) {
			t.Errorf("live %v: it ends with %q", live, text)
		}
	}
}
