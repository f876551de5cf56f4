package shrink

import (
	"fmt"
	"slices"

	"bt/scenarios"
)

// rename gives everybody the name that one would expect: that of its kind, with a
// number if there are several. Names are in the streams of random numbers, so that the
// run is another one; if it does not fail, each name is tried alone.
func (t *search) rename() {
	if len(renames(&t.best)) == 0 {
		return
	}
	if t.try(func(s *scenarios.Scenario) {
		for _, r := range renames(s) {
			r(s)
		}
	}) {
		return
	}
	for i := len(renames(&t.best)) - 1; i >= 0; i-- {
		t.try(func(s *scenarios.Scenario) {
			if list := renames(s); i < len(list) {
				list[i](s)
			}
		})
	}
}

// renames lists the changes that give each that is not called as expected a new name.
func renames(s *scenarios.Scenario) (list []func(*scenarios.Scenario)) {
	count := make(map[string]int)
	expect := func(is, stem string, set func(s *scenarios.Scenario, name string)) {
		count[stem]++
		name := stem
		if n := count[stem]; n > 1 {
			name = fmt.Sprint(stem, n)
		}
		if is != name {
			list = append(list, func(s *scenarios.Scenario) { set(s, name) })
		}
	}
	for i, a := range s.Actors {
		expect(a.Name, string(a.Kind), func(s *scenarios.Scenario, name string) { renameActor(s, i, name) })
	}
	for i, tr := range s.Trackers {
		// The only tracker needs no name, and what refers to it says "tracker".
		if len(s.Trackers) == 1 && tr.Name != "" {
			list = append(list, func(s *scenarios.Scenario) {
				renameAll(s, s.Trackers[i].Name, defaultTracker)
				s.Trackers[i].Name = ""
			})
		} else if len(s.Trackers) > 1 {
			expect(tr.Name, defaultTracker, func(s *scenarios.Scenario, name string) {
				renameAll(s, s.Trackers[i].Name, name)
				s.Trackers[i].Name = name
			})
		}
	}
	for i, n := range s.NATs {
		expect(n.Name, "nat", func(s *scenarios.Scenario, name string) {
			for j := range s.Actors {
				if s.Actors[j].NAT == s.NATs[i].Name {
					s.Actors[j].NAT = name
				}
			}
			s.NATs[i].Name = name
		})
	}
	for i, f := range s.Torrent.Files {
		expect(f.Path, "f", func(s *scenarios.Scenario, name string) { renameFile(s, i, name) })
	}
	return list
}

// renameActor renames an actor, and each of its hosts if there are several, wherever
// they are referred to.
func renameActor(s *scenarios.Scenario, i int, name string) {
	a := &s.Actors[i]
	old := a.Name
	for n := range a.Count {
		renameAll(s, fmt.Sprintf("%s-%d", old, n+1), fmt.Sprintf("%s-%d", name, n+1))
	}
	renameAll(s, old, name)
	a.Name = name
}

// renameAll changes a name wherever it is referred to.
func renameAll(s *scenarios.Scenario, old, name string) {
	change := func(list []string) {
		for i := range list {
			if list[i] == old {
				list[i] = name
			}
		}
	}
	for i := range s.Actors {
		change(s.Actors[i].Knows)
	}
	for i := range s.Actions {
		change(s.Actions[i].Who)
		change(s.Actions[i].With)
		if n := s.Actions[i].Name; n != nil {
			change(n.For)
		}
	}
	for i := range s.Expect {
		change(s.Expect[i].Who)
		change(s.Expect[i].Of)
	}
}

// renameFile renames a file, unless there is one of that name, and where faults and
// expectations speak of it.
func renameFile(s *scenarios.Scenario, i int, name string) {
	old := s.Torrent.Files[i].Path
	if slices.ContainsFunc(s.Torrent.Files, func(f scenarios.File) bool { return f.Path == name }) {
		return
	}
	s.Torrent.Files[i].Path = name
	for j := range s.Actions {
		if d := s.Actions[j].Disk; d != nil && d.Path == old {
			d.Path = name
		}
	}
	for j := range s.Expect {
		if s.Expect[j].File == old {
			s.Expect[j].File = name
		}
	}
}

// renameScenario renames the only file of the torrent too, which is called like it.
func renameScenario(s *scenarios.Scenario, name string) {
	for i := range s.Actions {
		if d := s.Actions[i].Disk; d != nil && d.Path == s.Name && len(s.Torrent.Files) == 0 {
			d.Path = name
		}
	}
	s.Name = name
}
