package shrink

import (
	"cmp"
	"slices"

	"bt/scenarios"
)

// An oracle is silent whatever a scenario does to a client that is right. An
// expectation is not: nobody completes without a seed, with the power cut for good, or
// within a second. So when it is an expectation that fails, those steps are not
// allowed that could make it fail by themselves.

// fair says that a candidate gives clients no less of a chance than the original did.
func (t *search) fair(s *scenarios.Scenario) bool {
	if t.target.isExpectation() && !aboutMishaps[t.target.check()] && !sameTrouble(&t.base, s) {
		return false
	}
	return !t.target.isExpectation() ||
		sameNames(&t.base, s) && sameDemands(&t.base, s) && stillMended(&t.base, s) && stillReachable(&t.base, s) && linksNoWorse(&t.base, s)
}

// aboutMishaps are the checks that nothing can make fail but a client. "complete" is one
// of them because of what else is fair; the others are about what must not happen.
var aboutMishaps = map[string]bool{"complete": true, "incomplete": true, "no-news": true, "no-part": true}

// sameTrouble: all that goes wrong in the original does so still. Other checks may be
// about what comes of it, and would fail if nothing did.
func sameTrouble(base, s *scenarios.Scenario) bool {
	return slices.Equal(troubles(base), troubles(s))
}

// troubles lists the actions, hostile peers, and trackers that misbehave.
func troubles(s *scenarios.Scenario) (list []string) {
	for _, a := range s.Actions {
		list = append(list, string(a.Do))
	}
	for _, a := range s.Actors {
		if a.Kind == scenarios.Hostile {
			list = append(list, a.Personality)
		}
	}
	for _, t := range s.Trackers {
		if t.Manner != "" {
			list = append(list, t.Manner)
		}
	}
	return list
}

// sameNames: nobody is called otherwise, or the two could not be compared.
func sameNames(base, s *scenarios.Scenario) bool {
	return !slices.ContainsFunc(s.Actors, func(a scenarios.Actor) bool {
		was := actorOf(base, a.Name)
		return was == nil || was.Name != a.Name
	})
}

// sameDemands: no more is expected, of nobody else, and not sooner.
func sameDemands(base, s *scenarios.Scenario) bool {
	if untilOf(s) != untilOf(base) || len(s.Expect) == 0 {
		return false
	}
	for _, e := range s.Expect {
		if !slices.ContainsFunc(base.Expect, func(b scenarios.Expectation) bool {
			everybody := len(e.Who) == 0 && len(b.Who) > 0 || len(e.Of) == 0 && len(b.Of) > 0
			return !everybody && sameExpectation(&e, &b)
		}) {
			return false
		}
	}
	return true
}

// sameExpectation leaves aside whom it is about.
func sameExpectation(a, b *scenarios.Expectation) bool {
	return a.Check == b.Check && a.After == b.After && a.Within == b.Within && a.Time == b.Time && a.Slack == b.Slack &&
		a.Bytes == b.Bytes && a.Percent == b.Percent && a.Count == b.Count &&
		a.Dir == b.Dir && a.Reason == b.Reason && a.Sometimes == b.Sometimes
}

// mends are the verbs that put right what others have done.
var mends = map[scenarios.Verb][]scenarios.Verb{
	scenarios.DoHeal:      {scenarios.DoPartition, scenarios.DoStall},
	scenarios.DoAccept:    {scenarios.DoRefuse},
	scenarios.DoTrackerUp: {scenarios.DoTrackerDown},
	scenarios.DoDiskFree:  {scenarios.DoDiskFull},
	scenarios.DoDiskHeal:  {scenarios.DoDiskFault},
	scenarios.DoStart:     {scenarios.DoPause, scenarios.DoStop, scenarios.DoDiskFault, scenarios.DoDiskFull},
	scenarios.DoRestart:   {scenarios.DoKill},

	// The last word counts, which is the same verb.
	scenarios.DoSlots: {scenarios.DoSlots}, scenarios.DoPriorities: {scenarios.DoPriorities}, scenarios.DoLimits: {scenarios.DoLimits},
	scenarios.DoFilter: {scenarios.DoFilter}, scenarios.DoLink: {scenarios.DoLink}, scenarios.DoName: {scenarios.DoName},
	scenarios.DoClock: {scenarios.DoClock},
}

// stillMended: what was put right in the original still is, in the same order, and
// what was over after a time still is.
func stillMended(base, s *scenarios.Scenario) bool {
	for verb, done := range mends { // order: none, as it is about all of them
		last := lastOf(base, verb)
		if last == nil || !doesAny(s, done) && !(verb == scenarios.DoDiskFree && anySmallDisk(s)) {
			continue
		}
		now := lastOf(s, verb)
		if now == nil || now.At < lastTime(s, done) || !slices.Equal(now.Priorities, last.Priorities) && len(s.Torrent.Files) == len(base.Torrent.Files) {
			return false
		}
		if slices.ContainsFunc(last.Who, func(name string) bool { return knows(s, name) && !slices.Contains(now.Who, name) }) {
			return false
		}
	}
	for _, a := range s.Actions {
		if a.For == 0 && lasts(base, a.Do) {
			return false
		}
	}
	return stillChecked(s)
}

// stillChecked: who is expected to mend its pieces is told to look at them.
func stillChecked(s *scenarios.Scenario) bool {
	for _, e := range s.Expect {
		for _, name := range e.Who {
			if e.Check == "mended" && !slices.ContainsFunc(s.Actions, func(a scenarios.Action) bool {
				return a.Do == scenarios.DoCheck && a.At >= e.After && slices.Contains(a.Who, name)
			}) {
				return false
			}
		}
	}
	return true
}

// anySmallDisk says that there is room for so much only on somebody's disk.
func anySmallDisk(s *scenarios.Scenario) bool {
	return slices.ContainsFunc(s.Actors, func(a scenarios.Actor) bool { return a.Quota > 0 || a.Capacity > 0 })
}

func knows(s *scenarios.Scenario, name string) bool {
	return actorOf(s, name) != nil || isTracker(s, name)
}

func lastOf(s *scenarios.Scenario, verb scenarios.Verb) (last *scenarios.Action) {
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Do == verb && (last == nil || a.At >= last.At) {
			last = a
		}
	}
	return last
}

func doesAny(s *scenarios.Scenario, verbs []scenarios.Verb) bool {
	return slices.ContainsFunc(s.Actions, func(a scenarios.Action) bool { return slices.Contains(verbs, a.Do) })
}

func lastTime(s *scenarios.Scenario, verbs []scenarios.Verb) (at scenarios.Duration) {
	for _, a := range s.Actions {
		if slices.Contains(verbs, a.Do) {
			at = max(at, a.At)
		}
	}
	return at
}

// lasts says that all actions of a verb end by themselves.
func lasts(s *scenarios.Scenario, verb scenarios.Verb) bool {
	return doesAny(s, []scenarios.Verb{verb}) &&
		!slices.ContainsFunc(s.Actions, func(a scenarios.Action) bool { return a.Do == verb && a.For == 0 })
}

// stillReachable: there is a seed if there was one, and a tracker that works, or
// everybody is told of the others. What somebody has at the start, it still has.
func stillReachable(base, s *scenarios.Scenario) bool {
	isSeed := func(a scenarios.Actor) bool { return a.Kind == scenarios.Seed }
	works := func(t scenarios.Tracker) bool { return t.Manner == "" && !t.Down }
	switch {
	case slices.ContainsFunc(base.Actors, isSeed) && !slices.ContainsFunc(s.Actors, isSeed):
		return false
	case slices.ContainsFunc(base.Trackers, works) && !s.Trackerless && len(s.Trackers) > 0 && !slices.ContainsFunc(s.Trackers, works):
		return false
	}
	for _, a := range s.Actors {
		if had := actorOf(base, a.Name); had.Has != "" && a.Has == "" && !slices.ContainsFunc(base.Actors, isSeed) {
			return false
		}
	}
	return stillAcquainted(base, s)
}

// stillAcquainted: without a tracker everybody knows everybody, or those whom they knew
// in the original. Of two that know each other, one need not know it at the start.
func stillAcquainted(base, s *scenarios.Scenario) bool {
	for i := range s.Actors {
		for j := range i + 1 {
			a, b := &s.Actors[i], &s.Actors[j]
			if i == j && a.Count < 2 || acquainted(a, b) || !s.Trackerless {
				continue
			}
			if !base.Trackerless || acquainted(actorOf(base, a.Name), actorOf(base, b.Name)) {
				return false
			}
		}
	}
	return true
}

func acquainted(a, b *scenarios.Actor) bool {
	return slices.Contains(a.Knows, b.Name) || slices.Contains(b.Knows, a.Name)
}

// linksNoWorse: the links that there are, are those of the original, or faster.
func linksNoWorse(base, s *scenarios.Scenario) bool {
	for _, a := range s.Actors {
		if was := actorOf(base, a.Name); !noWorse(linkOf(s, &a), linkOf(base, was)) {
			return false
		}
	}
	return true
}

// homeLink is what an actor has where nothing is said, as Scenario.Link has it.
var homeLink = scenarios.Link{Up: 512 * scenarios.KiBps, Down: 4 * scenarios.MiBps, Latency: 20 * scenarios.Millisecond}

func linkOf(s *scenarios.Scenario, a *scenarios.Actor) *scenarios.Link {
	return cmp.Or(a.Link, s.Link, &homeLink)
}

func noWorse(now, was *scenarios.Link) bool {
	slower := func(now, was scenarios.Rate) bool { return now != 0 && (was == 0 || now < was) }
	return !slower(now.Up, was.Up) && !slower(now.Down, was.Down) && now.Latency <= was.Latency+was.Jitter &&
		(now.MaxRead == 0 || now.MaxRead >= was.MaxRead && was.MaxRead > 0) && (now.MaxWrite == 0 || now.MaxWrite >= was.MaxWrite && was.MaxWrite > 0)
}
