package scenarios

import "bt/client/wire"

// These peers serve all that they are asked for, and not as it should be.

// newPoisoner makes a peer of whose blocks one of each piece, the first that it
// is asked for, is bad.
func newPoisoner() script {
	spoilt := make(map[uint32]wire.Block) // by piece
	return func(p *player) {
		p.offer(fastHello)
		for b := range p.requests(0) {
			if _, ok := spoilt[b.Index]; !ok {
				spoilt[b.Index] = b
			}
			p.serve(b, spoilt[b.Index] != b)
		}
	}
}

// colluder spoils the first block of each piece, the same as the others of its
// kind do: they confirm each other's lies.
func colluder(p *player) {
	p.offer(fastHello)
	for b := range p.requests(0) {
		if b.Begin == 0 && p.exists(b) {
			p.give(b, make([]byte, b.Length))
		} else {
			p.serve(b, good)
		}
	}
}

// newMistaken makes a peer that answers each request by another block: shorter,
// displaced, or of another piece.
func newMistaken() script {
	answers := 0
	return func(p *player) {
		p.offer(fastHello)
		for b := range p.requests(0) {
			switch answers++; answers % 4 {
			case 0:
				b.Length /= 2
			case 1:
				b.Begin += b.Length / 2
				b.Length /= 2
			case 2:
				b.Index = (b.Index + 1) % uint32(p.pieces())
				if p.has.has(int(b.Index)) {
					continue
				}
			case 3:
				b = p.anyBlock()
			}
			p.serve(b, good)
		}
	}
}
