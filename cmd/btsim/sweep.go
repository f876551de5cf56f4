package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"time"

	"bt/scenarios"
)

// allSweeps stands for every sweep in --sweep.
const allSweeps = "all"

// swept is a line of run --sweep --json.
type swept struct {
	Schema int        `json:"schema"`
	Sweep  string     `json:"sweep"`
	Seed   uint64     `json:"seed"`
	Pass   bool       `json:"pass"`
	Points int        `json:"points"` // tried
	Failed []badPoint `json:"failed,omitempty"`
	Events uint64     `json:"events"`          // of all runs
	Hash   string     `json:"hash"`            // of all runs
	Error  string     `json:"error,omitempty"` // why nothing was tried
}

// badPoint is a point of a sweep at which something has failed.
type badPoint struct {
	Point    string    `json:"point"`
	About    string    `json:"about,omitempty"` // what happens there otherwise
	Failures []failure `json:"failures,omitempty"`
	Error    string    `json:"error,omitempty"` // why the run was broken off
	Replay   string    `json:"replay"`

	told  []scenarios.Failure // Failures, as text has them
	stack string
}

// runSweeps tries all points of the sweeps that are asked for, with every seed.
func runSweeps(out io.Writer, args []string, f runFlags) error {
	if len(args) > 0 {
		return errors.New("--sweep: a sweep has scenarios of its own, and takes none")
	}
	sweeps, err := findSweeps(f.sweeps)
	if err != nil {
		return err
	}
	if !f.seeds.given {
		f.seeds = seedRange{first: 1, last: 1}
	}
	if f.point != "" {
		return runPoint(out, sweeps, f)
	}
	if f.trace != "" {
		return errors.New("--trace: of a sweep only one --point can be traced")
	}
	code := exitPass
	for i := range sweeps {
		for seed := f.seeds.first; seed <= f.seeds.last; seed++ {
			begin := time.Now()
			r, worst := sweep(&sweeps[i], seed, f.jobs)
			took := time.Since(begin)
			if err := r.report(out, took, f.json); err != nil {
				return err
			}
			if err := f.ci.add(r.verdict(took, worst)); err != nil {
				return err
			}
			code = max(code, worst)
		}
	}
	if code != exitPass {
		return exit(code)
	}
	return nil
}

func findSweeps(names []string) (list []scenarios.Sweep, err error) {
	for _, name := range names {
		if name == allSweeps {
			list = append(list, scenarios.Sweeps()...)
			continue
		}
		s, ok := scenarios.FindSweep(name)
		if !ok {
			return nil, fmt.Errorf("--sweep %s: there are %s, and %s", name, strings.Join(sweepNames(), ", "), allSweeps)
		}
		list = append(list, s)
	}
	return list, nil
}

func sweepNames() (names []string) {
	for _, s := range scenarios.Sweeps() {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return names
}

// sweep tries all points, and returns what came of them and the exit code.
func sweep(s *scenarios.Sweep, seed uint64, jobs int) (r swept, code int) {
	r = swept{Schema: schema, Sweep: s.Name, Seed: seed}
	points, err := s.Points(seed)
	if err != nil {
		r.Error = err.Error()
		return r, exitFail
	}
	hash := fnv.New64a()
	s.TryAll(points, seed, jobs, func(p scenarios.Point, result scenarios.Result) {
		r.Points++
		r.Events += result.Events
		fmt.Fprintf(hash, "%v %x\n", p, result.Hash)
		if result.Pass() {
			return
		}
		r.Failed = append(r.Failed, newBadPoint(s, p, &result))
		code = max(code, exitCode(&result))
	})
	r.Pass = len(r.Failed) == 0
	r.Hash = fmt.Sprintf("%016x", hash.Sum64())
	return r, code
}

func newBadPoint(s *scenarios.Sweep, p scenarios.Point, r *scenarios.Result) badPoint {
	b := badPoint{Point: p.String(), About: p.About, Failures: toFailures(r.Failures), Replay: replayPoint(s, p, r.Seed), told: r.Failures, stack: r.Stack}
	if r.Err != nil {
		b.Error = r.Err.Error()
	}
	return b
}

// replayPoint is the command that tries one point again.
func replayPoint(s *scenarios.Sweep, p scenarios.Point, seed uint64) string {
	return fmt.Sprintf("btsim run --sweep %s --point %s --seed %d", s.Name, quote(p.String()), seed)
}

func (r *swept) report(out io.Writer, took time.Duration, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(r)
	}
	var text strings.Builder
	verdict := "pass"
	if !r.Pass {
		verdict = fmt.Sprintf("FAIL at %d", len(r.Failed))
	}
	fmt.Fprintf(&text, "sweep %-10s seed %-4d %s  %7d points tried  %8s real  %9d events  %s\n",
		r.Sweep, r.Seed, verdict, r.Points, took.Round(time.Millisecond), r.Events, r.Hash)
	if r.Error != "" {
		fmt.Fprintf(&text, "    %s\n", r.Error)
	}
	for i := range r.Failed {
		r.Failed[i].write(&text)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func (b *badPoint) write(text *strings.Builder) {
	fmt.Fprintf(text, "  %s", b.Point)
	if b.About != "" {
		fmt.Fprintf(text, " (%s)", b.About)
	}
	text.WriteByte('\n')
	for _, f := range b.told {
		fmt.Fprintf(text, "    %v\n", f)
	}
	if b.Error != "" {
		fmt.Fprintf(text, "    broken off: %s\n%s", b.Error, b.stack)
	}
	fmt.Fprintf(text, "    again: %s\n", b.Replay)
}

// runPoint tries one point of one sweep.
func runPoint(out io.Writer, sweeps []scenarios.Sweep, f runFlags) (err error) {
	if len(sweeps) != 1 {
		return errors.New("--point: it is of one sweep; name that")
	}
	s := &sweeps[0]
	p, err := s.ParsePoint(f.point)
	if err != nil {
		return err
	}
	trace, closeTrace, err := createTrace(f.trace)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeTrace()) }()
	var opt scenarios.Options
	if trace != nil {
		opt.Trace = trace
	}
	r := newReporter(out, f.json)
	code := exitPass
	for seed := f.seeds.first; seed <= f.seeds.last; seed++ {
		if err := exists(s, p, seed); err != nil {
			return err
		}
		begin := time.Now()
		o := outcome{s.Try(p, seed, opt), time.Since(begin)}
		if err := r.report(replayPoint(s, p, seed), o); err != nil {
			return err
		}
		if err := f.ci.add(runVerdict("", replayPoint(s, p, seed), &o)); err != nil {
			return err
		}
		code = max(code, exitCode(&o.Result))
	}
	if code != exitPass {
		return exit(code)
	}
	return nil
}

// exists says whether there is such a point: trying what is nowhere would pass.
func exists(s *scenarios.Sweep, p scenarios.Point, seed uint64) error {
	points, err := s.Points(seed)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(points, func(o scenarios.Point) bool { return o.String() == p.String() }) {
		return fmt.Errorf("--point %v: with seed %d sweep %s has %d points, and none of that name", p, seed, s.Name, len(points))
	}
	return nil
}
