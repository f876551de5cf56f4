package report

import (
	"cmp"
	"slices"
)

// never stands in the place of a time, in microseconds.
const never = -1

// entry is one line of the log. A message is one, from its sending to its arrival.
type entry struct {
	seq     int
	at      int64 // in microseconds
	arrived int64 // of messages; never: they have not
	kind    string
	node    int // index of who sends, or whom it concerns; -1: the swarm
	peer    int // of the other side, or -1
	stream  uint64
	piece   int // -1: about none
	begin   int64
	length  int64
	text    string
	cause   *entry // what led to it, or nil

	class  string // of which there may be too many
	number int    // within the class; those that belong together have one
	pinned bool   // a failure leads back to it
	stored bool
}

// recentMax is how much of what came right before a failure is kept in full.
const recentMax = 300

// journal keeps a bounded number of entries: of a class with too many, only each
// second, fourth, eighth, … Everything depends on the order of entries alone.
type journal struct {
	most    int
	seq     int
	kept    []*entry
	recent  []*entry // the last recentMax, kept or not
	classes []*class // in the order in which they came up
	byName  map[string]*class
}

// class is a set of entries that are thinned out together.
type class struct {
	name   string
	seen   int // numbers given
	kept   int // and not pinned
	stride int
}

func newJournal(most int) journal { return journal{most: most, byName: make(map[string]*class)} }

// classOf puts requests and what comes of them together, so that both or neither
// are kept.
func classOf(kind string) string {
	switch kind {
	case "request", "piece", "cancel", "reject":
		return "blocks"
	}
	return kind
}

func (j *journal) add(e *entry) {
	j.seq++
	e.seq = j.seq
	e.class = classOf(e.kind)
	k := j.byName[e.class]
	if k == nil {
		k = &class{name: e.class, stride: 1}
		j.byName[e.class] = k
		j.classes = append(j.classes, k)
	}
	if e.cause != nil && e.cause.class == e.class && e.class == "blocks" {
		e.number = e.cause.number
	} else {
		k.seen++
		e.number = k.seen
	}
	if j.recent = append(j.recent, e); len(j.recent) >= 2*recentMax {
		j.recent = append(j.recent[:0], j.recent[len(j.recent)-recentMax:]...)
	}
	if e.number%k.stride == 0 {
		j.store(e, k)
	}
	if len(j.kept) > j.most {
		j.thin()
	}
}

func (j *journal) store(e *entry, k *class) {
	e.stored = true
	j.kept = append(j.kept, e)
	k.kept++
}

// thin makes room for a quarter, at the cost of the largest classes.
func (j *journal) thin() {
	for len(j.kept) > j.most-j.most/4 {
		largest := slices.MaxFunc(j.classes, func(a, b *class) int { return cmp.Compare(a.kept, b.kept) })
		if largest.kept == 0 {
			return // all are pinned, which a failure does to a few hundred at most
		}
		largest.stride *= 2
		j.kept = slices.DeleteFunc(j.kept, func(e *entry) bool {
			gone := e.class == largest.name && !e.pinned && e.number%largest.stride != 0
			if gone {
				e.stored = false
				largest.kept--
			}
			return gone
		})
	}
}

// pin keeps an entry for ever.
func (j *journal) pin(e *entry) {
	if e.pinned {
		return
	}
	e.pinned = true
	if e.stored {
		j.byName[e.class].kept--
		return
	}
	e.stored = true
	j.kept = append(j.kept, e)
}

// latest are the last entries, oldest first.
func (j *journal) latest() []*entry { return j.recent[max(0, len(j.recent)-recentMax):] }

// ordered returns what is kept, in the order in which it happened.
func (j *journal) ordered() []*entry {
	slices.SortFunc(j.kept, func(a, b *entry) int { return cmp.Compare(a.seq, b.seq) })
	return j.kept
}
