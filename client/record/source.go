package record

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// The ways in which a recording can end before its end, for errors.Is. What was
// read before is right.
var (
	// ErrCut: nothing more was written. The program was killed, or has crashed, or
	// its disk was full.
	ErrCut = errors.New("the recording is cut off")
	// ErrDamaged: the bytes are not those that were written.
	ErrDamaged = errors.New("the recording is damaged")
)

// source reads the stream in the blocks of a file. After its first failure it
// returns zeros.
type source struct {
	in    io.Reader
	block []byte // memory of the block under way
	rest  []byte // of it
	err   error  // the first failure
}

func (s *source) fail(err error) {
	if s.err == nil {
		s.err, s.rest = err, nil
	}
}

// fill reads the next block, and reports whether there is one.
func (s *source) fill() bool {
	if s.err != nil {
		return false
	}
	var head [sizeLen + crcLen]byte
	if !s.full(head[:]) {
		return false
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > maxBlock {
		s.damaged("block of %d bytes", n)
		return false
	}
	if s.block == nil {
		s.block = make([]byte, maxBlock)
	}
	b := s.block[:n]
	if !s.full(b) {
		return false
	}
	if crc32.Checksum(b, castagnoli) != binary.BigEndian.Uint32(head[sizeLen:]) {
		s.damaged("a block has the wrong checksum")
		return false
	}
	s.rest = b
	return true
}

// full reads all of p, and reports whether it was there.
func (s *source) full(p []byte) bool {
	_, err := io.ReadFull(s.in, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = ErrCut
	}
	if err != nil {
		s.fail(err)
	}
	return err == nil
}

func (s *source) byte() byte {
	if len(s.rest) == 0 && !s.fill() {
		return 0
	}
	c := s.rest[0]
	s.rest = s.rest[1:]
	return c
}

// bytes reads n bytes. Memory grows with those that come.
func (s *source) bytes(n int) []byte {
	b := make([]byte, 0, min(n, maxBlock))
	for len(b) < n {
		if len(s.rest) == 0 && !s.fill() {
			return nil
		}
		part := s.rest[:min(n-len(b), len(s.rest))]
		b = append(b, part...)
		s.rest = s.rest[len(part):]
	}
	return b
}

func (s *source) uvarint() (x uint64) {
	for shift := 0; shift < 64; shift += 7 {
		c := s.byte()
		if shift == 63 && c > 1 {
			break
		}
		if x |= uint64(c&0x7f) << shift; c < 0x80 {
			return x
		}
	}
	s.damaged("a number has too many digits")
	return 0
}

func (s *source) varint() int64 {
	u := s.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}
