package campaign

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteText writes the report for people. The first line has the real time it took;
// all that follows is the same for the same campaign.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	r.writeHead(&b)
	r.writeMarks(&b)
	r.writeCombinations(&b)
	r.writeFailures(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) writeHead(b *strings.Builder) {
	fmt.Fprintf(b, "%s\n", r.pace())
	c := &r.Campaign
	fmt.Fprintf(b, "campaign %d: %d runs, %d events, hash %v\n", c.Seed, r.Runs, r.Events, r.Hash)
	if len(r.Shards) < c.Shards {
		var names []string
		for _, p := range r.Shards {
			names = append(names, Shard{p.Shard, c.Shards}.String())
		}
		fmt.Fprintf(b, "a part of it, shard %s\n", strings.Join(names, ", "))
	}
	if rest := c.Runs - r.Runs; rest > 0 && len(r.Shards) == c.Shards {
		fmt.Fprintf(b, "it was ended before %d more\n", rest)
	}
	fmt.Fprintf(b, "%d swarms could complete, %d did; the longest run was %d, of %d events\n", r.Runs, r.Completed, r.Longest.Run, r.Longest.Events)
}

// pace says how fast it went: shards do their work at the same time.
func (r *Report) pace() string {
	var rate float64
	var longest time.Duration
	for i := range r.Shards {
		p := &r.Shards[i]
		longest = max(longest, p.took())
		rate += p.rate()
	}
	shards := ""
	if len(r.Shards) > 1 {
		shards = fmt.Sprintf(", %d shards", len(r.Shards))
	}
	return fmt.Sprintf("%v, %.1f swarms/s%s", longest.Round(100*time.Millisecond), rate, shards)
}

func (p *Part) rate() float64 {
	if p.TookMS == 0 {
		return 0
	}
	return float64(p.Runs) / p.took().Seconds()
}

func (r *Report) writeMarks(b *strings.Builder) {
	met, missing := counted(r.Marks)
	fmt.Fprintf(b, "\nsituations: %d of %d were reached; btsim help marks says what they are\n", met, len(r.Marks))
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "  \truns\tfirst\n")
	for _, t := range r.Marks {
		if t.Runs > 0 {
			fmt.Fprintf(table, "  %s\t%d\t%d\n", t.Name, t.Runs, t.First)
		} else {
			fmt.Fprintf(table, "  %s\t0\tnever\n", t.Name)
		}
	}
	table.Flush() // into memory
	switch {
	case r.Vacuous():
		fmt.Fprintf(b, "FAIL: in %d runs nobody ever came to %s\n", r.Runs, strings.Join(missing, ", "))
	case len(missing) > 0:
		fmt.Fprintf(b, "that some were never reached may be chance: it counts from %d runs on\n", EnoughRuns)
	}
}

func (r *Report) writeCombinations(b *strings.Builder) {
	kinds, _ := counted(r.Troubles)
	pairs, apart := counted(r.Pairs)
	fmt.Fprintf(b, "\nkinds of trouble: %d of %d, and %d of the %d pairs of them in one run\n", kinds, len(r.Troubles), pairs, len(r.Pairs))
	if n := len(apart); n > 0 && n <= pairsShown {
		fmt.Fprintf(b, "  never together: %s\n", strings.Join(apart, ", "))
	}
	last := 0
	for _, s := range r.States {
		last = max(last, s.First)
	}
	fmt.Fprintf(b, "states of a connection: %d; the last one that was new, in run %d\n", len(r.States), last)
}

// pairsShown is how many pairs that never met are named: more are no news.
const pairsShown = 10

func (r *Report) writeFailures(b *strings.Builder) {
	if len(r.Failures) == 0 {
		b.WriteString("\nno failures\n")
		return
	}
	fmt.Fprintf(b, "\n%d kinds of failures\n", len(r.Failures))
	for i := range r.Failures {
		r.Failures[i].write(b)
	}
}

func (f *Failure) write(b *strings.Builder) {
	on := f.Node
	if on == "" {
		on = "swarm"
	}
	fmt.Fprintf(b, "%s: %d runs, first run %d\n", f.Title(), f.Runs, f.First)
	fmt.Fprintf(b, "    at %v on %s: %s\n", time.Duration(f.AtMS)*time.Millisecond, on, f.Detail)
	fmt.Fprintf(b, "    again: %s\n", f.Replay)
}

// String is the failure in one line, as it is told when it is found.
func (f *Failure) String() string {
	return fmt.Sprintf("run %d: %s: %s; again: %s", f.First, f.Title(), f.Detail, f.Replay)
}
