package client

import (
	"cmp"
	"slices"
	"sync"

	"bt/client/boundary"
	"bt/client/wire"
)

// memoryDefault is for a second of a fast disk, or for some of a slow one.
const memoryDefault = 48 << 20

// budget bounds the memory of blocks that have been read from sockets and have
// not reached their file. A disk that is slower than the network pushes back on
// the network: above the limit, connections that bring more are not read, until
// a third of it is free.
type budget struct {
	mu     sync.Mutex
	limit  int // bytes; 0: memoryDefault
	used   int
	paused []*conn
}

// take counts n bytes that c has read. It may be called from any goroutine.
func (b *budget) take(c *conn, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += n
	if b.used > b.most() && !c.paused {
		c.paused = true
		b.paused = append(b.paused, c)
		c.hold(heldByDisk, true)
		c.client.Post(boundary.ReadsPaused{Conn: c.id, Paused: true})
	}
}

// give counts n bytes as gone.
func (b *budget) give(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	b.maybeResume()
}

// set changes the limit.
func (b *budget) set(limit int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limit = limit
	b.maybeResume()
}

func (b *budget) most() int { return cmp.Or(b.limit, memoryDefault) }

// resumeRead is what a connection that is read again is expected to bring at once.
const resumeRead = wire.PlaceBlocks * blockSize

// maybeResume has connections read again when there is room: as many as fit into
// it, those first that have waited longest. All at once would fill it with a little
// of each, and then wait again. The lock is held.
func (b *budget) maybeResume() {
	room, n := b.most()/3*2-b.used, 0
	for ; room >= 0 && n < len(b.paused); n++ {
		c := b.paused[n]
		c.paused = false
		c.hold(heldByDisk, false)
		c.client.Post(boundary.ReadsPaused{Conn: c.id})
		room -= resumeRead
	}
	b.paused = slices.Delete(b.paused, 0, n)
}

// blockPool recycles the memory of blocks.
type blockPool struct {
	mu   sync.Mutex
	free [][]byte
}

// pooled is the pool of all clients of the process. A thousand simulated ones would
// else have a thousand pools, none of which stays in the processor's cache.
var pooled blockPool

// poolMax bounds the memory that waits for use, at 12 MiB. What the pool does not
// take has to be collected and made again, and meanwhile makes the heap twice as
// large. So it takes all that a client with 8 MiB of memory, such as bt, has under
// way to its disk, and some that is on its way to peers.
const poolMax = 768

// get returns a slice of n bytes, not zeroed.
func (p *blockPool) get(n int) []byte {
	if n <= blockSize {
		p.mu.Lock()
		defer p.mu.Unlock()
		if last := len(p.free) - 1; last >= 0 {
			b := p.free[last]
			p.free = p.free[:last]
			return b[:n]
		}
		return make([]byte, n, blockSize)
	}
	return make([]byte, n)
}

// getSome appends n blocks to dst.
func (p *blockPool) getSome(dst [][]byte, n int) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		last := len(p.free) - 1
		if last < 0 {
			dst = append(dst, make([]byte, blockSize))
			continue
		}
		dst = append(dst, p.free[last][:blockSize])
		p.free = p.free[:last]
	}
	return dst
}

// putSome is put for blocks of getSome.
func (p *blockPool) putSome(blocks [][]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(len(blocks), max(poolMax-len(p.free), 0))
	p.free = append(p.free, blocks[:n]...)
}

// put takes back a slice that nobody looks at any more.
func (p *blockPool) put(b []byte) {
	if cap(b) != blockSize {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) < poolMax {
		p.free = append(p.free, b)
	}
}

// heads makes buffers for what is sent besides blocks: many from one piece of memory.
// It belongs to the turn.
type heads struct{ rest []byte }

const (
	headRoom    = 32      // bytes of a buffer: most often it is one request, or two HAVEs
	headsAtOnce = 4 << 10 // bytes of memory
)

// get returns an empty buffer. What is more than headRoom has it move, as with any
// slice.
func (h *heads) get() []byte {
	if len(h.rest) < headRoom {
		h.rest = make([]byte, headsAtOnce)
	}
	b := h.rest[:0:headRoom]
	h.rest = h.rest[headRoom:]
	return b
}
