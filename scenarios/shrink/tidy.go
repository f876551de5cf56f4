package shrink

import (
	"slices"
	"strings"

	"bt/scenarios"
)

// tidy takes away what refers to something that is no more: names of actors and
// trackers, files, pieces. An action or expectation that concerned only those goes
// with them.
func tidy(s *scenarios.Scenario) {
	is := func(name string) bool { return actorOf(s, name) != nil || isTracker(s, name) }
	isClient := func(name string) bool {
		a := actorOf(s, name)
		return a != nil && a.Kind != scenarios.Hostile
	}
	for i := range s.Actors {
		tidyActor(s, &s.Actors[i], is)
	}
	// An action that concerned somebody, and now nobody, would concern everybody: With
	// has that meaning for partitions.
	s.Actions = slices.DeleteFunc(s.Actions, func(a scenarios.Action) bool {
		if a.Name != nil {
			restrict(&a.Name.For, is)
		}
		return restrict(&a.Who, is) || restrict(&a.With, is) || tidyDisk(s, a.Do, a.Disk)
	})
	for i := range s.Actions {
		a := &s.Actions[i]
		restrict(&a.Who, is) // DeleteFunc has seen a copy
		restrict(&a.With, is)
		if a.Priorities != nil {
			a.Priorities = fit(a.Priorities, max(len(s.Torrent.Files), 1))
		}
	}
	// So would an expectation. But there must be one; the last then is about all.
	s.Expect = slices.DeleteFunc(s.Expect, func(e scenarios.Expectation) bool {
		gone := e.File != "" && fileIndex(s, e.File) < 0
		return len(s.Expect) > 1 && (restrict(&e.Who, isClient) || restrict(&e.Of, is) || gone)
	})
	for i := range s.Expect {
		restrict(&s.Expect[i].Who, isClient)
		restrict(&s.Expect[i].Of, is)
	}
}

func tidyActor(s *scenarios.Scenario, a *scenarios.Actor, is func(string) bool) {
	restrict(&a.Knows, is)
	if len(a.Priorities) != max(len(s.Torrent.Files), 1) {
		a.Priorities = nil
	}
	if !slices.ContainsFunc(s.NATs, func(n scenarios.NAT) bool { return n.Name == a.NAT }) {
		a.NAT = ""
	}
	n := pieceCount(&s.Torrent)
	a.Has, a.Damaged = clip(a.Has, n), clip(a.Damaged, n)
}

// restrict leaves only those names in a list that there are, and says whether it was
// not empty, and is now.
func restrict(names *[]string, is func(string) bool) (gone bool) {
	if len(*names) == 0 || !slices.ContainsFunc(*names, func(n string) bool { return !is(n) }) {
		return false
	}
	var rest []string
	for _, name := range *names {
		if is(name) {
			rest = append(rest, name)
		}
	}
	*names = rest
	return rest == nil
}

// tidyDisk lets a fault of a file that is gone concern all, and says whether it means
// nothing any more.
func tidyDisk(s *scenarios.Scenario, do scenarios.Verb, d *scenarios.Disk) (gone bool) {
	if d == nil || d.Path == "" || strings.HasPrefix(d.Path, "/") || strings.ContainsAny(d.Path, "*?[") {
		return false
	}
	if len(s.Torrent.Files) == 0 && d.Path == s.Name || fileIndex(s, d.Path) >= 0 {
		return false
	}
	if slices.ContainsFunc(s.Torrent.Files, func(f scenarios.File) bool { return strings.HasPrefix(f.Path, d.Path+"/") }) {
		return false // a directory
	}
	d.Path = ""
	return do == scenarios.DoDiskMeddle
}

func isTracker(s *scenarios.Scenario, name string) bool {
	if len(s.Trackers) <= 1 && name == defaultTracker && !s.Trackerless {
		return len(s.Trackers) == 0 || s.Trackers[0].Name == "" || s.Trackers[0].Name == defaultTracker
	}
	return name != "" && slices.ContainsFunc(s.Trackers, func(t scenarios.Tracker) bool { return t.Name == name })
}

// defaultTracker is what the only tracker is called that has no name.
const defaultTracker = "tracker"

func fileIndex(s *scenarios.Scenario, path string) int {
	return slices.IndexFunc(s.Torrent.Files, func(f scenarios.File) bool { return f.Path == path })
}

// fit makes a list n long.
func fit(list []int, n int) []int {
	for len(list) < n {
		list = append(list, 1)
	}
	return list[:n]
}

// clip leaves out of a list such as 0-9,12 what is not below n. If that is all, the last
// piece stands for it: somebody is to have, or lack, something.
func clip(list string, n int) string {
	if list == "" {
		return ""
	}
	var rest []string
	for part := range strings.SplitSeq(list, ",") {
		if first, last, ok := bounds(part); ok && first < n {
			rest = append(rest, pieceRange(first, min(last, n-1)))
		}
	}
	if len(rest) == 0 {
		return pieceRange(n-1, n-1)
	}
	return strings.Join(rest, ",")
}
