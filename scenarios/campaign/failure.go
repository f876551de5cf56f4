package campaign

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"bt/scenarios"
)

// Failure is what has failed in a campaign, in the same way wherever it did: one rule,
// on nodes of one kind. All but Runs is about the first run in which it has.
type Failure struct {
	Rule   string `json:"rule"`             // an expectation or an oracle, or how the simulator broke
	Kind   string `json:"kind,omitempty"`   // of node: seed, leech, hostile or tracker; "" if it is nobody's in particular
	Broken bool   `json:"broken,omitempty"` // the fault is the simulator's: a panic, or a run without end
	Runs   int    `json:"runs"`             // that have failed in this way
	First  int    `json:"first"`            // the number of the first of them
	Seed   uint64 `json:"seed"`             // of its swarm
	Node   string `json:"node,omitempty"`
	AtMS   int64  `json:"at_ms"` // simulated
	Detail string `json:"detail"`
	Replay string `json:"replay"` // the command that makes that run again
}

// Title names a failure in a few words.
func (f *Failure) Title() string {
	if f.Kind == "" {
		return f.Rule
	}
	return fmt.Sprintf("%s on a %s", f.Rule, f.Kind)
}

// FileName is what the file of its scenario is called: by rule, kind and run.
func (f *Failure) FileName() string {
	name := f.Rule
	if f.Kind != "" {
		name += "-" + f.Kind
	}
	return fmt.Sprintf("%s-%d.yaml", strings.Trim(notInNames.ReplaceAllString(name, "-"), "-"), f.First)
}

// notInNames is what no file should have in its name.
var notInNames = regexp.MustCompile(`[^A-Za-z0-9]+`)

// failureKey is what makes failures the same.
type failureKey struct{ rule, kind string }

func (f *Failure) key() failureKey { return failureKey{f.Rule, f.Kind} }

// join adds what another part of the campaign has found of the same.
func (f *Failure) join(more *Failure) {
	runs := f.Runs + more.Runs
	if more.First < f.First {
		*f = *more
	}
	f.Runs = runs
}

// failuresOf lists what has failed in a run, each kind of it once.
func failuresOf(o *Outcome, mostEvents uint64) (list []Failure) {
	add := func(f Failure) {
		if slices.ContainsFunc(list, func(g Failure) bool { return f.key() == g.key() }) {
			return
		}
		f.Runs, f.First, f.Seed = 1, o.Number, o.Result.Seed
		f.Replay = fmt.Sprintf("btsim run %s", scenarios.SwarmName(f.Seed))
		list = append(list, f)
	}
	if err := o.Result.Err; err != nil {
		f := Failure{Rule: "broken off: " + nameError(err), Broken: true, AtMS: o.Result.SimTime.Milliseconds(), Detail: err.Error()}
		add(f)
		list[0].Replay += fmt.Sprintf(" --most-events %d", mostEvents)
	}
	for _, f := range o.Result.Failures {
		add(Failure{Rule: f.Rule, Kind: o.Scenario.KindOf(f.Node), Node: f.Node, AtMS: f.At.Milliseconds(), Detail: f.Detail})
	}
	return list
}

// numbers differ from one run to the next where the fault is the same.
var numbers = regexp.MustCompile(`0x[0-9a-f]+|[0-9]+`)

// errorLength is how much of an error is enough to tell it by.
const errorLength = 80

// nameError names what broke a run off.
func nameError(err error) string {
	name, _, _ := strings.Cut(numbers.ReplaceAllString(err.Error(), "N"), "\n")
	return name[:min(len(name), errorLength)]
}
