package client

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/resume"
	"bt/client/storage"
	"bt/client/wire"
)

// store gives the storage of one torrent its work. Work on one piece is done in
// order, one job at a time, so that blocks which arrive while the disk is busy
// with their piece are written together; different pieces go at the same time.
type store struct {
	client *Client
	id     boundary.TorrentID
	files  *storage.Store
	pieces map[int]*pieceWork
	busy   int // jobs with the worker

	changing   int         // those of them that do more than read
	relocation *relocation // under way, or nil

	// priorities are those that the disk is to follow, once they were changed.
	// Jobs take what is there when they run: in whichever order workers come to
	// them, the last word holds.
	priorities atomic.Pointer[[]int]

	adoptOnce sync.Once
	close     bool
}

// pieceWork is what waits to be done for one piece.
type pieceWork struct {
	blocks  []storage.Block
	checks  []boundary.CheckPiece // of its download, and of hash checks meanwhile
	spare   bool                  // blocks are not to be written over a piece that is right
	working bool
}

func (s *store) piece(p int) *pieceWork {
	w := s.pieces[p]
	if w == nil {
		w = &pieceWork{}
		s.pieces[p] = w
	}
	return w
}

func (s *store) write(e boundary.WriteBlock) {
	w := s.piece(e.Piece)
	w.blocks = append(w.blocks, storage.Block{Begin: e.Begin, Data: e.Data})
	w.spare = w.spare || e.Spare
	s.client.touch(s, e.Piece)
}

func (s *store) check(e boundary.CheckPiece) {
	w := s.piece(e.Piece)
	if e.Download {
		// First: a hash check beside it must not be the one to find the piece
		// right, as if it had been there already.
		w.checks = slices.Insert(w.checks, 0, e)
	} else {
		w.checks = append(w.checks, e)
	}
	s.client.touch(s, e.Piece)
}

// work starts a job with all that waits for a piece.
func (s *store) work(piece int) {
	w := s.pieces[piece]
	if w == nil || w.working {
		return
	}
	if len(w.blocks) == 0 && len(w.checks) == 0 {
		delete(s.pieces, piece)
		return
	}
	blocks, checks, spare := w.blocks, w.checks, w.spare
	w.blocks, w.checks, w.spare, w.working = nil, nil, false, true
	var written *boundary.BlocksWritten
	checked := make([]boundary.PieceChecked, len(checks))
	s.change(func() {
		if len(blocks) > 0 {
			written = s.writeBlocks(piece, blocks, spare)
		}
		for i, check := range checks {
			if check.Download && written != nil && (written.Err != nil || written.Right) {
				checked[i] = void(check)
			} else {
				checked[i] = s.checkPiece(check)
			}
		}
	}, func() {
		w.working = false
		if written != nil {
			s.client.handle(*written)
			if written.Err != nil || written.Right {
				checked = append(checked, w.voidChecks()...)
			}
		}
		for _, e := range checked {
			s.client.handle(e)
		}
		s.work(piece)
	})
}

// voidChecks takes off the list what was asked before the core knew that blocks
// of the piece are lost, or not needed: they prove nothing against who sent them.
// What it asks for from now on comes after they have come again.
func (w *pieceWork) voidChecks() (voids []boundary.PieceChecked) {
	w.checks = slices.DeleteFunc(w.checks, func(c boundary.CheckPiece) bool {
		if c.Download {
			voids = append(voids, void(c))
		}
		return c.Download
	})
	return voids
}

func void(c boundary.CheckPiece) boundary.PieceChecked {
	return boundary.PieceChecked{CheckPiece: c, Void: true}
}

// do gives a job to the worker; done runs in a turn.
func (s *store) do(work, done func()) {
	s.busy++
	s.client.world.Work.Do(work, func() {
		s.client.post(item{call: func() {
			s.busy--
			done()
			s.maybeClose()
		}})
	})
}

func (s *store) writeBlocks(piece int, blocks []storage.Block, spare bool) *boundary.BlocksWritten {
	e := &boundary.BlocksWritten{Torrent: s.id, Piece: piece}
	if spare {
		right, err := s.files.Check(piece)
		e.Right, e.Unread = right && err == nil, diskError(err)
	}
	if !e.Right {
		e.Err = diskError(s.files.Write(piece, blocks))
	}
	for _, b := range blocks {
		e.N += len(b.Data)
		if e.Err != nil {
			e.Lost = append(e.Lost, wire.Block{Index: uint32(piece), Begin: uint32(b.Begin), Length: uint32(len(b.Data))})
		}
		s.client.pool.put(b.Data)
	}
	s.client.budget.give(e.N)
	return e
}

func (s *store) checkPiece(c boundary.CheckPiece) boundary.PieceChecked {
	if c.Download {
		return s.checkDownload(c)
	}
	e := boundary.PieceChecked{CheckPiece: c}
	check := s.files.Check
	if c.Rewrite {
		check = s.files.Rewrite
	}
	var err error
	e.OK, err = check(c.Piece)
	if c.Rewrite && e.OK && storage.IsReadOnly(err) {
		e.ReadOnly, err = diskError(fmt.Errorf("write again what a failed sync may have lost: %w", err)), nil
	}
	e.Err = diskError(err)
	return e
}

// checkDownload also finds out who has sent what, if that is asked for or the piece is
// wrong. Where that cannot be told, nobody is blamed: no reason to fail the check.
func (s *store) checkDownload(c boundary.CheckPiece) boundary.PieceChecked {
	v, err := s.files.CheckWritten(c.Piece, blockSize, c.Digests)
	return boundary.PieceChecked{
		CheckPiece: c, OK: v.OK, Digests: v.Digests, Unread: diskError(v.Unread), Err: diskError(err),
	}
}

// read serves all blocks that one peer is to get this turn in one job.
func (s *store) read(reads []boundary.ReadBlock) {
	events := make([]boundary.BlockRead, len(reads))
	s.do(func() {
		for i, r := range reads {
			events[i] = s.readBlock(r)
		}
	}, func() {
		for _, e := range events {
			s.client.handle(e)
		}
	})
}

func (s *store) readBlock(r boundary.ReadBlock) boundary.BlockRead {
	e := boundary.BlockRead{Torrent: r.Torrent, Conn: r.Conn, Block: r.Block, Data: s.client.pool.get(int(r.Block.Length))}
	e.Err = diskError(s.files.Read(int(r.Block.Index), int(r.Block.Begin), e.Data))
	return e
}

// move brings the files in line with new priorities. The storage lets no other
// work on the torrent run meanwhile.
func (s *store) move(priorities []int) {
	s.priorities.Store(&priorities)
	e := boundary.FilesMoved{Torrent: s.id}
	s.change(func() {
		err := s.follow()
		e.Err, e.Unsynced = diskError(err), storage.IsSync(err)
	}, func() { s.client.handle(e) })
}

// follow brings the files in line with the priorities that were asked for last.
func (s *store) follow() error {
	if latest := s.priorities.Load(); latest != nil {
		return s.files.SetPriorities(*latest)
	}
	return nil
}

func (s *store) open() {
	e, was := boundary.FilesOpened{Torrent: s.id}, s.files.Dir()
	s.change(func() {
		// The move to the latest priorities may have failed, as the disk has.
		err := s.follow()
		if err == nil {
			err = s.files.Recover() // before it is looked at what is where
		}
		if err == nil {
			e.Stamps, err = s.stamps()
		}
		if err == nil {
			e.Present, err = s.files.Prepare()
		}
		e.Err = diskError(err)
		e.Changes, e.Volume = changes(s.files.Changes()), s.files.Volume()
		if dir := s.files.Dir(); dir != was {
			e.Dir = dir
		}
		e.Left = s.files.Leftover()
	}, func() { s.client.handle(e) })
}

// sync makes durable what was written.
func (s *store) sync() {
	e := boundary.FilesSynced{Torrent: s.id}
	s.change(func() {
		s.adopt()
		e.Err = diskError(s.files.Sync())
		e.Changes = changes(s.files.Look())
		e.Stamps, _ = s.stamps() // without its stamp a file is checked next time
	}, func() { s.client.handle(e) })
}

// look finds out what others have done to the files.
func (s *store) look() {
	e := boundary.FilesLooked{Torrent: s.id}
	s.change(func() { e.Changes = changes(s.files.Look()) }, func() { s.client.handle(e) })
}

// probe finds out whether there is room.
func (s *store) probe() {
	e := boundary.DiskProbed{Torrent: s.id, Free: -1}
	s.change(func() {
		if free, err := s.files.FreeSpace(); err == nil {
			e.Free = free
		}
	}, func() { s.client.handle(e) })
}

// adopt has what an earlier process may have left unsynced made durable too,
// once.
func (s *store) adopt() {
	s.adoptOnce.Do(s.files.Adopt)
}

func (s *store) stamps() (stamps []resume.FileStamp, err error) {
	list, err := s.files.Stamps()
	for _, st := range list {
		stamps = append(stamps, resume.FileStamp(st))
	}
	return stamps, err
}

// maybeClose closes the files when that was asked for and nothing is under way.
func (s *store) maybeClose() {
	if !s.close || s.busy > 0 || len(s.pieces) > 0 || s.relocation != nil {
		return
	}
	s.close = false
	e := boundary.FilesClosed{Torrent: s.id}
	s.change(func() {
		s.adopt()
		e.Err = diskError(s.files.Close())
		e.Changes = changes(s.files.Changes())
		e.Stamps, _ = s.stamps() // without its stamp a file is checked next time
	}, func() { s.client.handle(e) })
}

// diskError sorts an error of the storage by what can be done about it.
func diskError(err error) error {
	if err == nil {
		return nil
	}
	e := &DiskError{Fault: DiskBroken, Err: err}
	switch {
	case storage.IsFull(err):
		e.Fault = DiskFull
	case storage.IsTransient(err):
		e.Fault = DiskBusy
	case storage.IsChanged(err):
		e.Fault = DiskChanged
	case errors.Is(err, storage.ErrNotKept):
		e.Fault = DiskCorrupt
	}
	return e
}

func changes(found []storage.FileChange) (list []boundary.FileChange) {
	for _, c := range found {
		list = append(list, boundary.FileChange{File: c.File, How: boundary.Change(c.How)})
	}
	return list
}

// newStore makes the storage of a torrent.
func (c *Client) newStore(id boundary.TorrentID, dir string, meta *metainfo.MetaInfo, priorities []int) (*store, error) {
	files, err := storage.Open(c.world.FS, dir, &meta.Info, storage.Options{Priorities: priorities, SHA1: c.world.SHA1})
	if err != nil {
		return nil, err
	}
	return &store{client: c, id: id, files: files, pieces: make(map[int]*pieceWork)}, nil
}
