package scenarios

import "math/bits"

// wants says whether a client with these priorities of files wants a piece: when
// any file in it is wanted. A piece of padding alone counts as wanted.
func (t *truth) wants(priorities []int, p int) bool {
	begin := int64(p) * t.meta.Info.PieceLength
	end := begin + t.meta.Info.PieceSize(p)
	padding := true
	for i, f := range t.meta.Info.Files {
		if f.Pad || f.Length == 0 || f.Offset >= end || f.Offset+f.Length <= begin {
			continue
		}
		if priorities == nil || priorities[i] > 0 {
			return true
		}
		padding = false
	}
	return padding
}

// pieceSet is a set of pieces.
type pieceSet []uint64

func newPieceSet(n int) pieceSet { return make(pieceSet, (n+63)/64) }

func (s pieceSet) has(p int) bool { return s[p/64]&(1<<(p%64)) != 0 }
func (s pieceSet) set(p int)      { s[p/64] |= 1 << (p % 64) }
func (s pieceSet) clear(p int)    { s[p/64] &^= 1 << (p % 64) }

// count is how many pieces are in the set.
func (s pieceSet) count() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// empty says that no piece is in the set.
func (s pieceSet) empty() bool { return !s.meets(s) }

// meets says whether the sets have a piece in common.
func (s pieceSet) meets(o pieceSet) bool {
	for i := range s {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}
