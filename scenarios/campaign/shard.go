package campaign

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Shard is a part of a campaign: of the runs 0, 1, 2, …, those whose number leaves
// the rest Index when it is divided by Of. The zero value is the whole.
type Shard struct {
	Index int // counted from 0
	Of    int // how many shards there are; 0 and 1: this is all
}

// shardsMax bounds Of: more machines than anybody has.
const shardsMax = 10_000

// autoIndex stands for an index that is known to the machine alone.
const autoIndex = "auto"

// ParseShard reads 0/8, the first of eight shards, to 7/8, the last. The index of
// auto/8 is what auto returns.
func ParseShard(text string, auto func() (string, error)) (Shard, error) {
	index, of, ok := strings.Cut(text, "/")
	if index == autoIndex && ok {
		var err error
		if index, err = auto(); err != nil {
			return Shard{}, fmt.Errorf("shard %s: %w", text, err)
		}
	}
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	switch {
	case !ok || err != nil || err2 != nil:
		return Shard{}, fmt.Errorf("shard %q is not like 0/8 or auto/8", text)
	case n < 1 || n > shardsMax:
		return Shard{}, fmt.Errorf("shard %q: there are 1 to %d shards", text, shardsMax)
	case i < 0 || i >= n:
		return Shard{}, fmt.Errorf("shard %q: there is no shard %d of %d, they are counted from 0", text, i, n)
	}
	return Shard{i, n}, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.of()) }

func (s Shard) of() int { return max(s.Of, 1) }

// Number is that of the i-th run of the shard, counted from 0.
func (s Shard) Number(i int) int { return s.Index + i*s.of() }

// SeedOf is the seed of the swarm of run number k. It is below 2^53: what reads a
// report as JSON may keep numbers as floating point.
func SeedOf(campaign uint64, k int) uint64 {
	return rand.NewPCG(campaign, uint64(k)).Uint64() >> 11
}
