package campaign

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"bt/scenarios"
)

// schema is the version of the JSON of a Report.
const schema = 1

// Report is what a campaign, or a part of it, has tried and found.
type Report struct {
	Schema   int      `json:"schema"`
	Campaign Identity `json:"campaign"`
	Shards   []Part   `json:"shards"` // that this is the report of, by their index

	Runs      int    `json:"runs"`
	Completed int    `json:"completed"` // swarms in which everybody who stayed got all
	Events    uint64 `json:"events"`
	Longest   Length `json:"longest"`
	Hash      Hash   `json:"hash"` // of all runs, in whatever order they were made

	Marks    []Tally `json:"marks"`    // of scenarios.Marks
	Troubles []Tally `json:"troubles"` // kinds of trouble
	Pairs    []Tally `json:"pairs"`    // of kinds of trouble that were in the same run
	States   []Tally `json:"states"`   // of connections, as scenarios.ConnState has them

	Failures []Failure `json:"failures"`
}

// Identity is what the reports of shards must have in common.
type Identity struct {
	Seed    uint64 `json:"seed"`
	Runs    int    `json:"runs,omitempty"` // that were asked for; 0: for a time
	Shards  int    `json:"shards"`
	Program string `json:"program"`
	// Probe is the hash of run number 0, which every shard makes: two programs that
	// behave in different ways hardly have the same.
	Probe Hash   `json:"probe"`
	Most  uint64 `json:"most_events"`
}

// Part is a shard's share of the work.
type Part struct {
	Shard  int   `json:"shard"`
	Runs   int   `json:"runs"`
	TookMS int64 `json:"took_ms"` // real time; the one thing that differs from machine to machine
}

// Length is that of the run with the most events: so far from the bound, or so near,
// campaigns come.
type Length struct {
	Run    int    `json:"run"` // its number
	Events uint64 `json:"events"`
}

// max is the longer one of two, and of equal ones the first.
func (l Length) max(m Length) Length {
	if m.Events > l.Events || m.Events == l.Events && m.Run < l.Run {
		return m
	}
	return l
}

// Hash is written as 16 hexadecimal digits: JSON has no numbers of 64 bits.
type Hash uint64

func (h Hash) String() string { return fmt.Sprintf("%016x", uint64(h)) }

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hash) UnmarshalText(b []byte) error {
	if _, err := fmt.Sscanf(string(b), "%016x", (*uint64)(h)); err != nil || len(b) != 16 {
		return fmt.Errorf("%q is not a hash of 16 hexadecimal digits", b)
	}
	return nil
}

// EnoughRuns is how many runs a campaign must have before it has failed if a mark was
// never reached: below that it may have been chance.
const EnoughRuns = 20_000

// Missing lists the marks that no run has reached.
func (r *Report) Missing() []string {
	_, missing := counted(r.Marks)
	return missing
}

// Vacuous says that the campaign was long, and has not been everywhere.
func (r *Report) Vacuous() bool { return r.Runs >= EnoughRuns && len(r.Missing()) > 0 }

// Broken says whether it is the simulator that has failed.
func (r *Report) Broken() bool {
	return slices.ContainsFunc(r.Failures, func(f Failure) bool { return f.Broken })
}

// Pass says whether nothing has failed, and nothing was left out.
func (r *Report) Pass() bool { return len(r.Failures) == 0 && !r.Vacuous() }

// Write writes the report as JSON.
func (r *Report) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(r)
}

// reportMax is more than any report has, in bytes.
const reportMax = 16 << 20

// Read reads what Write has written.
func Read(r io.Reader) (*Report, error) {
	text, err := io.ReadAll(io.LimitReader(r, reportMax+1))
	if err != nil {
		return nil, err
	}
	if len(text) > reportMax {
		return nil, fmt.Errorf("it has more than %d bytes", reportMax)
	}
	var report Report
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("it is no report of btsim fuzz: %w", err)
	}
	if report.Schema != schema {
		return nil, fmt.Errorf("it is a report of version %d, and this program knows %d", report.Schema, schema)
	}
	return &report, report.check()
}

// check says what cannot be right.
func (r *Report) check() error {
	if n := r.Campaign.Shards; n < 1 || n > shardsMax {
		return fmt.Errorf("it is no report of btsim fuzz: there are %d shards", n)
	}
	runs, seen := 0, make(map[int]bool)
	for _, p := range r.Shards {
		if p.Shard < 0 || p.Shard >= r.Campaign.Shards || p.Runs < 0 || p.TookMS < 0 || seen[p.Shard] {
			return fmt.Errorf("it is no report of btsim fuzz: shard %d of %d, %d runs", p.Shard, r.Campaign.Shards, p.Runs)
		}
		seen[p.Shard] = true
		runs += p.Runs
	}
	if runs != r.Runs || len(r.Shards) == 0 {
		return fmt.Errorf("it is no report of btsim fuzz: it has %d runs, and its shards have %d", r.Runs, runs)
	}
	return nil
}

// builder makes a report, run by run.
type builder struct {
	config   *Config
	r        Report
	marks    tallies
	troubles tallies
	pairs    tallies
	states   tallies
	failures map[failureKey]*Failure
}

func newBuilder(c *Config) *builder {
	b := &builder{config: c, marks: make(tallies), troubles: make(tallies), pairs: make(tallies), states: make(tallies), failures: make(map[failureKey]*Failure)}
	probe := (&Config{Seed: c.Seed, MostEvents: c.MostEvents, generate: c.generate}).one(0)
	b.r = Report{
		Schema:   schema,
		Campaign: Identity{Seed: c.Seed, Runs: c.Runs, Shards: c.Shard.of(), Program: c.Program, Probe: Hash(probe.Result.Hash), Most: c.MostEvents},
		Shards:   []Part{{Shard: c.Shard.Index}},
	}
	b.marks.expect(markNames())
	b.troubles.expect(scenarios.SwarmTroubles())
	b.pairs.expect(allPairs(scenarios.SwarmTroubles()))
	return b
}

// add takes what came of a run, and returns the failures that are new.
func (b *builder) add(o *Outcome) (news []Failure) {
	b.r.Runs++
	b.r.Shards[0].Runs++
	b.r.Events += o.Result.Events
	b.r.Longest = b.r.Longest.max(Length{o.Number, o.Result.Events})
	b.r.Hash += mix(o.Number, o.Result.Hash)
	if completed(&o.Result) {
		b.r.Completed++
	}
	for i, name := range o.Troubles {
		b.troubles.note(name, o.Number)
		for _, other := range o.Troubles[i+1:] {
			b.pairs.note(pair(name, other), o.Number)
		}
	}
	if c := o.Result.Coverage; c != nil {
		for _, name := range c.Marks {
			b.marks.note(name, o.Number)
		}
		for _, s := range c.States {
			b.states.note(s.String(), o.Number)
		}
	}
	for _, f := range failuresOf(o, b.config.MostEvents) {
		if was := b.failures[f.key()]; was != nil {
			was.join(&f)
			continue
		}
		b.failures[f.key()] = &f
		news = append(news, f)
	}
	return news
}

// report is all that was added.
func (b *builder) report() *Report {
	r := b.r
	r.Marks, r.Troubles = b.marks.list(markNames()), b.troubles.list(scenarios.SwarmTroubles())
	r.Pairs, r.States = b.pairs.list(allPairs(scenarios.SwarmTroubles())), b.states.list(nil)
	r.Failures = make([]Failure, 0, len(b.failures))
	for _, f := range b.failures { // order: they are sorted below
		r.Failures = append(r.Failures, *f)
	}
	slices.SortFunc(r.Failures, func(f, g Failure) int {
		return cmp.Or(cmp.Compare(f.First, g.First), strings.Compare(f.Rule, g.Rule), strings.Compare(f.Kind, g.Kind))
	})
	return &r
}

// completed says whether all those got everything of whom it is expected.
func completed(r *scenarios.Result) bool {
	return r.Err == nil && !slices.ContainsFunc(r.Failures, func(f scenarios.Failure) bool {
		return strings.HasPrefix(f.Rule, "expectation")
	})
}

// mix makes of the hash of a run one that may be added to those of others: which run
// it is of matters, and not when it is added (SplitMix64).
func mix(k int, hash uint64) Hash {
	x := hash + uint64(k+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return Hash(x ^ x>>31)
}

func markNames() (names []string) {
	for _, m := range scenarios.Marks() {
		names = append(names, m.Name)
	}
	return names
}

func pair(a, b string) string { return a + "+" + b }

func allPairs(names []string) (pairs []string) {
	for i, a := range names {
		for _, b := range names[i+1:] {
			pairs = append(pairs, pair(a, b))
		}
	}
	return pairs
}

// took is how long the machine of a shard was busy.
func (p *Part) took() time.Duration { return time.Duration(p.TookMS) * time.Millisecond }
