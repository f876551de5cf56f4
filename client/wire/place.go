package wire

// The fast path of a download. Nearly all that a seed sends is full blocks, one
// after the other, so that it is known ahead which byte of the stream will be
// which byte of which block. Who reads from a system that can scatter a read
// (readv(2)) can have each block arrive in the buffer it stays in, and the copy
// that Decode makes of each block falls away. See BenchmarkPlace.

// PlaceBlocks is how many blocks Place plans for at most: with the block under
// way, 272 KiB, which is more than a system gives in most reads.
const PlaceBlocks = 16

// pieceHead is the length of a Piece message without its block.
const pieceHead = prefixLen + idLen + 8

// Placing says that the stream is in the middle of blocks, so that Place has
// something to propose.
func (d *Decoder) Placing() bool {
	switch {
	case d.err != nil:
		return false
	case d.stage == inPayload:
		return d.msg.Kind == Piece && d.msg.Data != nil
	}
	return d.inBlocks && d.stage == inPrefix && d.have == 0
}

// Place appends to dst where the next bytes of the stream belong, if it goes on as
// it does: the rest of the block under way, then header and block in turns, the
// blocks in the given buffers, of capacity BlockSize each and PlaceBlocks at most.
// Placed must be the next call. It is for a Decoder of which Placing is true.
func (d *Decoder) Place(dst, blocks [][]byte) [][]byte {
	if d.stage == inPayload {
		have := len(d.msg.Data)
		dst = append(dst, d.msg.Data[have:have+d.left])
	}
	for i, b := range blocks {
		dst = append(dst, d.heads[i][:], b[:BlockSize])
	}
	return dst
}

// Placed is Decode for n bytes that lie where Place has said, given the same
// blocks. Of these, the first used have become the Data of messages, or of the one
// under way; the others are the caller's again. If the stream has not gone on as
// it was thought to, what lies in the wrong place is decoded as by Decode.
func (d *Decoder) Placed(n int, blocks [][]byte, dst []Message) (used int, out []Message, err error) {
	out = dst
	if d.stage == inPayload {
		k := min(n, d.left)
		if n -= k; d.filled(k) {
			out = d.emit(out)
		}
	}
	astray := false
	for i := 0; n > 0; i++ {
		head := d.heads[i][:min(n, pieceHead)]
		n -= len(head)
		_, out, _ = d.Decode(head, out)
		block := blocks[i][:min(n, BlockSize)]
		n -= len(block)
		if astray = astray || !d.awaitsBlock(); astray {
			_, out, _ = d.Decode(block, out)
			continue
		}
		if len(block) == 0 {
			break // the next read goes on here
		}
		used++
		d.msg.Data = blocks[i][:0]
		if d.filled(len(block)) {
			out = d.emit(out)
		}
	}
	return used, out, d.err
}

// awaitsBlock says that the next byte is the first of a full block.
func (d *Decoder) awaitsBlock() bool {
	return d.stage == inPayload && d.msg.Kind == Piece && d.msg.Data == nil && d.left == BlockSize
}

// filled counts n bytes of a block that lie where they belong, and says whether
// that were the last.
func (d *Decoder) filled(n int) (complete bool) {
	d.msg.Data = d.msg.Data[:len(d.msg.Data)+n]
	d.left -= n
	d.blocks += int64(n)
	return d.left == 0
}
