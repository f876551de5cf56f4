package main

import (
	"slices"
	"sync"
)

// saver writes the states of a transfer's torrents, in a goroutine of its own:
// the loop of the client never waits for that disk. A torrent that has news
// again before its last were written is written once.
type saver struct {
	app   *app
	wake  chan struct{} // holds one; closed at the end
	ended sync.WaitGroup

	mu    sync.Mutex
	dirty []*task
}

func newSaver(a *app) *saver {
	s := &saver{app: a, wake: make(chan struct{}, 1)}
	s.ended.Go(func() {
		for range s.wake {
			s.writeAll()
		}
		s.writeAll()
	})
	return s
}

// save has the present state of a task written soon. It does not wait.
func (s *saver) save(tk *task) {
	if tk.state == nil {
		return
	}
	s.mu.Lock()
	if !slices.Contains(s.dirty, tk) {
		s.dirty = append(s.dirty, tk)
	}
	s.mu.Unlock()
	tell(s.wake, struct{}{})
}

// close writes what waits, and ends the saver.
func (s *saver) close() {
	close(s.wake)
	s.ended.Wait()
}

func (s *saver) writeAll() {
	s.mu.Lock()
	tasks := s.dirty
	s.dirty = nil
	s.mu.Unlock()
	for _, tk := range tasks {
		s.write(tk)
	}
}

// write saves one state. That it fails is said once, until it succeeds again:
// the download is what matters.
func (s *saver) write(tk *task) {
	cache := tk.t.PieceCache()
	if cache == nil {
		return
	}
	err := tk.state.write(cache, tk.uploadedEver())
	if err != nil && !tk.unsaved {
		s.app.warn("%s: the next run will have to check everything: write %s: %v", tk.t.Name(), tk.state.path, bare(err))
	}
	tk.unsaved = err != nil
}
