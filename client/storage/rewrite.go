package storage

// Rewrite checks a piece, from what reading it gives, and if it is right writes the same
// bytes again. After a failed Sync the system may hold right bytes in memory that
// it takes for written, and will never write: reading them proves nothing, and
// only what is written anew is made durable by the next Sync.
//
// A piece that is right and could not be written is ok, with an error: it is as
// unsure as before.
func (s *Store) Rewrite(piece int) (ok bool, err error) {
	s.Forget(piece) // what was hashed in passing is not what would be read
	if ok, err = s.Check(piece); !ok || err != nil {
		return ok, err
	}
	if err := s.enter("write", piece, 0, 0); err != nil {
		return false, err
	}
	defer s.mu.RUnlock()
	buf := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(buf)
	size := s.info.PieceSize(piece)
	for off := int64(0); off < size; off += chunkSize {
		b := buf[:min(size-off, chunkSize)]
		if err := s.readRange(piece, off, b); err != nil {
			return false, err
		}
		if err := s.writeRange(piece, off, b); err != nil {
			return true, err
		}
	}
	return true, nil
}
