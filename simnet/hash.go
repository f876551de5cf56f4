package simnet

import "encoding/binary"

// digest is the rolling hash of a run. It is a fingerprint against accidents,
// not against forgery. Every step is a bijection of the state (an exclusive or,
// an odd factor, a shift onto itself), so that one different word cannot get
// lost.
type digest uint64

// Odd constants with well mixed bits: the fractions of the golden ratio and of
// the square roots of 2, 3 and 5.
const (
	mixA = 0x9e3779b97f4a7c15
	mixB = 0x6a09e667f3bcc909
	mixC = 0xbb67ae8584caa73b
	mixD = 0x3c6ef372fe94f82b
)

// mix spreads a word: the factor carries low bits up, the shift high bits down.
func mix(h, w, factor uint64) uint64 {
	h = (h ^ w) * factor
	return h ^ h>>32
}

func (d *digest) word(w uint64) { *d = digest(mix(uint64(*d), w, mixA)) }

// bytes adds p in little-endian words, on every platform. Long payloads go
// through four independent lanes, which a processor works on side by side.
func (d *digest) bytes(p []byte) {
	d.word(uint64(len(p)))
	if len(p) >= 64 {
		a, b, c, e := uint64(*d), uint64(mixB), uint64(mixC), uint64(mixD)
		for len(p) >= 32 {
			a = mix(a, binary.LittleEndian.Uint64(p), mixA)
			b = mix(b, binary.LittleEndian.Uint64(p[8:]), mixB)
			c = mix(c, binary.LittleEndian.Uint64(p[16:]), mixC)
			e = mix(e, binary.LittleEndian.Uint64(p[24:]), mixD)
			p = p[32:]
		}
		// A step between two lanes: what one bit has done to the end of one lane
		// must not look like what another bit did to the next.
		*d = digest(a)
		for _, lane := range [...]uint64{b, c, e} {
			d.word(0)
			d.word(lane)
		}
	}
	for len(p) >= 8 {
		d.word(binary.LittleEndian.Uint64(p))
		p = p[8:]
	}
	var tail uint64
	for i, c := range p {
		tail |= uint64(c) << (8 * i)
	}
	d.word(tail)
}

func (d *digest) string(s string) { d.bytes([]byte(s)) }

// sum finishes a copy of the state: its high bits reach the low ones.
func (d digest) sum() uint64 {
	h := uint64(d)
	h ^= h >> 32
	h *= mixB
	h ^= h >> 29
	return h
}
