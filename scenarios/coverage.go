package scenarios

import (
	"math/bits"
	"strings"

	"bt/client"
)

// Coverage is what a run has been through: what Options.Cover asks for.
type Coverage struct {
	Marks  []string    // that were reached, in the order of Marks
	States []ConnState // that connections were in, ascending
}

// ConnState is what is the case, all at once, at the client's end of a connection:
// a set of bits, each of which means what connStateNames say.
type ConnState uint16

const (
	stateChoking ConnState = 1 << iota
	stateInterested
	stateChoked
	stateWanted
	stateAsking
	stateOwing
	stateFast
	statePaused
	stateStopped
	stateWaiting
	stateSeeding

	// connStatesMax is how many combinations there could be. Many cannot be.
	connStatesMax = 1 << iota
)

var connStateNames = [...]string{
	"choking", "interested", "choked", "wanted", "asking", "owing", "fast", "paused", "stopped", "disk-waits", "seed",
}

// String joins the names of what is the case with +.
func (s ConnState) String() string {
	var names []string
	for i, name := range connStateNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, "+")
}

// state is what is the case now.
func (v *view) state() (s ConnState) {
	set := func(bit ConnState, is bool) {
		if is {
			s |= bit
		}
	}
	set(stateChoking, v.facts.amChoking)
	set(stateInterested, v.facts.amInterested)
	set(stateChoked, v.facts.peerChoking)
	set(stateWanted, v.facts.peerInterested)
	set(stateAsking, len(v.requests.live) > 0)
	set(stateOwing, len(v.answers.owed) > 0)
	set(stateFast, v.facts.fast())
	set(statePaused, v.who.state == client.Paused)
	set(stateStopped, v.who.state == client.Stopped)
	set(stateWaiting, v.who.errors.waiting)
	set(stateSeeding, v.who.lacked.empty())
	return s
}

// connStates is a set of them.
type connStates [connStatesMax / 64]uint64

func (c *connStates) add(s ConnState) { c[s/64] |= 1 << (s % 64) }

func (c *connStates) list() (states []ConnState) {
	for i, word := range c {
		for ; word != 0; word &= word - 1 {
			states = append(states, ConnState(64*i+bits.TrailingZeros64(word)))
		}
	}
	return states
}

// coverage is what the marker has noted, nil without one.
func (m *marker) coverage() *Coverage {
	if m == nil {
		return nil
	}
	c := &Coverage{States: m.states.list()}
	for _, mark := range allMarks {
		if m.reached[mark.Name] {
			c.Marks = append(c.Marks, mark.Name)
		}
	}
	return c
}
