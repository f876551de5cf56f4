package picker

import "slices"

// maxHolders bounds how many peers are asked for one block at once, in the
// endgame: each duplicate may cost a block of traffic, and two rivals are
// enough to outrun one peer that has stalled.
const maxHolders = 3

// none ends a list of indices.
const none = -1

// started holds the pieces begun and not yet verified. Each has a slot, which
// is reused when the piece is done, so a running download does not allocate.
type started struct {
	perPiece int
	slots    []slot
	spare    []int32 // slots not in use
	blocks   []block // perPiece of them for each slot
	slotOf   []int32 // of every piece: its slot, or none
	open     []int32 // slots with a free block, of pieces with a priority
	requests requests
	rings    [maxHolders + 1]ring // requested blocks by number of holders; [0] is unused
}

// slot is one started piece.
type slot struct {
	piece   int32
	blocks  int32  // in the piece
	free    int32  // neither requested nor received
	arrived int32  // received
	cursor  int32  // no block before this one is free
	openAt  int32  // index in started.open, or none
	held    int32  // outstanding requests, duplicates included
	own     int32  // those of the lead
	lead    PeerID // the peer that fills the piece; others may help
}

// block is one block of a started piece. Requested ones are chained in the ring
// of their number of holders.
type block struct {
	prev, next int32
	first      int32 // oldest request in requests, or none
	holders    int32
	arrived    bool
}

// ring is a chain of blocks, the one whose holders changed longest ago first.
type ring struct{ head, tail int32 }

func newStarted(pieces, perPiece int) started {
	s := started{perPiece: perPiece, slotOf: make([]int32, pieces)}
	for i := range s.slotOf {
		s.slotOf[i] = none
	}
	for i := range s.rings {
		s.rings[i] = ring{none, none}
	}
	s.requests.spare = none
	return s
}

// start gives the piece a slot with all of its blocks free. It is not open yet.
func (s *started) start(piece, blocks int, lead PeerID) int32 {
	var at int32
	if n := len(s.spare); n > 0 {
		at, s.spare = s.spare[n-1], s.spare[:n-1]
	} else {
		at = int32(len(s.slots))
		s.slots = append(s.slots, slot{})
		s.blocks = slices.Grow(s.blocks, s.perPiece)[:len(s.blocks)+s.perPiece]
	}
	n := int32(blocks)
	s.slots[at] = slot{piece: int32(piece), blocks: n, free: n, openAt: none, lead: lead}
	for i := range s.of(at) {
		s.of(at)[i] = block{prev: none, next: none, first: none}
	}
	s.slotOf[piece] = at
	return at
}

// end frees the slot and voids every request for its blocks.
func (s *started) end(at int32) {
	s.close(at)
	for n := range s.slots[at].blocks {
		s.voidAll(nil, at, n, 0)
	}
	s.slotOf[s.slots[at].piece] = none
	s.spare = append(s.spare, at)
}

// of returns the blocks of a slot.
func (s *started) of(at int32) []block {
	start := int(at) * s.perPiece
	return s.blocks[start:][:s.slots[at].blocks]
}

// nextFree returns the first free block of an open slot.
func (s *started) nextFree(at int32) int32 {
	sl, blocks := &s.slots[at], s.of(at)
	for blocks[sl.cursor].arrived || blocks[sl.cursor].holders > 0 {
		sl.cursor++
	}
	return sl.cursor
}

// request notes that peer is asked for a block that it is not asked for yet.
func (s *started) request(peer PeerID, at, n int32) {
	sl, b := &s.slots[at], &s.of(at)[n]
	if b.holders == 0 {
		s.taken(at)
	}
	s.unlink(at, n)
	b.first = s.requests.append(b.first, peer)
	b.holders++
	s.link(at, n)
	sl.held++
	switch {
	case sl.lead == peer:
		sl.own++
	case sl.own == 0:
		// Who leads has no request left: the lead passes on.
		sl.lead, sl.own = peer, s.count(peer, at)
	}
}

// count returns how many blocks of a slot peer is asked for.
func (s *started) count(peer PeerID, at int32) int32 {
	var n int32
	for _, b := range s.of(at) {
		if s.requests.has(b.first, peer) {
			n++
		}
	}
	return n
}

// void forgets the request of peer for a block, if there is one.
func (s *started) void(peer PeerID, at, n int32) bool {
	sl, b := &s.slots[at], &s.of(at)[n]
	first, ok := s.requests.remove(b.first, peer)
	if !ok {
		return false
	}
	s.unlink(at, n)
	b.first = first
	b.holders--
	s.link(at, n)
	s.drop(sl, peer)
	if b.holders == 0 {
		sl.free++
		sl.cursor = min(sl.cursor, n)
	}
	return true
}

// voidAll forgets every request for a block and appends the peers that had
// one, but for except, to dst, in the order they were asked. The caller counts
// the block as free or received.
func (s *started) voidAll(dst []PeerID, at, n int32, except PeerID) []PeerID {
	sl, b := &s.slots[at], &s.of(at)[n]
	s.unlink(at, n)
	for b.first != none {
		peer, next := s.requests.pop(b.first)
		s.drop(sl, peer)
		if peer != except {
			dst = append(dst, peer)
		}
		b.first = next
	}
	b.holders = 0
	return dst
}

// receive marks a block as arrived and voids all requests for it.
func (s *started) receive(dst []PeerID, peer PeerID, at, n int32) []PeerID {
	b := &s.of(at)[n]
	if b.holders == 0 {
		s.taken(at)
	}
	dst = s.voidAll(dst, at, n, peer)
	b.arrived = true
	s.slots[at].arrived++
	return dst
}

// unreceive marks a block that has arrived as free again.
func (s *started) unreceive(at, n int32) {
	sl := &s.slots[at]
	s.of(at)[n].arrived = false
	sl.arrived--
	sl.free++
	sl.cursor = min(sl.cursor, n)
}

// taken counts a free block less.
func (s *started) taken(at int32) {
	s.slots[at].free--
	if s.slots[at].free == 0 {
		s.close(at)
	}
}

// drop counts one request of peer less.
func (s *started) drop(sl *slot, peer PeerID) {
	sl.held--
	if sl.lead == peer {
		sl.own--
	}
}

// reopen lists the slot as open if it has free blocks.
func (s *started) reopen(at int32) {
	if sl := &s.slots[at]; sl.free > 0 && sl.openAt == none {
		sl.openAt = int32(len(s.open))
		s.open = append(s.open, at)
	}
}

// close takes the slot off the open ones.
func (s *started) close(at int32) {
	sl := &s.slots[at]
	if sl.openAt == none {
		return
	}
	last := s.open[len(s.open)-1]
	s.open[sl.openAt] = last
	s.slots[last].openAt = sl.openAt
	s.open = s.open[:len(s.open)-1]
	sl.openAt = none
}

// link puts a block with holders at the end of its ring.
func (s *started) link(at, n int32) {
	i := at*int32(s.perPiece) + n
	b := &s.blocks[i]
	if b.holders == 0 {
		return
	}
	r := &s.rings[b.holders]
	b.prev, b.next = r.tail, none
	if r.tail == none {
		r.head = i
	} else {
		s.blocks[r.tail].next = i
	}
	r.tail = i
}

// unlink takes a block with holders out of its ring.
func (s *started) unlink(at, n int32) {
	b := &s.of(at)[n]
	if b.holders == 0 {
		return
	}
	r := &s.rings[b.holders]
	if b.prev == none {
		r.head = b.next
	} else {
		s.blocks[b.prev].next = b.next
	}
	if b.next == none {
		r.tail = b.prev
	} else {
		s.blocks[b.next].prev = b.prev
	}
	b.prev, b.next = none, none
}

// requested reports whether any request is outstanding.
func (s *started) requested() bool {
	for _, r := range s.rings {
		if r.head != none {
			return true
		}
	}
	return false
}
