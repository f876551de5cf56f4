package storage

import (
	"path/filepath"
	"slices"
)

// SetPriorities replaces the priorities of all files. Bytes of files that are
// wanted from now on move from the part file into the files, once, and are
// durable there before the part file lets go of them. Lowering a priority moves
// nothing. After an error the old priorities hold, and nothing is lost.
func (s *Store) SetPriorities(prios []int) error {
	if err := checkPriorities(prios, s.info); err != nil {
		return wrap("set priorities", s.dir, noPiece, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.prios
	s.prios = slices.Clone(prios)
	if !s.ready {
		return nil // Prepare will do the rest
	}
	_, err := s.settle()
	if err != nil {
		s.prios = old
	}
	return err
}

// settle brings the disk in line with the priorities, and returns the sizes of
// all files.
func (s *Store) settle() ([]int64, error) {
	// First look, so that a mistake is found before anything has changed.
	sizes, err := s.sizes()
	if err != nil {
		return nil, err
	}
	if err := s.checkLimits(sizes); err != nil {
		return nil, err
	}
	if err := s.moveOut(sizes); err != nil {
		return nil, err
	}
	if err := s.createWanted(sizes); err != nil {
		return nil, err
	}
	return sizes, nil
}

// sizes inspects all files. A pad is not looked at.
func (s *Store) sizes() ([]int64, error) {
	sizes := make([]int64, len(s.info.Files))
	for i := range sizes {
		sizes[i] = absent
		if s.info.Files[i].Pad {
			continue
		}
		size, err := s.inspectFile(i)
		if err != nil {
			return nil, err
		}
		sizes[i] = size
	}
	return sizes, nil
}

// moveOut moves shares of wanted files from the part file to where they belong.
// A crash at any point leaves the shares in the index, and the move is made
// again, to the same effect.
func (s *Store) moveOut(sizes []int64) error {
	rest, leaving := s.part.index.without(s.wanted)
	if len(leaving) == 0 {
		return nil
	}
	for _, sh := range leaving {
		seg, ok := s.layout.shareSegment(sh)
		if !ok {
			panic("storage: share of a file outside of its piece")
		}
		from := s.slotOffset(s.part.index.slots[sh.piece], seg.begin)
		if err := s.copyAt(sh.file, seg.off, s.partID(), from, seg.n); err != nil {
			return err
		}
		size, err := s.inspectFile(sh.file)
		if err != nil {
			return err
		}
		sizes[sh.file] = size
	}
	if err := s.flush(); err != nil {
		return err
	}
	if err := s.storeIndex(&rest); err != nil {
		// The rename may have happened: what lies there may be the new index.
		s.part.spoil()
		return err
	}
	s.part.index, s.part.stale = rest, false
	return s.tidyPart()
}

// createWanted creates the directories of wanted files, so that a missing
// permission shows before the first byte was downloaded, and those files that
// will never be written because they are empty.
func (s *Store) createWanted(sizes []int64) error {
	made := "" // files of one directory mostly follow each other
	for i := range s.info.Files {
		if sizes[i] != absent || s.info.Files[i].Pad || !s.wanted(i) {
			continue
		}
		if dir := filepath.Dir(s.targets[i].path); dir != made {
			if err := s.makeDirs(s.targets[i]); err != nil {
				return err
			}
			made = dir
		}
		if s.info.Files[i].Length > 0 {
			continue
		}
		h, err := s.handles.acquire(i, forWriting)
		if err != nil {
			return err
		}
		s.handles.release(h)
		sizes[i] = 0
	}
	return nil
}
