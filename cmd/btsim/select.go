package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"bt/scenarios"
)

// task is one run to be made.
type task struct {
	scenario scenarios.Scenario
	source   string // what the user called it: a name or a file
	seed     uint64
	capture  *scenarios.Capture // nil: none
}

// replay is the command that makes this run again.
func (t *task) replay() string { return fmt.Sprintf("btsim run %s --seed %d", quote(t.source), t.seed) }

// quote makes one word for a shell of a name of a file.
func quote(s string) string {
	if strings.ContainsAny(s, " \t'\"\\$&;()<>|*?[]#~`!{}") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// tasks lists the runs that arguments ask for: every scenario with every seed.
// Without a range of seeds each runs with its own.
func tasks(args []string, seeds seedRange) ([]task, error) {
	var list []task
	add := func(source string, s scenarios.Scenario) {
		if !seeds.given {
			list = append(list, task{scenario: s, source: source, seed: s.DefaultSeed()})
			return
		}
		for i := range seeds.last - seeds.first + 1 {
			list = append(list, task{scenario: s, source: source, seed: seeds.first + i})
		}
	}
	if len(args) == 0 {
		for _, s := range scenarios.Builtin() {
			add(s.Name, s)
		}
	}
	args, err := expand(args)
	if err != nil {
		return nil, err
	}
	for _, arg := range args {
		s, err := load(arg)
		if err != nil {
			return nil, err
		}
		add(arg, s)
	}
	return list, nil
}

// expand puts the scenario files of a directory in its place.
func expand(args []string) (list []string, err error) {
	for _, arg := range args {
		if info, err := os.Stat(arg); err != nil || !info.IsDir() || isBuiltin(arg) {
			list = append(list, arg)
			continue
		}
		entries, err := os.ReadDir(arg)
		if err != nil {
			return nil, err
		}
		before := len(list)
		for _, e := range entries {
			if !e.IsDir() && isFile(e.Name()) {
				list = append(list, filepath.Join(arg, e.Name()))
			}
		}
		if len(list) == before {
			return nil, fmt.Errorf("%s: there is no scenario file in it", arg)
		}
	}
	return list, nil
}

// isBuiltin says whether the program knows a scenario by this name: one of the
// catalogue, or a generated swarm.
func isBuiltin(name string) bool {
	_, err := builtin(name)
	return err == nil
}

// load finds a scenario in the catalogue or in a file.
func load(arg string) (scenarios.Scenario, error) {
	if !isFile(arg) {
		return builtin(arg)
	}
	text, err := os.ReadFile(arg)
	if err != nil {
		return scenarios.Scenario{}, err
	}
	s, err := scenarios.Parse(text)
	if err != nil {
		return s, fmt.Errorf("%s:%w", arg, err)
	}
	return s, nil
}

// builtin finds a scenario of the catalogue, or makes the generated swarm of that
// name.
func builtin(name string) (scenarios.Scenario, error) {
	if s, ok := scenarios.Find(name); ok {
		return s, nil
	}
	if s, ok := scenarios.FindSwarm(name); ok {
		return s, nil
	}
	meant := ""
	if similar := scenarios.Similar(name); len(similar) > 0 {
		meant = ": did you mean " + strings.Join(similar, " or ") + "?"
	}
	return scenarios.Scenario{}, fmt.Errorf("no scenario is called %q%s btsim list names them all, and files end in .yaml", name, cmp.Or(meant, ":"))
}

// seedRange is what --seed and --seeds say. It implements pflag.Value.
type seedRange struct {
	first, last uint64
	given       bool
}

// seedsMax bounds a range, so that a slip of the finger does not run for a year.
const seedsMax = 1_000_000

func (r *seedRange) String() string {
	switch {
	case !r.given:
		return ""
	case r.first == r.last:
		return strconv.FormatUint(r.first, 10)
	}
	return fmt.Sprintf("%d-%d", r.first, r.last)
}

// Set reads "7" or "1-5".
func (r *seedRange) Set(text string) error {
	from, to, isRange := strings.Cut(text, "-")
	first, err := strconv.ParseUint(from, 10, 64)
	last := first
	if isRange && err == nil {
		last, err = strconv.ParseUint(to, 10, 64)
	}
	if err != nil || last < first || last-first >= seedsMax {
		return fmt.Errorf("%q is neither a number nor a range such as 1-5", text)
	}
	*r = seedRange{first, last, true}
	return nil
}

func (r *seedRange) Type() string { return "N" }
