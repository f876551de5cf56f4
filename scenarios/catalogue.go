package scenarios

import "slices"

// Builtin returns the catalogue: the scenarios that every change must pass.
func Builtin() []Scenario {
	return slices.Concat(basics(), sizes(), capacities(), choking(), requesting(), withdrawing(), fast(), poisoning(), controls(), disks(), troubles(), crashes(), trackers(), networks(), netFaults(), lostWords(), awayFaults(), natted(), hostiles(), quietPeers(), flooders(), pretenders(), badManners(), priorities(), fileLayouts(), removals(), resuming(), rechecking(), announcing(), udpTrackers(), namedTrackers(), dialling(), trusting(), relocating(), chancy(), found())
}

// Find returns the scenario of the catalogue that has this name.
func Find(name string) (Scenario, bool) {
	if s, err := readFound(name + ".yaml"); err == nil {
		return s, true
	}
	all := Builtin()
	i := slices.IndexFunc(all, func(s Scenario) bool { return s.Name == name })
	if i < 0 {
		return Scenario{}, false
	}
	return all[i], true
}

// The names that most scenarios use for their actors.
var (
	theSeed    = []string{"seed"}
	theLeech   = []string{"leech"} // or all of them, where there are several
	theTracker = []string{defaultTracker}
)

// pair is a seed and a leech, with default links.
func pair() []Actor {
	return []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech}}
}

// crowd is a seed and n leeches, with default links.
func crowd(n int) []Actor {
	return []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Count: n}}
}
