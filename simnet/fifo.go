package simnet

import "iter"

// fifo is a first-in first-out queue in a ring that grows. The zero value is
// ready to use.
type fifo[T any] struct {
	ring []T // its length is a power of two, or zero
	head int
	n    int
}

func (q *fifo[T]) len() int { return q.n }

func (q *fifo[T]) push(v T) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = v
	q.n++
}

// pop removes the oldest value. The slot is cleared, so that what it pointed
// to can be collected.
func (q *fifo[T]) pop() (v T, ok bool) {
	if q.n == 0 {
		return v, false
	}
	var zero T
	v, q.ring[q.head] = q.ring[q.head], zero
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	return v, true
}

// pushFront puts v before the oldest value.
func (q *fifo[T]) pushFront(v T) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.head = (q.head - 1) & (len(q.ring) - 1)
	q.ring[q.head] = v
	q.n++
}

// front is a pointer to the oldest value, valid until the next push or pop.
func (q *fifo[T]) front() *T { return &q.ring[q.head] }

// all walks the values from the oldest on; the queue must not change meanwhile.
func (q *fifo[T]) all() iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		for i := range q.n {
			if !yield(i, q.ring[(q.head+i)&(len(q.ring)-1)]) {
				return
			}
		}
	}
}

func (q *fifo[T]) clear() { *q = fifo[T]{} }

func (q *fifo[T]) grow() {
	bigger := make([]T, max(4, 2*len(q.ring)))
	for i := range q.n {
		bigger[i] = q.ring[(q.head+i)&(len(q.ring)-1)]
	}
	q.ring, q.head = bigger, 0
}
