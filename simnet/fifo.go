package simnet

import "iter"

// fifo is a first-in first-out queue in a ring that grows. The zero value is
// ready to use.
type fifo[T any] struct {
	ring []T    // its length is a power of two, or zero
	head uint32 // of the oldest value, modulo the length
	n    uint32
}

func (q *fifo[T]) len() int { return int(q.n) }

// at is where the value is that so many others are in front of.
func (q *fifo[T]) at(i uint32) *T { return &q.ring[(q.head+i)&uint32(len(q.ring)-1)] }

func (q *fifo[T]) push(v T) {
	if q.len() == len(q.ring) {
		q.grow()
	}
	*q.at(q.n) = v
	q.n++
}

// pop removes the oldest value. The slot is cleared, so that what it pointed
// to can be collected.
func (q *fifo[T]) pop() (v T, ok bool) {
	if q.n == 0 {
		return v, false
	}
	var zero T
	first := q.front()
	v, *first = *first, zero
	q.head++
	q.n--
	return v, true
}

// pushFront puts v before the oldest value.
func (q *fifo[T]) pushFront(v T) {
	if q.len() == len(q.ring) {
		q.grow()
	}
	q.head--
	q.n++
	*q.front() = v
}

// front is a pointer to the oldest value, valid until the next push or pop.
func (q *fifo[T]) front() *T { return q.at(0) }

// all walks the values from the oldest on; the queue must not change meanwhile.
func (q *fifo[T]) all() iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		for i := range q.n {
			if !yield(int(i), *q.at(i)) {
				return
			}
		}
	}
}

func (q *fifo[T]) clear() { *q = fifo[T]{} }

// ringPool keeps the rings of queues that are empty for those that are not, of many
// queues that most of the time are: a few rings stay in the cache, thousands do not.
type ringPool[T any] struct{ free [][]T }

// lend gives a ring to a queue that has none.
func (p *ringPool[T]) lend(q *fifo[T]) {
	if last := len(p.free) - 1; q.ring == nil && last >= 0 {
		q.ring, p.free = p.free[last], p.free[:last]
	}
}

// reclaim takes the ring of a queue that is empty.
func (p *ringPool[T]) reclaim(q *fifo[T]) {
	if q.n == 0 && q.ring != nil {
		p.free = append(p.free, q.ring)
		q.clear()
	}
}

func (q *fifo[T]) grow() {
	bigger := make([]T, max(4, 2*len(q.ring)))
	for i := range q.n {
		bigger[i] = *q.at(i)
	}
	q.ring, q.head = bigger, 0
}
