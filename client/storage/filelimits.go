package storage

import "syscall"

// LimitTeller is what a filesystem may implement that knows what it does not take:
// how many bytes a file below dir, which exists, may have at most, 0 if any number,
// and whether nothing can be written there at all.
type LimitTeller interface {
	FileLimits(dir string) (longest int64, readOnly bool, err error)
}

// checkLimits finds out before anything is downloaded what could not be written.
// What is there already needs no room. A filesystem that cannot tell says so when
// it is written to.
func (s *Store) checkLimits(sizes []int64) error {
	teller, ok := s.fs.(LimitTeller)
	if !ok {
		return nil
	}
	longest, readOnly, err := teller.FileLimits(s.existing())
	if err != nil {
		return nil
	}
	for i, f := range s.info.Files {
		path := s.targets[i].path
		switch {
		case f.Pad || !s.wanted(i) || sizes[i] >= f.Length:
		case readOnly:
			return wrap("create", path, noPiece, syscall.EROFS)
		case longest > 0 && f.Length > longest:
			return wrap("create", path, noPiece, syscall.EFBIG)
		}
	}
	return nil
}
