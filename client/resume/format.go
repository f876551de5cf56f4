package resume

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"bt/client/bitfield"
	"bt/client/metainfo"
)

// The layout, all numbers big-endian:
//
//	 8 bytes  magic "bt-have\n"
//	 4        version: 1, or 2 when there are unsure pieces
//	20        info-hash
//	12        saved: a time is its Unix seconds, 8 bytes in two's complement, and nanoseconds, 4
//	 1        1: the client ended in order; otherwise 0
//	 8        bytes downloaded, ever
//	 8        bytes uploaded, ever
//	 4        length of the name
//	          name
//	 4        number of pieces
//	          pieces had, as the bitfield of BEP 3: ⌈pieces/8⌉ bytes, spare bits zero
//	          pieces suspect, the same
//	          pieces unsure, the same, some of those suspect; version 2 only
//	 4        number of stamps
//	21 each   stamp: 1 if the file exists, otherwise 0 and all else 0; size 8; time of modification 12
//	 4        number of priorities: 0 when all are 1, otherwise one less than stamps
//	 4 each   priority
//	32        SHA-256 of all before it
//
// A state has one encoding. Readers of a version refuse any later one: what a
// field means that they do not know, they cannot honour. That is why a state
// without unsure pieces, as nearly all are, is still one of version 1.
const (
	magic         = "bt-have\n"
	version       = 1
	versionUnsure = 2

	stampLen = 1 + 8 + timeLen
	timeLen  = 8 + 4
)

// Limits of what is decoded. They are no less than what metainfo accepts.
const (
	maxPieces = 1 << 21
	maxStamps = 1<<17 + 1
	maxName   = 255 // bytes, what a name may have on all usual filesystems
)

// The ways in which a saved state can be unfit, for errors.Is. Every error of
// Decode is one of them.
var (
	// ErrDamaged: torn, altered, or never a state.
	ErrDamaged = errors.New("damaged resume state")
	// ErrVersion: a state, but written by a program of another age.
	ErrVersion = errors.New("resume state of unknown version")
)

// Encode returns a state as bytes. It panics when s is inconsistent in itself
// or beyond the limits of the format, all of which a torrent keeps.
func Encode(s State) []byte {
	s.mustBeSound()
	n := s.Pieces.Len()
	b := make([]byte, 0, 256+len(s.Name)+n/4+len(s.Files)*(stampLen+4))
	b = append(b, magic...)
	unsure := s.Unsure.Len() > 0 && !s.Unsure.None()
	if unsure {
		b = binary.BigEndian.AppendUint32(b, versionUnsure)
	} else {
		b = binary.BigEndian.AppendUint32(b, version)
	}
	b = append(b, s.InfoHash[:]...)
	b = appendTime(b, s.Saved)
	b = appendBool(b, s.Clean)
	b = binary.BigEndian.AppendUint64(b, uint64(s.Downloaded))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Uploaded))
	b = binary.BigEndian.AppendUint32(b, uint32(len(s.Name)))
	b = append(b, s.Name...)
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	b = append(b, s.Pieces.Bytes()...)
	suspect := s.Suspect
	if suspect.Len() == 0 {
		suspect = bitfield.New(n)
	}
	b = append(b, suspect.Bytes()...)
	if unsure {
		b = append(b, s.Unsure.Bytes()...)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(s.Files)))
	for _, f := range s.Files {
		if !f.Exists {
			b = append(b, make([]byte, stampLen)...)
			continue
		}
		b = appendBool(b, true)
		b = binary.BigEndian.AppendUint64(b, uint64(f.Size))
		b = appendTime(b, f.ModTime)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(s.Priorities)))
	for _, p := range s.Priorities {
		b = binary.BigEndian.AppendUint32(b, uint32(p))
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// mustBeSound panics when a state could not be decoded again.
func (s *State) mustBeSound() {
	must := func(ok bool, what string) {
		if !ok {
			panic("resume: encode: " + what)
		}
	}
	must(len(s.Name) <= maxName, "name too long")
	must(s.Pieces.Len() <= maxPieces, "too many pieces")
	must(s.Suspect.Len() == 0 || s.Suspect.Len() == s.Pieces.Len(), "suspect pieces are not as many as pieces")
	must(s.Unsure.Len() == 0 || s.Unsure.Len() == s.Pieces.Len() && s.soundUnsure(), "unsure pieces that are not suspect")
	must(len(s.Files) > 0 && len(s.Files) <= maxStamps, "number of stamps out of range")
	must(len(s.Priorities) == 0 || len(s.Priorities) == len(s.Files)-1, "priorities are not as many as files")
	must(s.Downloaded >= 0 && s.Uploaded >= 0, "negative total")
	for _, f := range s.Files {
		must(!f.Exists || f.Size >= 0, "negative size of a file")
	}
	for _, p := range s.Priorities {
		must(p >= 0 && p <= math.MaxInt32, "priority out of range")
	}
}

// soundUnsure says that the unsure pieces, if any, are suspect, and not had.
func (s *State) soundUnsure() bool {
	for p := s.Unsure.Next(0); p >= 0; p = s.Unsure.Next(p + 1) {
		if s.Pieces.Has(p) || s.Suspect.Len() == 0 || !s.Suspect.Has(p) {
			return false
		}
	}
	return true
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendTime writes a time in two numbers, since one of nanoseconds ends in the
// year 2262, and filesystems have times beyond.
func appendTime(b []byte, t time.Time) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(t.Unix()))
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

// Decode reads what Encode has written, of this version or an earlier one. Times
// are in UTC; Suspect has the length of Pieces. Whether the state is of the right
// torrent, says Fits.
func Decode(b []byte) (State, error) {
	const head = len(magic) + 4
	if len(b) < head || string(b[:len(magic)]) != magic {
		return State{}, fmt.Errorf("%w: it does not begin as one", ErrDamaged)
	}
	// Before the checksum: another version may have another one.
	v := binary.BigEndian.Uint32(b[len(magic):])
	if v != version && v != versionUnsure {
		return State{}, fmt.Errorf("%w %d, want %d or %d", ErrVersion, v, version, versionUnsure)
	}
	if len(b) < head+sha256.Size {
		return State{}, fmt.Errorf("%w: cut off after %d bytes", ErrDamaged, len(b))
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if sha256.Sum256(body) != [sha256.Size]byte(sum) {
		return State{}, fmt.Errorf("%w: wrong checksum", ErrDamaged)
	}
	r := reader{rest: body[head:]}
	s := r.state(v == versionUnsure)
	if r.bad == "" && len(r.rest) > 0 {
		r.fail("bytes after the end")
	}
	if r.bad != "" {
		return State{}, fmt.Errorf("%w: %s", ErrDamaged, r.bad)
	}
	return s, nil
}

// reader takes a body apart. After its first failure it returns zeros.
type reader struct {
	rest []byte
	bad  string // what the first failure was
}

func (r *reader) fail(what string) {
	if r.bad == "" {
		r.bad = what
	}
	r.rest = nil
}

func (r *reader) state(unsure bool) (s State) {
	copy(s.InfoHash[:], r.take(len(metainfo.Hash{})))
	s.Saved = r.time()
	s.Clean = r.bool()
	s.Downloaded = r.int64("bytes downloaded")
	s.Uploaded = r.int64("bytes uploaded")
	s.Name = string(r.take(r.count(maxName, 1, "bytes in its name")))
	n := r.count(maxPieces, 0, "pieces") // less than a byte each: bits looks
	s.Pieces = r.bits(n)
	s.Suspect = r.bits(n)
	if unsure {
		s.Unsure = r.bits(n)
		if r.bad == "" && (s.Unsure.None() || !s.soundUnsure()) {
			r.fail("unsure pieces that are not suspect, or none")
		}
	}
	s.Files = r.stamps()
	s.Priorities = r.priorities(len(s.Files) - 1)
	return s
}

// stamps reads all stamps, of which there is at least that of the part file.
func (r *reader) stamps() []FileStamp {
	n := r.count(maxStamps, stampLen, "stamps")
	if n == 0 {
		r.fail("no stamps")
		return nil
	}
	stamps := make([]FileStamp, n)
	for i := range stamps {
		f := FileStamp{Exists: r.bool(), Size: r.int64("size of a file"), ModTime: r.time()}
		if f.Exists {
			stamps[i] = f
		} else if f.Size != 0 || f.ModTime.Unix() != 0 || f.ModTime.Nanosecond() != 0 {
			r.fail("stamp of a file that does not exist")
		}
	}
	return stamps
}

// priorities reads as many priorities as there are files, or none.
func (r *reader) priorities(files int) []int {
	n := r.count(maxStamps, 4, "priorities")
	if n == 0 {
		return nil
	}
	if n != files {
		r.fail("priorities are not as many as files")
		return nil
	}
	prios := make([]int, n)
	for i := range prios {
		p := r.uint32()
		if p > math.MaxInt32 {
			r.fail("priority out of range")
		}
		prios[i] = int(p)
	}
	return prios
}

// take returns the next n bytes, or zeros when there are not as many. An n that
// was read is held against what is there before, so that nothing large is made.
func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.fail("cut off")
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) uint32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }

// count reads a number of things, of size bytes at least each, which follow.
func (r *reader) count(most, size int, what string) int {
	n := r.uint32()
	if uint64(n) > uint64(most) || uint64(n)*uint64(size) > uint64(len(r.rest)) {
		r.fail(fmt.Sprintf("%d %s", n, what))
		return 0
	}
	return int(n)
}

func (r *reader) int64(what string) int64 {
	n := int64(binary.BigEndian.Uint64(r.take(8)))
	if n < 0 {
		r.fail("negative " + what)
		return 0
	}
	return n
}

func (r *reader) bool() bool {
	c := r.take(1)[0]
	if c > 1 {
		r.fail("neither yes nor no")
	}
	return c == 1
}

func (r *reader) time() time.Time {
	b := r.take(timeLen)
	nanos := binary.BigEndian.Uint32(b[8:])
	if nanos >= uint32(time.Second) {
		r.fail("second of too many nanoseconds")
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint64(b)), int64(nanos)).UTC()
}

func (r *reader) bits(n int) bitfield.Bitfield {
	size := (n + 7) / 8
	if size > len(r.rest) {
		r.fail(fmt.Sprintf("%d pieces", n))
		return bitfield.Bitfield{}
	}
	f, err := bitfield.FromWire(r.take(size), n)
	if err != nil {
		r.fail(err.Error())
		return bitfield.Bitfield{}
	}
	return f
}
