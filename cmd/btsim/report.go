package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"bt/scenarios"
)

// schema is the version of the JSON that this program writes.
const schema = 1

// result is a line of run --json. It holds nothing that differs between two
// machines.
type result struct {
	Schema   int       `json:"schema"`
	Name     string    `json:"name"`
	Seed     uint64    `json:"seed"`
	Pass     bool      `json:"pass"`
	SimMS    int64     `json:"sim_ms"` // simulated time
	Events   uint64    `json:"events"`
	Hash     string    `json:"hash"` // 16 hexadecimal digits
	Failures []failure `json:"failures,omitempty"`
	Error    string    `json:"error,omitempty"` // why the run was broken off
	Replay   string    `json:"replay,omitempty"`
}

type failure struct {
	AtMS   int64  `json:"at_ms"` // simulated
	Rule   string `json:"rule"`
	Node   string `json:"node,omitempty"`
	Detail string `json:"detail"`
}

// reporter writes what came of runs.
type reporter struct {
	out          io.Writer
	json         *json.Encoder // nil: text
	runs, failed int
}

func newReporter(out io.Writer, asJSON bool) *reporter {
	r := &reporter{out: out}
	if asJSON {
		r.json = json.NewEncoder(out)
		r.json.SetEscapeHTML(false)
	}
	return r
}

// report writes a line of a run, and if it has failed why, and how to see it
// again.
func (r *reporter) report(replay string, o outcome) error {
	r.runs++
	if !o.Pass() {
		r.failed++
	}
	if r.json != nil {
		return r.json.Encode(toResult(replay, &o.Result))
	}
	verdict := "pass"
	if !o.Pass() {
		verdict = "FAIL"
	}
	_, err := fmt.Fprintf(r.out, "%-28s seed %-4d %s  %9s simulated  %8s real  %9d events  %016x\n",
		o.Name, o.Seed, verdict, o.SimTime.Round(time.Millisecond), o.real.Round(time.Millisecond), o.Events, o.Hash)
	if err != nil || o.Pass() {
		return err
	}
	for _, f := range o.Failures {
		if _, err := fmt.Fprintf(r.out, "    %v\n", f); err != nil {
			return err
		}
	}
	if o.Err != nil {
		if _, err := fmt.Fprintf(r.out, "    broken off: %v\n%s", o.Err, o.Stack); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(r.out, "    again: %s\n", replay)
	return err
}

// summary ends the text output of several runs.
func (r *reporter) summary() error {
	if r.json != nil || r.runs < 2 {
		return nil
	}
	_, err := fmt.Fprintf(r.out, "%d runs, %d failed\n", r.runs, r.failed)
	return err
}

func toResult(replay string, r *scenarios.Result) result {
	j := result{
		Schema: schema, Name: r.Name, Seed: r.Seed, Pass: r.Pass(),
		SimMS: r.SimTime.Milliseconds(), Events: r.Events, Hash: fmt.Sprintf("%016x", r.Hash),
	}
	j.Failures = toFailures(r.Failures)
	if r.Err != nil {
		j.Error = r.Err.Error()
	}
	if !j.Pass {
		j.Replay = replay
	}
	return j
}

func toFailures(list []scenarios.Failure) (failures []failure) {
	for _, f := range list {
		failures = append(failures, failure{f.At.Milliseconds(), f.Rule, f.Node, f.Detail})
	}
	return failures
}
