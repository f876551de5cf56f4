package shrink

import (
	"bt/scenarios"
)

// Bounds of what is tried for a fault that chance, or whatever comes, decides about.
const (
	opsTried      = 64 // operations of a disk
	messagesTried = 16 // messages of a kind
	timesTried    = 32 // repetitions of an action
)

// decide makes explicit what chance has decided, or what an action meets whatever it
// is: the n-th operation of the disk fails, the n-th message of a kind is lost. Where
// scenarios have no word for that, as for a byte that is damaged, it stays as it is.
func (t *search) decide() {
	for i := range len(t.best.Actors) {
		t.decideLink(i)
	}
	for i := len(t.best.Actions) - 1; i >= 0; i-- {
		if i >= len(t.best.Actions) {
			continue // more than one has gone
		}
		switch a := t.best.Actions[i]; a.Do {
		case scenarios.DoDiskFault:
			t.decideDisk(i)
		case scenarios.DoMeddle:
			t.decideMessage(i)
		case scenarios.DoKill:
			t.tryAny([]func(*scenarios.Scenario){
				func(s *scenarios.Scenario) { s.Actions[i].Disk = nil },
				func(s *scenarios.Scenario) { s.Actions[i].Disk = &scenarios.Disk{Kind: "all"} },
			})
		case scenarios.DoSwizzle:
			t.decideSwizzle(i)
		}
		t.decideTimes(i)
	}
}

// decideDisk names the one operation that goes wrong.
func (t *search) decideDisk(i int) {
	var changes []func(*scenarios.Scenario)
	for n := range opsTried {
		changes = append(changes, func(s *scenarios.Scenario) {
			d := s.Actions[i].Disk
			d.Percent, d.After, d.Count = 0, n, 1
		})
	}
	// Which one it was is not known: no run tells. But each is one short run, and early
	// ones are likelier, since the fault has been moved to an early time before.
	if d := t.best.Actions[i].Disk; d.Percent > 0 || d.Count == 0 {
		t.tryAny(changes)
		t.try(func(s *scenarios.Scenario) { s.Actions[i].Disk.Percent = 0 })
	}
	if len(t.best.Actions[i].Disk.Ops) > 0 {
		return
	}
	// "The second write" says more than "the ninth operation". Of one kind there are
	// fewer than of all, so that the number is smaller.
	changes = nil
	for n := range opsTried / 4 {
		for _, op := range []string{"write", "read", "sync", "open", "open-write", "truncate", "mkdir", "rename", "remove", "stat", "close"} {
			changes = append(changes, func(s *scenarios.Scenario) {
				d := s.Actions[i].Disk
				d.Ops, d.After = []string{op}, n
			})
		}
	}
	t.tryAny(changes)
}

// messageKinds are those that may matter, as Message.Kind has them.
var messageKinds = []string{
	"handshake", "choke", "unchoke", "interested", "not interested", "have", "bitfield", "have all", "have none",
	"request", "piece", "cancel", "reject", "allowed fast", "extended",
}

// decideMessage names the one message that suffers.
func (t *search) decideMessage(i int) {
	var changes []func(*scenarios.Scenario)
	for n := 1; n <= messagesTried; n++ {
		changes = append(changes, func(s *scenarios.Scenario) { s.Actions[i].Message.Nth = n })
	}
	if t.best.Actions[i].Message.Nth == 0 {
		t.tryAny(changes)
	}
	if m := t.best.Actions[i].Message; m.Kind != "" || m.Byte > 0 {
		return
	}
	changes = nil
	for n := 1; n <= messagesTried/4; n++ {
		for _, kind := range messageKinds {
			changes = append(changes, func(s *scenarios.Scenario) {
				m := s.Actions[i].Message
				m.Kind, m.Nth = kind, n
			})
		}
	}
	t.tryAny(changes)
}

// decideSwizzle has a partition in its place. Half of those that it concerned were cut
// off, as chance had it; this names the one that is cut off.
func (t *search) decideSwizzle(i int) {
	var changes []func(*scenarios.Scenario)
	for _, name := range t.best.Actions[i].Who {
		changes = append(changes, func(s *scenarios.Scenario) {
			a := &s.Actions[i]
			a.Do, a.Who = scenarios.DoPartition, []string{name}
		})
	}
	t.tryAny(changes)
}

// decideTimes names the one time that matters of an action that is done again and
// again.
func (t *search) decideTimes(i int) {
	if i >= len(t.best.Actions) || t.best.Actions[i].Times < 2 {
		return
	}
	var changes []func(*scenarios.Scenario)
	for n := range min(t.best.Actions[i].Times, timesTried) {
		changes = append(changes, func(s *scenarios.Scenario) {
			a := &s.Actions[i]
			a.At, a.Times, a.Every = a.At+scenarios.Duration(n)*a.Every, 0, 0
		})
	}
	// If it takes more than one, half of them may do.
	for n := t.best.Actions[i].Times / 2; n >= 2; n /= 2 {
		changes = append(changes, func(s *scenarios.Scenario) { s.Actions[i].Times = n })
	}
	t.tryAny(changes)
}

// decideLink has latency in the place of jitter, and in the place of datagrams that
// are lost now and then a moment in which none gets through. Trackers are who gets
// datagrams.
func (t *search) decideLink(i int) {
	l := t.best.Actors[i].Link
	if l == nil {
		return
	}
	if l.Jitter > 0 {
		t.try(func(s *scenarios.Scenario) {
			l := s.Actors[i].Link
			l.Latency, l.Jitter, l.Tail = l.Latency+l.Jitter, 0, false
		})
	}
	if l.Loss == 0 || t.best.Trackerless {
		return
	}
	var changes []func(*scenarios.Scenario)
	for _, at := range []scenarios.Duration{0, scenarios.Second, 15 * scenarios.Second, 30 * scenarios.Second, 60 * scenarios.Second} {
		changes = append(changes, func(s *scenarios.Scenario) {
			s.Actors[i].Link.Loss = 0
			s.Actions = append(s.Actions, scenarios.Action{
				At: s.Actors[i].Start + at, For: scenarios.Second, Do: scenarios.DoPartition,
				Who: []string{s.Actors[i].Name}, With: trackerNames(s),
			})
		})
	}
	t.tryAny(changes)
}

func trackerNames(s *scenarios.Scenario) (names []string) {
	for _, tr := range s.Trackers {
		if tr.Name != "" {
			names = append(names, tr.Name)
		}
	}
	if names == nil {
		names = []string{defaultTracker}
	}
	return names
}
