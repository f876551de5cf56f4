package picker

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// order holds the fresh pieces: wanted, and no block of them requested or
// received. They stand sorted by falling priority and rising availability, in
// random order among equals, so the first piece that a peer has is the one to
// ask it for. A change of availability by one costs the same however many
// pieces there are: a piece swaps places with the edge of its bucket.
type order struct {
	rnd   *rand.Rand
	prio  []int   // of every piece, fresh or not
	avail []int32 // of every piece: peers that have it, seeds not counted
	pos   []int32 // of every piece: index in its level, or -1 when not fresh

	levels []*level // by falling priority, none of them empty
	spare  []*level // emptied ones, for reuse
	count  int      // fresh pieces
	epoch  uint64   // while it stands, what was not found cannot be found: see barren
}

// level is the fresh pieces of one priority, a bucket sort by availability:
// bucket a is pieces[ends[a-1]:ends[a]].
type level struct {
	prio   int
	pieces []int32
	ends   []int32
}

func newOrder(pieces int, rnd *rand.Rand) order {
	o := order{
		rnd:   rnd,
		prio:  make([]int, pieces),
		avail: make([]int32, pieces),
		pos:   make([]int32, pieces),
	}
	for i := range o.pos {
		o.pos[i] = -1
	}
	return o
}

// fresh reports whether the piece stands in the order.
func (o *order) fresh(piece int) bool { return o.pos[piece] >= 0 }

// insert makes the piece fresh, at its present priority and availability.
func (o *order) insert(piece int) {
	at, found := o.search(o.prio[piece])
	if !found {
		o.levels = slices.Insert(o.levels, at, o.newLevel(o.prio[piece]))
	}
	l, a := o.levels[at], int(o.avail[piece])
	l.reach(a)

	// Every bucket behind a moves by one place: its first piece goes to its end.
	l.pieces = append(l.pieces, 0)
	for b := len(l.ends) - 1; b > a; b-- {
		if first := l.ends[b-1]; first != l.ends[b] {
			o.put(l, l.ends[b], l.pieces[first])
		}
		l.ends[b]++
	}
	o.put(l, l.ends[a], int32(piece))
	l.ends[a]++
	o.shuffle(l, piece)
	o.count++
	o.epoch++
}

// remove takes the piece out, before its priority or availability changes.
func (o *order) remove(piece int) {
	at, _ := o.search(o.prio[piece])
	l, hole := o.levels[at], o.pos[piece]
	for b := int(o.avail[piece]); b < len(l.ends); b++ {
		l.ends[b]--
		if last := l.ends[b]; last != hole {
			o.put(l, hole, l.pieces[last])
			hole = last
		}
	}
	l.pieces = l.pieces[:hole]
	o.pos[piece] = -1
	o.count--
	if len(l.pieces) == 0 {
		o.levels = slices.Delete(o.levels, at, at+1)
		o.spare = append(o.spare, l)
	}
}

// rise says that one more peer has the piece.
func (o *order) rise(piece int) {
	a := o.avail[piece]
	o.avail[piece]++
	if !o.fresh(piece) {
		return
	}
	at, _ := o.search(o.prio[piece])
	l := o.levels[at]
	l.reach(int(a) + 1)
	l.ends[a]--
	o.swap(l, o.pos[piece], l.ends[a])
	o.shuffle(l, piece)
}

// fall says that one peer less has the piece.
func (o *order) fall(piece int) {
	if o.avail[piece] == 0 {
		panic("picker: a peer leaves with a piece that it never had")
	}
	o.avail[piece]--
	if !o.fresh(piece) {
		return
	}
	at, _ := o.search(o.prio[piece])
	l, a := o.levels[at], o.avail[piece]
	o.swap(l, o.pos[piece], l.ends[a])
	l.ends[a]++
	o.shuffle(l, piece)
}

// shuffle trades the piece, new in its bucket, with a random one of it. Done at
// every arrival, this keeps all orders of a bucket equally likely.
func (o *order) shuffle(l *level, piece int) {
	a := o.avail[piece]
	start := l.start(int(a))
	o.swap(l, o.pos[piece], start+o.rnd.Int32N(l.ends[a]-start))
}

func (o *order) swap(l *level, i, j int32) {
	pi, pj := l.pieces[i], l.pieces[j]
	o.put(l, i, pj)
	o.put(l, j, pi)
}

func (o *order) put(l *level, at, piece int32) {
	l.pieces[at] = piece
	o.pos[piece] = at
}

// search finds the level of a priority, or where it belongs.
func (o *order) search(prio int) (int, bool) {
	return slices.BinarySearchFunc(o.levels, prio, func(l *level, prio int) int {
		return cmp.Compare(prio, l.prio)
	})
}

func (o *order) newLevel(prio int) *level {
	if n := len(o.spare); n > 0 {
		l := o.spare[n-1]
		o.spare = o.spare[:n-1]
		l.prio = prio
		return l
	}
	return &level{prio: prio}
}

// reach makes sure that there is a bucket for availability a.
func (l *level) reach(a int) {
	for len(l.ends) <= a {
		l.ends = append(l.ends, int32(len(l.pieces)))
	}
}

func (l *level) start(a int) int32 {
	if a == 0 {
		return 0
	}
	return l.ends[a-1]
}
