package client

import (
	"errors"
	"slices"
	"sync"

	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/resume"
	"bt/client/storage"
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

	adoptOnce sync.Once
	close     bool
}

// pieceWork is what waits to be done for one piece.
type pieceWork struct {
	blocks  []storage.Block
	checks  []boundary.CheckPiece // of its download, and of hash checks meanwhile
	working bool
	err     error // of a write since all was quiet: no check can pass or fail
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
	blocks, checks := w.blocks, w.checks
	w.blocks, w.checks, w.working = nil, nil, true
	var written *boundary.BlocksWritten
	checked := make([]boundary.PieceChecked, len(checks))
	s.do(func() {
		if len(blocks) > 0 {
			written = s.writeBlocks(piece, blocks)
			w.err = errors.Join(w.err, written.Err)
		}
		for i, check := range checks {
			// Bytes that never reached the disk prove nothing against who sent them.
			checked[i] = boundary.PieceChecked{CheckPiece: check, Err: w.err}
			if w.err == nil {
				checked[i] = s.checkPiece(check)
			}
		}
	}, func() {
		w.working = false
		if written != nil {
			s.client.handle(*written)
		}
		for _, e := range checked {
			s.client.handle(e)
		}
		s.work(piece)
	})
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

func (s *store) writeBlocks(piece int, blocks []storage.Block) *boundary.BlocksWritten {
	e := &boundary.BlocksWritten{Torrent: s.id, Piece: piece}
	e.Err = s.files.Write(piece, blocks)
	for _, b := range blocks {
		e.N += len(b.Data)
		s.client.pool.put(b.Data)
	}
	s.client.budget.give(e.N)
	return e
}

func (s *store) checkPiece(c boundary.CheckPiece) boundary.PieceChecked {
	e := boundary.PieceChecked{CheckPiece: c}
	e.OK, e.Err = s.files.Check(c.Piece)
	if e.Err == nil && (c.Digests || c.Download && !e.OK) {
		// Without digests nobody is blamed: no reason to fail the check.
		e.Digests, _ = s.files.Digests(c.Piece, blockSize)
	}
	return e
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
	e.Err = s.files.Read(int(r.Block.Index), int(r.Block.Begin), e.Data)
	return e
}

// move brings the files in line with new priorities. The storage lets no other
// work on the torrent run meanwhile.
func (s *store) move(priorities []int) {
	e := boundary.FilesMoved{Torrent: s.id}
	s.do(func() { e.Err = s.files.SetPriorities(priorities) }, func() { s.client.handle(e) })
}

func (s *store) open() {
	e := boundary.FilesOpened{Torrent: s.id}
	s.do(func() {
		e.Stamps = s.stamps()
		e.Present, e.Err = s.files.Prepare()
	}, func() { s.client.handle(e) })
}

// sync makes durable what was written.
func (s *store) sync() {
	e := boundary.FilesSynced{Torrent: s.id}
	s.do(func() {
		s.adopt()
		e.Err = s.files.Sync()
		e.Stamps = s.stamps()
	}, func() { s.client.handle(e) })
}

// adopt has what an earlier process may have left unsynced made durable too,
// once.
func (s *store) adopt() {
	s.adoptOnce.Do(s.files.Adopt)
}

func (s *store) stamps() []resume.FileStamp {
	var stamps []resume.FileStamp
	for _, st := range s.files.Stamps() {
		stamps = append(stamps, resume.FileStamp(st))
	}
	return stamps
}

// maybeClose closes the files when that was asked for and nothing is under way.
func (s *store) maybeClose() {
	if !s.close || s.busy > 0 || len(s.pieces) > 0 {
		return
	}
	s.close = false
	e := boundary.FilesClosed{Torrent: s.id}
	s.do(func() {
		s.adopt()
		e.Err = s.files.Close()
		e.Stamps = s.stamps()
	}, func() { s.client.handle(e) })
}

// newStore makes the storage of a torrent.
func (c *Client) newStore(id boundary.TorrentID, dir string, meta *metainfo.MetaInfo, priorities []int) (*store, error) {
	files, err := storage.Open(c.world.FS, dir, &meta.Info, storage.Options{Priorities: priorities})
	if err != nil {
		return nil, err
	}
	return &store{client: c, id: id, files: files, pieces: make(map[int]*pieceWork)}, nil
}
