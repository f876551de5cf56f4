package simnet

// eventQueue holds what is going to happen, ordered by (time, sequence number):
// events of the same instant happen in the order they were scheduled.
//
// The heap holds only keys, without pointers: sifting moves 24 bytes and needs
// no write barrier. What is to be done lies in a table beside it.
type eventQueue struct {
	heap      []key   // 4-ary: half the depth of a binary one, children in one or two cache lines
	slots     []event // what the keys point to
	free      []uint32
	lastSeq   uint64
	cancelled int // keys in the heap whose event was cancelled
}

type key struct {
	at   int64
	seq  uint64
	slot uint32
}

func (a key) before(b key) bool {
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

// event is one thing to be done. Which fields are set depends on kind.
type event struct {
	kind   Kind
	life   uint32 // of host, when this was scheduled
	seq    uint64
	host   *Host
	stream *stream
	seg    *segment
	fn     func()
}

// eventID names a scheduled event, to cancel it. The zero value names none.
type eventID struct {
	slot uint32
	seq  uint64
}

func (q *eventQueue) push(at int64, ev event) eventID {
	q.lastSeq++
	ev.seq = q.lastSeq
	var slot uint32
	if n := len(q.free); n > 0 {
		slot, q.free = q.free[n-1], q.free[:n-1]
		q.slots[slot] = ev
	} else {
		slot = uint32(len(q.slots))
		q.slots = append(q.slots, ev)
	}
	q.heap = append(q.heap, key{at, ev.seq, slot})
	q.up(len(q.heap) - 1)
	return eventID{slot, ev.seq}
}

// pop takes the first event, unless it is later than limit.
func (q *eventQueue) pop(limit int64) (ev event, at int64, ok bool) {
	for len(q.heap) > 0 && q.heap[0].at <= limit {
		first := q.heap[0]
		last := len(q.heap) - 1
		q.heap[0] = q.heap[last]
		q.heap = q.heap[:last]
		q.down(0)

		ev = q.slots[first.slot]
		q.release(first.slot)
		if ev.kind != kindCancelled {
			return ev, first.at, true
		}
		q.cancelled--
	}
	return event{}, 0, false
}

// cancel forgets an event which has not happened yet and returns what it was;
// ok is false when it has happened or was cancelled before.
func (q *eventQueue) cancel(id eventID) (was event, ok bool) {
	if id.seq == 0 || q.slots[id.slot].seq != id.seq {
		return event{}, false
	}
	was = q.slots[id.slot]
	if was.kind == kindCancelled {
		return event{}, false
	}
	q.slots[id.slot] = event{kind: kindCancelled, seq: id.seq}
	q.cancelled++
	// A deadline that is moved at every turn leaves its old keys behind. They
	// may be half of the heap, not more.
	if q.cancelled > 1024 && q.cancelled > len(q.heap)/2 {
		q.compact()
	}
	return was, true
}

// park keeps an event which pop has just returned, outside of the order of time.
// It can be cancelled by its old name.
func (q *eventQueue) park(ev event) (slot uint32) {
	last := len(q.free) - 1
	slot, q.free = q.free[last], q.free[:last]
	q.slots[slot] = ev
	return slot
}

// unpark lets a parked event happen, after all others of that instant.
func (q *eventQueue) unpark(slot uint32, at int64) {
	q.lastSeq++
	q.heap = append(q.heap, key{at, q.lastSeq, slot})
	q.up(len(q.heap) - 1)
}

func (q *eventQueue) compact() {
	kept := q.heap[:0]
	for _, k := range q.heap {
		if q.slots[k.slot].kind == kindCancelled {
			q.release(k.slot)
		} else {
			kept = append(kept, k)
		}
	}
	q.heap, q.cancelled = kept, 0
	for i := (len(kept) - 2) / 4; i >= 0; i-- {
		q.down(i)
	}
}

func (q *eventQueue) release(slot uint32) {
	q.slots[slot] = event{}
	q.free = append(q.free, slot)
}

func (q *eventQueue) up(i int) {
	k := q.heap[i]
	for i > 0 {
		parent := (i - 1) / 4
		if !k.before(q.heap[parent]) {
			break
		}
		q.heap[i] = q.heap[parent]
		i = parent
	}
	q.heap[i] = k
}

func (q *eventQueue) down(i int) {
	if i >= len(q.heap) {
		return
	}
	k := q.heap[i]
	for {
		first := 4*i + 1
		if first >= len(q.heap) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(q.heap)); c++ {
			if q.heap[c].before(q.heap[least]) {
				least = c
			}
		}
		if !q.heap[least].before(k) {
			break
		}
		q.heap[i] = q.heap[least]
		i = least
	}
	q.heap[i] = k
}
