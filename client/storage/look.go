package storage

import (
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"
)

// Change says what somebody else has done to a file.
type Change uint8

// The changes that can be seen.
const (
	Gone    Change = iota // it was there, and is no more
	Shorter               // it ends before bytes that were written to it
	Altered               // its size or its time is another one
)

// FileChange is a file of the torrent that somebody else has changed.
type FileChange struct {
	File int // its index
	How  Change
}

// watcher knows how the files looked when they were last looked at, and which of
// them were written to here since. Of those only a loss can be told from what was
// done here; of the others any change can.
type watcher struct {
	mu      sync.Mutex
	known   []Stamp       // of the torrent's files; nil before the first look
	written map[int]int64 // files written to since: the end of what was written
	writing map[int]int   // how many writes to a file are under way
	found   map[int]Change
}

// touches notes that a file is being written to, or is made: whoever looks
// meanwhile knows then that its time may be new, and so does whoever looks next.
func (w *watcher) touches(id, writes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(id, 0)
	if w.writing == nil {
		w.writing = make(map[int]int)
	}
	w.writing[id] += writes
}

// wrote notes that a write has ended: the bytes of a file up to end are there.
func (w *watcher) wrote(id int, end int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(id, end)
	w.writing[id]--
}

// keep notes once more what was written, for the next look. The lock is held.
func (w *watcher) keep(id int, end int64) {
	if w.written == nil {
		w.written = make(map[int]int64)
	}
	w.written[id] = max(w.written[id], end)
}

// compare says how a file differs from what is known of it. The lock is held.
func (w *watcher) compare(id int, is Stamp, ours map[int]int64) (Change, bool) {
	was := w.known[id]
	end, touched := ours[id]
	switch {
	case !is.Exists:
		return Gone, was.Exists || touched && end > 0
	case is.Size < max(was.Size, end):
		return Shorter, true
	case was.Exists && !touched && (is.Size != was.Size || !is.ModTime.Equal(was.ModTime)):
		return Altered, true
	}
	return 0, false
}

// differs says whether a file that is about to be opened is not the one that is
// known.
func (w *watcher) differs(id int, is Stamp) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if id >= len(w.known) {
		return false // the part file, or nothing is known yet
	}
	_, yes := w.compare(id, is, w.written)
	return yes
}

// least is how long a file must be at least: as long as it was seen, or written.
func (w *watcher) least(id int) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if id >= len(w.known) {
		return 0
	}
	return max(w.known[id].Size, w.written[id])
}

// lose notes a change that was met on the way.
func (w *watcher) lose(id int, how Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.found == nil {
		w.found = make(map[int]Change)
	}
	w.found[id] = how
}

// shortened says whether somebody has shortened an open file. A write behind its
// end would make it as long as before, with zeros in the place of what was there.
func (s *Store) shortened(h *handle) (bool, error) {
	least := s.watch.least(h.id)
	if least == 0 {
		return false, nil
	}
	fi, err := h.file.Stat()
	return err == nil && fi.Size() < least, err
}

// replaced says whether the file at a path is another one than is open under it,
// as far as the filesystem can tell.
func replaced(open, there fs.FileInfo) bool {
	if o, ok := open.(interface{ SameFile(fs.FileInfo) bool }); ok {
		return !o.SameFile(there)
	}
	known := os.SameFile(open, open) // only of what comes from the os package
	return known && !os.SameFile(open, there)
}

// replacedFiles lists those of the files whose path leads to another file than is
// open. Of files that are written to here, neither size nor time tell that.
func (s *Store) replacedFiles(files map[int]int64) (list []int) {
	for _, id := range slices.Sorted(maps.Keys(files)) {
		h := s.handles.held(id)
		if h == nil {
			continue
		}
		open, err := h.file.Stat()
		s.handles.release(h)
		if err != nil {
			continue
		}
		if there, err := s.fs.Stat(s.targets[id].path); err == nil && replaced(open, there) {
			list = append(list, id)
		}
	}
	return list
}

// Look returns what others have done to the files of the torrent since the last
// Look, by file; the part file is not watched. It is found by size and time, so
// that who puts both back is not seen. Handles of changed files are closed, and
// reading and writing them fails with ErrChanged from the moment in which the
// change is met until Look has told of it.
func (s *Store) Look() []FileChange {
	s.observe()
	return s.Changes()
}

// Changes is Look without looking: it returns what Prepare and Close have found
// since the last call.
func (s *Store) Changes() []FileChange {
	w := &s.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]FileChange, 0, len(w.found))
	for _, id := range slices.Sorted(maps.Keys(w.found)) {
		list = append(list, FileChange{id, w.found[id]})
	}
	w.found = nil
	return list
}

// observe looks at the files and keeps what it finds for Look. The first time
// there is nothing to compare with.
func (s *Store) observe() {
	w := &s.watch
	w.mu.Lock()
	ours := w.written
	w.written = nil
	w.mu.Unlock()

	stamps := make([]Stamp, s.partID())
	blind := make([]bool, len(stamps)) // what cannot be looked at may be as it was, and is not gone
	for id := range stamps {
		stamp, err := s.stamp(id)
		stamps[id], blind[id] = stamp, err != nil
	}
	others := s.replacedFiles(ours)

	w.mu.Lock()
	if ours == nil {
		ours = make(map[int]int64)
	}
	for id := range stamps {
		// Since the files were looked at, meanwhile, or all the time. Where that ends,
		// the next look will see.
		if _, since := w.written[id]; since || w.writing[id] > 0 {
			ours[id] = max(ours[id], 0)
		}
	}
	for id, is := range stamps {
		if w.known == nil || s.info.Files[id].Pad {
			continue
		}
		if blind[id] {
			stamps[id] = w.known[id]
			if end, ok := ours[id]; ok {
				w.keep(id, end)
			}
			continue
		}
		how, yes := w.compare(id, is, ours)
		if !yes && slices.Contains(others, id) {
			how, yes = Altered, true
		}
		if yes {
			if w.found == nil {
				w.found = make(map[int]Change)
			}
			w.found[id] = how
			delete(w.written, id)
		}
	}
	w.known = stamps
	changed := slices.Collect(maps.Keys(w.found)) // what is done with each is the same in any order
	w.mu.Unlock()

	for _, id := range changed {
		s.handles.forget(id)
		if first, last, ok := s.info.FilePieces(id); ok {
			for p := first; p <= last; p++ {
				s.hashes.take(p) // not recycled: a Write may be at it
			}
		}
	}
}
