package scenarios

// agenda holds what the oracles want to look at later. It is no timer of the
// simulation, which would keep a run alive that has ended: it moves on with
// whatever the oracles hear of.
type agenda struct {
	items []agendaItem // a heap: each is due no later than the two at 2i+1 and 2i+2
	seq   uint64
	doing instant // what was due then is done now; zero: nothing is
}

type agendaItem struct {
	at  instant
	seq uint64
	do  func()
}

// before has equal times keep the order of add.
func (it *agendaItem) before(o *agendaItem) bool {
	return it.at < o.at || it.at == o.at && it.seq < o.seq
}

// add has do called when at has passed: once something is heard of that is
// strictly later, so that all that happens at that instant has been seen.
func (a *agenda) add(at instant, do func()) {
	a.seq++
	a.items = append(a.items, agendaItem{at, a.seq, do})
	for i := len(a.items) - 1; i > 0; {
		parent := (i - 1) / 2
		if !a.items[i].before(&a.items[parent]) {
			break
		}
		a.items[i], a.items[parent] = a.items[parent], a.items[i]
		i = parent
	}
}

// advance does what was due before now. Nothing was heard of since it was due,
// so it finds all as it was.
func (a *agenda) advance(now instant) {
	for len(a.items) > 0 && a.items[0].at.Before(now) {
		it := a.pop()
		a.doing = it.at
		it.do()
	}
	a.doing = 0
}

// pop takes the first item.
func (a *agenda) pop() agendaItem {
	first, last := a.items[0], len(a.items)-1
	a.items[0], a.items[last] = a.items[last], agendaItem{}
	a.items = a.items[:last]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c < min(2*i+3, last); c++ {
			if a.items[c].before(&a.items[least]) {
				least = c
			}
		}
		if least == i {
			return first
		}
		a.items[i], a.items[least] = a.items[least], a.items[i]
		i = least
	}
}
