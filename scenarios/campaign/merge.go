package campaign

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Named is a report, and what to call it in an error: the name of its file.
type Named struct {
	Name string
	*Report
}

// Merge joins the reports of all shards of a campaign to that of the whole: the same
// that one run of all of it has, but for the time it took. It refuses what does not
// belong together, and names it.
func Merge(reports []Named) (*Report, error) {
	if len(reports) == 0 {
		return nil, errors.New("there is no report")
	}
	first := reports[0]
	owners := make(map[int]string)
	for _, r := range reports {
		if err := first.Campaign.differs(&r.Campaign); err != nil {
			return nil, fmt.Errorf("%s and %s are not of the same campaign: %w", first.Name, r.Name, err)
		}
		for _, p := range r.Shards {
			if owner, taken := owners[p.Shard]; taken {
				return nil, fmt.Errorf("shard %d/%d is in both %s and %s", p.Shard, r.Campaign.Shards, owner, r.Name)
			}
			owners[p.Shard] = r.Name
		}
	}
	var missing []string
	for i := range first.Campaign.Shards {
		if _, ok := owners[i]; !ok {
			missing = append(missing, fmt.Sprintf("%d/%d", i, first.Campaign.Shards))
		}
	}
	if len(missing) > 0 {
		more := ""
		if n := len(missing) - missingShown; n > 0 {
			missing, more = missing[:missingShown], fmt.Sprintf(" and %d more", n)
		}
		return nil, fmt.Errorf("the report of shard %s%s is missing", strings.Join(missing, ", "), more)
	}
	return join(reports), nil
}

// missingShown is how many shards are named that are missing.
const missingShown = 10

// differs says in what two campaigns differ.
func (a *Identity) differs(b *Identity) error {
	switch {
	case a.Seed != b.Seed:
		return fmt.Errorf("their seeds are %d and %d", a.Seed, b.Seed)
	case a.Shards != b.Shards:
		return fmt.Errorf("one has %d shards, the other %d", a.Shards, b.Shards)
	case a.Runs != b.Runs:
		return fmt.Errorf("they were to have %d and %d runs", a.Runs, b.Runs)
	case a.Most != b.Most:
		return fmt.Errorf("their runs may have %d and %d events", a.Most, b.Most)
	case a.Program != b.Program:
		return fmt.Errorf("they were made by %s and %s", a.Program, b.Program)
	case a.Probe != b.Probe:
		return fmt.Errorf("run number 0 has the hash %v with one program, and %v with the other", a.Probe, b.Probe)
	}
	return nil
}

// join adds up what belongs together.
func join(reports []Named) *Report {
	b := builder{
		r:     Report{Schema: schema, Campaign: reports[0].Campaign},
		marks: make(tallies), troubles: make(tallies), pairs: make(tallies), states: make(tallies), failures: make(map[failureKey]*Failure),
	}
	addAll := func(to tallies, list []Tally) {
		for _, t := range list {
			to.add(t)
		}
	}
	for _, r := range reports {
		b.r.Shards = append(b.r.Shards, r.Shards...)
		b.r.Runs += r.Runs
		b.r.Completed += r.Completed
		b.r.Events += r.Events
		b.r.Longest = b.r.Longest.max(r.Longest)
		b.r.Hash += r.Hash
		addAll(b.marks, r.Marks)
		addAll(b.troubles, r.Troubles)
		addAll(b.pairs, r.Pairs)
		addAll(b.states, r.States)
		for _, f := range r.Failures {
			if was := b.failures[f.key()]; was != nil {
				was.join(&f)
			} else {
				b.failures[f.key()] = &f
			}
		}
	}
	slices.SortFunc(b.r.Shards, func(p, q Part) int { return cmp.Compare(p.Shard, q.Shard) })
	return b.report()
}
