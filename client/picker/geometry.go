package picker

import "bt/client/wire"

// geometry says how a torrent is cut into pieces, and pieces into blocks.
type geometry struct {
	pieces      int
	pieceLength int64
	length      int64
	perPiece    int // blocks of every piece but the last
}

func newGeometry(pieces int, pieceLength, length int64) geometry {
	if pieces < 0 || pieceLength <= 0 || length < 0 || int64(pieces) != ceilDiv(length, pieceLength) {
		panic("picker: pieces, piece length and length do not agree")
	}
	// A torrent shorter than its piece length has no use for the blocks beyond.
	perPiece := ceilDiv(min(pieceLength, length), wire.BlockSize)
	return geometry{pieces: pieces, pieceLength: pieceLength, length: length, perPiece: int(perPiece)}
}

// pieceSize returns the bytes of piece i: less than the others for the last.
func (g *geometry) pieceSize(i int) int64 {
	return min(g.pieceLength, g.length-int64(i)*g.pieceLength)
}

// blocks returns the number of blocks of piece i.
func (g *geometry) blocks(i int) int {
	return int(ceilDiv(g.pieceSize(i), wire.BlockSize))
}

// block returns the n-th block of piece i. The last block of a piece ends where
// the piece ends, whether or not its size is a multiple of the block size.
func (g *geometry) block(i, n int) wire.Block {
	begin := int64(n) * wire.BlockSize
	return wire.Block{
		Index:  uint32(i),
		Begin:  uint32(begin),
		Length: uint32(min(wire.BlockSize, g.pieceSize(i)-begin)),
	}
}

// number returns which block of its piece b is; ok is false unless b is a block
// as block would return it.
func (g *geometry) number(b wire.Block) (n int, ok bool) {
	if int64(b.Index) >= int64(g.pieces) || int64(b.Begin) >= g.pieceSize(int(b.Index)) {
		return 0, false
	}
	n = int(b.Begin / wire.BlockSize)
	return n, g.block(int(b.Index), n) == b
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }
