package shrink

import (
	"slices"

	"bt/scenarios"
)

// dropActions leaves out actions.
func (t *search) dropActions() {
	t.dropSome(
		func(s *scenarios.Scenario) int { return len(s.Actions) },
		func(s *scenarios.Scenario, i, j int) { s.Actions = slices.Delete(s.Actions, i, j) })
}

// dropHosts leaves out actors, and of several of a kind some.
func (t *search) dropHosts() {
	t.dropSome(
		func(s *scenarios.Scenario) int { return len(s.Actors) },
		func(s *scenarios.Scenario, i, j int) { s.Actors = slices.Delete(s.Actors, i, j) })
	for i := range t.best.Actors {
		for n := t.best.Actors[i].Count; n > 1; n = t.best.Actors[i].Count {
			if t.tryAny([]func(*scenarios.Scenario){fewerOf(i, 1), fewerOf(i, 2), fewerOf(i, n/2), fewerOf(i, n-1)}) < 0 {
				break
			}
		}
	}
}

// fewerOf leaves n of the i-th actor. The first of several is the one that stays.
func fewerOf(i, n int) func(*scenarios.Scenario) {
	return func(s *scenarios.Scenario) {
		a := &s.Actors[i]
		if a.Count = n; n == 1 {
			a.Count = 0
			renameAll(s, a.Name+"-1", a.Name)
		}
	}
}

// dropTrackers leaves out trackers, the last one too: everybody knows everybody then.
func (t *search) dropTrackers() {
	t.dropSome(
		func(s *scenarios.Scenario) int { return len(s.Trackers) },
		func(s *scenarios.Scenario, i, j int) { s.Trackers = slices.Delete(s.Trackers, i, j) })
	if t.best.Trackerless {
		return
	}
	t.tryAny([]func(*scenarios.Scenario){
		introduce(func(i, j int) bool { return i > j }),
		introduce(func(i, j int) bool { return i < j }),
		introduce(func(i, j int) bool { return i != j }),
	})
}

// introduce has actors know each other from the start, those of whom knows says so.
func introduce(knows func(i, j int) bool) func(*scenarios.Scenario) {
	return func(s *scenarios.Scenario) {
		s.Trackers, s.Trackerless = nil, true
		for i := range s.Actors {
			a := &s.Actors[i]
			a.Knows = nil
			for j, other := range s.Actors {
				if knows(i, j) || i == j && a.Count > 1 {
					a.Knows = append(a.Knows, other.Name)
				}
			}
		}
	}
}
