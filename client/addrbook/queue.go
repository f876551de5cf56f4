package addrbook

import "container/heap"

// queue is a heap of entries. Its order is total, so that the order in which
// entries come out does not depend on how they went in.
type queue struct {
	less    func(a, b *entry) bool
	entries []*entry
}

// dueFirst orders entries by the time when they may be dialled.
func dueFirst(a, b *entry) bool {
	if !a.due.Equal(b.due) {
		return a.due.Before(b.due)
	}
	return a.seq < b.seq
}

// bestFirst orders entries that may all be dialled now.
func bestFirst(a, b *entry) bool {
	switch {
	case a.failures != b.failures:
		return a.failures < b.failures
	case !a.due.Equal(b.due):
		return a.due.Before(b.due)
	case a.source != b.source:
		return a.source < b.source
	case a.priority != b.priority:
		return a.priority > b.priority
	}
	return a.seq < b.seq
}

func (q *queue) top() *entry {
	if len(q.entries) == 0 {
		return nil
	}
	return q.entries[0]
}

func (q *queue) add(e *entry) {
	e.queue = q
	heap.Push(q, e)
}

func (q *queue) remove(e *entry) {
	heap.Remove(q, e.pos)
	e.queue = nil
}

func (q *queue) fix(e *entry) { heap.Fix(q, e.pos) }

// The methods of heap.Interface.

func (q *queue) Len() int           { return len(q.entries) }
func (q *queue) Less(i, j int) bool { return q.less(q.entries[i], q.entries[j]) }

func (q *queue) Swap(i, j int) {
	q.entries[i], q.entries[j] = q.entries[j], q.entries[i]
	q.entries[i].pos, q.entries[j].pos = i, j
}

func (q *queue) Push(x any) {
	e := x.(*entry)
	e.pos = len(q.entries)
	q.entries = append(q.entries, e)
}

func (q *queue) Pop() any {
	last := len(q.entries) - 1
	e := q.entries[last]
	q.entries[last] = nil
	q.entries = q.entries[:last]
	return e
}
