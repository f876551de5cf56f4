package scenarios

import (
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// swarmsInAll is how many generated swarms a test run sees, swarmsInShort when it
// has to be short.
const (
	swarmsInAll   = 1000
	swarmsInShort = 60
)

// TestThousandSwarms runs generated swarms: whatever happens to them, leeches
// that stay complete when it is over, and no oracle objects.
func TestThousandSwarms(t *testing.T) {
	t.Parallel()
	n := swarmsInAll
	if testing.Short() {
		n = swarmsInShort
	}
	failed := 0
	run := func(i int) Result { return Run(GenerateSwarm(uint64(i)), uint64(i), Options{}) }
	inOrder(n, runtime.GOMAXPROCS(0), run, func(i int, r Result) {
		if r.Pass() {
			return
		}
		if failed++; failed > failuresMax {
			return
		}
		text, err := Encode(GenerateSwarm(uint64(i)))
		if err != nil {
			text = []byte(err.Error())
		}
		t.Errorf("swarm %d: %v %v\n%s\n%s", i, r.Failures, r.Err, r.Stack, text)
	})
	t.Logf("%d swarms, %d failed", n, failed)
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
