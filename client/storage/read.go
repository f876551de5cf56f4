package storage

// Read fills dst with the bytes of a piece from begin on. It is all or an
// error: a missing file is fs.ErrNotExist, a short one io.ErrUnexpectedEOF.
func (s *Store) Read(piece, begin int, dst []byte) error {
	if err := s.enter("read", piece, int64(begin), int64(len(dst))); err != nil {
		return err
	}
	defer s.mu.RUnlock()
	return s.readRange(piece, int64(begin), dst)
}

// readRange reads a range of a piece from wherever its bytes lie.
func (s *Store) readRange(piece int, begin int64, dst []byte) error {
	for c := s.layout.segments(piece, begin, int64(len(dst))); c.next(); {
		into := dst[:c.n]
		dst = dst[c.n:]
		if c.pad {
			// BEP 47: "For the calculation of piece hashes the content of
			// padding file is all zeros", whatever lies under its name.
			clear(into)
			continue
		}
		id, off := s.place(piece, &c.segment)
		if err := s.readAt(id, off, into); err != nil {
			return wrap("read", s.targets[id].path, piece, err)
		}
	}
	return nil
}

// place says in which target, and where in it, a segment is to be read.
func (s *Store) place(piece int, seg *segment) (id int, off int64) {
	if !s.wanted(seg.file) {
		if slot, ok := s.part.lookup(share{piece, seg.file}); ok {
			return s.partID(), s.slotOffset(slot, seg.begin)
		}
	}
	return seg.file, seg.off
}

// slotOffset is where the byte at begin of the piece in a slot lies in the part file.
func (s *Store) slotOffset(slot int, begin int64) int64 {
	return int64(slot)*s.info.PieceLength + begin
}
