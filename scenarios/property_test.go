package scenarios

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// swarmsInAll is how many generated swarms a test run sees, swarmsInShort when it
// has to be short.
const (
	swarmsInAll   = 1000
	swarmsInShort = 60
)

// swarmsEnv names the variable that gives other seeds, such as 1001-2000, to look
// where nobody has looked.
const swarmsEnv = "BT_SWARMS"

// swarmSeeds are the seeds of a test run.
func swarmSeeds(t *testing.T) (first, n int) {
	n = swarmsInAll
	if testing.Short() {
		n = swarmsInShort
	}
	if text := os.Getenv(swarmsEnv); text != "" {
		var last int
		if k, err := fmt.Sscanf(text, "%d-%d", &first, &last); k != 2 || err != nil || last < first || first < 0 {
			t.Fatalf("%s is %q, not like 1001-2000", swarmsEnv, text)
		}
		n = last - first + 1
	}
	return first, n
}

// TestThousandSwarms runs generated swarms: whatever happens to them, leeches
// that stay complete when it is over, and no oracle objects.
func TestThousandSwarms(t *testing.T) {
	t.Parallel()
	first, n := swarmSeeds(t)
	calm, completed, violations, failed := 0, 0, 0, 0
	reached := make(map[string]bool)
	run := func(i int) Result {
		return Run(GenerateSwarm(uint64(first+i)), uint64(first+i), Options{Cover: true})
	}
	inOrder(n, runtime.GOMAXPROCS(0), run, func(i int, r Result) {
		seed := uint64(first + i)
		s := GenerateSwarm(seed)
		if s.About == nothingWrong {
			calm++
		}
		for _, name := range r.Coverage.Marks {
			reached[name] = true
		}
		incomplete := false
		for _, v := range r.Failures {
			if strings.HasPrefix(v.Rule, "expectation") {
				incomplete = true
			} else {
				violations++
			}
		}
		if !incomplete && r.Err == nil {
			completed++
		}
		if r.Pass() {
			return
		}
		if failed++; failed > failuresMax {
			return
		}
		text, err := Encode(s)
		if err != nil {
			text = []byte(err.Error())
		}
		t.Errorf("swarm %d: %v %v\n%s\n%s", seed, r.Failures, r.Err, r.Stack, text)
	})
	t.Logf("%d swarms (seeds %d-%d), %d could complete and did, with trouble in %d of them, %d violations, %d failed",
		n, first, first+n-1, completed, n-calm, violations, failed)
	if n < swarmsInAll {
		return // it would be chance
	}
	for _, m := range Marks() {
		if !reached[m.Name] && !rareMarks[m.Name] {
			t.Errorf("%d swarms never come to %s: %s", n, m.Name, m.About)
		}
	}
}

// rareMarks are reached in less than one swarm of a hundred: btsim fuzz fails if they
// are not in twenty thousand.
var rareMarks = map[string]bool{
	"keep-alive": true, "disk-busy-recovered": true, "closed-handshake": true, "closed-too-many": true,
	"closed-idle": true, "closed-useless": true, "closed-other-tracker": true, "closed-banned": true, "peer-banned": true,
	"piece-failed": true, "piece-mended": true, "damage-found": true,
}

// TestGenerateSwarm: what is generated is valid, is the same for the same seed,
// and comes back from a file as it was.
func TestGenerateSwarm(t *testing.T) {
	for seed := range uint64(500) {
		s := GenerateSwarm(seed)
		if err := s.Validate(); err != nil {
			t.Errorf("seed %d: %v", seed, err)
			continue
		}
		if diff := cmp.Diff(s, GenerateSwarm(seed)); diff != "" {
			t.Errorf("seed %d: two are not the same:\n%s", seed, diff)
		}
		text, err := Encode(s)
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			continue
		}
		if back, err := Parse(text); err != nil || !cmp.Equal(s, back) {
			t.Errorf("seed %d: comes back as another one: %v\n%s\n%s", seed, err, cmp.Diff(s, back), text)
		}
	}
}
