package torrent

import (
	"net/netip"
	"slices"

	"bt/client/metainfo"
)

// suspectsMax bounds the memory of failed pieces: 64 pieces of 1 MiB.
const suspectsMax = 4096

// blame finds out who sent the bad block of a piece that failed its hash. Who
// sent every block alone is guilty at once. Where several did, the digest of
// each block is kept until the piece has passed: whoever sent a block that
// differs from the good one is guilty, and nobody else. Whose conduct was good
// until then is pardoned.
type blame struct {
	senders  map[int][]netip.Addr // piece in progress → sender of each block
	suspects []suspect
	conduct  conduct
}

type suspect struct {
	piece, block int
	addr         netip.Addr
	digest       metainfo.Hash
}

// sent notes who sent a block.
func (b *blame) sent(piece, block, blocks int, addr netip.Addr) {
	if b.senders == nil {
		b.senders = make(map[int][]netip.Addr)
	}
	s := b.senders[piece]
	if s == nil {
		s = make([]netip.Addr, blocks)
		b.senders[piece] = s
	}
	s[block] = addr
}

// forget drops who has sent what of a piece whose bytes are lost.
func (b *blame) forget(piece int) { delete(b.senders, piece) }

// doubts says that the digests of this piece's blocks are wanted even if it
// passes.
func (b *blame) doubts(piece int) bool {
	return slices.ContainsFunc(b.suspects, func(s suspect) bool { return s.piece == piece })
}

// failed takes the digests of a piece that was wrong and returns whom that
// proves guilty.
func (b *blame) failed(piece int, digests []metainfo.Hash) (guilty []netip.Addr) {
	from := b.senders[piece]
	delete(b.senders, piece)
	if len(from) == 0 {
		return nil
	}
	if !slices.ContainsFunc(from, func(a netip.Addr) bool { return a != from[0] }) {
		if b.conduct.forgives(from[0]) {
			return nil
		}
		return from[:1]
	}
	for i, addr := range from {
		if known(digests, i) && len(b.suspects) < suspectsMax {
			b.suspects = append(b.suspects, suspect{piece, i, addr, digests[i]})
		}
	}
	return nil
}

// known says whether the digest of a block is. It is not where the disk returns
// something else than has come.
func known(digests []metainfo.Hash, block int) bool {
	return block < len(digests) && digests[block] != (metainfo.Hash{})
}

// passed takes the digests of a piece that is right and returns whom they
// prove guilty of having sent something else before.
func (b *blame) passed(piece int, digests []metainfo.Hash) (guilty []netip.Addr) {
	from := b.senders[piece]
	delete(b.senders, piece)
	b.suspects = slices.DeleteFunc(b.suspects, func(s suspect) bool {
		if s.piece != piece {
			return false
		}
		if known(digests, s.block) && digests[s.block] != s.digest && !slices.Contains(guilty, s.addr) {
			guilty = append(guilty, s.addr)
		}
		return true
	})
	for i, addr := range from {
		if addr.IsValid() && !slices.Contains(from[:i], addr) && !slices.Contains(guilty, addr) {
			b.conduct.good(addr)
		}
	}
	return slices.DeleteFunc(guilty, b.conduct.forgives)
}
