package addrbook

// recent is a set that forgets its oldest member when it is full. The zero
// value, but for max, is empty.
type recent[K comparable] struct {
	max   int
	index map[K]struct{}
	order []K // a ring once it is full
	next  int // in order: the oldest, to be replaced
}

func (r *recent[K]) has(k K) bool {
	_, ok := r.index[k]
	return ok
}

func (r *recent[K]) add(k K) {
	if r.has(k) {
		return
	}
	if r.index == nil {
		r.index = make(map[K]struct{})
	}
	r.index[k] = struct{}{}
	if len(r.order) < r.max {
		r.order = append(r.order, k)
		return
	}
	delete(r.index, r.order[r.next])
	r.order[r.next] = k
	r.next = (r.next + 1) % r.max
}
