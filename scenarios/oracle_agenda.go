package scenarios

import (
	"container/heap"
	"time"
)

// agenda holds what the oracles want to look at later. It is no timer of the
// simulation, which would keep a run alive that has ended: it moves on with
// whatever the oracles hear of.
type agenda struct {
	items agendaItems
	seq   uint64
	doing time.Time // what was due then is done now; zero: nothing is
}

type agendaItem struct {
	at  time.Time
	seq uint64
	do  func()
}

// add has do called when at has passed: once something is heard of that is
// strictly later, so that all that happens at that instant has been seen.
func (a *agenda) add(at time.Time, do func()) {
	a.seq++
	heap.Push(&a.items, &agendaItem{at, a.seq, do})
}

// advance does what was due before now. Nothing was heard of since it was due,
// so it finds all as it was.
func (a *agenda) advance(now time.Time) {
	for len(a.items) > 0 && a.items[0].at.Before(now) {
		it := heap.Pop(&a.items).(*agendaItem)
		a.doing = it.at
		it.do()
	}
	a.doing = time.Time{}
}

// agendaItems implements heap.Interface. Equal times keep the order of add.
type agendaItems []*agendaItem

func (s agendaItems) Len() int { return len(s) }
func (s agendaItems) Less(i, j int) bool {
	if c := s[i].at.Compare(s[j].at); c != 0 {
		return c < 0
	}
	return s[i].seq < s[j].seq
}
func (s agendaItems) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *agendaItems) Push(x any)   { *s = append(*s, x.(*agendaItem)) }
func (s *agendaItems) Pop() any {
	last := len(*s) - 1
	it := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return it
}
