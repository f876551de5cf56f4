package storage

import (
	"cmp"
	"slices"
	"sync"
)

// Block is a part of a piece.
type Block struct {
	Begin int // offset in the piece
	Data  []byte
}

// sortBuffers hold the blocks of one Write in order.
var sortBuffers = sync.Pool{New: func() any { return new([]Block) }}

// Write puts blocks of one piece on disk, in any order; adjacent ones in one
// write. Of blocks that overlap within one call, it is unspecified which one
// wins, unless they begin at the same byte: then the later one.
// After an error any part of the blocks may have been written.
func (s *Store) Write(piece int, blocks []Block) error {
	if err := s.enter("write", piece, 0, 0); err != nil {
		return err
	}
	defer s.mu.RUnlock()
	sorted := sortBuffers.Get().(*[]Block)
	defer func() {
		clear(*sorted) // the blocks' data is not ours to keep
		sortBuffers.Put(sorted)
	}()
	*sorted = append((*sorted)[:0], blocks...)
	slices.SortStableFunc(*sorted, func(a, b Block) int { return cmp.Compare(a.Begin, b.Begin) })
	for _, b := range *sorted {
		if err := s.checkRange("write", piece, int64(b.Begin), int64(len(b.Data))); err != nil {
			return err
		}
	}
	err := s.writeSorted(piece, *sorted)
	if err != nil {
		// What is on disk is unknown now.
		s.hashes.drop(piece)
	}
	return err
}

// writeSorted writes adjacent blocks together, as far as they fit a chunk, and
// hashes them while they are warm in cache.
func (s *Store) writeSorted(piece int, blocks []Block) error {
	for len(blocks) > 0 {
		n, size := 1, len(blocks[0].Data)
		for n < min(len(blocks), gatherMax) && blocks[n].Begin == blocks[0].Begin+size && size+len(blocks[n].Data) <= chunkSize {
			size += len(blocks[n].Data)
			n++
		}
		if err := s.writeChunk(piece, blocks[:n], size); err != nil {
			return err
		}
		blocks = blocks[n:]
	}
	return nil
}

// writeChunk writes and hashes blocks that lie one behind the other, size bytes in
// all. Systems let in one writer to a file at a time: who would have to wait for
// another one hashes first. If the write fails then, the hash is dropped by Write, as
// it is after any failure. See BenchmarkWriters.
func (s *Store) writeChunk(piece int, blocks []Block, size int) error {
	early := s.writing.Load() > 0 && s.hashes.awaits(piece, int64(blocks[0].Begin))
	if early {
		s.hashBlocks(piece, blocks)
	}
	s.writing.Add(1)
	err := s.writeGathered(piece, blocks, size)
	s.writing.Add(-1)
	if err == nil && !early {
		s.hashBlocks(piece, blocks)
	}
	return err
}

func (s *Store) hashBlocks(piece int, blocks []Block) {
	for _, b := range blocks {
		s.advanceHash(piece, int64(b.Begin), b.Data)
		s.noteGiven(piece, b)
	}
}

// writeRange writes a range of a piece to wherever its bytes belong.
func (s *Store) writeRange(piece int, begin int64, src []byte) error {
	for c := s.layout.segments(piece, begin, int64(len(src))); c.next(); {
		from := src[:c.n]
		src = src[c.n:]
		if c.pad {
			// BEP 47: "Clients aware of this extension don't need to write the
			// padding files to disk".
			continue
		}
		id, off := c.file, c.off
		if !s.wanted(c.file) {
			slot, err := s.partSlot(piece, c.file)
			if err != nil {
				return wrap("write", s.targets[s.partID()].path, piece, err)
			}
			id, off = s.partID(), s.slotOffset(slot, c.begin)
		}
		if err := s.writeAt(id, off, from); err != nil {
			return wrap("write", s.targets[id].path, piece, err)
		}
	}
	return nil
}
