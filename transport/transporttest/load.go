package transporttest

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"bt/transport"
)

// pattern is an endless sequence of bytes in which every offset is
// recognisable: a random block, repeated. Its length is prime, so that no
// buffer size hides a block that was lost or sent twice.
type pattern []byte

func newPattern(seed uint64) pattern {
	const size = 65521
	p := make(pattern, size)
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range p {
		p[i] = byte(rng.Uint32())
	}
	return p
}

// fill writes what stands at offset off to b.
func (p pattern) fill(b []byte, off int) {
	for len(b) > 0 {
		n := copy(b, p[off%len(p):])
		b, off = b[n:], off+n
	}
}

// is says whether b stands at offset off.
func (p pattern) is(b []byte, off int) bool {
	for len(b) > 0 {
		n := min(len(b), len(p)-off%len(p))
		if !bytes.Equal(b[:n], p[off%len(p):][:n]) {
			return false
		}
		b, off = b[n:], off+n
	}
	return true
}

// bytes returns the first n bytes.
func (p pattern) bytes(n int) []byte {
	b := make([]byte, n)
	p.fill(b, 0)
	return b
}

// pump sends the first total bytes of a pattern in buffers of the size of a
// block, with never more than a window of them unreported. A buffer that Sent
// gives back is overwritten at once and used again: a stream that still needed
// it would send garbage. Its methods are hooks, which never overlap.
type pump struct {
	pattern pattern
	total   int

	queued int
	out    [][]byte // sent and not yet reported, in order
	offset int      // bytes of out[0] that are reported
	spare  [][]byte
}

const (
	pumpBuffer = 16 << 10
	pumpWindow = 64 // buffers: 1 MiB
)

// install lets r send by p once it opens.
func (p *pump) install(r *recorder) {
	r.onOpened = p.more
	r.onSent = func(st transport.Stream, n int) {
		if !p.release(n) {
			r.fault(fmt.Sprintf("Sent(%d) for more than was sent", n))
			return
		}
		p.more(st)
	}
}

// more tops the window up.
func (p *pump) more(st transport.Stream) {
	for len(p.out) < pumpWindow && p.queued < p.total {
		var b []byte
		if last := len(p.spare) - 1; last >= 0 {
			b, p.spare = p.spare[last], p.spare[:last]
		} else {
			b = make([]byte, pumpBuffer)
		}
		b = b[:min(pumpBuffer, p.total-p.queued)]
		p.pattern.fill(b, p.queued)
		p.queued += len(b)
		p.out = append(p.out, b)
		st.Send(b)
	}
}

// release takes back the buffers of n more bytes.
func (p *pump) release(n int) bool {
	p.offset += n
	for len(p.out) > 0 && p.offset >= len(p.out[0]) {
		b := p.out[0]
		p.offset -= len(b)
		clear(b)
		p.spare = append(p.spare, b)
		p.out = p.out[1:]
	}
	return len(p.out) > 0 || p.offset == 0
}

// check lets r compare what it receives with p instead of keeping it.
func (p pattern) check(r *recorder) {
	off := 0
	r.onReceived = func(_ transport.Stream, b []byte) {
		if !p.is(b, off) {
			r.fault(fmt.Sprintf("wrong bytes within %d of offset %d", len(b), off))
		}
		off += len(b)
	}
}
