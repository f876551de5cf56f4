package storage

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// The part file holds, for wanted pieces, the bytes that belong to files of
// priority 0. It is two files in the download directory:
//
//	.NAME-XXXXXXXX.bt-part         slots of one piece length each; the byte at
//	                               offset b of a piece lies at slot × piece length + b
//	.NAME-XXXXXXXX.bt-part.index   which slot holds which file's share of which piece
//
// NAME is the torrent's name, cut to maxPartName bytes; XXXXXXXX the first four
// bytes of the torrent's identity, a SHA-256 of its geometry and piece hashes.
// A piece has one slot, whatever the number of files that have a share in it;
// the bytes of a slot that belong to no listed share mean nothing.
//
// The index, all numbers big-endian:
//
//	 8 bytes  magic "bt-part\n"
//	 4        version, 1
//	 8        piece length
//	32        identity of the torrent
//	 4        number of slots
//	 4        number of shares
//	28 each   share: slot 4, piece 4, file 4, offset in the file 8, length 8;
//	          ascending by piece, then file
//	32        SHA-256 of all before it
//
// It is replaced as a whole (write, sync, rename, sync the directory), after
// the bytes it speaks of were synced. An index that is torn, of another torrent
// or inconsistent in itself is worth nothing, and the slots with it: all that
// is lost is the work of downloading those pieces again.
const (
	partMagic     = "bt-part\n"
	partVersion   = 1
	partHeaderLen = len(partMagic) + 4 + 8 + sha256.Size + 4 + 4
	partShareLen  = 4 + 4 + 4 + 8 + 8
)

// share is the part of a piece that belongs to one file.
type share struct{ piece, file int }

func (a share) compare(b share) int {
	return cmp.Or(cmp.Compare(a.piece, b.piece), cmp.Compare(a.file, b.file))
}

// partIndex says which shares lie in which slots.
type partIndex struct {
	shares map[share]struct{}
	slots  map[int]int // piece -> slot
	owners []int       // slot -> piece, or free
}

// free marks a slot nobody owns.
const free = -1

func newPartIndex() partIndex {
	return partIndex{shares: make(map[share]struct{}), slots: make(map[int]int)}
}

// reserve returns the slot of a piece, the lowest free one when it has none.
func (x *partIndex) reserve(piece int) int {
	if slot, ok := x.slots[piece]; ok {
		return slot
	}
	slot := slices.Index(x.owners, free)
	if slot < 0 {
		slot = len(x.owners)
		x.owners = append(x.owners, free)
	}
	x.own(slot, piece)
	return slot
}

func (x *partIndex) own(slot, piece int) {
	x.owners[slot] = piece
	x.slots[piece] = slot
}

// sorted returns the shares by piece, then file.
func (x *partIndex) sorted() []share {
	list := make([]share, 0, len(x.shares))
	for sh := range x.shares {
		list = append(list, sh)
	}
	slices.SortFunc(list, share.compare)
	return list
}

// without returns the index less the shares of some files, and those shares.
func (x *partIndex) without(leaves func(file int) bool) (rest partIndex, left []share) {
	rest = newPartIndex()
	for _, sh := range x.sorted() {
		if leaves(sh.file) {
			left = append(left, sh)
			continue
		}
		slot := x.slots[sh.piece]
		for len(rest.owners) <= slot {
			rest.owners = append(rest.owners, free)
		}
		rest.own(slot, sh.piece)
		rest.shares[sh] = struct{}{}
	}
	return rest, left
}

// identity tells torrents apart that agree in name: it covers all that decides
// which bytes are meant.
func (l *layout) identity() [sha256.Size]byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(l.info.PieceLength))
	appendString := func(s string) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	appendString(l.info.Name)
	b = binary.BigEndian.AppendUint64(b, uint64(len(l.info.Files)))
	for i := range l.info.Files {
		f := &l.info.Files[i]
		b = binary.BigEndian.AppendUint64(b, uint64(f.Length))
		b = binary.BigEndian.AppendUint64(b, uint64(len(f.Path)))
		for _, name := range f.Path {
			appendString(name)
		}
	}
	for p := range l.info.NumPieces() {
		sum := l.info.PieceHash(p)
		b = append(b, sum[:]...)
	}
	return sha256.Sum256(b)
}

// appendPartIndex encodes an index.
func appendPartIndex(b []byte, x *partIndex, l *layout, identity [sha256.Size]byte) []byte {
	start := len(b)
	b = append(b, partMagic...)
	b = binary.BigEndian.AppendUint32(b, partVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(l.info.PieceLength))
	b = append(b, identity[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(x.owners)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(x.shares)))
	for _, sh := range x.sorted() {
		seg, ok := l.shareSegment(sh)
		if !ok {
			panic("storage: share of a file outside of its piece")
		}
		b = binary.BigEndian.AppendUint32(b, uint32(x.slots[sh.piece]))
		b = binary.BigEndian.AppendUint32(b, uint32(sh.piece))
		b = binary.BigEndian.AppendUint32(b, uint32(sh.file))
		b = binary.BigEndian.AppendUint64(b, uint64(seg.off))
		b = binary.BigEndian.AppendUint64(b, uint64(seg.n))
	}
	sum := sha256.Sum256(b[start:])
	return append(b, sum[:]...)
}

// shareSegment returns where a file's share of a piece lies.
func (l *layout) shareSegment(sh share) (segment, bool) {
	if sh.piece < 0 || sh.piece >= l.info.NumPieces() {
		return segment{}, false
	}
	if sh.file < 0 || sh.file >= len(l.info.Files) {
		return segment{}, false
	}
	f := &l.info.Files[sh.file]
	start := int64(sh.piece) * l.info.PieceLength
	from := max(start, f.Offset)
	to := min(start+l.info.PieceSize(sh.piece), f.Offset+f.Length)
	if from >= to {
		return segment{}, false
	}
	return segment{file: sh.file, off: from - f.Offset, begin: from - start, n: to - from, pad: f.Pad}, true
}

var errPartIndex = errors.New("invalid index of a part file")

// parsePartIndex decodes an index and believes nothing in it that does not fit
// the torrent.
func parsePartIndex(b []byte, l *layout, identity [sha256.Size]byte) (partIndex, error) {
	fail := func(why string) (partIndex, error) { return partIndex{}, fmt.Errorf("%w: %s", errPartIndex, why) }
	if len(b) < partHeaderLen+sha256.Size {
		return fail("too short")
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(want[:], sum) {
		return fail("wrong checksum")
	}
	if string(body[:8]) != partMagic || binary.BigEndian.Uint32(body[8:]) != partVersion {
		return fail("unknown format")
	}
	if binary.BigEndian.Uint64(body[12:]) != uint64(l.info.PieceLength) || !bytes.Equal(body[20:52], identity[:]) {
		return fail("another torrent")
	}
	slots, shares := binary.BigEndian.Uint32(body[52:]), binary.BigEndian.Uint32(body[56:])
	body = body[partHeaderLen:]
	if uint64(len(body)) != uint64(shares)*uint64(partShareLen) || uint64(slots) > uint64(l.info.NumPieces()) {
		return fail("wrong counts")
	}
	x := newPartIndex()
	x.owners = slices.Repeat([]int{free}, int(slots))
	last := share{-1, -1}
	for ; len(body) > 0; body = body[partShareLen:] {
		slot := uint64(binary.BigEndian.Uint32(body))
		sh := share{int(int32(binary.BigEndian.Uint32(body[4:]))), int(int32(binary.BigEndian.Uint32(body[8:])))}
		seg, ok := l.shareSegment(sh)
		if !ok || seg.pad || uint64(seg.off) != binary.BigEndian.Uint64(body[12:]) || uint64(seg.n) != binary.BigEndian.Uint64(body[20:]) {
			return fail("share outside of the torrent")
		}
		if last.compare(sh) >= 0 {
			return fail("shares out of order")
		}
		last = sh
		if slot >= uint64(slots) {
			return fail("no such slot")
		}
		owned, has := x.slots[sh.piece]
		if owner := x.owners[slot]; owner != free && owner != sh.piece || has && owned != int(slot) {
			return fail("slot of two pieces")
		}
		x.own(int(slot), sh.piece)
		x.shares[sh] = struct{}{}
	}
	return x, nil
}
