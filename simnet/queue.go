package simnet

// eventQueue holds what is going to happen, ordered by (time, sequence number):
// events of the same instant happen in the order they were scheduled.
//
// The heap holds only keys, without pointers: sifting moves 24 bytes and needs
// no write barrier. What is to be done lies in a table beside it. What happens
// within this very instant, which is nearly half of all, waits in a queue of its
// own, at no cost of sifting.
type eventQueue struct {
	heap      []key     // 4-ary: half the depth of a binary one, children in one or two cache lines
	soon      fifo[key] // all of one time, which is the present
	slots     []event   // what the keys point to
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
	place  place
	moved  bool   // it is later than its key says: at at
	life   uint32 // of host, when this was scheduled
	seq    uint64
	at     int64 // when it happens
	keyAt  int64 // when its key says that it does
	host   *Host
	stream *stream
	seg    *segment
	fn     func()
}

// place is where the key of an event is.
type place uint8

const (
	inHeap  place = iota
	inSoon        // in eventQueue.soon
	outside       // of the order of time: see park
)

// eventID names a scheduled event, to cancel it. The zero value names none.
type eventID struct {
	slot uint32
	seq  uint64
}

// push adds an event. It may be pushed as one of this instant if at is now, and so
// is the time of all others that were and are still to come.
func (q *eventQueue) push(at int64, thisInstant bool, ev event) eventID {
	q.lastSeq++
	ev.seq, ev.at, ev.keyAt = q.lastSeq, at, at
	if thisInstant {
		ev.place = inSoon
	}
	var slot uint32
	if n := len(q.free); n > 0 {
		slot, q.free = q.free[n-1], q.free[:n-1]
		q.slots[slot] = ev
	} else {
		slot = uint32(len(q.slots))
		q.slots = append(q.slots, ev)
	}
	if thisInstant {
		q.soon.push(key{at, ev.seq, slot})
	} else {
		q.add(key{at, ev.seq, slot})
	}
	return eventID{slot, ev.seq}
}

func (q *eventQueue) add(k key) {
	q.heap = append(q.heap, k)
	q.up(len(q.heap) - 1)
}

// pop takes the first event, unless it is later than limit.
func (q *eventQueue) pop(limit int64) (ev event, at int64, ok bool) {
	for {
		var first key
		switch soon := q.soon.len() > 0; {
		case soon && (len(q.heap) == 0 || q.soon.front().before(q.heap[0])):
			if q.soon.front().at > limit {
				return event{}, 0, false
			}
			first, _ = q.soon.pop()
		case len(q.heap) == 0 || q.heap[0].at > limit:
			return event{}, 0, false
		default:
			first = q.heap[0]
			if s := &q.slots[first.slot]; s.moved {
				s.moved, s.keyAt = false, s.at
				q.heap[0] = key{s.at, s.seq, first.slot}
				q.down(0)
				continue
			}
			last := len(q.heap) - 1
			q.heap[0] = q.heap[last]
			q.heap = q.heap[:last]
			q.down(0)
		}
		ev = q.slots[first.slot]
		q.release(first.slot)
		switch {
		case ev.kind != kindCancelled:
			return ev, first.at, true
		case ev.place == inHeap:
			q.cancelled--
		}
	}
}

// move lets an event of the heap happen at another time, as if it had been
// cancelled and pushed anew, and returns its new name. It is not ok when the event
// has happened, or when that is just what must be done. A deadline that is put off
// at every turn costs nothing like this: its key stays where it is, and learns the
// truth when it comes to the front.
func (q *eventQueue) move(id eventID, at int64) (moved eventID, ok bool) {
	if id.seq == 0 {
		return id, false
	}
	ev := &q.slots[id.slot]
	if ev.seq != id.seq || ev.kind == kindCancelled || ev.place != inHeap || at < ev.keyAt {
		return id, false
	}
	q.lastSeq++
	ev.seq, ev.at, ev.moved = q.lastSeq, at, true
	return eventID{id.slot, ev.seq}, true
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
	q.slots[id.slot] = event{kind: kindCancelled, place: was.place, seq: id.seq}
	if was.place != inHeap {
		return was, true
	}
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
	ev.place, ev.moved = outside, false
	q.slots[slot] = ev
	return slot
}

// unpark lets a parked event happen, after all others of that instant.
func (q *eventQueue) unpark(slot uint32, at int64) {
	q.lastSeq++
	ev := &q.slots[slot]
	ev.place, ev.at, ev.keyAt = inHeap, at, at
	if ev.kind == kindCancelled {
		q.cancelled++
	}
	q.add(key{at, q.lastSeq, slot})
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
