// Package resume is what survives a restart of a torrent: which pieces are had,
// and how the files looked when that was so. It encodes, decodes, and says what
// of it may still be believed.
//
// The same bytes serve two ends. A client keeps them to go on where it ended,
// and they are the piece cache which one instance gives to the next, on another
// machine if need be: there is nothing in them that only its writer could read.
// format.go has the layout. They are never taken at their word:
//
//   - damage and foreign versions are found by Decode,
//   - a state of another torrent by Fits,
//   - files that were changed, truncated or removed since by Trust, which has
//     exactly their pieces checked again,
//   - and one that lies by Sample, which has a few of the believed pieces
//     checked all the same.
//
// Everything here is pure: no file is touched. Nothing is safe for concurrent
// use with a change of the same value.
package resume

import (
	"errors"
	"fmt"
	"time"

	"bt/client/bitfield"
	"bt/client/metainfo"
)

// State is what is known of a torrent at one moment.
type State struct {
	InfoHash metainfo.Hash
	Name     string // for people who look at what they have; not compared

	// Pieces are those that were verified and are durable: whoever saves a
	// state first syncs the files.
	Pieces bitfield.Bitfield
	// Suspect are pieces that may be on disk, but are not verified: written
	// since, or about to be written before the next save, or still waiting for
	// their hash check. Length 0 means none.
	Suspect bitfield.Bitfield
	// Unsure are those of the suspect pieces that were written before a sync failed.
	// The system may hold them for written and never write them, so that to read them
	// proves nothing, nor does the next sync: they must be written again, too. Length
	// 0 means none.
	Unsure bitfield.Bitfield

	// Files holds a stamp for each file of the torrent, in its order, pads
	// among them, and one more for the part file.
	Files []FileStamp
	// Priorities holds one number, not negative, for each file; nil: all are 1.
	Priorities []int

	Downloaded, Uploaded int64     // bytes, ever
	Clean                bool      // the client ended in order, right after it had saved this
	Saved                time.Time // when this was
}

// FileStamp tells whether a file has changed. It is taken after a sync and
// before anything is written again. What does not exist has a zero stamp.
type FileStamp struct {
	Size    int64     // bytes
	ModTime time.Time // as exact as the filesystem has it, compared to the nanosecond
	Exists  bool
}

func (f FileStamp) same(g FileStamp) bool {
	if !f.Exists || !g.Exists {
		return f.Exists == g.Exists
	}
	return f.Size == g.Size && f.ModTime.Equal(g.ModTime)
}

// ErrOther says that a state is of another torrent.
var ErrOther = errors.New("of another torrent")

// Fits returns an error, an ErrOther, when s is no state of the torrent m.
func (s *State) Fits(m *metainfo.MetaInfo) error {
	switch {
	case s.InfoHash != m.InfoHash:
		return fmt.Errorf("resume state is %w: info-hash %v, want %v", ErrOther, s.InfoHash, m.InfoHash)
	case !s.fits(&m.Info):
		return fmt.Errorf("resume state is %w: %d pieces and %d stamps, want %d and %d",
			ErrOther, s.Pieces.Len(), len(s.Files), m.Info.NumPieces(), numStamps(&m.Info))
	}
	return nil
}

// fits reports whether a state is of the torrent's shape.
func (s *State) fits(info *metainfo.Info) bool {
	return s.Pieces.Len() == info.NumPieces() && len(s.Files) == numStamps(info)
}

// numStamps is the number of stamps of a torrent: the files, and the part file.
func numStamps(info *metainfo.Info) int { return len(info.Files) + 1 }
