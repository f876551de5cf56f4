package client

import (
	"cmp"
	"sync"

	"bt/client/boundary"
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
		c.pauseReads(true)
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

// maybeResume has connections read again when there is room. The lock is held.
func (b *budget) maybeResume() {
	if b.used > b.most()/3*2 || len(b.paused) == 0 {
		return
	}
	for _, c := range b.paused {
		c.paused = false
		c.pauseReads(false)
		c.client.Post(boundary.ReadsPaused{Conn: c.id})
	}
	b.paused = b.paused[:0]
}

// blockPool recycles the memory of blocks.
type blockPool struct {
	mu   sync.Mutex
	free [][]byte
}

// poolMax bounds the memory that waits for use, at 8 MiB.
const poolMax = 512

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
