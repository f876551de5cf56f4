package shrink

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bt/scenarios"
	"bt/simnet"
)

// Target is what a smaller scenario must have in common with the original: the same
// rule fails, on a node of the same kind.
type Target struct {
	Rule string // as of scenarios.Failure, or BrokenOff
	Role string // seed, leech, hostile or tracker; "": nobody's in particular

	broken string // why the run was broken off, without numbers
}

// BrokenOff is the rule of a run that has not come to its end.
const BrokenOff = "broken off"

func (t Target) String() string {
	if t.Role == "" {
		return t.Rule
	}
	return t.Rule + " on a " + t.Role
}

// targetOf finds what has failed in a run: that it was broken off, if it was, or the
// first failure.
func targetOf(s *scenarios.Scenario, r *scenarios.Result) (Target, bool) {
	switch {
	case r.Err != nil:
		return brokenTarget(s, r.Err), true
	case len(r.Failures) > 0:
		f := r.Failures[0]
		return Target{Rule: f.Rule, Role: roleOf(s, f.Node)}, true
	}
	return Target{}, false
}

var numbers = regexp.MustCompile(`\d+`)

func brokenTarget(s *scenarios.Scenario, err error) Target {
	t := Target{Rule: BrokenOff, broken: numbers.ReplaceAllString(err.Error(), "N")}
	var spin *simnet.SpinError
	if errors.As(err, &spin) {
		t.Role, t.broken = roleOf(s, spin.Host), "events without end"
	}
	return t
}

// is says whether a failure is the one that is looked for.
func (t Target) is(s *scenarios.Scenario, f scenarios.Failure) bool {
	return f.Rule == t.Rule && roleOf(s, f.Node) == t.Role
}

// met says whether it is in a run. A run that was broken off does not count, unless
// that is what is looked for.
func (t Target) met(s *scenarios.Scenario, r *scenarios.Result) bool {
	if r.Err != nil {
		return t.Rule == BrokenOff && brokenTarget(s, r.Err) == t
	}
	return slices.ContainsFunc(r.Failures, func(f scenarios.Failure) bool { return t.is(s, f) })
}

// isExpectation says that it is the scenario's own rule that fails, which an unfair
// change could make fail by itself.
func (t Target) isExpectation() bool { return strings.HasPrefix(t.Rule, expectation) }

// check is the check of that rule.
func (t Target) check() string { return strings.TrimPrefix(t.Rule, expectation) }

// expectation is what the rules of expectations begin with, as of scenarios.Failure.
const expectation = "expectation "

// roleOf is the kind of a node.
func roleOf(s *scenarios.Scenario, node string) string {
	if node == "" {
		return ""
	}
	if a := actorOf(s, node); a != nil {
		return string(a.Kind)
	}
	return "tracker"
}

// actorOf finds the actor that a name belongs to, or nil.
func actorOf(s *scenarios.Scenario, name string) *scenarios.Actor {
	i := slices.IndexFunc(s.Actors, func(a scenarios.Actor) bool { return belongs(&a, name) })
	if i < 0 {
		return nil
	}
	return &s.Actors[i]
}

// belongs says whether a name is that of an actor, or of one of several.
func belongs(a *scenarios.Actor, name string) bool {
	if a.Name == name {
		return true
	}
	number, ok := strings.CutPrefix(name, a.Name+"-")
	n, err := strconv.Atoi(number)
	return ok && err == nil && n >= 1 && n <= a.Count && a.Count > 1
}
