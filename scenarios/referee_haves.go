package scenarios

import "bt/client/wire"

// haveRule: W2, BITFIELD, HAVE ALL and HAVE NONE come first or not at all, and
// are true. W8, HAVE is said of each piece once, when it is on disk and right.
// Whether it is, the disk tells: see diskWatch.
type haveRule struct {
	said pieceSet // pieces that this connection was told of
}

// told says whether the client has said that it has a piece.
func (r *haveRule) told(piece uint32) bool {
	return int64(piece) < int64(64*len(r.said)) && r.said.has(int(piece))
}

func (r *haveRule) frameSent(v *view, f *frame) {
	switch f.kind {
	case wire.Bitfield, wire.HaveAll, wire.HaveNone:
		r.handleAll(v, f)
		return
	}
	// BEP 6: "the peer MUST send exactly one of Have All, Have None, or
	// Bitfield" right after the handshake.
	if v.facts.frames == 0 && v.facts.fast() {
		v.violation("W2", "%v comes before it was said which pieces there are", f)
	}
	if f.kind == wire.Have {
		r.handleHave(v, f)
	}
}

func (r *haveRule) handleAll(v *view, f *frame) {
	pieces, ok := piecesOf(f, v.who.o.truth.meta.Info.NumPieces())
	switch {
	case v.facts.frames > 0:
		// BEP 3: "may only be sent as the first message"
		v.violation("W2", "%v is message %d", f, v.facts.frames+1)
	case !ok:
		v.violation("W2", "bitfield of %d bytes, or with spare bits set", len(f.bits))
	default:
		r.said = pieces
		v.who.disk.claimAll(v, pieces)
	}
}

func (r *haveRule) handleHave(v *view, f *frame) {
	p := int(f.block.Index)
	switch {
	case p >= v.who.o.truth.meta.Info.NumPieces():
		v.violation("W8", "%v: no such piece", f)
	case r.said.has(p):
		v.violation("W8", "%v was said before", f)
	default:
		r.said.set(p)
		v.who.disk.claim(v, p, "W8")
	}
}
