package session

import (
	"time"

	"bt/client/boundary"
	"bt/client/torrent"
)

// withDisk is with for the answers of disks. What one torrent learns of its
// filesystem, that it is full or that there may be room again, holds for all that
// are on it; torrents on others go on.
func (s *Session) withDisk(now time.Time, id boundary.TorrentID, err error, out *boundary.Effects, f func(*torrent.Torrent)) {
	s.with(now, id, func(t *torrent.Torrent) {
		_, was := t.Volume()
		f(t)
		volume, is := t.Volume()
		if was == is || volume == "" {
			return
		}
		if !is {
			err = nil
		}
		for _, other := range s.sorted() {
			if on, _ := other.Volume(); other != t && on == volume {
				other.HandleVolume(now, err, out)
				s.reschedule(now, other)
			}
		}
	})
}
