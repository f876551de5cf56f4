package storage

import (
	"crypto/sha1"

	"bt/client/metainfo"
)

// Digests returns the SHA-1 of each block of a piece as it is on disk; the last
// block may be short. They tell apart who sent the good and who the bad blocks
// of a piece that several peers have filled.
func (s *Store) Digests(piece, block int) ([]metainfo.Hash, error) {
	size := int(s.info.PieceSize(piece))
	digests := make([]metainfo.Hash, 0, (size+block-1)/block)
	buf := make([]byte, block)
	for begin := 0; begin < size; begin += block {
		b := buf[:min(block, size-begin)]
		if err := s.Read(piece, begin, b); err != nil {
			return nil, err
		}
		digests = append(digests, sha1.Sum(b))
	}
	return digests, nil
}
