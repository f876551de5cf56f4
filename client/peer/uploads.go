package peer

import (
	"slices"
	"time"

	"bt/client/boundary"
	"bt/client/wire"
)

// Limits of what one peer may ask of us.
const (
	// requestsMax is how many requests one peer may have waiting, and is told
	// so (reqq of BEP 10): what the common clients take today. 32 MiB are enough
	// for a gigabit per second to the other side of the world.
	requestsMax = 2000
	// backlogMin and backlogMax bound the bytes read from disk for one peer and
	// not yet taken by the network.
	backlogMin = 32 << 10
	backlogMax = 2 << 20
)

// Uploads is what one peer has asked us for: first waiting, then being read
// from disk, then sent.
type Uploads struct {
	waiting []wire.Block
	reading []wire.Block
	queued  int // bytes being read
}

// Len is the number of requests not answered yet.
func (u *Uploads) Len() int { return len(u.waiting) + len(u.reading) }

// Waiting says whether a request waits to be read for.
func (u *Uploads) Waiting() bool { return len(u.waiting) > 0 }

// HandleRequest takes a request, or refuses it. The block was found valid and
// had.
func (p *Peer) HandleRequest(now time.Time, b wire.Block, out *boundary.Effects) {
	u := &p.Uploads
	switch {
	case u.Len() >= requestsMax:
		p.refuse(now, b, out)
	case slices.Contains(u.waiting, b), slices.Contains(u.reading, b):
		// Asked twice: one answer is under way, and with BEP 6 this request gets
		// its own.
		p.refuse(now, b, out)
	case !p.spend(b):
		p.refuse(now, b, out)
	default:
		u.waiting = append(u.waiting, b)
		p.tookHint(b.Index)
	}
}

// Refuse answers a request for what we do not have.
func (p *Peer) Refuse(now time.Time, b wire.Block, out *boundary.Effects) { p.refuse(now, b, out) }

// HandleCancel withdraws a request of the remote side.
// BEP 6: a cancelled request is answered too, by the piece or by a reject.
func (p *Peer) HandleCancel(now time.Time, b wire.Block, out *boundary.Effects) {
	u := &p.Uploads
	if i := slices.Index(u.waiting, b); i >= 0 {
		u.waiting = slices.Delete(u.waiting, i, i+1)
		p.refuse(now, b, out)
		return
	}
	if i := slices.Index(u.reading, b); i >= 0 {
		u.stopReading(i)
		p.refuse(now, b, out)
	}
}

// NextRead returns the next block to read for this peer, of a piece that may be
// sent, while what was read and has not left is less than half a second of its
// rate.
func (p *Peer) NextRead(now time.Time, maySend func(piece int) bool) (wire.Block, bool) {
	u := &p.Uploads
	i := slices.IndexFunc(u.waiting, func(b wire.Block) bool { return maySend(int(b.Index)) })
	if i < 0 {
		return wire.Block{}, false
	}
	allowed := min(max(p.Up.RateOver(now, 2)/2, backlogMin), backlogMax)
	if int64(u.queued+p.outbox.bytes()) >= allowed {
		return wire.Block{}, false
	}
	b := u.waiting[i]
	u.waiting = slices.Delete(u.waiting, i, i+1)
	u.reading = append(u.reading, b)
	u.queued += int(b.Length)
	return b, true
}

// HandleRead sends a block that was read, if it is still asked for. It reports
// whether it was.
func (p *Peer) HandleRead(now time.Time, b wire.Block, data []byte, err error, out *boundary.Effects) bool {
	i := slices.Index(p.Uploads.reading, b)
	if i < 0 {
		return false // cancelled or choked meanwhile
	}
	p.Uploads.stopReading(i)
	if err != nil {
		p.refuse(now, b, out)
		return true
	}
	p.Send(now, wire.Message{Kind: wire.Piece, Index: b.Index, Begin: b.Begin, Length: b.Length, Data: data}, out)
	return true
}

func (u *Uploads) stopReading(i int) {
	u.queued -= int(u.reading[i].Length)
	u.reading = slices.Delete(u.reading, i, i+1)
}

// clear forgets the requests that are not to be kept, and returns them in the
// order they were made.
func (u *Uploads) clear(keep func(wire.Block) bool) (dropped []wire.Block) {
	drop := func(b wire.Block) bool {
		if !keep(b) {
			dropped = append(dropped, b)
			return true
		}
		return false
	}
	u.reading = slices.DeleteFunc(u.reading, drop)
	u.waiting = slices.DeleteFunc(u.waiting, drop)
	u.queued = 0
	for _, b := range u.reading {
		u.queued += int(b.Length)
	}
	return dropped
}
