package client

import (
	"path/filepath"

	"bt/client/boundary"
	"bt/client/storage"
)

// relocation is a move of a torrent's files under way. Blocks are read for peers
// meanwhile, from the files where they are; whatever would change something waits
// for its end.
type relocation struct {
	dir     string
	mover   *storage.Mover // nil before it has begun
	begun   bool           // a step is with the worker, or was
	usable  bool           // the files were open then
	end     bool           // it is to be given up
	waiting []func()
}

// change is do for all jobs that do more than read: it waits for the end of a
// move.
func (s *store) change(work, done func()) {
	if s.relocation != nil {
		s.relocation.waiting = append(s.relocation.waiting, func() { s.change(work, done) })
		return
	}
	s.changing++
	s.do(work, func() {
		s.changing--
		done()
		s.maybeRelocate()
	})
}

// relocate moves the files, or ends a move that is under way.
func (s *store) relocate(e boundary.Relocate) {
	switch {
	case !e.End:
		s.relocation = &relocation{dir: e.Dir}
		s.maybeRelocate()
	case s.relocation != nil:
		s.relocation.end = true
	}
}

// maybeRelocate begins when nothing is under way any more that changes files.
func (s *store) maybeRelocate() {
	if r := s.relocation; r != nil && !r.begun && s.changing == 0 {
		r.begun = true
		s.step(r)
	}
}

// step gives the worker one step of a move, and the next one when that is done:
// reads come in between.
func (s *store) step(r *relocation) {
	end, done := r.end, false
	var err error
	s.do(func() {
		switch {
		case end && r.mover != nil:
			if err = r.mover.Abort(); err == nil {
				err = storage.ErrMoveAborted
			}
		case end:
			err = storage.ErrMoveAborted
		case r.mover == nil:
			s.adopt() // what is moved must be durable
			r.usable = s.files.Usable()
			r.mover, err = s.files.BeginMove(r.dir)
		default:
			done, err = r.mover.Step()
		}
	}, func() {
		if err == nil && !done {
			s.step(r)
			return
		}
		s.relocation = nil
		s.client.handle(boundary.Relocated{
			Torrent: s.id, Dir: r.dir, Err: err, Torn: r.usable && !s.files.Usable(), Unsynced: storage.IsSync(err), Left: s.files.Leftover(),
		})
		for _, order := range r.waiting {
			order()
		}
	})
}

// Move moves the files of the torrent, and its part file, to another directory,
// in any state, while it downloads or seeds. Within a filesystem they are renamed,
// to another one copied, made durable and then deleted. Blocks are sent to peers
// throughout; those that arrive wait in memory. StorageMoved comes when all is in
// the new place, MoveFailed when it has stayed in the old one: whatever happens,
// a crash in the middle included, one of the two is whole and in use. Should a
// crash come between the move and the moment in which the program has noted down
// the new place, a torrent added with the old one finds its files all the same,
// and says StorageMoved. LeftBehind tells of what could not be deleted where they are not.
//
// An error says at once what is in the way. The directory must be absolute, and
// so must Spec.Dir have been; none of the torrent's files may be in it.
func (t *Torrent) Move(dir string) error {
	c := t.client
	c.mu.Lock()
	defer c.mu.Unlock()
	dir = filepath.Clean(dir)
	if err := c.mayMove(t, dir); err != nil {
		return err
	}
	t.movingTo = dir
	c.taken.reserve(t, dir)
	c.Post(boundary.MoveTorrent{Torrent: t.id, Dir: dir})
	return nil
}

// relocated notes where the files of a torrent are after a move.
func (c *Client) relocated(e boundary.Relocated) {
	t := c.torrents[e.Torrent]
	if t == nil {
		return
	}
	leaves := t.movingTo
	if e.Err == nil {
		leaves = t.spec.Dir
		c.settleIn(t, e.Dir)
	}
	c.taken.release(t, leaves)
	t.movingTo = ""
}

// settleIn takes the new place of a torrent for its place.
func (c *Client) settleIn(t *Torrent, dir string) {
	t.spec.Dir, t.paths = dir, c.stores[t.id].files.Paths()
}

// found notes that the files of a torrent are not where they were said to be: an
// earlier instance has moved them.
func (c *Client) found(e boundary.FilesOpened) {
	t := c.torrents[e.Torrent]
	if t == nil || e.Dir == "" {
		return
	}
	if c.taken.places[t.placeIn(e.Dir)] == nil {
		c.taken.reserve(t, e.Dir)
	}
	c.taken.release(t, t.spec.Dir)
	c.settleIn(t, e.Dir)
}
