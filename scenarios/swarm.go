package scenarios

import (
	"slices"
	"strconv"
	"strings"
)

// swarmPrefix begins the names of generated swarms. What follows is their seed.
const swarmPrefix = "random-"

// SwarmName is what the swarm of a seed is called.
func SwarmName(seed uint64) string { return swarmPrefix + strconv.FormatUint(seed, 10) }

// FindSwarm makes the swarm that has this name.
func FindSwarm(name string) (Scenario, bool) {
	digits, ok := strings.CutPrefix(name, swarmPrefix)
	seed, err := strconv.ParseUint(digits, 10, 64)
	if !ok || err != nil || SwarmName(seed) != name {
		return Scenario{}, false
	}
	return GenerateSwarm(seed), true
}

// SwarmTroubles lists the kinds of trouble that GenerateSwarm chooses from.
func SwarmTroubles() (names []string) {
	for _, f := range slices.Concat(swarmTroubles, moreTroubles, silentTroubles) {
		names = append(names, f.name)
	}
	return names
}

// TroublesOf lists the kinds of trouble that the swarm of a seed has.
func TroublesOf(seed uint64) []string { return newSwarm(swarmSources(seed)).troubles }

// KindOf says what a node of a scenario is: the kind of an actor, "tracker", or ""
// if there is none of that name.
func (s *Scenario) KindOf(node string) string {
	if a := s.actor(node); a != nil {
		return string(a.Kind)
	}
	if s.isTracker(node) {
		return "tracker"
	}
	return ""
}
