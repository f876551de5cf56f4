// Package bitfield holds one bit per piece, laid out as on the wire.
//
// BEP 3: "The first byte of the bitfield corresponds to indices 0 - 7 from high bit to low bit, respectively. The next
// one 8-15, etc. Spare bits at the end are set to zero."
//
// Keeping the wire's own layout makes sending a bitfield a copy, and the count is kept with every change, since "is it
// complete?" is asked after each piece while changes are rare.
package bitfield

import (
	"bytes"
	"fmt"
	"math/bits"
)

// Bitfield is a fixed number of bits. The zero value has length 0.
//
// Two copies made by assignment share their bytes but not their count, so exactly one of them may be changed
// afterwards, and the other is then stale; use Clone for an independent value. It is not safe for concurrent use.
type Bitfield struct {
	bytes []byte // MSB first; the spare bits of the last byte are always zero
	n     int    // bits
	count int    // bits set
}

// New returns n bits, all clear. It panics when n is negative.
func New(n int) Bitfield {
	if n < 0 {
		panic(fmt.Sprintf("bitfield: length %d is negative", n))
	}
	return Bitfield{bytes: make([]byte, byteLen(n)), n: n}
}

// FromWire returns a copy of b as n bits, or an error when b cannot be a bitfield of that length.
//
// "Spare bits at the end are set to zero": one that is set means that the peer has another torrent in mind, or is
// broken. b is measured before anything is allocated.
func FromWire(b []byte, n int) (Bitfield, error) {
	if n < 0 {
		return Bitfield{}, fmt.Errorf("bitfield: length %d is negative", n)
	}
	if len(b) != byteLen(n) {
		return Bitfield{}, fmt.Errorf("bitfield: %d bytes for %d bits, want %d", len(b), n, byteLen(n))
	}
	if len(b) > 0 && b[len(b)-1]&^lastMask(n) != 0 {
		return Bitfield{}, fmt.Errorf("bitfield: spare bits set in last byte %#02x of %d bits", b[len(b)-1], n)
	}
	f := Bitfield{bytes: bytes.Clone(b), n: n}
	for _, x := range b {
		f.count += bits.OnesCount8(x)
	}
	return f, nil
}

// Set sets bit i. It panics when i is out of range: indices of peers are checked where they are received.
func (b *Bitfield) Set(i int) {
	b.mustHold(i)
	if mask := bit(i); b.bytes[i/8]&mask == 0 {
		b.bytes[i/8] |= mask
		b.count++
	}
}

// Clear clears bit i. It panics when i is out of range.
func (b *Bitfield) Clear(i int) {
	b.mustHold(i)
	if mask := bit(i); b.bytes[i/8]&mask != 0 {
		b.bytes[i/8] &^= mask
		b.count--
	}
}

// SetAll sets every bit, and none of the spare ones.
func (b *Bitfield) SetAll() {
	for i := range b.bytes {
		b.bytes[i] = 0xff
	}
	if len(b.bytes) > 0 {
		b.bytes[len(b.bytes)-1] = lastMask(b.n)
	}
	b.count = b.n
}

// ClearAll clears every bit.
func (b *Bitfield) ClearAll() {
	clear(b.bytes)
	b.count = 0
}

// Has reports whether bit i is set; no bit out of range is.
func (b *Bitfield) Has(i int) bool {
	return i >= 0 && i < b.n && b.bytes[i/8]&bit(i) != 0
}

// Len returns the number of bits.
func (b *Bitfield) Len() int { return b.n }

// Count returns the number of bits set, without counting them.
func (b *Bitfield) Count() int { return b.count }

// All reports whether every bit is set; it is true of length 0.
func (b *Bitfield) All() bool { return b.count == b.n }

// None reports whether no bit is set; it is true of length 0.
func (b *Bitfield) None() bool { return b.count == 0 }

// Bytes returns a copy of the bits in the form of the wire, ⌈Len/8⌉ bytes.
func (b *Bitfield) Bytes() []byte {
	return append(make([]byte, 0, len(b.bytes)), b.bytes...)
}

// Clone returns an independent copy.
func (b *Bitfield) Clone() Bitfield {
	return Bitfield{bytes: b.Bytes(), n: b.n, count: b.count}
}

// Next returns the first set bit at or after i, or -1; negative i means 0. To visit all set bits:
//
//	for i := b.Next(0); i >= 0; i = b.Next(i + 1) { … }
func (b *Bitfield) Next(i int) int { return b.scan(i, 0x00) }

// NextClear returns the first clear bit at or after i, or -1; negative i means 0.
func (b *Bitfield) NextClear(i int) int { return b.scan(i, 0xff) }

// scan finds the first set bit at or after i of the bits xor flip, a byte at a time.
func (b *Bitfield) scan(i int, flip byte) int {
	i = max(i, 0)
	if i >= b.n {
		return -1
	}
	at := i / 8
	x := (b.bytes[at] ^ flip) & (0xff >> (i % 8))
	for x == 0 {
		if at++; at == len(b.bytes) {
			return -1
		}
		x = b.bytes[at] ^ flip
	}
	// A spare bit looks like a clear one.
	if found := at*8 + bits.LeadingZeros8(x); found < b.n {
		return found
	}
	return -1
}

func (b *Bitfield) mustHold(i int) {
	if i < 0 || i >= b.n {
		panic(fmt.Sprintf("bitfield: bit %d out of range of %d", i, b.n))
	}
}

// byteLen avoids the usual (n+7)/8, which overflows for the largest n.
func byteLen(n int) int {
	if n%8 != 0 {
		return n/8 + 1
	}
	return n / 8
}

func bit(i int) byte { return 0x80 >> (i % 8) }

// lastMask has the bits of the last byte which are not spare.
func lastMask(n int) byte {
	if n%8 == 0 {
		return 0xff
	}
	return ^byte(0xff >> (n % 8))
}
