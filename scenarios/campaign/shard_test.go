package campaign

import (
	"errors"
	"strings"
	"testing"
)

func TestParseShard(t *testing.T) {
	auto := func() (string, error) { return "3", nil }
	for text, want := range map[string]Shard{"0/1": {0, 1}, "0/8": {0, 8}, "7/8": {7, 8}, "auto/4": {3, 4}} {
		if got, err := ParseShard(text, auto); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for text, why := range map[string]string{
		"": "is not like 0/8", "3": "is not like 0/8", "1/": "is not like", "/8": "is not like", "a/8": "is not like", "auto": "is not like",
		"8/8": "counted from 0", "-1/8": "counted from 0", "auto/3": "counted from 0", "0/0": "1 to 10000", "0/10001": "1 to 10000",
	} {
		if _, err := ParseShard(text, auto); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", text, err, why)
		}
	}
	unset := errors.New("is not set")
	if _, err := ParseShard("auto/8", func() (string, error) { return "", unset }); !errors.Is(err, unset) {
		t.Errorf("without an index: %v", err)
	}
}

// TestShards: each run is in one shard.
func TestShards(t *testing.T) {
	const n, runs = 3, 100
	owners := make(map[int]int)
	for i := range n {
		for j := 0; (Shard{i, n}).Number(j) < runs; j++ {
			owners[Shard{i, n}.Number(j)]++
		}
	}
	for k := range runs {
		if owners[k] != 1 {
			t.Errorf("run %d is in %d shards", k, owners[k])
		}
	}
	if k := (Shard{}).Number(5); k != 5 {
		t.Errorf("the fifth run of the whole is %d", k)
	}
}

// TestSeedOf: the swarms of a campaign are the same for ever, and are all different.
func TestSeedOf(t *testing.T) {
	if a, b := SeedOf(1, 0), SeedOf(20261120, 195); a != 5388655572385189 || b != 3244044698091175 {
		t.Errorf("the seeds are %d and %d", a, b)
	}
	seen := make(map[uint64]bool)
	for campaign := range uint64(20) {
		for k := range 1000 {
			s := SeedOf(campaign, k)
			if seen[s] || s >= 1<<53 {
				t.Fatalf("seed %d is there twice, or too large", s)
			}
			seen[s] = true
		}
	}
}
