package picker

// requests is a pool of outstanding requests, chained per block from the
// oldest to the newest. No chain is longer than maxHolders.
type requests struct {
	pool  []request
	spare int32 // chain of unused ones
}

type request struct {
	peer PeerID
	next int32
}

// append adds a request to the end of a chain and returns its first.
func (r *requests) append(first int32, peer PeerID) int32 {
	i := r.spare
	if i == none {
		i = int32(len(r.pool))
		r.pool = append(r.pool, request{})
	} else {
		r.spare = r.pool[i].next
	}
	r.pool[i] = request{peer: peer, next: none}
	if first == none {
		return i
	}
	last := first
	for r.pool[last].next != none {
		last = r.pool[last].next
	}
	r.pool[last].next = i
	return first
}

// pop frees the first request of a chain and returns its peer and the rest.
func (r *requests) pop(first int32) (peer PeerID, rest int32) {
	peer, rest = r.pool[first].peer, r.pool[first].next
	r.pool[first] = request{next: r.spare}
	r.spare = first
	return peer, rest
}

// remove frees the request of peer in a chain and returns what is then its
// first; ok is false when peer has none.
func (r *requests) remove(first int32, peer PeerID) (newFirst int32, ok bool) {
	before := int32(none)
	for i := first; i != none; before, i = i, r.pool[i].next {
		if r.pool[i].peer != peer {
			continue
		}
		_, rest := r.pop(i)
		if before == none {
			return rest, true
		}
		r.pool[before].next = rest
		return first, true
	}
	return first, false
}

// has reports whether a chain has a request of peer.
func (r *requests) has(first int32, peer PeerID) bool {
	for i := first; i != none; i = r.pool[i].next {
		if r.pool[i].peer == peer {
			return true
		}
	}
	return false
}
