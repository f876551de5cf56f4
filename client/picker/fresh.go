package picker

import "bt/client/bitfield"

// sparseFactor is how many times cheaper it is to look at the next fresh piece
// than to find the next piece of a peer and where it stands.
const sparseFactor = 4

// first returns the first fresh piece in has of the highest priority, or none if
// that is not above the one given. It looks from place rotate of a level on, and
// around its end. counted says that the availability of the pieces in has counts the
// peer: then it is not 0.
func (o *order) first(has *bitfield.Bitfield, counted bool, above, rotate int) int {
	for _, l := range o.levels {
		if l.prio <= above {
			break
		}
		begin := l.begin(counted)
		at := max(rotate%len(l.pieces), begin)
		for _, half := range [2][]int32{l.pieces[at:], l.pieces[begin:at]} {
			for _, piece := range half {
				if has.Has(int(piece)) {
					return int(piece)
				}
			}
		}
	}
	return none
}

// begin is the place of the first piece that a peer can have, see first. In front
// of it is what only seeds have, which may be nearly all of the torrent.
func (l *level) begin(counted bool) int {
	if counted {
		return int(l.ends[0])
	}
	return 0
}

// within is how many fresh pieces first looks at, at most.
func (o *order) within(counted bool, above int) (n int) {
	for _, l := range o.levels {
		if l.prio > above {
			n += len(l.pieces) - l.begin(counted)
		}
	}
	return n
}

// firstOf finds what first finds, for a peer that has few pieces: those in some
// and, unless that is nil, also in has. It walks over them and not the order.
func (o *order) firstOf(some, has *bitfield.Bitfield, above, rotate int) int {
	best, bestAt := none, 0
	for i := some.Next(0); i >= 0; i = some.Next(i + 1) {
		if !o.fresh(i) || o.prio[i] <= above || has != nil && !has.Has(i) {
			continue
		}
		at := o.place(i, rotate)
		if best == none || o.prio[i] > o.prio[best] || o.prio[i] == o.prio[best] && at < bestAt {
			best, bestAt = i, at
		}
	}
	return best
}

// place returns how far from place rotate a fresh piece stands in its level.
func (o *order) place(piece, rotate int) int {
	at := int(o.pos[piece])
	if rotate == 0 {
		return at
	}
	l, _ := o.search(o.prio[piece])
	n := len(o.levels[l].pieces)
	return (at - rotate%n + n) % n
}

// barren remembers for which peers a search for fresh pieces was in vain. A
// peer with room in its pipeline and nothing left to give is asked about after
// every block it delivers; each time, the search would run over all pieces.
type barren [128]search

type search struct {
	peer  PeerID
	epoch uint64 // of the order: no piece has become fresh, no peer been added since
	count int    // pieces of the peer, to which HAVE can only add
	above int    // priority above which there was none
}

// knows reports whether a search is known to be in vain. It may be called on nil.
func (b *barren) knows(peer PeerID, count, above int, epoch uint64) bool {
	if b == nil {
		return false
	}
	e := &b[peer%PeerID(len(b))]
	return e.peer == peer && e.epoch == epoch && e.count == count && e.above <= above
}

// learn remembers a search that was in vain.
func (b *barren) learn(peer PeerID, count, above int, epoch uint64) {
	e := &b[peer%PeerID(len(b))]
	*e = search{peer, epoch, count, above}
}
