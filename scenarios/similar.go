package scenarios

import (
	"cmp"
	"slices"
	"strings"
)

// similarMost is how many names Similar offers: more would be no help.
const similarMost = 3

// Similar lists the scenarios of the catalogue whose names are like a name that none
// of them has: a slip of the finger away, or with the same words in it. The most
// similar come first.
func Similar(name string) (names []string) {
	far := make(map[string]int)
	for _, s := range Builtin() {
		d := distance(name, s.Name)
		switch {
		case d <= max(len(name)/3, 1):
			far[s.Name] = d
		case len(name) >= beginning && strings.Contains(s.Name, name), sameWords(name, s.Name):
			far[s.Name] = len(name) + d // not before those that are but misspelt
		default:
			continue
		}
		names = append(names, s.Name)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(far[a], far[b]) })
	return names[:min(len(names), similarMost)]
}

// sameWords says whether all words of a name are in another one, in any order.
func sameWords(name, other string) bool {
	words := strings.Split(other, "-")
	for word := range strings.SplitSeq(name, "-") {
		if !slices.Contains(words, word) {
			return false
		}
	}
	return true
}
