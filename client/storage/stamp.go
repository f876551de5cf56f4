package storage

import (
	"path/filepath"
	"time"
)

// Stamp tells whether a file has changed. What does not exist has a zero stamp.
type Stamp struct {
	Size    int64
	ModTime time.Time
	Exists  bool
}

// Stamps returns a stamp for each file of the torrent, and one more for the
// part file. Pads have zero stamps. It may be called at any time, open or not.
func (s *Store) Stamps() []Stamp {
	stamps := make([]Stamp, len(s.targets))
	for id, t := range s.targets {
		if id != s.partID() && s.info.Files[id].Pad {
			continue
		}
		// What cannot be looked at has no stamp, and is not trusted.
		if fi, err := s.fs.Stat(t.path); err == nil && !fi.IsDir() {
			stamps[id] = Stamp{Size: fi.Size(), ModTime: fi.ModTime(), Exists: true}
		}
	}
	return stamps
}

// Adopt counts everything that exists as written since the last Sync: what an
// earlier process has left may never have been made durable.
func (s *Store) Adopt() {
	for id, stamp := range s.Stamps() {
		if stamp.Exists && !s.skipped(id) {
			s.dirty.addFile(id)
			s.dirty.addDir(filepath.Dir(s.targets[id].path))
		}
	}
}
