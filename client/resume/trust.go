package resume

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"bt/client/bitfield"
	"bt/client/metainfo"
)

// Trust says what a state is worth now that the files look as in now, which has
// a stamp for each file and one for the part file, like State.Files. It wants
// them as they are before anything is moved or written. Each piece is in one of
// three ways:
//
//   - trusted: it was had, and no file that it touches has changed since in
//     size or time. After a client that did not end in order, it must not be
//     suspect either.
//   - to be checked: it could be there, but a file has changed, or it is
//     suspect.
//   - in neither: it is not there. A file is missing or too short for it, or
//     nothing has changed and it was neither had nor suspect.
//
// Bytes of a file with priority 0 may lie in the part file, so that these
// pieces touch both. What the part file's index says has not been looked at:
// storage does, and a piece it does not find is not there.
//
// Without a state, with s nil or of another shape than the torrent, nothing is
// trusted and all that could be there is to be checked. Trust panics when now
// is not of the torrent's shape.
func Trust(s *State, info *metainfo.Info, now []FileStamp) (trusted, check bitfield.Bitfield) {
	if len(now) != numStamps(info) {
		panic(fmt.Sprintf("resume: %d stamps for %d files and the part file", len(now), len(info.Files)))
	}
	trusted, check = bitfield.New(info.NumPieces()), bitfield.New(info.NumPieces())
	if s != nil && !s.fits(info) {
		s = nil
	}
	for p := range info.NumPieces() {
		possible, same := s.look(info, now, p)
		if !possible {
			continue
		}
		switch suspect := s == nil || s.Suspect.Has(p); {
		case same && s.Pieces.Has(p) && (s.Clean || !suspect):
			trusted.Set(p)
		case !same || suspect:
			check.Set(p)
		}
	}
	return trusted, check
}

// look tells of a piece whether the files could hold it, and whether they are
// the same as in s. Without a state, nothing is the same.
func (s *State) look(info *metainfo.Info, now []FileStamp, p int) (possible, same bool) {
	possible, same = true, s != nil
	part := len(now) - 1
	touches := func(f int) { same = same && s.Files[f].same(now[f]) }
	end := int64(p)*info.PieceLength + info.PieceSize(p)
	first, last := info.FilesOf(p)
	for f := first; f <= last; f++ {
		file := &info.Files[f]
		if file.Pad || file.Length == 0 {
			continue // lies nowhere
		}
		touches(f)
		need := min(end-file.Offset, file.Length) // up to where the piece ends in it
		there := now[f].Exists && now[f].Size >= need
		if s.maySkip(f) {
			touches(part)
			there = there || now[part].Exists
		}
		possible = possible && there
	}
	return possible, same
}

// maySkip reports whether bytes of file f may lie in the part file. Without a
// state they may of any file.
func (s *State) maySkip(f int) bool {
	if s == nil {
		return true
	}
	return f < len(s.Priorities) && s.Priorities[f] == 0
}

// sampleMax bounds a sample. A torrent of many small files would have every
// piece in it otherwise, and a state be worth nothing.
const sampleMax = 64

// Sample returns a few of the trusted pieces, to be checked although they are
// trusted, so that a state which lies is likely to be found out: one of each
// file, or of 64 files when there are more. Which ones they are depends on the
// info-hash and the time of the save alone: the same for everyone who asks, and
// others after the next save.
func Sample(s *State, info *metainfo.Info, trusted *bitfield.Bitfield) bitfield.Bitfield {
	sample := bitfield.New(info.NumPieces())
	stride := (len(info.Files) + sampleMax - 1) / sampleMax
	for f := int(s.draw(-1, int64(stride))); f < len(info.Files); f += stride {
		first, last, ok := info.FilePieces(f)
		if !ok || info.Files[f].Pad {
			continue
		}
		from := first + int(s.draw(f, int64(last-first+1)))
		p := trusted.Next(from)
		if p < 0 || p > last {
			p = trusted.Next(first) // around
		}
		if p >= 0 && p <= last {
			sample.Set(p)
		}
	}
	return sample
}

// draw returns the number from 0 to below n which the state has for file f.
func (s *State) draw(f int, n int64) int64 {
	b := append(make([]byte, 0, len(s.InfoHash)+timeLen+8), s.InfoHash[:]...)
	b = appendTime(b, s.Saved)
	b = binary.BigEndian.AppendUint64(b, uint64(f))
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:])>>1) % n
}
