package campaign

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shards makes a campaign in n parts, each read back from what it has written.
func shards(t *testing.T, n, runs int) (list []Named) {
	t.Helper()
	for i := range n {
		var b bytes.Buffer
		if err := search(t, Config{Seed: 5, Runs: runs, Shard: Shard{i, n}, Program: "x"}).Write(&b); err != nil {
			t.Fatal(err)
		}
		r, err := Read(&b)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, Named{Shard{i, n}.String(), r})
	}
	return list
}

// TestMerge: what shards have found together is what the whole finds, in whatever
// order their reports come.
func TestMerge(t *testing.T) {
	const runs = 71
	whole := search(t, Config{Seed: 5, Runs: runs, Program: "x"})
	for _, n := range []int{1, 2, 5} {
		parts := shards(t, n, runs)
		slices.Reverse(parts)
		got, err := Merge(parts)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Shards) != n || got.Shards[0].Shard != 0 {
			t.Errorf("%d shards: %+v", n, got.Shards)
		}
		got.Shards, got.Campaign.Shards = whole.Shards, 1
		if diff := cmp.Diff(text(t, whole), text(t, got)); diff != "" {
			t.Errorf("%d shards:\n%s", n, diff)
		}
	}
}

// TestMergeRefuses: what does not belong together is named.
func TestMergeRefuses(t *testing.T) {
	parts := shards(t, 3, 12)
	changed := func(change func(*Report)) Named {
		r := *parts[1].Report
		change(&r)
		return Named{"other.json", &r}
	}
	for name, test := range map[string]struct {
		list []Named
		want string
	}{
		"none":    {nil, "there is no report"},
		"missing": {parts[1:2], "the report of shard 0/3, 2/3 is missing"},
		"twice":   {[]Named{parts[0], parts[1], parts[2], changed(func(*Report) {})}, "shard 1/3 is in both 1/3 and other.json"},
		"seed":    {[]Named{parts[0], changed(func(r *Report) { r.Campaign.Seed = 6 }), parts[2]}, "0/3 and other.json are not of the same campaign: their seeds are 5 and 6"},
		"shards":  {[]Named{parts[0], changed(func(r *Report) { r.Campaign.Shards = 4 }), parts[2]}, "one has 3 shards, the other 4"},
		"runs":    {[]Named{parts[0], changed(func(r *Report) { r.Campaign.Runs = 13 }), parts[2]}, "they were to have 12 and 13 runs"},
		"events":  {[]Named{parts[0], changed(func(r *Report) { r.Campaign.Most = 7 }), parts[2]}, "may have 20000000 and 7 events"},
		"program": {[]Named{parts[0], changed(func(r *Report) { r.Campaign.Program = "y" }), parts[2]}, "made by x and y"},
		"probe":   {[]Named{parts[0], changed(func(r *Report) { r.Campaign.Probe++ }), parts[2]}, "run number 0 has the hash"},
	} {
		if _, err := Merge(test.list); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// TestReadRefuses: what is no report is refused.
func TestReadRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":             "no report of btsim fuzz",
		"{}":           "of version 0, and this program knows 1",
		`{"schema":2}`: "of version 2",
		`{"schema":1}`: "no report of btsim fuzz: there are 0 shards",
		`{"schema":1,"campaign":{"shards":1000000000}}`:                                                      "there are 1000000000 shards",
		`{"schema":1,"campaign":{"shards":2}}`:                                                               "it has 0 runs",
		`{"schema":1,"runs":3,"campaign":{"shards":2},"shards":[{"shard":0,"runs":2}]}`:                      "it has 3 runs, and its shards have 2",
		`{"schema":1,"runs":2,"campaign":{"shards":2},"shards":[{"shard":2,"runs":2}]}`:                      "shard 2 of 2",
		`{"schema":1,"runs":2,"campaign":{"shards":2},"shards":[{"shard":0,"runs":1},{"shard":0,"runs":1}]}`: "shard 0 of 2",
		`{"schema":1,"hash":"12"}`:                                                                           "not a hash",
		strings.Repeat(" ", reportMax) + "{   }":                                                             "more than 16777216 bytes",
	} {
		if _, err := Read(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.100q: %v, want %q", in, err, want)
		}
	}
}

// FuzzRead: whatever a file holds, reading, joining and printing it end.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"schema":1,"runs":2,"campaign":{"shards":1,"probe":"00000000000000ff"},"shards":[{"shard":0,"runs":2}],"marks":[{"name":"a","runs":1,"first":1}],"failures":[{"rule":"x","runs":1}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := Read(bytes.NewReader(in))
		if err != nil {
			return
		}
		if whole, err := Merge([]Named{{"x", r}}); err == nil {
			text(t, whole)
		}
	})
}
