package campaign

import (
	"cmp"
	"slices"
)

// Tally is how often something came about.
type Tally struct {
	Name  string `json:"name"`
	Runs  int    `json:"runs"`  // in how many runs
	First int    `json:"first"` // the number of the first of them; with no Runs it means nothing
}

// tallies count by name.
type tallies map[string]*Tally

// note notes that something came about in a run. Runs come in any order.
func (t tallies) note(name string, run int) { t.add(Tally{name, 1, run}) }

func (t tallies) add(more Tally) {
	was := t[more.Name]
	switch {
	case was == nil:
		t[more.Name] = &more
	case more.Runs > 0 && was.Runs > 0:
		was.Runs, was.First = was.Runs+more.Runs, min(was.First, more.First)
	case more.Runs > 0:
		*was = more
	}
}

// expect lists what should come about: it is counted, if only 0 times.
func (t tallies) expect(names []string) {
	for _, name := range names {
		t.add(Tally{Name: name})
	}
}

// list puts them in the order of names; what is not in names comes behind, by name.
func (t tallies) list(names []string) []Tally {
	place := make(map[string]int)
	for i, name := range names {
		place[name] = i + 1
	}
	list := make([]Tally, 0, len(t))
	for _, x := range t { // order: they are sorted below
		list = append(list, *x)
	}
	slices.SortFunc(list, func(a, b Tally) int {
		pa, pb := place[a.Name], place[b.Name]
		if pa == 0 || pb == 0 {
			return cmp.Or(cmp.Compare(pb, pa), cmp.Compare(a.Name, b.Name))
		}
		return cmp.Compare(pa, pb)
	})
	return list
}

// counted is how many of a list came about at all, and the ones that did not.
func counted(list []Tally) (met int, missing []string) {
	for _, t := range list {
		if t.Runs > 0 {
			met++
		} else {
			missing = append(missing, t.Name)
		}
	}
	return met, missing
}
